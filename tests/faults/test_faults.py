"""Fault injection: whatever one call or one statement fails with, a play ends the same.

Every run of the tests makes a random sample of each scene's runs, ``scripts/test --all`` makes all
of them. A failure is reported with the command that repeats its run.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import HTTPClient, Route
from discord.utils import time_snowflake, utcnow

from bot.discord_api.single_attempt import SingleCalls
from bot.emulator.server import Emulator
from cogs.ui.errors import describe_error
from tests.faults import call_sites, write_statements
from tests.faults.call_faults import Occurrence
from tests.faults.comparison import EndState, differences, read_end_state
from tests.faults.parallel import make_batches, run_all, run_and_check
from tests.faults.runs import (
    Injection,
    PlayResult,
    find_errors,
    play_scene,
    possible_injections,
    sample,
)
from tests.faults.scene_play import new_play
from tests.faults.scenes import SCENES
from tests.faults.shorter_waits import faster_bot
from tests.faults.statement_faults import BEGIN, COMMIT
from tests.support.archive_queries import query
from tests.support.samples import RUN_ALL, SEED

pytestmark = pytest.mark.slow

#: Runs of each scene in a sample, by kind of fault; and the scenes in which the bot is killed.
RUNS_PER_SCENE, KILLED_SCENES = {"call": 1, "statement": 1}, 8
#: The kinds of faults in one test: one kind if all runs are made, else a sample of each.
KINDS = [("call",), ("statement",)] if RUN_ALL else [("call", "statement")]
#: Seconds for all runs of a scene, for a sample of them, and for one play of every scene.
_LONG, _SHORT, _ALL_SCENES = 12 * 3600, 240, 600

Record = Callable[[str, object], None]


def repeat_command(scene: str, injection: Injection) -> str:
    """The command that repeats one run."""
    return f"python -m tests.faults {scene} {injection}"


async def play_without_fault(scene: str) -> PlayResult:
    result = await play_scene(scene)
    assert not result.error, "\n".join([*result.log, f"{scene}, without a fault: {result.error}"])
    return result


async def check(
    scene: str, choose: Callable[[list[Injection]], list[Injection]], record: Record
) -> None:
    """Play a scene with each of the chosen injections; all plays must end the same."""
    wanted = await play_without_fault(scene)
    chosen = choose(possible_injections(wanted))
    if RUN_ALL:
        batches = make_batches(scene, chosen)
        results = await asyncio.to_thread(lambda: list(run_all(batches)))
    else:
        results = [await run_and_check(scene, one, wanted) for one in chosen]
    failed: list[str] = []
    count: Counter[str] = Counter()
    for one in results:
        count[f"{one.injection.kind} {one.injection.fault}"] += 1
        if one.errors:
            command = repeat_command(scene, one.injection)
            failed.append("\n    ".join([command, *one.errors, *one.log[-30:]]))
    record("faults", {**count, "failed": len(failed)})
    assert not failed, "\n".join(failed)


@pytest.mark.timeout(_LONG if RUN_ALL else _SHORT)
@pytest.mark.parametrize("kinds", KINDS, ids="-".join)
@pytest.mark.parametrize("scene", SCENES)
async def test_a_play_ends_the_same_whatever_fails_once(
    scene: str, kinds: tuple[str, ...], record_property: Record
) -> None:
    def choose(found: list[Injection]) -> list[Injection]:
        chosen: list[Injection] = []
        for kind in kinds:
            of_kind = [one for one in found if one.kind == kind and not one.kills_bot]
            chosen += of_kind if RUN_ALL else sample(of_kind, SEED, RUNS_PER_SCENE[kind])
        return chosen

    await check(scene, choose, record_property)


@pytest.mark.timeout(_LONG if RUN_ALL else _SHORT)
@pytest.mark.parametrize(
    "scene", SCENES if RUN_ALL else random.Random(SEED).sample(list(SCENES), KILLED_SCENES)
)
async def test_a_play_ends_the_same_wherever_the_bot_is_killed(
    scene: str, record_property: Record
) -> None:
    def choose(found: list[Injection]) -> list[Injection]:
        kills = [one for one in found if one.kills_bot]
        return kills if RUN_ALL else sample(kills, SEED, 1)

    await check(scene, choose, record_property)


@pytest.mark.timeout(_ALL_SCENES)
async def test_every_call_and_every_write_statement_in_the_source_occurs_in_a_scene() -> None:
    executed: set[str] = set()
    with call_sites.observe_calls() as stacks:
        for scene in SCENES:
            executed |= {one.what for one in (await play_without_fault(scene)).statements}
    check_write_statements(executed)
    sites, not_made = call_sites.find_call_sites()
    reached = {
        site
        for site in sites
        for stack in stacks
        for line in stack
        if call_sites.contains(site, line)
    }
    missing = [
        f"{path}:{line} {sites[path, line, end]}"
        for path, line, end in sites
        if (path, line, end) not in reached | not_made
    ]
    assert not missing, "no scene makes these calls: " + "; ".join(missing)
    unknown = {
        stack[0]
        for stack in stacks
        if not any(call_sites.contains(site, stack[0]) for site in sites)
    }
    assert not unknown, f"calls that aren't found in the source: {unknown}"
    assert len(sites) > 70


def check_write_statements(executed: set[str]) -> None:
    statements = write_statements.find_write_statements()
    missing = [
        f"{path}:{line} {sql[:100]}"
        for label, (path, line, sql) in statements.items()
        if label not in executed and not sql.startswith(tuple(write_statements.UNREACHED))
    ]
    assert not missing, "no scene executes these statements: " + "; ".join(missing)
    unknown = executed - set(statements) - {BEGIN, COMMIT}
    assert not unknown, f"statements that aren't found in the source: {unknown}"
    for beginning in write_statements.UNREACHED:
        assert sum(sql.startswith(beginning) for _, _, sql in statements.values()) == 1
    assert len(statements) > 200


# -- mistakes are planted, and have to be found ---------------------------------------------------


@pytest.mark.timeout(_SHORT)
async def test_a_message_that_is_sent_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    request = HTTPClient.request

    async def send_again(self: HTTPClient, route: Route, **options: Any) -> Any:
        """Send again after a lost response, without looking for the first message."""
        try:
            return await request(self, route, **options)
        except aiohttp.ClientError:
            options["json"] = {**options["json"], "nonce": os.urandom(8).hex()}
            return await request(self, route, **options)

    scene = "a_reply_is_moved_into_its_thread"
    wanted = await play_without_fault(scene)
    monkeypatch.setattr(HTTPClient, "request", send_again)
    injection = Injection("call", Occurrence("POST /channels/{id}/messages", 1), "cut-after")
    errors = find_errors(wanted, await play_scene(scene, injection))
    assert any(line.startswith("world, extra: message") for line in errors), errors


@pytest.mark.timeout(_SHORT)
async def test_a_reply_that_is_never_moved_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    call = SingleCalls.call

    async def ignore_failure(self: SingleCalls, *arguments: Any, **options: Any) -> Any:
        """Take a transient error for success, so that there is no second attempt."""
        try:
            return await call(self, *arguments, **options)
        except discord.HTTPException as error:
            if error.status < 500:
                raise
            return {"id": str(time_snowflake(utcnow()))}

    scene = "a_reply_is_moved_into_its_thread"
    wanted = await play_without_fault(scene)
    monkeypatch.setattr(SingleCalls, "call", ignore_failure)
    injection = Injection("call", Occurrence("POST /webhooks/{id}/{token}", 2), "503")
    errors = find_errors(wanted, await play_scene(scene, injection))
    assert any(line.startswith("world, missing: message") for line in errors), errors


def end_state_after(emulator: Emulator, path: Path, sql: str) -> EndState:
    """The end state, had the bot made the mistake of writing this."""
    assert query(path, sql) == [{"rowcount": 1}], "the mistake is made"
    return read_end_state(emulator, path)


async def test_a_row_that_refers_to_the_wrong_message_is_found() -> None:
    with faster_bot():
        async with new_play() as play:
            await SCENES["an_essay_is_discussed"](play)
            await play.bot.stop()
            right = read_end_state(play.emulator, play.path)
            wrong = end_state_after(
                play.emulator,
                play.path,
                """
                UPDATE replies SET planned_message_id = (
                    SELECT id FROM planned_messages WHERE purpose = 'card'
                ) WHERE text LIKE '%I would.'
                """,
            )
            found = differences(right, wrong)
            assert len(found) == 2
            assert found[0].startswith("archive, missing: replies")
            assert "'planned_message_id': 'part “One. " in found[0]
            assert found[1].startswith("archive, extra: replies")
            wrong_part = end_state_after(
                play.emulator,
                play.path,
                """
                UPDATE planned_message_passages SET planned_message_id = (
                    SELECT id FROM planned_messages WHERE purpose = 'closing'
                ) WHERE number = 1 AND planned_message_id = (
                    SELECT min(id) FROM planned_messages WHERE purpose = 'part'
                )
                """,
            )
            assert len(differences(wrong, wrong_part)) == 2


def test_a_command_that_cannot_use_the_archive_says_what_to_do(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "full.sqlite3")) as archive:
        archive.execute("CREATE TABLE one (content BLOB)")
        archive.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as failure:
            archive.execute("INSERT INTO one VALUES (zeroblob(100000))")
    said = describe_error(failure.value)
    assert "try again" in said
    assert "full" not in said, "what SQLite says is for the log"
