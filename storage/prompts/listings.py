"""Lists of a server's essays and prompts, for commands and autocomplete; never another server's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_milliseconds
from bot.core.text.coded_text import CodedText, read_coded
from storage.db.writer import Row, Transaction
from storage.prompts import prompts
from storage.prompts.prompts import Prompt

__all__ = [
    "EssayChoice",
    "PastPrompt",
    "get_asked_questions",
    "get_coming",
    "get_essays",
    "get_essays_with_prompts",
    "get_named_essays",
    "get_past",
    "get_past_digests",
    "get_upcoming",
    "get_upcoming_digest",
]


@dataclass(frozen=True, slots=True)
class EssayChoice:
    """A discussion an admin can choose."""

    id: int
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class PastPrompt:
    """A prompt that was sent, skipped or failed.

    ``asked_questions``: the essay's own questions that it asked. ``replies``: how many answered it.
    """

    id: int
    title: str | None
    kind: str
    content: str
    state: str
    reason: CodedText | None
    at: datetime
    replies: int
    channel_id: int | None
    message_id: int | None
    asked_questions: tuple[str, ...] = ()


_ESSAYS = """
SELECT discussions.id, discussions.state, revisions.title
FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
WHERE discussions.server_id = :server_id AND revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
)
"""
_ESSAYS_NEWEST = _ESSAYS + "ORDER BY discussions.id DESC"
_ESSAYS_NAMED = _ESSAYS + "AND (discussions.id = :number OR revisions.title = :title)"


async def get_essays(tx: Transaction, server_id: int) -> Sequence[EssayChoice]:
    """The server's discussions, the newest first."""
    rows = await tx.rows(_ESSAYS_NEWEST, {"server_id": server_id})
    return [EssayChoice(row["id"], row["title"], row["state"]) for row in rows]


async def get_named_essays(tx: Transaction, server_id: int, name: str) -> Sequence[EssayChoice]:
    """The server's discussion with this number, or those with this exact title."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else -1
    rows = await tx.rows(_ESSAYS_NAMED, {"server_id": server_id, "number": number, "title": name})
    named = [row for row in rows if row["id"] == number] or rows
    return [EssayChoice(row["id"], row["title"], row["state"]) for row in named]


async def get_essays_with_prompts(
    tx: Transaction, server_id: int, most: int
) -> Sequence[EssayChoice]:
    """The first ``most`` discussions with prompts to come, the one with the next prompt first."""
    rows = await tx.rows(
        """
        SELECT discussions.id, discussions.state, min(prompts.due_at) AS next_at,
               (SELECT title FROM revisions
                WHERE revisions.discussion_id = discussions.id
                ORDER BY number DESC LIMIT 1) AS title
        FROM prompts JOIN discussions ON discussions.id = prompts.discussion_id
        WHERE prompts.server_id = :server_id AND prompts.state IN ('planned', 'claimed')
        GROUP BY discussions.id
        ORDER BY next_at, discussions.id
        LIMIT :most
        """,
        {"server_id": server_id, "most": most},
    )
    return [EssayChoice(row["id"], row["title"], row["state"]) for row in rows]


async def get_upcoming(
    tx: Transaction, discussion_id: int, most: int, *, nudges: bool = False
) -> tuple[Sequence[Prompt], int]:
    """The first ``most`` prompts of a discussion that are planned or claimed, and how many are.

    Its nudges, or all others.
    """
    rows = await tx.rows(
        """
        SELECT id, count(*) OVER () AS total FROM prompts
        WHERE discussion_id = :discussion_id AND state IN ('planned', 'claimed')
            AND CASE kind WHEN 'nudge' THEN 1 ELSE 0 END = :nudges
        ORDER BY due_at, id
        LIMIT :most
        """,
        {"discussion_id": discussion_id, "nudges": int(nudges), "most": most},
    )
    found = await prompts.get_prompts(tx, [row["id"] for row in rows])
    return found, rows[0]["total"] if rows else 0


async def get_upcoming_digest(tx: Transaction, server_id: int) -> Prompt | None:
    """The server's digest that is planned or claimed."""
    row = await tx.row(
        """
        SELECT id FROM prompts
        WHERE server_id = :server_id AND state IN ('planned', 'claimed') AND kind = 'digest'
        ORDER BY due_at LIMIT 1
        """,
        {"server_id": server_id},
    )
    return None if row is None else await prompts.find_prompt(tx, row["id"])


_COMING = """
SELECT prompts.id FROM prompts
WHERE prompts.server_id = :server_id AND prompts.state IN ('planned', 'claimed')
    AND (CAST(:discussion_id AS BIGINT) IS NULL OR prompts.discussion_id = :discussion_id)
ORDER BY prompts.due_at, prompts.id
LIMIT :most
"""


async def get_coming(
    tx: Transaction, server_id: int, discussion_id: int | None, most: int
) -> Sequence[Prompt]:
    """The first ``most`` prompts that are planned or claimed, the earliest first."""
    rows = await tx.rows(
        _COMING, {"server_id": server_id, "discussion_id": discussion_id, "most": most}
    )
    return await prompts.get_prompts(tx, [row["id"] for row in rows])


async def get_past(
    tx: Transaction, server_id: int, discussion_id: int | None, most: int
) -> Sequence[PastPrompt]:
    """The last ``most`` prompts that were sent, skipped or failed, the newest first."""
    rows = await tx.rows(
        _PAST, {"server_id": server_id, "discussion_id": discussion_id, "kind": None, "most": most}
    )
    return [await _past_prompt(tx, row) for row in rows]


async def get_past_digests(tx: Transaction, server_id: int, most: int) -> Sequence[PastPrompt]:
    """The last ``most`` digests that were sent, skipped or failed, the newest first."""
    rows = await tx.rows(
        _PAST, {"server_id": server_id, "discussion_id": None, "kind": "digest", "most": most}
    )
    return [await _past_prompt(tx, row) for row in rows]


_PAST = """
SELECT prompts.id, prompts.discussion_id, prompts.kind, prompts.content, prompts.state,
       prompts.reason, prompts.asked_questions,
       COALESCE(prompts.sent_at, prompts.decided_at, prompts.due_at) AS at,
       planned_messages.channel_id, planned_messages.message_id,
       (SELECT title FROM revisions
        WHERE revisions.discussion_id = prompts.discussion_id
        ORDER BY number DESC LIMIT 1) AS title,
       (SELECT count(*) FROM replies
        WHERE replies.planned_message_id = prompts.planned_message_id
            AND replies.deleted_at IS NULL
       ) AS replies
FROM prompts LEFT JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
WHERE prompts.server_id = :server_id AND prompts.state IN ('sent', 'skipped', 'failed')
    AND (CAST(:discussion_id AS BIGINT) IS NULL OR prompts.discussion_id = :discussion_id)
    AND (CAST(:kind AS TEXT) IS NULL OR prompts.kind = :kind)
ORDER BY at DESC, prompts.id DESC
LIMIT :most
"""


async def _past_prompt(tx: Transaction, row: Row) -> PastPrompt:
    return PastPrompt(
        id=row["id"],
        title=row["title"],
        kind=row["kind"],
        content=row["content"],
        state=row["state"],
        reason=read_coded(row["reason"]),
        at=from_milliseconds(row["at"]),
        replies=row["replies"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        asked_questions=await get_asked_questions(tx, row["discussion_id"], row["asked_questions"]),
    )


async def get_asked_questions(
    tx: Transaction, discussion_id: int | None, noted: str
) -> tuple[str, ...]:
    """The essay's own questions that a prompt asked, in their order; ``noted``: as in the row."""
    asked = noted.split()
    if not asked:
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
    return tuple(row["text"] for row in rows if str(row["position"]) in asked)
