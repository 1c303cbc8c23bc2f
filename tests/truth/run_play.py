"""Runs one play in one process, from an empty world to the comparison."""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.app.client import Salon
from bot.app.sharded_client import ShardedSalon
from bot.app.wiring import Options
from bot.clock import Clock
from bot.core.shards import Shards
from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from storage.db.database import Database
from storage.servers import settings
from tests.cogs.members.test_questions import publish_by
from tests.support.running_bot import ESSAY, RunningBot, run_bot
from tests.truth.answers import FormAnswer, apply_answers, find_answers
from tests.truth.author_messages import find_wrong_messages
from tests.truth.card_index import find_wrong_index
from tests.truth.compare import differences
from tests.truth.erased_text import find_files_with_words, find_quotations
from tests.truth.moved_replies import undo_moves
from tests.truth.play_state import Bot
from tests.truth.proxies import apply_proxies
from tests.truth.questions import find_wrong_marks, list_open
from tests.truth.random_play import RandomPlay

__all__ = ["AUTHORS", "PlayResult", "has_proxies", "run_play", "set_up_proxies"]

#: The members who wrote the essay.
AUTHORS = ("Ann", "Ben")
# An answer from a form is its own copy.
_MOVES = """
SELECT reply_id, copy_id FROM reply_moves WHERE copy_id IS NOT NULL AND copy_id <> reply_id
"""
_PARTS = """
SELECT message_id, deleted_at FROM planned_messages
WHERE purpose IN ('card', 'part', 'closing') AND message_id IS NOT NULL
"""
_CARD = "SELECT message_id FROM planned_messages WHERE purpose = 'card'"
#: Seconds after which everything is done, whatever call of it failed before: what a missing
#: permission prevents is retried at least every hour.
_RETRY_SECONDS = 2 * 3600
#: docs: Topics › Permissions, MANAGE_WEBHOOKS.
_MANAGE_WEBHOOKS = 1 << 29
#: Within which erased words leave the write-ahead log, and those of deleted threads the archive.
_LOG_SECONDS, _ARCHIVE_SECONDS = 60, 9 * 86_400


@dataclass(frozen=True)
class PlayResult:
    """What is wrong in the archive, and how often each kind of action was done.

    ``moved``: how many replies were moved.
    """

    wrong: list[str]
    done: Counter[str]
    actions: list[str]
    moved: int


async def _check_erasure(
    running: RunningBot, play: RandomPlay, folder: Path, posted: Mapping[str, FormAnswer]
) -> list[str]:
    """Change what nudges and names quote; what is wrong a minute later, and a week later.

    posted: what members posted with forms; while that isn't deleted, its words aren't erased
    """
    await play.change_what_is_quoted()
    await play.control("clock", {"advance": _LOG_SECONDS})
    world = apply_answers(await running.world(), posted)
    wrong = find_quotations(world, str(play.own_id), play.marks, play.hidden_marks)
    wrong += find_files_with_words(folder, world, play.marks, after_a_week=False)
    await play.control("clock", {"advance": _ARCHIVE_SECONDS})
    return wrong + find_files_with_words(folder, world, play.marks, after_a_week=True)


async def _check_open_questions(
    play: RandomPlay, exported: Mapping[str, Any], posted: Mapping[str, FormAnswer]
) -> list[str]:
    """What is wrong with the questions that an author is shown."""
    wanted = list_open(exported, posted, play.asked, play.authors)
    shown = await play.list_all_questions(play.authors[0])
    return [] if shown == wanted else [f"open questions are {shown} and should be {wanted}"]


async def _check_card_index(running: RunningBot) -> list[str]:
    """What is wrong with the index on the card, long after the last change."""
    (row,) = await running.database.read(lambda tx: tx.rows(_CARD))
    card_id = None if row["message_id"] is None else str(row["message_id"])
    return find_wrong_index(await running.world(), await running.export(), card_id)


class WithoutIdentifyDelay(Salon):
    """Salon without the five seconds before a second identify, which nobody here limits."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        del shard_id, initial


def _choose_client(shards: int) -> Callable[[Database, Clock, Options], Salon]:
    if shards == 1:
        return WithoutIdentifyDelay
    return functools.partial(
        ShardedSalon,
        shards=Shards(shards, frozenset(range(shards))),
        max_concurrency=1,
        identify_interval=0.0,
    )


def has_proxies(seed: int) -> bool:
    """Whether a proxy app is in the server of a play; not if replies are moved."""
    return seed % 10 == 0


def joins_plain_messages(seed: int) -> bool:
    """Whether messages in the channel that reply to nothing answer the essay in a play."""
    return seed % 10 == 5


def has_no_webhooks(seed: int) -> bool:
    """Whether the bot may not manage webhooks in a play, so that it posts answers itself."""
    return seed % 10 == 7


async def _deny_webhooks(play: RandomPlay) -> None:
    path = f"/channels/{play.channel_id}/permissions/{play.guild.id}"
    body = {"type": 0, "allow": "0", "deny": str(_MANAGE_WEBHOOKS)}
    assert await play.call_as_admin("PUT", path, body)


async def _let_plain_messages_join(running: RunningBot) -> None:
    now_ms = running.clock.now_ms()
    await running.database.write(
        lambda tx: settings.set_plain_messages(tx, running.server_id, "join", now_ms)
    )


async def set_up_proxies(play: RandomPlay, running: RunningBot) -> None:
    """Add a proxy app to the server, and name it in the bot's settings."""
    app = await play.set_up_proxies()
    await running.database.write(lambda tx: settings.set_proxy_apps(tx, running.server_id, {app}))


async def run_play(
    seed: int, actions: int, folder: Path, *, move: bool = False, shards: int = 1
) -> PlayResult:
    """Play ``actions`` actions by ``seed`` and hold the archive against the world.

    ``move``: the server chose to have channel replies moved into their threads. ``shards``: how
    many connections the bot has, one of which serves the server.
    """
    emulator = Emulator(seed_world(), rates=False)
    await emulator.start()
    async with (
        aiohttp.ClientSession() as session,
        contextlib.AsyncExitStack() as world,
        contextlib.AsyncExitStack() as stack,
    ):
        world.push_async_callback(emulator.stop)
        bots: list[RunningBot] = []

        async def start() -> None:
            world = emulator.world
            there = world.bot.id in world.guild.members and not emulator.dispatcher.outages
            made = _choose_client(shards)
            lived = run_bot(folder, emulator, salon_type=made, sees_server=there)
            bots.append(await stack.enter_async_context(lived))

        async def stop() -> None:
            bots.clear()
            await stack.aclose()

        await start()
        authors = [bots[0].member(name) for name in AUTHORS]
        await publish_by(bots[0], *authors, essay=ESSAY)
        if move:
            server_id = bots[0].server_id
            await bots[0].database.write(
                lambda tx: settings.set_channel_replies(tx, server_id, "move")
            )
        join = joins_plain_messages(seed)
        if join:
            await _let_plain_messages_join(bots[0])
        bot = Bot(start, stop, lambda: bots[0].salon.is_closed())
        one = RandomPlay(
            emulator, bot, seed, bots[0].channel(), session, authors=authors, moves=move
        )
        if has_proxies(seed) and not move:
            await set_up_proxies(one, bots[0])
        if has_no_webhooks(seed) and not move:
            await _deny_webhooks(one)
        await one.run(actions)
        async with session.delete(f"{emulator.page}/rehearsal/faults") as response:
            assert response.status < 300
        running = bots[0]
        await one.control("clock", {"advance": _RETRY_SECONDS})
        await running.salon.services.catch_up.retry_pending()  # what it does every minute
        await one.control("clock", {"advance": 0})
        await one.act_undisturbed()
        await one.control("clock", {"advance": 2})
        rows = await running.database.read(lambda tx: tx.rows(_MOVES))
        parts = await running.database.read(lambda tx: tx.rows(_PARTS))
        exported = await running.export()
        world_now = await running.world()
        posted, wrong_answers = find_answers(world_now, one.answers, str(one.own_id))
        one.names |= {message_id: answer.names for message_id, answer in posted.items()}
        answered = apply_answers(world_now, posted)
        world_as_is, wrong = undo_moves(
            apply_proxies(answered, exported, one.reposted, one.interrupted),
            {str(row["reply_id"]): str(row["copy_id"]) for row in rows},
        )
        wrong += wrong_answers
        for row in parts:
            deleted = emulator.world.messages[row["message_id"]].deleted
            if deleted != (row["deleted_at"] is not None):
                wrong.append(f"{row['message_id']} of the essay is deleted: {deleted}")
        joined_in = str(bots[0].channel()) if join else None
        wrong += differences(world_as_is, exported, str(one.own_id), one.names, joined_in)
        wrong += find_wrong_marks(exported, posted, one.asked)
        if not one.asked.uncertain:
            wrong += await _check_open_questions(one, exported, posted)
        wrong += await find_wrong_messages(one)
        posted, _wrong = find_answers(await running.world(), one.answers, str(one.own_id))
        wrong += await _check_erasure(running, one, folder, posted)
        wrong += await _check_card_index(running)
        return PlayResult(wrong, one.done, one.actions, len(rows))
