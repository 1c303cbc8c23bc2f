"""Applying a revision: plans the edits that change an essay's posted messages to its new text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.layout.parts import Position
from bot.core.payload import Payload
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery import messages as messages_module
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.messages import NewMessage
from storage.essays import revisions
from storage.essays.progress import Progress
from storage.essays.revisions import NewRevision
from storage.servers.audit_log import record_action

__all__ = [
    "Change",
    "PostedEssay",
    "PostedMessage",
    "RevisionPlan",
    "apply",
    "get_posted_essay",
    "go_on",
    "progress",
    "stop",
]

#: Age in milliseconds (one hour) from which on Discord limits edits of a message, and the interval
#: between two such edits (docs: Opcodes and Status Codes › JSON, 30046; the number allowed isn't
#: documented).
_OLD_AFTER, _OLD_INTERVAL = 3_600_000, 7_000


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message of an essay that was posted and not deleted.

    ``payload``: its current or planned body. ``bare``: a part's text without links; ``extent``:
    the range of the essay in it. ``apart``: other messages are between it and the part before it.
    ``pending``: an edit of it hadn't reached Discord when this was read. ``answered``: it has a
    reply or a thread.
    """

    planned_message_id: int
    purpose: str
    channel_id: int
    message_id: int
    payload: Payload
    bare: str
    extent: tuple[Position, Position] | None
    apart: bool
    pending: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class PostedEssay:
    """An essay as it is posted: its newest revision and its messages.

    ``place``: the channel or thread for new messages. ``homeless``: the essay's own thread was
    deleted or couldn't be opened. ``waiting``: some messages aren't sent yet. ``closing``: the
    closing question an admin chose.
    """

    discussion_id: int
    server_id: int
    state: str
    channel_id: int
    place: int
    thread_id: int | None
    revision: int
    essay: str
    closing: str | None
    source: bytes
    source_name: str | None
    messages: tuple[PostedMessage, ...]
    waiting: bool
    homeless: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A planned change of a message. ``payload``: the new body, as for Discord's Create Message.

    ``needed`` False: the message is deleted, or edited to ``payload`` if it has a reply or a
    thread. ``body``: the body of Discord's Edit Message; None if the message doesn't change.
    """

    message: PostedMessage
    payload: Payload
    body: Payload | None
    needed: bool = True
    bare: str | None = None
    extent: tuple[Position, Position] | None = None
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionPlan:
    """The planned changes of an essay's messages for a new revision.

    ``more``: new messages. ``continues``: the id of the planned message that the first of them
    continues. ``name``: the new name of the essay's own thread; None if it doesn't change.
    """

    changes: tuple[Change, ...]
    more: tuple[NewMessage, ...]
    continues: int | None
    name: str | None = None

    @property
    def is_same(self) -> bool:
        """Whether nothing visible changes."""
        edited = any(change.body is not None for change in self.changes)
        return not edited and not self.more and self.name is None


async def get_posted_essay(tx: Transaction, discussion_id: int) -> PostedEssay | None:
    """The essay as it is posted; None if there is no such discussion."""
    key = {"id": discussion_id}
    row = await tx.row(
        """
        SELECT discussions.id, server_id, channel_id, state, thread_id, number, essay,
            closing_question,
               source, source_name,
               EXISTS (SELECT 1 FROM threads
                       WHERE threads.id = discussions.thread_id AND threads.state = 'failed'
               ) AS homeless,
               EXISTS (SELECT 1 FROM planned_messages
                       WHERE planned_messages.discussion_id = discussions.id
                           AND planned_messages.state IN ('planned', 'claimed')
                           AND purpose IN ('card', 'part', 'closing')) AS waiting
        FROM discussions
        JOIN revisions ON revisions.discussion_id = discussions.id
        JOIN revision_contents USING (discussion_id, number)
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
                           AND message_edits.state IN ('planned', 'failed')) AS owed,
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
        extent = None if message["essay_range"] is None else json.loads(message["essay_range"])
        messages.append(
            PostedMessage(
                planned_message_id=message["id"],
                purpose=message["purpose"],
                channel_id=message["channel_id"],
                message_id=message["message_id"],
                payload=payload,
                bare=payload.get("content", "")
                if message["content_without_links"] is None
                else message["content_without_links"],
                extent=None if extent is None else (tuple(extent[0]), tuple(extent[1])),
                apart=message["previous_part_id"] is not None,
                pending=bool(message["owed"]),
                answered=bool(message["answered"]),
            )
        )
    return PostedEssay(
        discussion_id=row["id"],
        server_id=row["server_id"],
        state=row["state"],
        channel_id=row["channel_id"],
        place=row["channel_id"] if row["thread_id"] is None else row["thread_id"],
        thread_id=row["thread_id"],
        revision=row["number"],
        essay=row["essay"],
        closing=row["closing_question"],
        source=row["source"],
        source_name=row["source_name"],
        messages=tuple(messages),
        waiting=bool(row["waiting"]),
        homeless=bool(row["homeless"]),
    )


async def apply(
    tx: Transaction,
    before: PostedEssay,
    plan: RevisionPlan,
    revision: NewRevision,
    *,
    member_id: int,
    member_name: str,
    now_ms: int,
) -> int:
    """Add a revision as the essay's newest and plan the edits of its messages; its number.

    Pending edits of earlier revisions are cancelled. ``before`` must have been read in this same
    transaction.
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
    await _save_messages(tx, plan.changes, number)
    await message_edits.plan(
        tx,
        server_id=before.server_id,
        discussion_id=before.discussion_id,
        edits=_plan_edits(before, plan),
        revision=number,
        now_ms=now_ms,
        interval_ms=_OLD_INTERVAL if await _is_old(tx, before.discussion_id, now_ms) else 0,
    )
    if plan.more:
        first, *_ = await messages_module.plan(
            tx,
            server_id=before.server_id,
            discussion_id=before.discussion_id,
            channel_id=before.place,
            after_id=await messages_module.get_newest_id(tx, before.place, before.discussion_id),
            messages=plan.more,
            revision=number,
            now_ms=now_ms,
        )
        await tx.run(
            "UPDATE planned_messages SET previous_part_id = :previous_part_id WHERE id = :id",
            {"id": first, "previous_part_id": plan.continues},
        )
    await record_action(
        tx,
        server_id=before.server_id,
        discussion_id=before.discussion_id,
        member_id=member_id,
        member_name=member_name,
        action=f"edited (revision {number})",
        now_ms=now_ms,
    )
    return number


def _plan_edits(before: PostedEssay, plan: RevisionPlan) -> list[NewMessageEdit]:
    """The edits that apply a revision, in order: change messages, remove messages, rename."""
    changed, removed = [], []
    for change in plan.changes:
        if change.body is None:
            continue
        place, message_id = change.message.channel_id, change.message.message_id
        if change.needed:
            changed.append(NewMessageEdit("edit", place, message_id, change.body))
        else:
            removed.append(NewMessageEdit("remove", place, message_id, change.body))
    named = []
    if plan.name is not None and before.thread_id is not None:
        named.append(NewMessageEdit("rename", before.thread_id, payload={"name": plan.name}))
    edits = [*changed, *removed, *named]
    if edits and before.state == "closed" and before.thread_id is not None:
        edits.append(NewMessageEdit("lock", before.thread_id))  # an edit unarchives the thread
    return edits


async def _save_messages(tx: Transaction, changes: Sequence[Change], revision: int) -> None:
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
                "id": change.message.planned_message_id,
                "payload": json.dumps(change.payload, ensure_ascii=False),
                "content_without_links": change.bare,
                "essay_range": None if change.extent is None else json.dumps(change.extent),
            }
            for change in changes
        ],
    )
    await tx.run_many(
        """
        INSERT INTO planned_message_passages (planned_message_id, revision, number)
        VALUES (:planned_message_id, :revision, :number)
        """,
        [
            {
                "planned_message_id": change.message.planned_message_id,
                "revision": revision,
                "number": number,
            }
            for change in changes
            for number in change.passages
        ],
    )


async def _is_old(tx: Transaction, discussion_id: int, now_ms: int) -> bool:
    row = await tx.row(
        """
        SELECT min(sent_at) AS sent_at FROM planned_messages
        WHERE discussion_id = :id AND purpose IN ('card', 'part', 'closing') AND state = 'sent'
        """,
        {"id": discussion_id},
    )
    sent_at = None if row is None else row["sent_at"]
    return sent_at is not None and now_ms - sent_at >= _OLD_AFTER


async def progress(tx: Transaction, discussion_id: int) -> Progress:
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
    return Progress(row["sent"], row["total"], row["failed"] > 0, row["last_error"])


async def go_on(tx: Transaction, discussion_id: int, now_ms: int) -> int:
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


async def stop(tx: Transaction, discussion_id: int) -> None:
    """Cancel pending revisions, and edits but deletions and locks: the essay is withdrawn."""
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
