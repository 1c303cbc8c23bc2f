"""Rows that a prompt is decided and worded from: its discussion, channel, thread and essay."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from bot.clock import from_milliseconds
from bot.core.prompts.plan import Condition, FewerReplies
from bot.core.prompts.policy import PromptContext, PromptKind
from bot.core.prompts.wording import BusiestThread
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.prompts.prompts import Prompt
from storage.replies import deleted_channels

__all__ = [
    "PromptEssay",
    "ThreadHead",
    "count_questions_and_passages",
    "find_busiest_thread",
    "find_passage",
    "get_author_names",
    "get_context",
    "get_essay",
    "get_thread_head",
]


@dataclass(frozen=True, slots=True)
class ThreadHead:
    """The first message of a thread."""

    discussion_id: int
    text: str
    author: str


@dataclass(frozen=True, slots=True)
class PromptEssay:
    """An essay's newest revision, with what was asked and said in its discussion.

    style:            of the discussion (bot.core.conversation.styles)
    asked_questions:  what its prompts have asked, as in PromptMaterial
    replies:          members' replies in the discussion
    """

    revision: int
    title: str
    language: str | None
    style: str
    questions: tuple[str, ...]
    asked_questions: frozenset[str]
    replies: int


def _was_attempted(prompt: Prompt) -> bool:
    return prompt.failures > 0 or prompt.blocked_since is not None


# The state of the discussion; how many of its other prompts were sent after its last reply, and how
# many aren't sent yet; when its channel last had a prompt, and whether another one isn't sent yet.
_CONTEXT = """
SELECT discussions.state,
       COALESCE(discussions.thread_id, discussions.channel_id) AS prompt_channel_id,
       EXISTS (SELECT 1 FROM threads
               WHERE threads.id = discussions.thread_id AND threads.state = 'failed'
       ) AS thread_failed,
       (SELECT deleted_at FROM deleted_channels
        WHERE deleted_channels.channel_id = discussions.channel_id) AS deleted_at,
       EXISTS (SELECT 1 FROM prompt_pauses
               WHERE prompt_pauses.discussion_id = discussions.id) AS paused,
       CASE WHEN :counts_replies = 1 THEN
           (SELECT count(*) FROM replies
            WHERE replies.discussion_id = discussions.id AND deleted_at IS NULL)
           ELSE 0 END AS replies,
       (SELECT written_at FROM replies
        WHERE replies.discussion_id = discussions.id AND deleted_at IS NULL
        ORDER BY id DESC LIMIT 1) AS last_reply_at,
       others.unanswered, others.in_flight,
       (SELECT max(sent_at) FROM prompts
        WHERE prompts.channel_id = COALESCE(discussions.thread_id, discussions.channel_id)
            AND prompts.state = 'sent' AND prompts.kind = 'step') AS sent_at,
       EXISTS (SELECT 1 FROM prompts
               WHERE prompts.channel_id = COALESCE(discussions.thread_id, discussions.channel_id)
                   AND prompts.state = 'claimed' AND prompts.kind = 'step'
                   AND prompts.id <> :prompt_id) AS channel_busy
FROM discussions
CROSS JOIN (
    SELECT count(*) FILTER (WHERE prompts.state = 'sent') AS unanswered,
           count(*) FILTER (WHERE prompts.state = 'claimed') AS in_flight
    FROM prompts LEFT JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
    WHERE prompts.discussion_id = :id AND prompts.kind = 'step' AND prompts.id <> :prompt_id
        AND (
            prompts.state = 'claimed'
            OR (prompts.state = 'sent'
                AND (planned_messages.message_id IS NULL
                     OR planned_messages.message_id > COALESCE((
                         SELECT id FROM replies
                         WHERE discussion_id = :id AND deleted_at IS NULL
                         ORDER BY id DESC LIMIT 1
                     ), 0)))
        )
) AS others
WHERE discussions.id = :id
"""


async def get_context(
    tx: Transaction,
    prompt: Prompt,
    *,
    condition: Condition,
    digest_disabled: bool,
    digest_channel_id: int | None,
) -> PromptContext:
    """What the policy asks about a prompt. Deleted replies count as never written.

    ``condition``: the prompt's own, parsed; replies are counted only if it asks for their number,
    since counting takes milliseconds in a large discussion. ``digest_disabled``: the server has no
    digest; ``digest_channel_id``: where it comes.
    """
    if prompt.discussion_id is None:
        return PromptContext(
            kind=prompt.kind,
            late_from=prompt.late_from,
            queued_since=prompt.queued_since,
            condition=condition,
            forced=prompt.forced,
            state="open",
            paused=False,
            attempted=_was_attempted(prompt),
            digest_disabled=digest_disabled,
            channel_has_essay=await messages.has_essay_under_way(tx, digest_channel_id, None),
        )
    row = await tx.row(
        _CONTEXT,
        {
            "id": prompt.discussion_id,
            "prompt_id": prompt.id,
            "counts_replies": isinstance(condition, FewerReplies),
        },
    )
    assert row is not None
    head_deleted, answered = await _get_thread_state(tx, prompt)
    last_reply_at, sent_at, deleted_at = row["last_reply_at"], row["sent_at"], row["deleted_at"]
    return PromptContext(
        kind=prompt.kind,
        late_from=prompt.late_from,
        queued_since=prompt.queued_since,
        condition=condition,
        forced=prompt.forced,
        state=row["state"],
        paused=bool(row["paused"]),
        attempted=_was_attempted(prompt),
        last_reply_at=None if last_reply_at is None else from_milliseconds(last_reply_at),
        replies=row["replies"],
        unanswered=row["unanswered"],
        in_flight=row["in_flight"],
        channel_busy=bool(row["channel_busy"]),
        last_prompt_at=None if sent_at is None else from_milliseconds(sent_at),
        thread_deleted=head_deleted or bool(row["thread_failed"]),
        answered=answered,
        channel_has_essay=prompt.kind is not PromptKind.NUDGE
        and await messages.has_essay_under_way(tx, row["prompt_channel_id"], prompt.discussion_id),
        channel_erased_at=None
        if deleted_at is None
        else from_milliseconds(deleted_at + deleted_channels.RETENTION_MS),
    )


async def _get_thread_state(tx: Transaction, prompt: Prompt) -> tuple[bool, bool]:
    """Of a nudge: whether the thread or its head was deleted, and whether it was answered."""
    if prompt.kind is not PromptKind.NUDGE:
        return False, False
    row = await tx.row(
        """
        SELECT threads.state IN ('open', 'ready') AND replies.deleted_at IS NULL AS is_there,
               EXISTS (
                   SELECT 1 FROM replies AS answer
                   WHERE answer.discussion_id = replies.discussion_id
                       AND answer.thread_id = replies.id AND answer.author_id <> replies.author_id
                       AND answer.deleted_at IS NULL
               ) OR EXISTS ( -- in the channel; each with an index of its own
                   SELECT 1 FROM replies AS answer
                   WHERE answer.parent_id = replies.id AND answer.thread_id IS NULL
                       AND answer.author_id <> replies.author_id AND answer.deleted_at IS NULL
               ) AS answered
        FROM replies JOIN threads ON threads.id = replies.id
        WHERE replies.id = :id
        """,
        {"id": prompt.thread_id},
    )
    return (True, False) if row is None else (not row["is_there"], bool(row["answered"]))


async def get_thread_head(tx: Transaction, thread_id: int) -> ThreadHead:
    """The first message of a thread that a reply opened."""
    row = await tx.row(
        "SELECT discussion_id, text, author_name FROM replies WHERE id = :id", {"id": thread_id}
    )
    assert row is not None
    return ThreadHead(row["discussion_id"], row["text"], row["author_name"])


async def get_author_names(
    tx: Transaction, discussion_id: int, author_ids: Collection[int]
) -> dict[int, str]:
    """The newest names of those of these people who have replied in a discussion."""
    if not author_ids:
        return {}
    rows = await tx.rows(
        """
        SELECT author_id, author_name FROM replies
        WHERE discussion_id = :id
            AND author_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            AND author_name <> ''
        ORDER BY id
        """,
        {"id": discussion_id, "ids": json.dumps(sorted(author_ids))},
    )
    return {row["author_id"]: row["author_name"] for row in rows}


async def get_essay(tx: Transaction, discussion_id: int) -> PromptEssay:
    """The essay's newest revision, with what was asked and said in its discussion."""
    essay = await tx.row(
        """
        SELECT number, title, language,
               (SELECT style FROM discussions WHERE discussions.id = :id) AS style,
               (SELECT count(*) FROM replies
                WHERE replies.discussion_id = :id AND deleted_at IS NULL) AS replies
        FROM revisions WHERE discussion_id = :id
        ORDER BY number DESC LIMIT 1
        """,
        {"id": discussion_id},
    )
    assert essay is not None
    questions = await tx.rows(
        """
        SELECT text FROM questions WHERE discussion_id = :id AND revision = :revision
        ORDER BY position
        """,
        {"id": discussion_id, "revision": essay["number"]},
    )
    asked = await tx.rows(
        """
        SELECT asked_questions FROM prompts
        WHERE discussion_id = :id AND state IN ('claimed', 'sent') AND asked_questions <> ''
        """,
        {"id": discussion_id},
    )
    return PromptEssay(
        revision=essay["number"],
        title=essay["title"],
        language=essay["language"],
        style=essay["style"],
        questions=tuple(row["text"] for row in questions),
        asked_questions=frozenset[str]().union(*(row["asked_questions"].split() for row in asked)),
        replies=essay["replies"],
    )


async def find_passage(
    tx: Transaction, discussion_id: int, revision: int, number: int
) -> str | None:
    """The text of a passage."""
    row = await tx.row(
        """
        SELECT text FROM passages
        WHERE discussion_id = :id AND revision = :revision AND number = :number
        """,
        {"id": discussion_id, "revision": revision, "number": number},
    )
    return None if row is None else row["text"]


async def count_questions_and_passages(tx: Transaction, discussion_id: int) -> tuple[int, int]:
    """How many questions and passages the essay's newest revision has."""
    row = await tx.row(
        """
        SELECT (SELECT count(*) FROM questions
                WHERE discussion_id = :id AND revision = newest.number) AS questions,
               (SELECT count(*) FROM passages
                WHERE discussion_id = :id AND revision = newest.number) AS passages
        FROM (SELECT max(number) AS number FROM revisions WHERE discussion_id = :id) AS newest
        """,
        {"id": discussion_id},
    )
    assert row is not None
    return row["questions"], row["passages"]


async def find_busiest_thread(tx: Transaction, discussion_id: int) -> BusiestThread | None:
    """The thread with the most authors, then messages, then the newest."""
    row = await tx.row(
        """
        SELECT threads.id, head.author_name, talk.messages
        FROM (
            SELECT thread_id, count(*) AS messages, count(DISTINCT author_id) AS voices,
                   max(id) AS newest
            FROM replies
            WHERE discussion_id = :id AND thread_id IS NOT NULL AND deleted_at IS NULL
            GROUP BY thread_id
        ) AS talk
        JOIN threads ON threads.id = talk.thread_id AND threads.state IN ('open', 'ready')
        JOIN replies AS head ON head.id = threads.id AND head.deleted_at IS NULL
        ORDER BY talk.voices DESC, talk.messages DESC, talk.newest DESC
        LIMIT 1
        """,
        {"id": discussion_id},
    )
    if row is None:
        return None
    return BusiestThread(row["id"], row["author_name"], row["messages"])
