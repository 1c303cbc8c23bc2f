"""What is kept of a member: told, forgotten, and from then on not kept."""

from __future__ import annotations

from typing import Any

from bot.clock import from_milliseconds
from storage.writer import Transaction

__all__ = ["NOBODY", "THREAD_NAME", "forget", "keep_out", "kept_of"]

#: The author of what was forgotten; no user of Discord's has this id.
NOBODY = 0
#: What a thread is called whose head was forgotten.
THREAD_NAME = "A reply"


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else from_milliseconds(milliseconds).isoformat()


async def kept_of(tx: Transaction, server_id: int, member_id: int) -> dict[str, Any]:
    """All that is stored about a member of a server, for that member to read."""
    parameters = {"server_id": server_id, "member_id": member_id}
    replies = await tx.rows(
        """
        SELECT replies.id, revisions.title, author_name, text, written_at, edited_at, deleted_at,
               (SELECT json_group_array(json_object('name', name, 'type', type, 'size', size))
                FROM attachments WHERE reply_id = replies.id) AS files
        FROM replies JOIN revisions ON revisions.discussion_id = replies.discussion_id
        WHERE server_id = :server_id AND author_id = :member_id AND revisions.number = (
            SELECT max(number) FROM revisions AS r
            WHERE r.discussion_id = replies.discussion_id
        )
        ORDER BY replies.id
        """,
        parameters,
    )
    acts = await tx.rows(
        """
        SELECT member_name, what, done_at FROM acts
        WHERE server_id = :server_id AND member_id = :member_id ORDER BY id
        """,
        parameters,
    )
    handed_in = await tx.rows(
        """
        SELECT member_name, file_name, received_at FROM submissions
        WHERE server_id = :server_id AND member_id = :member_id ORDER BY id
        """,
        parameters,
    )
    out = await tx.row(_KEPT_OUT, parameters)
    return {
        "member_id": str(member_id),
        "kept_out_since": None if out is None else _time(out["since"]),
        "replies": [
            {
                "id": str(row["id"]),
                "essay": row["title"],
                "name": row["author_name"],
                "text": row["text"],
                "written_at": _time(row["written_at"]),
                "edited_at": _time(row["edited_at"]),
                "deleted_at": _time(row["deleted_at"]),
                "attachments": row["files"],
            }
            for row in replies
        ],
        "acts": [
            {"name": row["member_name"], "what": row["what"], "at": _time(row["done_at"])}
            for row in acts
        ],
        "handed_in": [
            {"name": row["member_name"], "file": row["file_name"], "at": _time(row["received_at"])}
            for row in handed_in
        ],
    }


async def forget(tx: Transaction, server_id: int, member_id: int, now_ms: int) -> list[int]:
    """Erase what a member said in a server; the threads whose names carried their words.

    The places in the talk stay, nameless and empty: they are what keeps a later reading of the
    history from bringing the words back. What an admin did to an essay stays recorded.
    """
    parameters = {"server_id": server_id, "member_id": member_id, "now": now_ms}
    threads = [
        row["id"]
        for row in await tx.rows(
            """
            SELECT threads.id FROM threads JOIN replies ON replies.id = threads.id
            WHERE replies.server_id = :server_id AND replies.author_id = :member_id
            """,
            parameters,
        )
    ]
    for statement in _FORGET:
        await tx.run(statement, parameters | {"name": THREAD_NAME})
    return threads


async def keep_out(tx: Transaction, server_id: int, member_id: int, now_ms: int) -> None:
    """From now on nothing that the member says in the server is kept but its place."""
    await tx.run(
        """
        INSERT INTO kept_out (server_id, member_id, since) VALUES (:server_id, :member_id, :now)
        ON CONFLICT (server_id, member_id) DO NOTHING
        """,
        {"server_id": server_id, "member_id": member_id, "now": now_ms},
    )


_KEPT_OUT = """
SELECT since FROM kept_out WHERE server_id = :server_id AND member_id = :member_id
"""
# Posts that quote a member and were not sent yet are not sent; what was sent stands in Discord.
_FORGET = (
    """
    UPDATE posts SET state = 'failed', trouble = 'It quoted somebody who asked to be forgotten.'
    WHERE server_id = :server_id AND purpose IN ('nudge', 'prompt')
        AND state IN ('planned', 'claimed') AND EXISTS (
            SELECT 1 FROM prompts JOIN replies ON replies.id = prompts.thread_id
            WHERE prompts.post_id = posts.id AND replies.author_id = :member_id
        )
    """,
    """
    UPDATE prompts SET state = 'skipped', reason = 'its thread''s author asked to be forgotten'
    WHERE server_id = :server_id AND state IN ('planned', 'claimed') AND thread_id IN (
        SELECT id FROM replies WHERE server_id = :server_id AND author_id = :member_id
    )
    """,
    """
    UPDATE threads SET name = :name WHERE id IN (
        SELECT id FROM replies WHERE server_id = :server_id AND author_id = :member_id
    )
    """,
    """
    DELETE FROM attachments WHERE reply_id IN (
        SELECT id FROM replies WHERE server_id = :server_id AND author_id = :member_id
    )
    """,
    """
    DELETE FROM files WHERE reply_id IN (
        SELECT id FROM replies WHERE server_id = :server_id AND author_id = :member_id
    )
    """,
    """
    DELETE FROM reactions WHERE reply_id IN (
        SELECT id FROM replies WHERE server_id = :server_id AND author_id = :member_id
    )
    """,
    """
    DELETE FROM reply_passages WHERE reply_id IN (
        SELECT id FROM replies WHERE server_id = :server_id AND author_id = :member_id
    )
    """,
    """
    UPDATE replies SET author_id = 0, author_name = '', text = '', edited_at = NULL,
        deleted_at = COALESCE(deleted_at, :now)
    WHERE server_id = :server_id AND author_id = :member_id
    """,
)
