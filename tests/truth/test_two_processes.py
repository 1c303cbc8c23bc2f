"""A process that does the work of another one's servers is detected, though Discord hides it.

One process is killed when it does a job, and the other one then does the same kind of job.
"""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path

import pytest

import storage.delivery.messages
import storage.delivery.threads
import storage.replies.answers
from bot.core.shards import Shards
from bot.emulator.faults.steps import NeverArrivedError, Step
from storage.db.shard_parameters import make_shard_parameters
from tests.support.forked_bot import run_forked_bot
from tests.support.processes import needs_postgresql
from tests.support.running_bot import ServerClient
from tests.support.two_servers import (
    Scene,
    answer_by_form,
    find_wrong_posts,
    get_due_time,
    open_scene,
    set_up_server,
)

pytestmark = [pytest.mark.slow, needs_postgresql]

#: Whose due jobs are claimed, and the request with which such a job is done.
CLAIMS = {
    "messages": (storage.delivery.messages, "POST /channels/{id}/messages"),
    "threads": (storage.delivery.threads, "POST /channels/{id}/messages/{id}/threads"),
    "answers": (storage.replies.answers, "POST /webhooks/{id}/{token}"),
}


def _make_for_all(shards: Shards) -> dict[str, int | str]:
    return make_shard_parameters(shards.select(range(shards.count)))


def run_with_mistake(kind: str | None) -> int:
    """Run the bot; due jobs of this kind it claims in all servers."""
    with pytest.MonkeyPatch.context() as patch:
        if kind is not None:
            patch.setattr(CLAIMS[kind][0], "make_shard_parameters", _make_for_all)
        return run_forked_bot()


async def act(scene: Scene, server: ServerClient, kind: str) -> None:
    """Have a job of this kind done in a server."""
    if kind == "messages":
        await set_up_server(server, get_due_time(scene))
    elif kind == "threads":
        *_, closing = await server.bot_messages()
        await server.write("Ann", f"Ann sits in {server.guild.name}.", to=closing["id"])
    else:
        await answer_by_form(server, "Dev", f"Dev answers {server.guild.name}.")


async def play(folder: Path, kind: str, mistake: str | None) -> list[str]:
    """Have one process do a job while the other is down and has one of the same kind to do.

    What is wrong after the other has come back.
    """
    async with open_scene(folder, functools.partial(run_with_mistake, mistake)) as scene:
        first, second = scene.servers
        beside, steps = scene.both.beside, scene.both.spawned.emulator.steps

        async def kill_at_call(step: Step) -> None:
            if step.moment == "before" and step.what == CLAIMS[kind][1]:
                steps.hook = None
                beside.begin_kill()
                raise NeverArrivedError

        if kind != "messages":
            await scene.together(lambda server: act(scene, server, "messages"))
            await scene.settle()
        steps.hook = kill_at_call
        acting = asyncio.create_task(act(scene, second, kind))
        await beside.ended.wait()
        acting.cancel()  # it may wait for the end of an interaction
        await asyncio.gather(acting, return_exceptions=True)
        await act(scene, first, kind)
        await scene.settle()
        await beside.start()
        await scene.wait_for_shards()
        await scene.settle(60)
        answers = ["Dev answers {}."] if kind == "answers" else []
        return find_wrong_posts(scene, ["Chairs of {}", *answers])


@pytest.mark.parametrize("kind", CLAIMS)
async def test_claiming_what_is_due_in_another_process_s_server_is_detected(
    kind: str, tmp_path: Path
) -> None:
    assert any("called in" in one for one in await play(tmp_path, kind, mistake=kind))


@pytest.mark.parametrize("kind", CLAIMS)
async def test_nothing_is_wrong_without_a_mistake(kind: str, tmp_path: Path) -> None:
    assert await play(tmp_path, kind, mistake=None) == []
