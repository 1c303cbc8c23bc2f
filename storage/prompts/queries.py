"""What ``/prompts`` shows and lets choose from; every question is asked of one server alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_milliseconds
from bot.core.prompts.wording import parse_asked
from bot.errors import UserError
from storage.db.writer import Transaction
from storage.prompts import prompts
from storage.prompts.prompts import Prompt

__all__ = [
    "Chosen",
    "Past",
    "asked_questions",
    "choose_essay",
    "choose_prompt",
    "coming",
    "essays",
    "past",
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A discussion an admin can choose."""

    id: int
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Past:
    """A prompt that was decided.

    ``asked``: the essay's own questions that it asked. ``replies``: how many answered it.
    """

    id: int
    title: str | None
    kind: str
    what: str
    state: str
    reason: str | None
    at: datetime
    replies: int
    channel_id: int | None
    message_id: int | None
    asked: tuple[str, ...] = ()


_ESSAYS = """
SELECT discussions.id, discussions.state, revisions.title
FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
WHERE discussions.server_id = :server_id AND revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
)
"""
_ESSAYS_NEWEST = _ESSAYS + "ORDER BY discussions.id DESC"
_ESSAYS_NAMED = _ESSAYS + "AND (discussions.id = :number OR revisions.title = :title)"


async def essays(tx: Transaction, server_id: int) -> Sequence[Chosen]:
    """The server's discussions, the newest first."""
    rows = await tx.rows(_ESSAYS_NEWEST, {"server_id": server_id})
    return [Chosen(row["id"], row["title"], row["state"]) for row in rows]


async def choose_essay(tx: Transaction, server_id: int, asked: str) -> Chosen:
    """The server's discussion with this number or exact title; UserError where there is not one."""
    text = asked.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
    rows = await tx.rows(_ESSAYS_NAMED, {"server_id": server_id, "number": number, "title": text})
    named = [row for row in rows if row["id"] == number] or rows
    if not named:
        raise UserError(
            f"This server has no essay with the number or the title “{text[:100]}”: choose one "
            "from the list, or see `/essay list`."
        )
    if len(named) > 1:
        numbers = ", ".join(str(row["id"]) for row in named)
        raise UserError(
            f"Several essays are titled “{text[:100]}”: name one by number ({numbers})."
        )
    row = named[0]
    return Chosen(row["id"], row["title"], row["state"])


async def choose_prompt(tx: Transaction, server_id: int, asked: str) -> Prompt:
    """The server's prompt with this number; UserError where there is none."""
    text = asked.strip().removeprefix("#")
    found = None
    if text.isascii() and text.isdigit() and len(text) < 19:
        found = await prompts.find(tx, int(text))
    if found is None or found.server_id != server_id:
        raise UserError(
            f"This server has no prompt “{text[:50]}”: choose one from the list, or see "
            "`/prompts list`."
        )
    return found


_COMING = """
SELECT prompts.id FROM prompts
WHERE prompts.server_id = :server_id AND prompts.state IN ('planned', 'claimed')
    AND (:discussion_id IS NULL OR prompts.discussion_id = :discussion_id)
ORDER BY prompts.due_at, prompts.id
LIMIT :most
"""


async def coming(
    tx: Transaction, server_id: int, discussion_id: int | None, most: int
) -> Sequence[Prompt]:
    """The first ``most`` prompts that are planned or under way, the earliest first."""
    rows = await tx.rows(
        _COMING, {"server_id": server_id, "discussion_id": discussion_id, "most": most}
    )
    found = [await prompts.find(tx, row["id"]) for row in rows]
    return [prompt for prompt in found if prompt is not None]


async def past(
    tx: Transaction, server_id: int, discussion_id: int | None, most: int
) -> Sequence[Past]:
    """The last ``most`` prompts that were sent, skipped or failed, the newest first."""
    rows = await tx.rows(
        """
        SELECT prompts.id, prompts.discussion_id, prompts.kind, prompts.content, prompts.state,
               prompts.reason, prompts.asked_questions,
               COALESCE(prompts.sent_at, prompts.decided_at, prompts.due_at) AS at,
               planned_messages.channel_id, planned_messages.message_id,
               (SELECT title FROM revisions
                WHERE revisions.discussion_id = prompts.discussion_id
                ORDER BY number DESC LIMIT 1) AS title,
               (SELECT count(*) FROM replies
                WHERE replies.planned_message_id = prompts.planned_message_id AND
                    replies.deleted_at IS NULL
               ) AS replies
        FROM prompts LEFT JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
        WHERE prompts.server_id = :server_id AND prompts.state IN ('sent', 'skipped', 'failed')
            AND (:discussion_id IS NULL OR prompts.discussion_id = :discussion_id)
        ORDER BY at DESC, prompts.id DESC
        LIMIT :most
        """,
        {"server_id": server_id, "discussion_id": discussion_id, "most": most},
    )
    return [
        Past(
            id=row["id"],
            title=row["title"],
            kind=row["kind"],
            what=row["content"],
            state=row["state"],
            reason=row["reason"],
            at=from_milliseconds(row["at"]),
            replies=row["replies"],
            channel_id=row["channel_id"],
            message_id=row["message_id"],
            asked=await asked_questions(tx, row["discussion_id"], row["asked_questions"]),
        )
        for row in rows
    ]


async def asked_questions(
    tx: Transaction, discussion_id: int | None, noted: str
) -> tuple[str, ...]:
    """The essay's own questions that a prompt noted as asked, in their order."""
    if not noted:
        return ()
    rows = await tx.rows(
        """
        SELECT position, text FROM questions
        WHERE discussion_id = :id AND revision = (
            SELECT max(number) FROM revisions WHERE revisions.discussion_id = :id
        )
        ORDER BY position
        """,
        {"id": discussion_id},
    )
    return tuple(row["text"] for row in rows if str(row["position"]) in parse_asked(noted))
