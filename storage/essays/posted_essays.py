"""Posted essays: the messages of a published essay, and the rows that a new revision changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.layout.parts import Position
from bot.core.payload import Payload
from bot.core.text.coded_text import read_coded
from storage.db.checkpoint_and_vacuum import mark_erasure
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery import messages as messages_module
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.messages import NewMessage
from storage.essays import pictures, revisions
from storage.essays.progress import Progress
from storage.essays.revisions import NewRevision

__all__ = [
    "NewPayload",
    "PostedEssay",
    "PostedMessage",
    "erase_withdrawn",
    "find_posted_essay",
    "get_revision_progress",
    "retry_revision",
    "save_revision",
]


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message of an essay that was posted and not deleted.

    payload:                its current or planned body
    content_without_links:  of a part, its text without links to other parts
    essay_range:            of a part, the range of the essay's items in it
    separated:              other messages are between it and the part before it
    edit_pending:           an edit of it hadn't reached Discord when this was read
    answered:               it has a reply or a thread
    """

    planned_message_id: int
    purpose: str
    channel_id: int
    message_id: int
    payload: Payload
    content_without_links: str
    essay_range: tuple[Position, Position] | None
    separated: bool
    edit_pending: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class PostedEssay:
    """An essay as it is posted: its newest revision and its messages.

    place_id:       the channel or thread for new messages
    closing:        the closing question an admin chose
    posted_at:      when its first message was sent, in milliseconds; None if none was
    is_unfinished:  some messages aren't sent yet
    thread_lost:    the essay's own thread was deleted or couldn't be opened
    """

    discussion_id: int
    server_id: int
    state: str
    channel_id: int
    place_id: int
    thread_id: int | None
    revision: int
    essay: str
    closing: str | None
    source: bytes
    source_name: str | None
    messages: tuple[PostedMessage, ...]
    posted_at: int | None
    is_unfinished: bool
    thread_lost: bool


@dataclass(frozen=True, slots=True)
class NewPayload:
    """What a new revision makes of a posted message. ``payload``: as for Discord's Create Message.

    ``passages``: the numbers of the new revision's passages in it; the rest as in PostedMessage.
    """

    planned_message_id: int
    payload: Payload
    content_without_links: str | None = None
    essay_range: tuple[Position, Position] | None = None
    passages: tuple[int, ...] = ()


async def find_posted_essay(tx: Transaction, discussion_id: int) -> PostedEssay | None:
    """The essay as it is posted; None if there is no such discussion."""
    key = {"id": discussion_id}
    row = await tx.row(
        """
        SELECT discussions.id, server_id, channel_id, state, thread_id, number, essay,
            closing_question,
               content AS source, source_name,
               EXISTS (SELECT 1 FROM threads
                       WHERE threads.id = discussions.thread_id AND threads.state = 'failed'
               ) AS thread_lost,
               EXISTS (SELECT 1 FROM planned_messages
                       WHERE planned_messages.discussion_id = discussions.id
                           AND planned_messages.state IN ('planned', 'claimed')
                           AND purpose IN ('card', 'part', 'closing')) AS is_unfinished,
               (SELECT min(sent_at) FROM planned_messages
                WHERE planned_messages.discussion_id = discussions.id
                    AND purpose IN ('card', 'part', 'closing')
                    AND planned_messages.state = 'sent') AS posted_at
        FROM discussions
        JOIN revisions ON revisions.discussion_id = discussions.id
        JOIN revision_contents USING (discussion_id, number)
        JOIN sources ON sources.hash = revision_contents.source_hash
        WHERE discussions.id = :id
        ORDER BY number DESC LIMIT 1
        """,
        key,
    )
    if row is None:
        return None
    rows = await tx.rows(
        """
        SELECT planned_messages.id, purpose, planned_messages.channel_id, message_id, payload,
            content_without_links, essay_range, previous_part_id,
               EXISTS (SELECT 1 FROM message_edits
                       WHERE message_edits.message_id = planned_messages.message_id AND
                           message_edits.revision IS NOT NULL
                           AND message_edits.discussion_id = :id
                           AND message_edits.state IN ('planned', 'failed')) AS edit_pending,
               EXISTS (SELECT 1 FROM threads WHERE threads.id = planned_messages.message_id)
                   OR EXISTS (SELECT 1 FROM replies
                              WHERE replies.discussion_id = :id AND replies.planned_message_id =
                                  planned_messages.id
                                  AND deleted_at IS NULL) AS answered
        FROM planned_messages
        WHERE planned_messages.discussion_id = :id AND purpose IN ('card', 'part', 'closing')
            AND planned_messages.state = 'sent' AND message_id IS NOT NULL AND deleted_at IS NULL
        ORDER BY planned_messages.id
        """,
        key,
    )
    messages = []
    for message in rows:
        payload = json.loads(message["payload"])
        span = None if message["essay_range"] is None else json.loads(message["essay_range"])
        messages.append(
            PostedMessage(
                planned_message_id=message["id"],
                purpose=message["purpose"],
                channel_id=message["channel_id"],
                message_id=message["message_id"],
                payload=payload,
                content_without_links=payload.get("content", "")
                if message["content_without_links"] is None
                else message["content_without_links"],
                essay_range=None if span is None else (tuple(span[0]), tuple(span[1])),
                separated=message["previous_part_id"] is not None,
                edit_pending=bool(message["edit_pending"]),
                answered=bool(message["answered"]),
            )
        )
    return PostedEssay(
        discussion_id=row["id"],
        server_id=row["server_id"],
        state=row["state"],
        channel_id=row["channel_id"],
        place_id=row["channel_id"] if row["thread_id"] is None else row["thread_id"],
        thread_id=row["thread_id"],
        revision=row["number"],
        essay=row["essay"],
        closing=row["closing_question"],
        source=row["source"],
        source_name=row["source_name"],
        messages=tuple(messages),
        posted_at=row["posted_at"],
        is_unfinished=bool(row["is_unfinished"]),
        thread_lost=bool(row["thread_lost"]),
    )


async def save_revision(
    tx: Transaction,
    before: PostedEssay,
    revision: NewRevision,
    *,
    payloads: Sequence[NewPayload],
    edits: Sequence[NewMessageEdit],
    interval_ms: int,
    added: Sequence[NewMessage],
    previous_part_id: int | None,
    now_ms: int,
) -> int:
    """Save a revision as the essay's newest, and the planned edits of its messages; its number.

    ``interval_ms``: between two edits. ``added``: new messages; ``previous_part_id``: the planned
    message that the first of them continues. Pending edits of earlier revisions are cancelled.
    ``before`` must have been read in this same transaction.
    """
    number = before.revision + 1
    key = {"id": before.discussion_id}
    await revisions.add_revision(tx, before.discussion_id, number, revision, now_ms)
    # Planned deletions stay: the message isn't part of the essay any more.
    await tx.run(
        """
        DELETE FROM message_edits
        WHERE discussion_id = :id AND revision IS NOT NULL AND state IN ('planned', 'failed')
            AND kind NOT IN ('delete', 'lock')
        """,
        key,
    )
    # Messages of an earlier revision that Discord refused were never posted.
    await tx.run(
        """
        DELETE FROM planned_messages
        WHERE discussion_id = :id AND state = 'failed' AND purpose IN ('part', 'closing')
        """,
        key,
    )
    await _save_payloads(tx, payloads, number)
    await message_edits.plan(
        tx,
        server_id=before.server_id,
        discussion_id=before.discussion_id,
        edits=edits,
        revision=number,
        now_ms=now_ms,
        interval_ms=interval_ms,
    )
    if added:
        first, *_ = await messages_module.plan(
            tx,
            server_id=before.server_id,
            discussion_id=before.discussion_id,
            channel_id=before.place_id,
            after_id=await messages_module.get_newest_id(tx, before.place_id, before.discussion_id),
            messages=added,
            revision=number,
            now_ms=now_ms,
        )
        await tx.run(
            "UPDATE planned_messages SET previous_part_id = :previous_part_id WHERE id = :id",
            {"id": first, "previous_part_id": previous_part_id},
        )
    return number


async def _save_payloads(tx: Transaction, payloads: Sequence[NewPayload], revision: int) -> None:
    """Save the new body and passages of each message."""
    await tx.run_many(
        """
        UPDATE planned_messages
        SET payload = :payload, content_without_links = :content_without_links,
            essay_range = :essay_range
        WHERE id = :id
        """,
        [
            {
                "id": new.planned_message_id,
                "payload": json.dumps(new.payload, ensure_ascii=False),
                "content_without_links": new.content_without_links,
                "essay_range": None if new.essay_range is None else json.dumps(new.essay_range),
            }
            for new in payloads
        ],
    )
    await tx.run_many(
        """
        INSERT INTO planned_message_passages (planned_message_id, revision, number)
        VALUES (:planned_message_id, :revision, :number)
        """,
        [
            {
                "planned_message_id": new.planned_message_id,
                "revision": revision,
                "number": number,
            }
            for new in payloads
            for number in new.passages
        ],
    )


async def get_revision_progress(tx: Transaction, discussion_id: int) -> Progress:
    """The progress of applying the newest revision to the posted messages."""
    row = await tx.row(
        """
        SELECT count(*) AS total,
               count(*) FILTER (WHERE state IN ('done', 'sent')) AS sent,
               count(*) FILTER (WHERE state = 'failed') AS failed,
               max(last_error) FILTER (WHERE state <> 'done') AS last_error
        FROM (
            SELECT state, last_error FROM message_edits
            WHERE discussion_id = :id AND revision = (
                SELECT max(number) FROM revisions WHERE discussion_id = :id
            )
            UNION ALL
            SELECT state, last_error FROM planned_messages
            WHERE discussion_id = :id AND revision > 1 AND purpose IN ('part', 'closing')
                AND revision = (SELECT max(number) FROM revisions WHERE discussion_id = :id)
        ) AS steps
        """,
        {"id": discussion_id},
    )
    assert row is not None
    return Progress(row["sent"], row["total"], row["failed"] > 0, read_coded(row["last_error"]))


async def retry_revision(tx: Transaction, discussion_id: int, now_ms: int) -> int:
    """Retry the edits and messages of a revision that Discord refused; their number."""
    parameters = {"id": discussion_id, "now": now_ms}
    edits = await tx.run(
        """
        UPDATE message_edits SET state = 'planned', due_at = :now, attempts = 0, last_error = NULL
        WHERE discussion_id = :id AND revision IS NOT NULL AND state = 'failed'
            AND (SELECT state FROM discussions WHERE id = :id) IN ('open', 'closed')
            AND NOT EXISTS (SELECT 1 FROM planned_messages
                            WHERE planned_messages.message_id = message_edits.message_id AND
                                deleted_at IS NOT NULL)
        """,
        parameters,
    )
    return edits + await tx.run(
        """
        UPDATE planned_messages
        SET state = 'planned', due_at = :now, first_attempt_at = NULL, last_error = NULL
        WHERE discussion_id = :id AND state = 'failed' AND purpose IN ('part', 'closing')
            AND revision > 1
            AND (SELECT state FROM discussions WHERE id = :id) IN ('open', 'closed')
        """,
        parameters,
    )


async def erase_withdrawn(tx: Transaction, discussion_id: int, now_ms: int) -> None:
    """Erase what a withdrawn essay doesn't need: its pictures, pending revisions and their edits.

    Planned deletions and locks stay.
    """
    key = {"id": discussion_id}
    await tx.run("DELETE FROM pending_revisions WHERE discussion_id = :id", key)
    await tx.run(
        """
        DELETE FROM message_edits
        WHERE discussion_id = :id AND revision IS NOT NULL AND state IN ('planned', 'failed')
            AND kind NOT IN ('delete', 'lock')
        """,
        key,
    )
    await pictures.drop_all(tx, discussion_id)
    await mark_erasure(tx, now_ms)
