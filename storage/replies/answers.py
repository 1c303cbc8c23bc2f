"""Rows of answers: what members entered in forms, until it is posted and a reply of theirs.

An answer is posted in steps, each recorded before the next: its message is requested (``posting``),
exists (``posted``), and is recorded as a reply (``done``). From then on the reply has its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText, read_coded
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Row, Transaction
from storage.essays.authors import get_authors

__all__ = [
    "NEXT_DUE",
    "Answer",
    "AnswerPlace",
    "PassageThread",
    "UnpostedAnswer",
    "choose_thread",
    "erase_unposted",
    "find_answer_place",
    "find_last_post",
    "find_part",
    "find_undecided",
    "find_unposted",
    "get_due",
    "get_passages",
    "get_posted_ids",
    "get_unposted",
    "has_same_answer",
    "is_opted_out",
    "mark_done",
    "mark_failed",
    "mark_not_posted",
    "mark_posted",
    "mark_posting",
    "post_in_channel",
    "postpone",
    "save",
]


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """Where a message of the bot's can be answered.

    state, style:  of the discussion
    authors:       the members who wrote the essay
    thread_id:     the essay's own thread or forum post; None if it is in the channel
    revision:      the newest one
    has_form:      the server lets members answer with a form
    part:          the passages that the message carries, of that revision
    """

    server_id: int
    discussion_id: int
    state: str
    style: str
    channel_id: int
    thread_id: int | None
    revision: int
    has_form: bool
    part: tuple[int, ...]
    authors: tuple[int, ...] = ()

    @property
    def posts_in(self) -> int:
        """The channel or thread that an answer is posted in."""
        return self.channel_id if self.thread_id is None else self.thread_id


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is to be posted.

    channel_id:   the channel or thread it is posted in
    parent_id:    the channel of the discussion, which has the webhook
    answered_id:  the message it answers: one of the bot's, or a question to the author
    link:         to the message with the passage, or to that question
    asks_author:  it is a question to the authors itself
    withdrawn:    the essay was withdrawn meanwhile
    """

    id: int
    server_id: int
    discussion_id: int
    channel_id: int
    parent_id: int
    answered_id: int
    member_id: int
    member_name: str
    avatar: str | None
    revision: int
    passage: int | None
    link: str | None
    text: str
    state: str = "planned"
    attempts: int = 0
    webhook_id: int | None = None
    message_id: int | None = None
    signature: str | None = None
    asks_author: bool = False
    withdrawn: bool = False


async def find_answer_place(tx: Transaction, server_id: int, message_id: int) -> AnswerPlace | None:
    """Where a message of the server can be answered; None if it isn't one of an essay's."""
    row = await tx.row(
        """
        SELECT discussions.id, discussions.state, discussions.style, discussions.channel_id,
               discussions.thread_id,
               planned_messages.id AS planned_message_id,
               (SELECT max(number) FROM revisions
                WHERE revisions.discussion_id = discussions.id) AS revision,
               COALESCE(server_settings.answer_forms, 1) AS has_form
        FROM planned_messages
        JOIN discussions ON discussions.id = planned_messages.discussion_id
        LEFT JOIN server_settings ON server_settings.server_id = discussions.server_id
        WHERE planned_messages.message_id = :message_id
            AND planned_messages.server_id = :server_id
        """,
        {"message_id": message_id, "server_id": server_id},
    )
    if row is None:
        return None
    part = await tx.rows(
        """
        SELECT number FROM planned_message_passages
        WHERE planned_message_id = :id AND revision = :revision ORDER BY number
        """,
        {"id": row["planned_message_id"], "revision": row["revision"]},
    )
    return AnswerPlace(
        server_id=server_id,
        discussion_id=row["id"],
        state=row["state"],
        style=row["style"],
        channel_id=row["channel_id"],
        thread_id=row["thread_id"] if row["style"] != "threads" else None,
        revision=row["revision"],
        has_form=bool(row["has_form"]),
        part=tuple(one["number"] for one in part),
        authors=await get_authors(tx, row["id"]),
    )


async def get_passages(tx: Transaction, discussion_id: int, revision: int) -> list[tuple[int, str]]:
    """Number and text of the passages of a revision, in order."""
    rows = await tx.rows(
        """
        SELECT number, text FROM passages
        WHERE discussion_id = :id AND revision = :revision ORDER BY number
        """,
        {"id": discussion_id, "revision": revision},
    )
    return [(row["number"], row["text"]) for row in rows]


async def find_part(
    tx: Transaction, discussion_id: int, revision: int, passage: int
) -> tuple[int, int] | None:
    """Channel and id of the message that shows a passage; None if it was deleted.

    What the card shows isn't repeated in a part.
    """
    row = await tx.row(
        """
        SELECT planned_messages.channel_id, planned_messages.message_id
        FROM planned_messages
        LEFT JOIN planned_message_passages ON planned_message_id = planned_messages.id
            AND planned_message_passages.revision = :revision AND number = :number
        WHERE planned_messages.discussion_id = :id AND message_id IS NOT NULL
            AND deleted_at IS NULL AND (number IS NOT NULL OR purpose = 'card')
        ORDER BY number IS NULL, planned_messages.id LIMIT 1
        """,
        {"id": discussion_id, "revision": revision, "number": passage},
    )
    return None if row is None else (row["channel_id"], row["message_id"])


async def is_opted_out(tx: Transaction, server_id: int, member_id: int) -> bool:
    """Whether nothing that a member writes is saved."""
    row = await tx.row(
        """
        SELECT 1 FROM erased_members
        WHERE server_id = :server_id AND member_id = :member_id AND opted_out_at IS NOT NULL
        """,
        {"server_id": server_id, "member_id": member_id},
    )
    return row is not None


async def find_last_post(
    tx: Transaction, answer: Answer, *, since_ms: int, since_id: int
) -> int | None:
    """When the member last wrote where an answer is posted, in milliseconds; None: not since then.

    ``since_id``: the lowest id of messages written at ``since_ms`` or later.
    """
    row = await tx.row(
        """
        SELECT max(at) AS at FROM (
            SELECT max(submitted_at) AS at FROM answers
            WHERE server_id = :server_id AND member_id = :member_id AND submitted_at >= :since
                AND channel_id = :channel_id AND state NOT IN ('choosing', 'failed')
            UNION ALL
            SELECT max(written_at) FROM replies
            WHERE discussion_id = :discussion_id AND id >= :since_id AND author_id = :member_id
                AND channel_id = :channel_id
        ) AS posts
        """,
        {
            "server_id": answer.server_id,
            "member_id": answer.member_id,
            "discussion_id": answer.discussion_id,
            "channel_id": answer.channel_id,
            "since": since_ms,
            "since_id": since_id,
        },
    )
    return None if row is None else row["at"]


async def has_same_answer(tx: Transaction, answer: Answer, *, since_ms: int) -> bool:
    """Whether the member submitted the same answer since then: a form may be sent twice.

    One whose thread isn't chosen doesn't count: it isn't posted.
    """
    row = await tx.row(
        """
        SELECT 1 FROM answers LEFT JOIN replies ON replies.id = answers.message_id
        WHERE answers.server_id = :server_id AND answers.member_id = :member_id
            AND submitted_at >= :since AND answers.discussion_id = :discussion_id
            AND answered_id = :answered_id
            AND COALESCE(passage, 0) = COALESCE(:passage, 0)
            AND state NOT IN ('failed', 'choosing')
            AND asks_author = :asks_author
            AND CASE state WHEN 'done' THEN replies.text ELSE answers.text END = :text
        """,
        _make_same_answer_key(answer) | {"since": since_ms},
    )
    return row is not None


def _make_same_answer_key(answer: Answer) -> dict[str, Any]:
    """What two submissions of the same answer have in common."""
    return {
        "server_id": answer.server_id,
        "member_id": answer.member_id,
        "discussion_id": answer.discussion_id,
        "answered_id": answer.answered_id,
        "passage": answer.passage,
        "asks_author": answer.asks_author,
        "text": answer.text,
    }


@dataclass(frozen=True, slots=True)
class PassageThread:
    """A thread about a passage, its name, and how many people wrote in it."""

    id: int
    name: str
    people: int


async def _get_threads(tx: Transaction, answer: Answer, most: int) -> list[PassageThread]:
    """The threads about the answer's passage, the one with the most people first."""
    rows = await tx.rows(
        """
        SELECT threads.id, threads.name, (
            SELECT count(DISTINCT author_id) FROM replies
            WHERE replies.discussion_id = threads.discussion_id
                AND replies.thread_id = threads.id AND replies.deleted_at IS NULL
        ) AS people
        FROM threads
        JOIN reply_passages ON reply_passages.reply_id = threads.id
        WHERE threads.discussion_id = :discussion_id AND threads.state IN ('open', 'ready')
            AND revision = :revision AND number = :passage
        ORDER BY people DESC, threads.id LIMIT :most
        """,
        {
            "discussion_id": answer.discussion_id,
            "revision": answer.revision,
            "passage": answer.passage,
            "most": most,
        },
    )
    return [PassageThread(row["id"], row["name"], row["people"]) for row in rows]


async def find_undecided(
    tx: Transaction, answer_id: int, *, server_id: int, member_id: int, thread_id: int
) -> Answer | None:
    """A member's answer that waits for :func:`choose_thread`.

    None if there is none, or ``thread_id`` isn't 0 or a thread of its discussion.
    """
    row = await tx.row(
        """
        SELECT answers.*, discussions.channel_id AS parent_id,
               discussions.state = 'withdrawn' AS withdrawn, answers.channel_id AS place_id
        FROM answers JOIN discussions ON discussions.id = answers.discussion_id
        WHERE answers.id = :id AND answers.server_id = :server_id
            AND answers.member_id = :member_id AND answers.state = 'choosing'
            AND (:thread_id = 0 OR EXISTS (
                SELECT 1 FROM threads WHERE threads.id = :thread_id
                    AND threads.discussion_id = answers.discussion_id
            ))
        """,
        {
            "id": answer_id,
            "server_id": server_id,
            "member_id": member_id,
            "thread_id": thread_id,
        },
    )
    return None if row is None else _make_answer(row)


async def choose_thread(tx: Transaction, answer: Answer, *, now_ms: int) -> bool:
    """Post an answer in ``channel_id``: a thread of its discussion, or the channel.

    False if that was decided before, or its discussion isn't open.
    """
    return bool(
        await tx.run(
            """
            UPDATE answers SET state = 'planned', due_at = :now, channel_id = :channel_id
            WHERE id = :id AND state = 'choosing' AND EXISTS (
                SELECT 1 FROM discussions
                WHERE discussions.id = answers.discussion_id AND discussions.state = 'open'
            )
            """,
            {"id": answer.id, "channel_id": answer.channel_id, "now": now_ms},
        )
    )


@dataclass(frozen=True, slots=True)
class UnpostedAnswer:
    """An answer that isn't in Discord, for its author.

    state:       ``choosing``, ``planned`` or ``failed``
    due_at:      of the next attempt, in milliseconds
    last_error:  why the last attempt failed; None if there was none
    """

    id: int
    state: str
    attempts: int
    due_at: int
    text: str
    last_error: CodedText | None


async def find_unposted(tx: Transaction, answer_id: int) -> UnpostedAnswer | None:
    """An answer that waits or that Discord refused; None if it was posted, or erased."""
    row = await tx.row(
        """
        SELECT id, state, attempts, due_at, text, last_error FROM answers
        WHERE id = :id AND state IN ('planned', 'posting', 'failed') AND text <> ''
        """,
        {"id": answer_id},
    )
    return None if row is None else _make_unposted(row)


async def get_unposted(
    tx: Transaction, server_id: int, discussion_id: int, member_id: int
) -> list[UnpostedAnswer]:
    """A member's answers in a discussion that they haven't placed, or that can't be posted."""
    rows = await tx.rows(
        """
        SELECT id, state, attempts, due_at, text, last_error FROM answers
        WHERE server_id = :server_id AND member_id = :member_id
            AND discussion_id = :discussion_id AND text <> ''
            AND (state IN ('choosing', 'failed') OR (state = 'planned' AND attempts > 0))
        ORDER BY submitted_at
        """,
        {"server_id": server_id, "member_id": member_id, "discussion_id": discussion_id},
    )
    return [_make_unposted(row) for row in rows]


def _make_unposted(row: Row) -> UnpostedAnswer:
    return UnpostedAnswer(
        id=row["id"],
        state=row["state"],
        attempts=row["attempts"],
        due_at=row["due_at"],
        text=row["text"],
        last_error=read_coded(row["last_error"]),
    )


async def save(
    tx: Transaction, answer: Answer, now_ms: int, *, most_threads: int
) -> list[PassageThread]:
    """Save a submitted answer, to be posted at once.

    If there are threads about its passage, its author has to choose first (:func:`choose_thread`);
    those, at most so many. It replaces the same answer if that still waits for a choice, which may
    not have been shown.
    """
    threads: list[PassageThread] = []
    if answer.passage is not None and answer.channel_id == answer.parent_id:
        threads = await _get_threads(tx, answer, most_threads)
    key = _make_same_answer_key(answer)
    await tx.run(
        """
        DELETE FROM answers
        WHERE server_id = :server_id AND member_id = :member_id AND discussion_id = :discussion_id
            AND answered_id = :answered_id AND COALESCE(passage, 0) = COALESCE(:passage, 0)
            AND asks_author = :asks_author AND text = :text AND state = 'choosing'
        """,
        key,
    )
    await tx.run(
        """
        INSERT INTO answers (id, server_id, discussion_id, channel_id, answered_id, member_id,
            member_name, avatar, revision, passage, link, text, asks_author, state, submitted_at,
            due_at)
        VALUES (:id, :server_id, :discussion_id, :channel_id, :answered_id, :member_id,
            :member_name, :avatar, :revision, :passage, :link, :text, :asks_author, :state, :now,
            :now)
        ON CONFLICT (id) DO NOTHING
        """,
        key
        | {
            "id": answer.id,
            "channel_id": answer.channel_id,
            "member_name": answer.member_name,
            "avatar": answer.avatar,
            "revision": answer.revision,
            "link": answer.link,
            "state": "choosing" if threads else "planned",
            "now": now_ms,
        },
    )
    return threads


# One whose thread is still to be opened waits for that; if it can't be opened, the answer is posted
# in the channel.
_DUE = """
SELECT answers.*, discussions.channel_id AS parent_id,
       discussions.state = 'withdrawn' AS withdrawn,
       CASE WHEN answers.state = 'planned' AND threads.state = 'failed'
           THEN discussions.channel_id ELSE answers.channel_id END AS place_id
FROM answers JOIN discussions ON discussions.id = answers.discussion_id
LEFT JOIN threads ON threads.id = answers.channel_id
WHERE answers.state IN ('planned', 'posting', 'posted') AND answers.due_at <= :now
    AND (answers.server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
    AND (threads.state IS NULL OR threads.state <> 'planned')
ORDER BY answers.due_at, answers.id
"""
#: When the next answer is to be posted.
NEXT_DUE = """
SELECT min(answers.due_at) AS due_at
FROM answers LEFT JOIN threads ON threads.id = answers.channel_id
WHERE answers.state IN ('planned', 'posting', 'posted')
    AND (answers.server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
    AND (threads.state IS NULL OR threads.state <> 'planned')
"""
_ERASE_UNDECIDED = """
UPDATE answers SET state = 'failed', text = '', member_name = '', avatar = NULL,
    last_error = CASE state WHEN 'choosing' THEN :last_error ELSE last_error END
WHERE state IN ('choosing', 'failed') AND text <> '' AND submitted_at <= :until
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""
# Those that waited for a bot that was offline, or not in the server, are still posted: one that is
# due is attempted first.
_ERASE_UNPOSTED = """
UPDATE answers SET state = 'failed', text = '', member_name = '', avatar = NULL, signature = NULL
WHERE state IN ('planned', 'posting', 'posted') -- so that an index answers
    AND state = 'planned' AND attempts > 0 AND submitted_at <= :until AND due_at > :now
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
    AND NOT EXISTS (
        SELECT 1 FROM servers WHERE servers.id = answers.server_id AND left_at IS NOT NULL
    )
"""


def _make_answer(row: Row) -> Answer:
    return Answer(
        id=row["id"],
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        channel_id=row["place_id"],
        parent_id=row["parent_id"],
        answered_id=row["answered_id"],
        member_id=row["member_id"],
        member_name=row["member_name"],
        avatar=row["avatar"],
        revision=row["revision"],
        passage=row["passage"],
        link=row["link"],
        text=row["text"],
        state=row["state"],
        attempts=row["attempts"],
        webhook_id=row["webhook_id"],
        message_id=row["message_id"],
        signature=row["signature"],
        asks_author=bool(row["asks_author"]),
        withdrawn=bool(row["withdrawn"]),
    )


async def get_due(tx: Transaction, now_ms: int, shards: Shards = UNSHARDED) -> list[Answer]:
    """The answers to post now in these shards, the earliest first."""
    parameters = {"now": now_ms, **make_shard_parameters(shards)}
    return [_make_answer(row) for row in await tx.rows(_DUE, parameters)]


async def mark_posting(
    tx: Transaction, answer: Answer, *, webhook_id: int | None, signature: str
) -> bool:
    """Its message is about to be requested; False if the answer was erased meanwhile."""
    return bool(
        await tx.run(
            """
            UPDATE answers SET state = 'posting', channel_id = :channel_id,
                webhook_id = :webhook_id, signature = :signature
            WHERE id = :id AND state IN ('planned', 'posting')
            """,
            {
                "id": answer.id,
                "channel_id": answer.channel_id,
                "webhook_id": webhook_id,
                "signature": signature,
            },
        )
    )


async def mark_not_posted(tx: Transaction, answer_id: int) -> None:
    """It is certain that there is no message."""
    await tx.run(
        """
        UPDATE answers SET state = 'planned', signature = NULL
        WHERE id = :id AND state = 'posting'
        """,
        {"id": answer_id},
    )


async def post_in_channel(tx: Transaction, answer_id: int) -> bool:
    """Post an answer in the channel of its discussion, since nothing can be posted in its thread.

    False if it isn't for a thread on a reply: an essay's own thread has the essay in it, too.
    """
    return bool(
        await tx.run(
            """
            UPDATE answers SET state = 'planned', signature = NULL, channel_id = (
                SELECT channel_id FROM discussions WHERE discussions.id = answers.discussion_id
            )
            WHERE id = :id AND state IN ('planned', 'posting') AND EXISTS (
                SELECT 1 FROM discussions
                WHERE discussions.id = answers.discussion_id AND discussions.style = 'threads'
                    AND discussions.channel_id <> answers.channel_id
            )
            """,
            {"id": answer_id},
        )
    )


async def mark_posted(tx: Transaction, answer_id: int, message_id: int) -> bool:
    """Its message exists; False if the answer was erased meanwhile."""
    return bool(
        await tx.run(
            """
            UPDATE answers SET state = 'posted', message_id = :message_id, attempts = 0,
                last_error = NULL
            WHERE id = :id AND state = 'posting'
            """,
            {"id": answer_id, "message_id": message_id},
        )
    )


async def get_posted_ids(tx: Transaction, answer: Answer) -> set[int]:
    """The messages that are recorded as answers of the same member."""
    rows = await tx.rows(
        """
        SELECT message_id FROM answers
        WHERE server_id = :server_id AND member_id = :member_id AND message_id IS NOT NULL
        """,
        {"server_id": answer.server_id, "member_id": answer.member_id},
    )
    return {row["message_id"] for row in rows}


async def mark_done(tx: Transaction, answer: Answer, now_ms: int) -> None:
    """Its message is recorded as a reply, which its author edits and deletes like a moved one."""
    for statement in _MARK_DONE:
        await tx.run(statement, {"id": answer.id, "parent_id": answer.parent_id, "now": now_ms})


_MARK_DONE = (
    """
    INSERT INTO reply_moves (reply_id, server_id, discussion_id, channel_id, thread_id, member_id,
        copyable, state, due_at, webhook_id, copy_id)
    SELECT replies.id, replies.server_id, replies.discussion_id, :parent_id, answers.channel_id,
        replies.author_id, 0, 'done', :now, answers.webhook_id, replies.id
    FROM answers JOIN replies ON replies.id = answers.message_id
    WHERE answers.id = :id
    -- In the channel, it may have been taken for a reply that belongs in a thread.
    ON CONFLICT (reply_id) DO UPDATE SET state = 'done', copyable = 0, attempts = 0,
        last_error = NULL, thread_id = excluded.thread_id, webhook_id = excluded.webhook_id,
        copy_id = excluded.copy_id
    WHERE reply_moves.copy_id IS NULL
    """,
    """
    INSERT INTO author_questions (reply_id, server_id, discussion_id)
    SELECT replies.id, replies.server_id, replies.discussion_id
    FROM answers JOIN replies ON replies.id = answers.message_id
    WHERE answers.id = :id AND answers.asks_author = 1 AND replies.deleted_at IS NULL
    ON CONFLICT DO NOTHING
    """,
    """
    UPDATE answers SET state = 'done', text = '', member_name = '', avatar = NULL,
        signature = NULL, last_error = NULL
    WHERE id = :id
    """,
)


async def mark_failed(tx: Transaction, answer_id: int, last_error: CodedText) -> None:
    """It won't be posted; :func:`erase_unposted` erases its text."""
    await tx.run(
        """
        UPDATE answers SET state = 'failed', signature = NULL, last_error = :last_error
        WHERE id = :id
        """,
        {"id": answer_id, "last_error": last_error.stored},
    )


async def erase_unposted(
    tx: Transaction,
    until_ms: int,
    last_error: CodedText,
    *,
    now_ms: int,
    shards: Shards = UNSHARDED,
) -> None:
    """Erase the answers in these shards submitted until then that aren't posted.

    Their members haven't said where they belong, or Discord refused them, or they can't be posted,
    such as without a permission. Those that may be posted are searched for instead. ``last_error``:
    of the first; the others have one.
    """
    parameters = {"until": until_ms, **make_shard_parameters(shards)}
    await tx.run(_ERASE_UNDECIDED, {"last_error": last_error.stored, **parameters})
    await tx.run(_ERASE_UNPOSTED, {"now": now_ms, **parameters})


async def postpone(tx: Transaction, answer_id: int, *, due_at: int, last_error: CodedText) -> None:
    """Try again at ``due_at``."""
    await tx.run(
        """
        UPDATE answers SET due_at = :due_at, attempts = attempts + 1, last_error = :last_error
        WHERE id = :id
        """,
        {"id": answer_id, "due_at": due_at, "last_error": last_error.stored},
    )
