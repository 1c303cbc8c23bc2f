"""Whatever befalls one call or one statement, a play comes to what it comes to undisturbed.

A seeded sample of each scene's faults in every run of the tests, all of them with
``scripts/test --all``. What is told of a failure plays that one run again.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.delivery.messages import MessageSender
from bot.delivery.reply_moves import ReplyMover
from bot.delivery.worker import Failure
from bot.discord_api.errors import Outcome
from cogs.ui.errors import describe_error
from storage.delivery.messages import PlannedMessage
from tests.faults import changes, sites
from tests.faults.injection import Moment
from tests.faults.many import judge, judged, shares
from tests.faults.runs import Played, Strike, play, sample, strikes, wrong_with
from tests.faults.scenes import SCENES
from tests.faults.statements import BEGIN, COMMIT

ALL = os.environ.get("SALON_TEST_ALL") == "1"
SEED = int(os.environ.get("SALON_FAULT_SEED", "1"))
#: Runs of each scene in a sample, by what is struck; and scenes in which the bot is killed.
A_SCENE, KILLED = {"call": 2, "statement": 1}, 8
#: What is struck in one test: all of one kind, or a sample of each.
KINDS = [("call",), ("statement",)] if ALL else [("call", "statement")]
#: Seconds for all runs of a scene, and for a sample of them.
_LONG, _SHORT = 12 * 3600, 240

Record = Callable[[str, object], None]


def again(scene: str, strike: Strike) -> str:
    """The command that plays one run again."""
    return f"python -m tests.faults {scene} {strike}"


async def undisturbed(scene: str) -> Played:
    played = await play(scene)
    assert not played.last_error, "\n".join(
        [*played.log, f"{scene}, undisturbed: {played.last_error}"]
    )
    return played


async def hold(scene: str, some: Callable[[list[Strike]], list[Strike]], record: Record) -> None:
    """Play a scene once for each of some of its strikes; all come to the same."""
    wanted = await undisturbed(scene)
    chosen = some(strikes(wanted))
    if ALL:
        came = await asyncio.to_thread(lambda: list(judged(shares(scene, chosen))))
    else:
        came = [await judge(scene, strike, wanted) for strike in chosen]
    failed: list[str] = []
    count: Counter[str] = Counter()
    for one in came:
        count[f"{one.strike.kind} {one.strike.fault}"] += 1
        if one.wrong:
            failed.append("\n    ".join([again(scene, one.strike), *one.wrong, *one.log[-30:]]))
    record("faults", {**count, "wrong": len(failed)})
    assert not failed, "\n".join(failed)


@pytest.mark.timeout(_LONG if ALL else _SHORT)
@pytest.mark.parametrize("kinds", KINDS, ids="-".join)
@pytest.mark.parametrize("scene", SCENES)
async def test_whatever_fails_once_a_play_comes_to_the_same(
    scene: str, kinds: tuple[str, ...], record_property: Record
) -> None:
    def some(found: list[Strike]) -> list[Strike]:
        chosen: list[Strike] = []
        for kind in kinds:
            meant = [one for one in found if one.kind == kind and not one.kills]
            chosen += meant if ALL else sample(meant, SEED, A_SCENE[kind])
        return chosen

    await hold(scene, some, record_property)


@pytest.mark.timeout(_LONG if ALL else _SHORT)
@pytest.mark.parametrize(
    "scene", SCENES if ALL else random.Random(SEED).sample(list(SCENES), KILLED)
)
async def test_wherever_it_is_killed_a_play_comes_to_the_same(
    scene: str, record_property: Record
) -> None:
    def some(found: list[Strike]) -> list[Strike]:
        meant = [one for one in found if one.kills]
        return meant if ALL else sample(meant, SEED, 1)

    await hold(scene, some, record_property)


@pytest.mark.timeout(_SHORT)
async def test_every_call_and_every_change_in_the_source_is_made_in_a_scene() -> None:
    made: set[str] = set()
    with sites.seen() as ways:
        for scene in SCENES:
            made |= {one.what for one in (await undisturbed(scene)).statements}
    made_all_changes(made)
    written = sites.in_the_source()
    reached = {
        site for site in written for way in ways for line in way if sites.lies_in(line, site)
    }
    missing = [
        f"{path}:{line} {written[path, line, end]}"
        for path, line, end in written
        if (path, line, end) not in reached
    ]
    assert not missing, "no scene makes these calls: " + "; ".join(missing)
    elsewhere = {way[0] for way in ways if not any(sites.lies_in(way[0], site) for site in written)}
    assert not elsewhere, f"calls that are not found in the source: {elsewhere}"
    assert len(written) > 70


def made_all_changes(made: set[str]) -> None:
    written = changes.in_the_source()
    missing = [
        f"{path}:{line} {sql[:100]}"
        for what, (path, line, sql) in written.items()
        if what not in made and not sql.startswith(tuple(changes.SELDOM))
    ]
    assert not missing, "no scene makes these changes: " + "; ".join(missing)
    elsewhere = made - set(written) - {BEGIN, COMMIT}
    assert not elsewhere, f"changes that are not found in the source: {elsewhere}"
    for beginning in changes.SELDOM:
        assert sum(sql.startswith(beginning) for _, _, sql in written.values()) == 1
    assert len(written) > 200


@pytest.mark.timeout(_SHORT)
async def test_what_is_doubled_or_lost_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge can say no: a post is sent anew without a look, a reply is never moved."""
    create = MessageSender._create

    async def careless(self: MessageSender, post: PlannedMessage) -> int:
        try:
            return await create(self, post)
        except aiohttp.ClientError:
            return await create(self, replace(post, nonce=os.urandom(8).hex()))

    scene = "a_reply_is_moved_into_its_thread"
    wanted = await undisturbed(scene)
    monkeypatch.setattr(MessageSender, "_create", careless)
    sending = Strike("call", Moment("POST /channels/{id}/messages", 1), "cut-after")
    doubled = wrong_with(wanted, await play(scene, sending))
    assert any(line.startswith("world, besides: message") for line in doubled)
    monkeypatch.undo()

    async def hasty(self: ReplyMover, job: Any, error: Exception) -> Failure:
        """In the place of another attempt."""
        del self, job
        return Failure(Outcome.REFUSED, str(error))

    monkeypatch.setattr(ReplyMover, "explain", hasty)
    copying = Strike("call", Moment("POST /webhooks/{id}/{token}", 2), "503")
    lost = wrong_with(wanted, await play(scene, copying))
    assert any(line.startswith("world, missing: message") for line in lost)


def test_a_command_that_cannot_use_the_archive_says_what_to_do(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "full.sqlite3")) as archive:
        archive.execute("CREATE TABLE one (content BLOB)")
        archive.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as failure:
            archive.execute("INSERT INTO one VALUES (zeroblob(100000))")
    said = describe_error(failure.value)
    assert "try again" in said
    assert "full" not in said, "what SQLite says is for the log"
