"""Discussions and drafts: found, published, scheduled, turned, each only from where it may be."""

from __future__ import annotations

import pytest

from bot.core.payload import make_plain_message
from bot.core.shards import Shards
from bot.core.text.coded_text import make_coded
from bot.delivery import alerts
from bot.errors import UnknownEssay
from bot.export import find_essay
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.essays import discussions, drafts, progress, scheduled_essays, submissions
from storage.essays.drafts import DraftTarget
from storage.essays.revisions import NewRevision
from storage.essays.submissions import Submission
from tests.ingest.test_record_batch import NOW_MS, SUBMISSION, essay
from tests.support.next_due import get_next_due

WHO = {"member_id": 40, "member_name": "Ann"}
NOTES = (
    make_coded("note-pdf"),
    make_coded("note-pictures-linked-more", names="a\n[b]", more=2),
)


async def draft(tx: Transaction, source: bytes = b"# Slow bread") -> int:
    await submissions.save(tx, SUBMISSION, NOW_MS)
    return await drafts.create(
        tx,
        submission=SUBMISSION,
        revision=NewRevision(essay(), source, "bread.md", None, NOTES),
        planned=[NewMessage("card", make_plain_message("Slow bread", silent=False))],
        target=DraftTarget(SUBMISSION.channel_id, "threads"),
        now_ms=NOW_MS,
    )


async def test_a_draft_is_read_back_as_it_was_saved(database: Database) -> None:
    number = await database.write(draft)
    found = await database.read(lambda tx: drafts.find(tx, number))
    assert found is not None
    assert found.essay == essay()
    assert found.notes == NOTES
    assert [post.purpose for post in found.posts] == ["card"]
    assert await database.read(lambda tx: drafts.find(tx, number + 1)) is None
    assert await database.read(lambda tx: get_next_due(tx, messages.NEXT_DUE)) is None, (
        "a draft's posts are not to be sent"
    )


async def test_a_draft_is_published_once(database: Database) -> None:
    number = await database.write(draft)

    async def publish(tx: Transaction) -> bool:
        return await drafts.publish(tx, number, after_id=7, now_ms=NOW_MS, **WHO)  # type: ignore[arg-type]

    assert await database.write(publish)
    assert not await database.write(publish)
    assert not await database.write(lambda tx: drafts.discard(tx, number, NOW_MS))
    assert not await database.write(
        lambda tx: scheduled_essays.schedule(tx, number, at_ms=NOW_MS, now_ms=NOW_MS, **WHO)  # type: ignore[arg-type]
    )
    assert not await database.write(
        lambda tx: drafts.replace_content(
            tx,
            number,
            essay=essay(),
            closing=None,
            given_questions=(),
            notes=(),
            planned=[],
            target=DraftTarget(SUBMISSION.channel_id, "threads"),
            now_ms=NOW_MS,
        )
    )
    (post,) = await database.write(lambda tx: messages.claim(tx, busy=(), now_ms=NOW_MS))
    assert post.after_id == 7


async def test_a_scheduled_essay_is_published_when_it_is_due(database: Database) -> None:
    number = await database.write(draft)
    hour = NOW_MS + 3_600_000
    assert await database.write(
        lambda tx: scheduled_essays.schedule(tx, number, at_ms=hour, now_ms=NOW_MS, **WHO)  # type: ignore[arg-type]
    )
    assert await database.read(lambda tx: get_next_due(tx, scheduled_essays.NEXT_DUE)) == hour
    assert (
        await database.write(
            lambda tx: scheduled_essays.publish_due(tx, after_id=1, now_ms=hour - 1)
        )
        == 0
    )
    assert (
        await database.write(lambda tx: scheduled_essays.publish_due(tx, after_id=1, now_ms=hour))
        == 1
    )
    assert (
        await database.write(lambda tx: scheduled_essays.publish_due(tx, after_id=1, now_ms=hour))
        == 0
    )
    found = await database.read(lambda tx: discussions.find(tx, number))
    assert found is not None
    assert found.state == "publishing"


async def test_a_process_publishes_no_scheduled_essay_of_another_ones_shards(
    database: Database,
) -> None:
    number = await database.write(draft)
    await database.write(
        lambda tx: scheduled_essays.schedule(tx, number, at_ms=NOW_MS, now_ms=NOW_MS, **WHO)  # type: ignore[arg-type]
    )
    shard_id = (SUBMISSION.server_id >> 22) % 2
    own, others = (Shards(2, frozenset((one,))) for one in (shard_id, 1 - shard_id))
    assert (
        await database.read(lambda tx: get_next_due(tx, scheduled_essays.NEXT_DUE, others)) is None
    )
    assert not await database.write(
        lambda tx: scheduled_essays.publish_due(tx, after_id=1, now_ms=NOW_MS, shards=others)
    )
    assert (
        await database.read(lambda tx: get_next_due(tx, scheduled_essays.NEXT_DUE, own)) == NOW_MS
    )
    assert await database.write(
        lambda tx: scheduled_essays.publish_due(tx, after_id=1, now_ms=NOW_MS, shards=own)
    )


async def test_an_essay_is_found_by_number_or_exact_title(database: Database) -> None:
    first = await database.write(draft)
    by_number = await database.read(lambda tx: find_essay(tx, f" {first} "))
    by_title = await database.read(lambda tx: find_essay(tx, "Slow bread"))
    assert by_number.id == by_title.id == first
    for unknown in ("slow bread", "99", "", "9" * 40, "１"):
        with pytest.raises(UnknownEssay, match="No essay has"):
            await database.read(lambda tx, unknown=unknown: find_essay(tx, unknown))  # type: ignore[misc]
    second = await database.write(lambda tx: draft(tx, b"other"))
    with pytest.raises(UnknownEssay, match=f"{first}, {second}"):
        await database.read(lambda tx: find_essay(tx, "Slow bread"))


async def test_a_discussion_changes_state_only_from_the_expected_one(database: Database) -> None:
    number = await database.write(draft)
    turned = await database.write(
        lambda tx: discussions.change_state(tx, number, before="open", after="closed")
    )
    assert turned is None
    assert await database.write(lambda tx: discussions.mark_withdrawn(tx, number)) is None
    assert await database.write(lambda tx: progress.retry(tx, number, NOW_MS)) == 0


async def test_a_submission_is_unfinished_until_it_is_accepted_or_refused(
    database: Database,
) -> None:
    text = Submission(1001, 10, "A server", 20, 40, "Ann", None, None, "# Text", title="T")
    await database.write(lambda tx: submissions.save(tx, SUBMISSION, NOW_MS))
    await database.write(lambda tx: submissions.save(tx, text, NOW_MS))
    assert await database.read(submissions.list_unfinished) == [SUBMISSION, text]
    assert await database.write(lambda tx: submissions.accept(tx, SUBMISSION.id, "0f"))
    assert not await database.write(lambda tx: submissions.accept(tx, SUBMISSION.id, "0f"))
    await database.write(lambda tx: submissions.refuse(tx, text.id))
    assert await database.read(submissions.list_unfinished) == []


async def test_no_alert_is_sent_about_an_essay_that_is_not_being_published(
    database: Database,
) -> None:
    number = await database.write(draft)

    async def stuck(tx: Transaction) -> int:
        await alerts.alert_about_essay(
            tx, number, make_coded("discord-forbids"), NOW_MS, stopped=True
        )
        await alerts.alert_about_essay_thread(
            tx, 77, make_coded("discord-forbids"), NOW_MS, stopped=False
        )
        row = await tx.row("SELECT count(*) AS told FROM alerts")
        assert row is not None
        return int(row["told"])

    assert await database.write(stuck) == 0
