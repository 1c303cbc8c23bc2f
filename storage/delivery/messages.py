"""Planned messages, which the bot has decided to send: planned → claimed → sent or failed.

Times are milliseconds since 1970 UTC.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.core import limits
from bot.core.layout.parts import Position
from bot.core.payload import Payload
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Row, Transaction

__all__ = [
    "NEXT_DUE",
    "ClaimedMessage",
    "NewForumPost",
    "NewMessage",
    "PlannedMessage",
    "PostedMessage",
    "PreviousPart",
    "SentMessage",
    "WithdrawnMessage",
    "cancel_unsent",
    "claim",
    "find",
    "find_previous_part",
    "find_withdrawn",
    "get_claimed",
    "get_newest_id",
    "get_posted",
    "get_recorded_ids",
    "mark_failed",
    "mark_sent",
    "plan",
    "postpone",
    "set_linked_payload",
]

#: The purposes of the messages that publish an essay.
PUBLISHING = ("card", "part", "closing")
#: Of a nonce, which has two hexadecimal digits a byte. Random, since a database may be deleted and
#: created again within the minutes in which Discord remembers a nonce.
_NONCE_BYTES = limits.NONCE // 2
#: Milliseconds by which Discord's clock may be behind ours.
_SKEW = 60_000


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be planned.

    passages:               (revision, number) of the passages in it
    essay_range:            of a part, the range of the essay's items that it has
    content_without_links:  of a part, its text if the payload has links besides
    """

    purpose: str
    payload: Payload
    passages: tuple[tuple[int, int], ...] = ()
    essay_range: tuple[Position, Position] | None = None
    content_without_links: str | None = None


@dataclass(frozen=True, slots=True)
class NewForumPost:
    """A forum post that is to be started: its essay's title, and the ids of its tags."""

    title: str
    tags: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """A planned message that was claimed.

    expires_at:               after it the message is only searched for, not sent any more
    attempts_without_effect:  attempts that are known to have created no message
    failures:                 attempts that failed by a transient error
    new_forum_post:           the forum post that the message starts
    in_thread:                it is sent into a thread
    """

    id: int
    server_id: int
    discussion_id: int | None
    purpose: str
    channel_id: int
    payload: Payload
    nonce: str
    after_id: int
    expires_at: int | None
    attempts: int
    attempts_without_effect: int
    failures: int
    first_attempt_at: int
    message_id: int | None
    new_forum_post: NewForumPost | None = None
    in_thread: bool = False

    @property
    def is_essays_own(self) -> bool:
        """Whether it publishes the essay itself."""
        return self.purpose in PUBLISHING

    @property
    def is_prompt(self) -> bool:
        """Whether it is a prompt of any kind."""
        return self.purpose in ("prompt", "nudge")


def _planned_message(row: Row) -> PlannedMessage:
    new_forum_post = None
    if row["purpose"] == "card" and row["style"] == "forum" and row["thread_id"] is None:
        tags = tuple(int(tag) for tag in row["tags"].split())
        new_forum_post = NewForumPost(row["title"], tags)
    return PlannedMessage(
        id=row["id"],
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        purpose=row["purpose"],
        channel_id=row["channel_id"],
        payload=json.loads(row["payload"]),
        nonce=row["nonce"],
        after_id=row["after_id"],
        expires_at=row["expires_at"],
        attempts=row["attempts"],
        attempts_without_effect=row["attempts_without_effect"],
        failures=row["failures"],
        first_attempt_at=row["first_attempt_at"],
        message_id=row["message_id"],
        new_forum_post=new_forum_post,
        in_thread=bool(row["in_thread"]),
    )


async def plan(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int | None,
    channel_id: int,
    after_id: int,
    messages: Sequence[NewMessage],
    now_ms: int,
    expires_at: int | None = None,
    failures: int = 0,
    draft: bool = False,
    revision: int = 1,
) -> list[int]:
    """Plan ``messages`` in their order, or only draft them; their ids.

    ``after_id`` is the newest message id known in the channel: these messages will get higher
    ones. After ``expires_at`` they are not sent any more. ``failures``: failed attempts of a
    planned message that these replace.
    """
    ids = []
    for message in messages:
        planned_message_id = await tx.insert(
            """
            INSERT INTO planned_messages (server_id, discussion_id, purpose, channel_id, payload,
                nonce,
                after_id, state, planned_at, due_at, expires_at, failures, revision,
                    content_without_links, essay_range)
            VALUES (:server_id, :discussion_id, :purpose, :channel_id, :payload, :nonce,
                :after_id, :state, :now, :now, :expires_at, :failures, :revision,
                    :content_without_links, :essay_range)
            RETURNING id
            """,
            {
                "server_id": server_id,
                "discussion_id": discussion_id,
                "purpose": message.purpose,
                "channel_id": channel_id,
                "payload": json.dumps(message.payload, ensure_ascii=False),
                "nonce": secrets.token_hex(_NONCE_BYTES),
                "after_id": after_id,
                "state": "draft" if draft else "planned",
                "now": now_ms,
                "expires_at": expires_at,
                "failures": failures,
                "revision": revision,
                "content_without_links": message.content_without_links,
                "essay_range": None
                if message.essay_range is None
                else json.dumps(message.essay_range),
            },
        )
        await tx.run_many(
            """
            INSERT INTO planned_message_passages (planned_message_id, revision, number)
            VALUES (:planned_message_id, :revision, :number)
            """,
            [
                {"planned_message_id": planned_message_id, "revision": revision, "number": number}
                for revision, number in message.passages
            ],
        )
        ids.append(planned_message_id)
    return ids


#: What may be sent next: of the essays being published in a channel only the first message that
#: isn't sent yet, so that they come in order and never one within the other; all other messages
#: independently, so that none waits for one that can't be sent. What belongs in an essay's own
#: thread waits for that (storage.delivery.essay_threads).
_NEXT = """
FROM planned_messages
WHERE state IN ('planned', 'claimed')
AND (server_id >> 22) % :shard_count IN (SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids))
AND (
    purpose NOT IN ('card', 'part', 'closing')
    OR NOT EXISTS (
        SELECT 1 FROM planned_messages AS earlier
        WHERE earlier.channel_id = planned_messages.channel_id
            AND earlier.state IN ('planned', 'claimed')
            AND earlier.purpose IN ('card', 'part', 'closing')
            AND (earlier.planned_at, earlier.discussion_id, earlier.id)
                < (planned_messages.planned_at, planned_messages.discussion_id, planned_messages.id)
    )
)
AND NOT (
    purpose IN ('part', 'closing') AND EXISTS (
        SELECT 1 FROM discussions
        WHERE discussions.id = planned_messages.discussion_id AND style <> 'threads'
            AND discussions.channel_id = planned_messages.channel_id
    )
)
"""
_MAY_BE_SENT = """
AND due_at <= :now AND (
    purpose NOT IN ('prompt', 'nudge')
    OR (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:prompt_shard_ids)
    )
)
"""
_CLAIMABLE = (
    "SELECT id, purpose, channel_id, discussion_id, "
    "CASE WHEN expires_at < :now THEN 1 ELSE 0 END AS is_late "
    + _NEXT
    + _MAY_BE_SENT
    + "ORDER BY id"
)
#: When the next message is due.
NEXT_DUE = "SELECT min(due_at) AS due_at " + _NEXT


async def has_essay_under_way(
    tx: Transaction, channel_id: int | None, discussion_id: int | None
) -> bool:
    """Whether an essay other than that of ``discussion_id`` is being posted in the channel.

    Also one that has stopped, and one whose new text gets further messages.
    """
    row = await tx.row(
        """
        SELECT EXISTS (
            SELECT 1 FROM discussions
            WHERE channel_id = :channel_id AND state = 'publishing' AND style <> 'forum'
                AND (CAST(:discussion_id AS BIGINT) IS NULL OR id <> :discussion_id)
        ) OR EXISTS (
            SELECT 1 FROM planned_messages
            WHERE channel_id = :channel_id AND state IN ('planned', 'claimed')
                AND purpose IN ('card', 'part', 'closing')
                AND (CAST(:discussion_id AS BIGINT) IS NULL OR discussion_id <> :discussion_id)
        ) AS found
        """,
        {"channel_id": channel_id, "discussion_id": discussion_id},
    )
    assert row is not None
    return bool(row["found"])


async def claim(
    tx: Transaction,
    *,
    busy: Collection[int],
    now_ms: int,
    channels_with_prompts: Collection[int] = (),
    shards: Shards = UNSHARDED,
    prompt_shards: Shards | None = None,
) -> list[PlannedMessage]:
    """Claim what may be sent now: the next message of each channel's essay, and all others.

    ``busy``: the messages being sent already. What was
    claimed by a process that died is claimed again, since only one process sends messages.
    ``channels_with_prompts``: where a prompt is being sent, for which essays wait there. A prompt
    waits in turn where another essay is being posted: until it is decided again.
    ``shards``: those in whose servers messages are sent; ``prompt_shards``: those of them in which
    prompts and nudges are, too (default: all).
    """
    parameters = make_shard_parameters(shards)
    prompted = parameters if prompt_shards is None else make_shard_parameters(prompt_shards)
    rows = await tx.rows(
        _CLAIMABLE, {"now": now_ms, "prompt_shard_ids": prompted["shard_ids"], **parameters}
    )
    claimed = []
    for row in rows:
        if row["id"] in busy:
            continue
        if row["purpose"] in PUBLISHING and row["channel_id"] in channels_with_prompts:
            continue
        if (
            row["purpose"] == "prompt"
            and not row["is_late"]
            and await has_essay_under_way(tx, row["channel_id"], row["discussion_id"])
        ):
            continue
        await tx.run(
            """
            UPDATE planned_messages
            SET state = 'claimed', attempts = attempts + 1,
                first_attempt_at = COALESCE(first_attempt_at, :now)
            WHERE id = :id
            """,
            {"id": row["id"], "now": now_ms},
        )
        found = await find(tx, row["id"])
        if found is not None:
            claimed.append(found)
    return claimed


async def find(tx: Transaction, planned_message_id: int) -> PlannedMessage | None:
    """The planned message with this id."""
    row = await tx.row(
        """
        SELECT planned_messages.id, planned_messages.server_id, planned_messages.discussion_id,
            purpose, planned_messages.channel_id, payload,
               nonce, after_id, expires_at, attempts, attempts_without_effect, failures,
                   first_attempt_at,
               message_id, style, tags, discussions.thread_id, EXISTS (
                   SELECT 1 FROM threads WHERE threads.id = planned_messages.channel_id
               ) AS in_thread,
               (SELECT title FROM revisions
                WHERE revisions.discussion_id = planned_messages.discussion_id
                ORDER BY number DESC LIMIT 1) AS title
        FROM planned_messages LEFT JOIN discussions ON discussions.id =
            planned_messages.discussion_id
        WHERE planned_messages.id = :id
        """,
        {"id": planned_message_id},
    )
    return None if row is None else _planned_message(row)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A planned message that was just recorded as sent."""

    server_id: int
    discussion_id: int | None
    purpose: str
    channel_id: int

    @property
    def is_essays_own(self) -> bool:
        """Whether it publishes the essay itself."""
        return self.purpose in PUBLISHING


async def mark_sent(
    tx: Transaction, *, planned_message_id: int, message_id: int | None, at: int, now_ms: int
) -> SentMessage | None:
    """Record that a message was sent; None if that was recorded before.

    ``message_id`` None: it was sent, and deleted before its id was known. ``at``: when it was sent,
    by Discord's clock; if that is implausibly early, ``now_ms`` is recorded.
    """
    row = await tx.row(
        """
        UPDATE planned_messages SET state = 'sent', message_id = :message_id, last_error = NULL,
            sent_at = CASE WHEN :at >= planned_at - :skew THEN :at ELSE :now END
        WHERE id = :id AND state <> 'sent'
            AND NOT EXISTS (SELECT 1 FROM planned_messages WHERE message_id = :message_id)
        RETURNING server_id, discussion_id, purpose, channel_id
        """,
        {
            "id": planned_message_id,
            "message_id": message_id,
            "now": now_ms,
            "at": at,
            "skew": _SKEW,
        },
    )
    if row is None:
        return None
    return SentMessage(row["server_id"], row["discussion_id"], row["purpose"], row["channel_id"])


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A claimed message that may be in Discord already: what it would be recognized by."""

    id: int
    payload: Payload
    nonce: str


async def get_claimed(tx: Transaction, channel_id: int, message_id: int) -> list[ClaimedMessage]:
    """The claimed messages that ``message_id`` in this channel may be, the earliest first.

    None where another planned message is recorded as ``message_id``.
    """
    rows = await tx.rows(
        """
        SELECT id, payload, nonce FROM planned_messages
        WHERE channel_id = :channel_id AND state IN ('planned', 'claimed')
            AND state = 'claimed' AND after_id < :message_id -- both, so that an index answers
            AND NOT EXISTS (SELECT 1 FROM planned_messages AS other WHERE other.message_id =
                :message_id)
        ORDER BY id
        """,
        {"channel_id": channel_id, "message_id": message_id},
    )
    return [ClaimedMessage(row["id"], json.loads(row["payload"]), row["nonce"]) for row in rows]


@dataclass(frozen=True, slots=True)
class WithdrawnMessage:
    """A message that was sent although its essay was withdrawn meanwhile.

    ``thread_id``: the essay's own thread or forum post; None until its card is recorded.
    """

    server_id: int
    discussion_id: int
    channel_id: int
    purpose: str
    payload: Payload
    in_forum: bool
    thread_id: int | None


async def find_withdrawn(tx: Transaction, planned_message_id: int) -> WithdrawnMessage | None:
    """The planned message, if its essay is withdrawn."""
    row = await tx.row(
        """
        SELECT planned_messages.server_id, planned_messages.discussion_id,
               planned_messages.channel_id, planned_messages.purpose, planned_messages.payload,
               discussions.style, discussions.thread_id
        FROM planned_messages JOIN discussions ON discussions.id = planned_messages.discussion_id
        WHERE planned_messages.id = :id AND discussions.state = 'withdrawn'
        """,
        {"id": planned_message_id},
    )
    if row is None:
        return None
    return WithdrawnMessage(
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        channel_id=row["channel_id"],
        purpose=row["purpose"],
        payload=json.loads(row["payload"]),
        in_forum=row["style"] == "forum",
        thread_id=row["thread_id"],
    )


@dataclass(frozen=True, slots=True)
class PreviousPart:
    """The sent part of an essay before one that an edit added elsewhere.

    ``next_channel_id``: where the added part is; ``revision``: the one that added it.
    """

    planned_message_id: int
    server_id: int
    discussion_id: int
    channel_id: int
    message_id: int
    payload: Payload
    revision: int
    next_channel_id: int


async def find_previous_part(tx: Transaction, planned_message_id: int) -> PreviousPart | None:
    """The part that is to link to this one, if there is one."""
    row = await tx.row(
        """
        SELECT before.id, before.channel_id, before.message_id, before.payload,
               planned_messages.server_id, planned_messages.discussion_id,
               planned_messages.revision, planned_messages.channel_id AS next_channel_id
        FROM planned_messages
        JOIN planned_messages AS before ON before.id = planned_messages.previous_part_id
        JOIN discussions ON discussions.id = planned_messages.discussion_id
        WHERE planned_messages.id = :id AND before.deleted_at IS NULL
            AND before.message_id IS NOT NULL AND discussions.state IN ('open', 'closed')
        """,
        {"id": planned_message_id},
    )
    if row is None:
        return None
    return PreviousPart(
        planned_message_id=row["id"],
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        payload=json.loads(row["payload"]),
        revision=row["revision"],
        next_channel_id=row["next_channel_id"],
    )


async def set_linked_payload(
    tx: Transaction, planned_message_id: int, payload: Payload, content_without_links: str
) -> None:
    """Add a link to a part's payload; its text without links is saved the first time."""
    await tx.run(
        """
        UPDATE planned_messages
        SET payload = :payload,
            content_without_links = COALESCE(content_without_links, :content_without_links)
        WHERE id = :id
        """,
        {
            "id": planned_message_id,
            "payload": json.dumps(payload, ensure_ascii=False),
            "content_without_links": content_without_links,
        },
    )


async def get_recorded_ids(tx: Transaction, channel_id: int, after_id: int) -> set[int]:
    """The messages in a channel, after ``after_id``, that a planned message is recorded as."""
    rows = await tx.rows(
        """
        SELECT message_id FROM planned_messages
        WHERE channel_id = :channel_id AND message_id > :after_id
        """,
        {"channel_id": channel_id, "after_id": after_id},
    )
    return {row["message_id"] for row in rows}


async def postpone(
    tx: Transaction,
    *,
    planned_message_id: int,
    due_at: int,
    last_error: CodedText,
    failed: bool = False,
    without_effect: bool = False,
) -> bool:
    """Try again at ``due_at``; ``last_error`` is the sentence that says why.

    ``failed``: by a transient error, which counts; what somebody has to fix doesn't.
    ``without_effect``: the attempt is known to have created no message. Whether that is true of
    all attempts.
    """
    row = await tx.row(
        """
        UPDATE planned_messages SET due_at = :due_at, last_error = :last_error, failures =
            failures + :failed,
            attempts_without_effect = attempts_without_effect + :attempts_without_effect
        WHERE id = :id AND state <> 'sent'
        RETURNING attempts_without_effect = attempts AS was_never_created
        """,
        {
            "id": planned_message_id,
            "due_at": due_at,
            "last_error": last_error.stored,
            "failed": int(failed),
            "attempts_without_effect": int(without_effect),
        },
    )
    return row is not None and bool(row["was_never_created"])


async def get_newest_id(tx: Transaction, channel_id: int, discussion_id: int | None = None) -> int:
    """The newest message known in a channel or thread; 0 if none is."""
    row = await tx.row(
        """
        SELECT max(id) AS id FROM (
            SELECT 0 AS id
            UNION ALL
            SELECT message_id FROM watermarks WHERE channel_id = :channel_id
            UNION ALL
            SELECT max(message_id) FROM planned_messages
            WHERE channel_id = :channel_id AND discussion_id = :discussion_id
            UNION ALL
            SELECT max(message_id) FROM planned_messages
            WHERE channel_id = :channel_id AND discussion_id IS NULL
        ) AS known
        """,
        {"channel_id": channel_id, "discussion_id": discussion_id},
    )
    return 0 if row is None else int(row["id"])


async def mark_failed(tx: Transaction, *, planned_message_id: int, last_error: CodedText) -> None:
    """Mark a message as failed, and the rest of its essay: Discord will never accept it.

    The parts after a failed part aren't sent: an essay with a gap is worse than one that stops,
    and the admins are alerted.
    """
    parameters = {"id": planned_message_id, "last_error": last_error.stored}
    await tx.run(
        """
        UPDATE planned_messages SET state = 'failed', last_error = :last_error
        WHERE state IN ('planned', 'claimed') AND (
            id = :id
            OR (
                id > :id
                AND discussion_id = (SELECT discussion_id FROM planned_messages WHERE id = :id)
                AND purpose IN ('card', 'part', 'closing')
                AND (SELECT purpose FROM planned_messages WHERE id = :id)
                    IN ('card', 'part', 'closing')
            )
        )
        """,
        parameters,
    )


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message of a discussion that was sent."""

    purpose: str
    channel_id: int
    message_id: int
    payload: Payload


async def get_posted(tx: Transaction, discussion_id: int) -> list[PostedMessage]:
    """The bot's messages that were sent for a discussion, in the order of planning."""
    rows = await tx.rows(
        """
        SELECT purpose, channel_id, message_id, payload FROM planned_messages
        WHERE discussion_id = :id AND state = 'sent' AND message_id IS NOT NULL
        ORDER BY id
        """,
        {"id": discussion_id},
    )
    return [
        PostedMessage(
            purpose=row["purpose"],
            channel_id=row["channel_id"],
            message_id=row["message_id"],
            payload=json.loads(row["payload"]),
        )
        for row in rows
    ]


async def cancel_unsent(tx: Transaction, discussion_id: int, *, last_error: CodedText) -> None:
    """Mark a discussion's messages as failed that were planned and not attempted yet."""
    await tx.run(
        """
        UPDATE planned_messages SET state = 'failed', last_error = :last_error
        WHERE discussion_id = :id AND state = 'planned'
        """,
        {"id": discussion_id, "last_error": last_error.stored},
    )
