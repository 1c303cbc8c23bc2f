"""The archive equals the world after a random play; one play for each seed.

``python -m tests.truth --seeds 1000`` runs more plays, ``--first 17 --seeds 1`` repeats one;
``SALON_TRUTH_SEEDS`` is the number of plays in the tests: 12, or 200 with ``scripts/test --all``.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bot.core.conversation.thread_names
import bot.ingest.record_batch
import bot.quotations
import storage.delivery.card_indexes
import storage.replies.author_messages
import storage.replies.author_questions
import storage.replies.reply_changes
from bot.core.conversation.author_questions import AuthorQuestion
from bot.core.conversation.events import Event
from bot.ingest.catch_up import CatchUp
from bot.ingest.recorder import Recorder
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.replies.reply_changes import Changes
from storage.replies.watermarks import WatchedChannel
from tests.support.samples import RUN_ALL
from tests.truth.compare import differences
from tests.truth.random_play import MIN_ACTIONS, MIN_PROXY_ACTIONS
from tests.truth.run_play import has_proxies, run_play

pytestmark = pytest.mark.slow

SEEDS = range(int(os.environ.get("SALON_TRUTH_SEEDS", "200" if RUN_ALL else "12")))
ACTIONS = 200
#: Plays in which a planted mistake has to be detected.
_MAX_PLAYS = 10
#: Plays of servers that move replies.
_PLAYS_WITH_MOVES = 3
#: Plays with a bot that has four shards, and the server on one of them.
_PLAYS_WITH_SHARDS = 50 if RUN_ALL else 2


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
async def test_the_archive_equals_the_world_after_a_play(seed: int, tmp_path: Path) -> None:
    played = await run_play(seed, ACTIONS, tmp_path)
    again = f"python -m tests.truth --first {seed} --seeds 1"
    assert not played.wrong, "\n".join([f"repeat with: {again}", *played.wrong])
    floors = MIN_ACTIONS | (MIN_PROXY_ACTIONS if has_proxies(seed) else {})
    missing = {kind: floor for kind, floor in floors.items() if played.done[kind] < floor}
    assert not missing, f"the play has too little of {missing}"


async def test_the_archive_equals_the_world_if_replies_are_moved(tmp_path: Path) -> None:
    moved = 0
    for seed in range(_PLAYS_WITH_MOVES):
        at = tmp_path / str(seed)
        at.mkdir()
        played = await run_play(seed, ACTIONS, at, move=True)
        assert not played.wrong, "\n".join([f"seed {seed}", *played.wrong])
        moved += played.moved
    assert moved >= _PLAYS_WITH_MOVES, "replies were moved"


@pytest.mark.parametrize("seed", range(_PLAYS_WITH_SHARDS), ids=lambda seed: f"seed{seed}")
async def test_the_archive_equals_the_world_with_four_shards(seed: int, tmp_path: Path) -> None:
    played = await run_play(seed, ACTIONS, tmp_path, shards=4)
    again = f"python -m tests.truth --first {seed} --seeds 1 --shards 4"
    assert not played.wrong, "\n".join([f"repeat with: {again}", *played.wrong])


async def is_detected(folder: Path, *, move: bool = False) -> bool:
    """Whether the plays detect a planted mistake."""
    for seed in range(_MAX_PLAYS):
        at = folder / str(seed)
        at.mkdir()
        if (await run_play(seed, ACTIONS, at, move=move)).wrong:
            return True
    return False


async def test_treating_a_moved_reply_as_deleted_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = "UPDATE replies SET text = '', deleted_at = :at WHERE id = :id"
    monkeypatch.setattr(storage.replies.reply_changes, "ERASE_REPLY", (unguarded,))
    assert await is_detected(tmp_path, move=True)


async def test_a_watermark_that_is_too_far_ahead_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_far(_: CatchUp, one: WatchedChannel) -> int:
        return one.message_id + (60_000 << 22)

    monkeypatch.setattr(CatchUp, "_get_start_id", too_far)
    assert await is_detected(tmp_path)


async def test_a_lost_edit_is_detected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.ingest.record_batch, "_record_edit", lambda event, batch: None)
    assert await is_detected(tmp_path)


async def test_an_index_that_is_not_updated_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **_more: object) -> int:
        return 0

    monkeypatch.setattr(storage.delivery.card_indexes, "decide_due", never)
    assert await is_detected(tmp_path)


async def test_a_reply_that_is_not_marked_as_a_question_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(*_: object) -> None:
        """Mark nothing."""

    monkeypatch.setattr(storage.replies.author_questions, "mark_question", leave)
    assert await is_detected(tmp_path)


async def test_a_question_that_stays_open_when_it_is_answered_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = storage.replies.author_questions._make_question

    def make_open(row: Any) -> AuthorQuestion:
        return replace(make(row), is_answered=False)

    monkeypatch.setattr(storage.replies.author_questions, "_make_question", make_open)
    assert await is_detected(tmp_path)


async def test_two_direct_messages_to_an_author_on_a_day_are_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(tx: Transaction, message_id: int, due_at: int) -> None:
        parameters = {"id": message_id, "due_at": due_at - 23 * 3_600_000}
        await tx.run(
            "UPDATE author_messages SET state = 'on', due_at = :due_at WHERE id = :id", parameters
        )

    monkeypatch.setattr(storage.replies.author_messages, "mark_sent", forget)
    assert await is_detected(tmp_path)


async def test_direct_messages_that_stay_on_after_a_refusal_are_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def try_again(tx: Transaction, message_id: int, _: object) -> None:
        await tx.run(
            "UPDATE author_messages SET due_at = due_at + 86400000 WHERE id = :id",
            {"id": message_id},
        )

    monkeypatch.setattr(storage.replies.author_messages, "mark_refused", try_again)
    assert await is_detected(tmp_path)


@pytest.mark.parametrize("left", ["_rename_thread", "_change_nudge"])
async def test_a_quotation_that_outlives_its_reply_is_detected(
    left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(*_: object) -> None:
        """Erase nothing."""

    monkeypatch.setattr(bot.quotations, left, leave)
    assert await is_detected(tmp_path)


async def test_names_and_quotations_that_show_spoilers_are_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(text: str, _: str) -> str:
        return text

    monkeypatch.setattr(bot.core.conversation.thread_names, "remove_spoilers", show)
    assert await is_detected(tmp_path)


async def test_a_log_that_is_not_truncated_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(_: Database) -> bool:
        return True

    monkeypatch.setattr(Database, "truncate_log", leave)
    assert await is_detected(tmp_path)


async def test_lost_events_are_detected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put, count = Recorder.put, 0

    def forgetful(self: Recorder, events: Any) -> int:
        nonlocal count
        kept: list[Event] = []
        for event in events:
            count += 1
            if count % 25:
                kept.append(event)
        return put(self, kept)

    monkeypatch.setattr(Recorder, "put", forgetful)
    assert await is_detected(tmp_path)


async def test_unsaved_forwards_polls_and_stickers_are_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("insert_extras", "edit_extras"):  # the second by a later comparison
        monkeypatch.setattr(Changes, method, lambda *_: None)
    assert await is_detected(tmp_path)


async def test_a_forward_that_keeps_a_deleted_replys_words_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.ingest.record_batch, "_check_forward", lambda message, _: message)
    assert await is_detected(tmp_path)


async def test_an_unnoticed_deletion_of_a_part_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Changes, "mark_own_message_deleted", lambda *_: None)
    assert await is_detected(tmp_path)


async def test_a_reposted_message_that_stays_a_reply_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Changes, "remove_original", lambda *_: None)
    assert await is_detected(tmp_path)


def test_the_comparison_finds_every_difference() -> None:
    message: dict[str, Any] = {
        "id": "2",
        "type": 19,
        "author": {"id": "5"},
        "channel_id": "9",
        "content": "Yes.",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "attachments": [],
        "message_reference": {"message_id": "1"},
        "deleted": False,
    }
    essay = message | {"id": "1", "author": {"id": "7", "bot": True}, "message_reference": None}
    world = {"messages": [essay, message]}
    reply: dict[str, Any] = {
        "id": "2",
        "parent": None,
        "author": {"id": "5", "name": "Ann"},
        "written_at": "2026-01-01T00:00:00+00:00",
        "edited_at": None,
        "text": "Yes.",
        "attachments": [],
        "reactions": [],
        "deleted": False,
    }
    assert differences(world, {"replies": [reply]}, "7") == []
    for wrong in ([], [reply | {"text": "No."}], [reply, reply | {"id": "3"}]):
        assert differences(world, {"replies": wrong}, "7")
    for key, value in (("parent", "1"), ("deleted", True), ("edited_at", reply["written_at"])):
        assert differences(world, {"replies": [reply | {key: value}]}, "7")
