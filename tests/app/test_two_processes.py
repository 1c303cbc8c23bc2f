"""Two processes on one archive, both at work: each does what its own servers need, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.emulator.world.events import Event, MessageCreated
from tests.support.processes import needs_postgresql
from tests.support.running_bot import ServerClient
from tests.support.two_servers import (
    DAY,
    Scene,
    answer_by_form,
    find_failed_jobs,
    find_wrong_posts,
    get_due_time,
    get_texts,
    make_essay,
    open_scene,
    plan_prompts,
    say,
    set_up_server,
)

pytestmark = [pytest.mark.slow, needs_postgresql]

#: A fault of the next request to post something, and what the bot then logs.
NEXT_POST, OUTAGE = {"method": "POST", "status": 503}, "503"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


def check(scene: Scene, expected: Iterable[str]) -> None:
    """Everything planned was posted once, and ``expected`` (of each server) in its own server.

    Each process has tried to post in its own server alone.
    """
    assert find_wrong_posts(scene, expected) == []
    assert find_failed_jobs(scene, except_for=OUTAGE) == []


async def test_two_processes_at_work_do_everything_once_and_others_take_over(
    scene: Scene,
) -> None:
    first, _ = scene.servers
    spawned, beside = scene.both.spawned, scene.both.beside
    world = spawned.emulator.world
    due = get_due_time(scene)
    threads: dict[int, int] = {}

    async def talk(server: ServerClient) -> None:
        name = server.guild.name
        await plan_prompts(scene, server, due, 3)
        file = ("tables.md", make_essay(server, "Tables").encode())
        await server.run_command("essay publish", file=file)
        await server.settle()
        (row,) = scene.rows(
            "SELECT id FROM discussions WHERE server_id = :id AND state = 'draft'",
            id=server.server_id,
        )
        await say(server, "essay schedule", essay=row["id"], when=f"{due:%Y-%m-%d} 18:30")
        closing = (await server.bot_messages())[-1]["id"]
        head = await server.write("Ann", f"Ann sits in {name}.", to=closing)
        thread = await server.write("Chloe", f"Chloe leaves {name}.", to=closing)
        threads[server.server_id] = thread
        await server.settle(5)
        await server.write("Ben", f"Ben replies in {name}.", to=head)

    async def answer(server: ServerClient) -> None:
        # It fails, and is due again in the same second as the other server's.
        await server.control("faults", {"kind": "http", "path": "/webhooks/*/*", **NEXT_POST})
        await answer_by_form(server, "Dev", f"Dev answers {server.guild.name}.")

    async def write_on(server: ServerClient) -> None:
        for number in range(5):
            await server.write("Ben", f"Line {number}.", channel_id=threads[server.server_id])

    async def react(server: ServerClient) -> None:
        *_, prompt = (one for one in await server.bot_messages() if "Asked of" in one["content"])
        await server.write("Ben", f"Ben was asked {prompt['id']}.", to=prompt["id"])

    async def delete_thread(server: ServerClient) -> None:
        await server.call_as(server.member(), "DELETE", f"/channels/{threads[server.server_id]}")

    await scene.together(lambda server: set_up_server(server, due))
    await first.settle()
    await scene.together(talk)
    await scene.together(answer)
    await first.settle(60)
    expected = ["Chairs of {}", "Dev answers {}."]
    check(scene, [*expected, "<#"])  # the link to the thread that Ben replied to

    # Ann is erased in both servers, in each by its process, while Ben goes on writing.
    (status, told), _ = await asyncio.gather(
        spawned.command("forget", str(first.member("Ann").id)), scene.together(write_on)
    )
    assert (status, "was erased in 2 servers. The running bot" in told) == (0, True), told
    await first.settle(600)
    for server in scene.servers:
        assert await get_texts(scene, server) == sorted(
            [
                "None: ",
                f"Ben: Ben replies in {server.guild.name}.",
                f"Chloe: Chloe leaves {server.guild.name}.",
                f"Dev: Dev answers {server.guild.name}.",
                *(f"Ben: Line {number}." for number in range(5)),
            ]
        )
    assert all("Ann" not in thread["name"] for thread in (await first.world())["threads"])

    # Admins are alerted; then prompts, digests and essays are due in the same seconds.
    await scene.together(delete_thread)
    await first.settle(60)
    await scene.advance_to(due + timedelta(minutes=30))
    expected += ["Asked of {} on day 0", "Tables of {}", "was deleted. Its messages", "This week's"]
    check(scene, expected)
    await scene.together(react)

    # One process is killed while it posts its prompt; the other posts its own.
    def kill_at_prompt(event: Event) -> None:
        if isinstance(event, MessageCreated) and (
            f"Asked of {first.guild.name} on day 1" in event.message.content
        ):
            spawned.kill()

    spawned.is_restarted = False
    world.listeners.append(kill_at_prompt)
    await scene.advance_to(due + DAY)
    world.listeners.remove(kill_at_prompt)
    assert not spawned.bot.is_running
    expected.append("Asked of {} on day 1")
    await scene.together(react)
    await first.settle(60)
    await spawned.bot.start()
    await scene.wait_for_shards()
    check(scene, expected)
    for server in scene.servers:
        assert sum("was asked" in text for text in await get_texts(scene, server)) == 2

    # Both end. From now on one process has all shards, and does what is due in both servers.
    await asyncio.gather(spawned.bot.stop(), beside.kill())
    spawned.set_environment(SALON_SHARDS="2")
    await spawned.bot.start()
    await scene.wait_for_shards()
    await scene.advance_to(due + 2 * DAY)
    check(scene, [*expected, "Asked of {} on day 2"])
