"""Rows of replies that an app reposted with a webhook, and of the messages that they replace."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta

from bot.clock import from_milliseconds
from bot.core.conversation.events import Message
from bot.core.conversation.proxies import MAX_DELAY, Original
from storage.db.writer import Transaction

__all__ = [
    "INSERT_PROXIED",
    "REMOVE_ORIGINAL",
    "find_opening",
    "find_originals",
    "get_apps",
    "parse_apps",
]

#: Ids increase with time: 22 bits of them are no time (docs: Reference › Snowflakes).
_TIME_SHIFT = 22
_WINDOW = (MAX_DELAY // timedelta(milliseconds=1)) << _TIME_SHIFT


async def get_apps(tx: Transaction) -> dict[int, frozenset[int]]:
    """By server, the apps whose webhook messages count as members' messages."""
    rows = await tx.rows("SELECT server_id, proxy_apps FROM server_settings WHERE proxy_apps <> ''")
    return {row["server_id"]: parse_apps(row["proxy_apps"]) for row in rows}


def parse_apps(text: str) -> frozenset[int]:
    """The ids in the column ``proxy_apps``."""
    return frozenset(int(one) for one in text.split())


async def find_originals(tx: Transaction, proxies: Collection[Message]) -> list[Original]:
    """Recorded replies that these messages may replace, as far as the archive has their text."""
    found: list[Original] = []
    for proxy in proxies:
        rows = await tx.rows(
            """
            SELECT replies.id, replies.channel_id, replies.author_id, replies.text,
                replies.written_at, COALESCE(planned_messages.message_id, replies.parent_id)
                    AS reference_id, (
                    SELECT json_group_array(name) FROM (
                        SELECT name FROM attachments WHERE reply_id = replies.id ORDER BY position
                    )
                ) AS files
            FROM replies
            LEFT JOIN planned_messages ON planned_messages.id = replies.planned_message_id
            WHERE replies.channel_id = :channel_id AND replies.id > :after_id
                AND replies.id < :proxy_id AND replies.deleted_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM proxied_replies WHERE reply_id = replies.id)
            """,
            {
                "channel_id": proxy.channel_id,
                "after_id": proxy.id - _WINDOW,
                "proxy_id": proxy.id,
            },
        )
        found += [
            Original(
                row["id"],
                row["channel_id"],
                row["author_id"],
                row["text"],
                tuple(json.loads(row["files"])),
                row["reference_id"],
                from_milliseconds(row["written_at"]),
            )
            for row in rows
        ]
    return found


async def find_opening(tx: Transaction, ids: Collection[int], now_ms: int) -> set[int]:
    """Those of these messages whose thread is open, or may be being opened now."""
    rows = await tx.rows(
        """
        SELECT id FROM threads
        WHERE id IN (SELECT value FROM json_each(:ids))
            AND state <> 'failed' AND (state <> 'planned' OR due_at <= :now OR attempts > 0)
        """,
        {"ids": json.dumps(sorted(ids)), "now": now_ms},
    )
    return {row["id"] for row in rows}


INSERT_PROXIED = """
INSERT INTO proxied_replies (reply_id, server_id, original_id, author_id, reference_id)
VALUES (:reply_id, :server_id, :original_id, :author_id, :reference_id)
ON CONFLICT DO NOTHING
"""
#: Removes the reply that an app reposted as ``reply_id``; what was attached to it goes with it. Its
#: thread isn't opened, unless it may be open already.
REMOVE_ORIGINAL = (
    "DELETE FROM prompts WHERE thread_id = :original_id AND state = 'planned'",
    """
    DELETE FROM threads
    WHERE id = :original_id AND state = 'planned' AND due_at > :now AND attempts = 0
    """,
    """
    UPDATE replies SET parent_id = :reply_id
    WHERE discussion_id = :discussion_id AND parent_id = :original_id
    """,
    "DELETE FROM replies WHERE id = :original_id",
)
