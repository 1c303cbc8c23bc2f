"""What the archive says around a prompt: what its decision and its words are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_milliseconds
from bot.core.conversation.styles import THREADS
from bot.core.essay.default_question import get_default_question
from bot.core.prompts.plan import LastCall, PromptContent, QuotedPassage, parse_condition
from bot.core.prompts.policy import PromptContext, PromptKind
from bot.core.prompts.wording import BusiestThread, PromptMaterial, parse_asked
from storage.db.writer import Transaction
from storage.prompts.prompts import Prompt
from storage.replies import deleted_channels
from storage.servers import settings

__all__ = ["Head", "counts", "head", "material", "situation"]


@dataclass(frozen=True, slots=True)
class Head:
    """The first message of a thread."""

    text: str
    author: str


def _tried(prompt: Prompt) -> bool:
    return prompt.failures > 0 or prompt.blocked_since is not None


async def situation(tx: Transaction, prompt: Prompt) -> PromptContext:
    """Everything the manners ask after. Deleted replies count as never written."""
    if prompt.discussion_id is None:
        return PromptContext(
            kind=prompt.kind,
            late_from=prompt.late_from,
            queued_since=prompt.queued_since,
            condition=parse_condition(prompt.condition),
            forced=prompt.anyway,
            state="open",
            paused=False,
            attempted=_tried(prompt),
            digest_disabled=(await settings.read(tx, prompt.server_id)).digest is None,
        )
    row = await tx.row(
        """
        SELECT discussions.state,
               COALESCE(discussions.thread_id, discussions.channel_id) AS place,
               EXISTS (SELECT 1 FROM threads
                       WHERE threads.id = discussions.thread_id AND threads.state = 'failed'
               ) AS place_gone,
               (SELECT deleted_at FROM deleted_channels WHERE deleted_channels.channel_id =
                   discussions.channel_id) AS deleted_at,
               EXISTS (SELECT 1 FROM prompt_pauses WHERE prompt_pauses.discussion_id =
                   discussions.id) AS paused,
               (SELECT count(*) FROM replies
                WHERE replies.discussion_id = discussions.id AND deleted_at IS NULL) AS replies
        FROM discussions WHERE id = :id
        """,
        {"id": prompt.discussion_id},
    )
    assert row is not None
    last = await tx.row(
        """
        SELECT id, written_at FROM replies
        WHERE discussion_id = :id AND deleted_at IS NULL
        ORDER BY id DESC LIMIT 1
        """,
        {"id": prompt.discussion_id},
    )
    unanswered, under_way = await _unanswered(tx, prompt, 0 if last is None else last["id"])
    busy, last_prompt = await _channel(tx, prompt.id, row["place"])
    head_gone, answered = await _thread(tx, prompt)
    deleted_at = row["deleted_at"]
    return PromptContext(
        kind=prompt.kind,
        late_from=prompt.late_from,
        queued_since=prompt.queued_since,
        condition=parse_condition(prompt.condition),
        forced=prompt.anyway,
        state=row["state"],
        paused=bool(row["paused"]),
        attempted=_tried(prompt),
        last_reply_at=None if last is None else from_milliseconds(last["written_at"]),
        replies=row["replies"],
        unanswered=unanswered,
        in_flight=under_way,
        channel_busy=busy,
        last_prompt_at=last_prompt,
        thread_deleted=head_gone or bool(row["place_gone"]),
        answered=answered,
        channel_erased_at=None
        if deleted_at is None
        else from_milliseconds(deleted_at + deleted_channels.RETENTION_MS),
    )


async def _unanswered(tx: Transaction, prompt: Prompt, last_reply: int) -> tuple[int, int]:
    """How many prompts of the discussion stand after its last reply, and are under way."""
    row = await tx.row(
        """
        SELECT count(*) FILTER (WHERE prompts.state = 'sent') AS stand,
               count(*) FILTER (WHERE prompts.state = 'claimed') AS under_way
        FROM prompts LEFT JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
        WHERE prompts.discussion_id = :discussion_id AND prompts.kind = 'step'
            AND prompts.id <> :id
            AND (
                prompts.state = 'claimed'
                OR (prompts.state = 'sent'
                    AND (planned_messages.message_id IS NULL OR planned_messages.message_id >
                        :last_reply))
            )
        """,
        {"discussion_id": prompt.discussion_id, "id": prompt.id, "last_reply": last_reply},
    )
    assert row is not None
    return row["stand"], row["under_way"]


async def _channel(
    tx: Transaction, prompt_id: int, channel_id: int
) -> tuple[bool, datetime | None]:
    """Whether another prompt of the channel is under way, and when the channel last had one."""
    row = await tx.row(
        """
        SELECT (SELECT max(sent_at) FROM prompts
                WHERE channel_id = :channel_id AND state = 'sent' AND kind = 'step') AS sent_at,
               EXISTS (SELECT 1 FROM prompts
                       WHERE channel_id = :channel_id AND state = 'claimed' AND kind = 'step'
                           AND id <> :id) AS under_way
        """,
        {"channel_id": channel_id, "id": prompt_id},
    )
    assert row is not None
    sent_at = row["sent_at"]
    return bool(row["under_way"]), None if sent_at is None else from_milliseconds(sent_at)


async def _thread(tx: Transaction, prompt: Prompt) -> tuple[bool, bool]:
    """Of a nudge: whether the thread or its head is gone, and whether the head was answered."""
    if prompt.kind is not PromptKind.NUDGE:
        return False, False
    row = await tx.row(
        """
        SELECT threads.state IN ('open', 'ready') AND replies.deleted_at IS NULL AS stands,
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
    return (True, False) if row is None else (not row["stands"], bool(row["answered"]))


async def head(tx: Transaction, thread_id: int) -> Head:
    """The first message of a thread that stands."""
    row = await tx.row("SELECT text, author_name FROM replies WHERE id = :id", {"id": thread_id})
    assert row is not None
    return Head(row["text"], row["author_name"])


async def material(tx: Transaction, discussion_id: int, what: PromptContent) -> PromptMaterial:
    """What the words of a prompt are made from: the essay's newest revision, and the talk."""
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
    key = {"id": discussion_id, "revision": essay["number"]}
    questions = await tx.rows(
        """
        SELECT text FROM questions WHERE discussion_id = :id AND revision = :revision
        ORDER BY position
        """,
        key,
    )
    passage = None
    if isinstance(what, QuotedPassage):
        passage = await tx.row(
            """
            SELECT text FROM passages
            WHERE discussion_id = :id AND revision = :revision AND number = :number
            """,
            key | {"number": what.number},
        )
    asked = await tx.rows(
        """
        SELECT asked_questions FROM prompts
        WHERE discussion_id = :id AND state IN ('claimed', 'sent') AND asked_questions <> ''
        """,
        {"id": discussion_id},
    )
    return PromptMaterial(
        title=essay["title"],
        questions=tuple(row["text"] for row in questions),
        asked=frozenset[str]().union(*(parse_asked(row["asked_questions"]) for row in asked)),
        replies=essay["replies"],
        passage=None if passage is None else passage["text"],
        busiest_thread=await _alive(tx, discussion_id) if isinstance(what, LastCall) else None,
        default_question=get_default_question(essay["language"]),
        opens_threads=essay["style"] == THREADS,
    )


async def counts(tx: Transaction, discussion_id: int) -> tuple[int, int]:
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


async def _alive(tx: Transaction, discussion_id: int) -> BusiestThread | None:
    """The thread with the most voices, then messages, then the newest."""
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
