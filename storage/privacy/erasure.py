"""Erasure of a member: their replies, and everything else that contains their name or words.

The replies' rows stay, without name and text, so that reading the channel history later doesn't
save the replies again. The audit log of what an admin did to an essay stays, too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.conversation.thread_names import ERASED_THREAD_NAME
from bot.core.payload import Payload
from bot.core.text.coded_text import CodedText
from storage.db.erasure_log import CLAIM_PROXIED, ERASE_MEMBER_ROWS
from storage.db.folded_texts import fold_all
from storage.db.writer import Transaction
from storage.delivery import message_edits, message_payloads
from storage.delivery.message_edits import NewMessageEdit
from storage.privacy.quotations import replace_in_alerts

__all__ = ["ListReplacements", "MakeRename", "SkipReasons", "erase"]

#: Given the names of a member's threads, and the member's own names: pairs of a text that may be in
#: a message and what replaces it.
ListReplacements = Callable[[Sequence[str], Sequence[str]], list[tuple[str, str]]]

#: Given a thread's name: the payload of its renaming; None if the name quotes nobody.
MakeRename = Callable[[str, int], Payload | None]


@dataclass(frozen=True, slots=True)
class SkipReasons:
    """Why prompts are skipped. ``named``: they name the member; ``quoted``: they quote them."""

    named: CodedText
    quoted: CodedText


async def erase(
    tx: Transaction,
    server_id: int,
    member_id: int,
    *,
    list_replacements: ListReplacements,
    make_rename: MakeRename,
    reasons: SkipReasons,
    until_ms: int,
    now_ms: int,
) -> None:
    """Erase what a member wrote in a server until ``until_ms``, and plan the edits in Discord.

    Their threads are renamed, copies of their moved replies are deleted, nudges that quote them are
    deleted, and prompts and notices that name them or their threads are reworded.
    """
    parameters = {
        "server_id": server_id,
        "member_id": member_id,
        "until": until_ms,
        "now": now_ms,
        "name": ERASED_THREAD_NAME,
        "named": reasons.named.stored,
        "quoted": reasons.quoted.stored,
    }
    for statement in (*CLAIM_PROXIED, *_DELETE_NUDGES):
        await tx.run(statement, parameters)
    edits = await _collect_edits(tx, parameters, make_rename)
    await _reword(tx, parameters, list_replacements, edits)
    for statement in ERASE_MEMBER_ROWS:
        await tx.run(statement, parameters)
    await fold_all(tx)  # forwards of their replies have lost words
    for discussion_id, planned in edits.items():
        await message_edits.plan(
            tx, server_id=server_id, discussion_id=discussion_id, edits=planned, now_ms=now_ms
        )


_Edits = defaultdict[int | None, list[NewMessageEdit]]


async def _collect_edits(
    tx: Transaction, parameters: Mapping[str, Any], make_rename: MakeRename
) -> _Edits:
    """The edits by discussion: renames of their threads and deletions of their replies' copies."""
    edits: _Edits = defaultdict(list)
    for row in await tx.rows(_THREADS, parameters):
        if row["state"] not in ("open", "ready"):
            continue
        payload = make_rename(row["name"], row["discussion_id"])
        if payload is not None:
            rename = NewMessageEdit("rename", row["id"], payload=payload)
            edits[row["discussion_id"]].append(rename)
    for row in await tx.rows(_POSTED_ANSWERS, parameters):
        edits[row["discussion_id"]].append(
            NewMessageEdit("delete", row["channel_id"], row["message_id"])
        )
    for row in await tx.rows(_COPIES, parameters):
        edits[row["discussion_id"]].append(
            NewMessageEdit("delete", row["thread_id"], row["copy_id"])
        )
    return edits


async def _reword(
    tx: Transaction,
    parameters: Mapping[str, Any],
    list_replacements: ListReplacements,
    edits: _Edits,
) -> None:
    """Remove their names and their threads' names from messages and alerts."""
    threads = [row["name"] for row in await tx.rows(_THREADS, parameters) if row["name"]]
    authors = [row["author_name"] for row in await tx.rows(_NAMES, parameters)]
    words = list_replacements(threads, authors)
    if not words:
        return
    for row in await tx.rows(_MESSAGES, parameters):
        payload = json.loads(row["payload"])
        content = _reworded(str(payload.get("content") or ""), words)
        if content == payload.get("content"):
            continue
        if row["state"] != "sent":
            # It may be posted already: delivery looks for it with its old text, and deletes it.
            changed = {"id": row["id"], "now": parameters["now"], "named": parameters["named"]}
            for statement in _DELETE_MESSAGE:
                await tx.run(statement, changed)
            continue
        payload["content"] = content
        await message_payloads.set_payload(tx, row["id"], payload)
        if row["message_id"] is not None:
            body = {"content": content, "allowed_mentions": {"parse": []}}
            edit = NewMessageEdit("edit", row["channel_id"], row["message_id"], body)
            edits[row["discussion_id"]].append(edit)
    for name in threads:
        await replace_in_alerts(tx, parameters["server_id"], name, parameters["name"])


def _reworded(text: str, words: Sequence[tuple[str, str]]) -> str:
    for old, new in words:
        text = text.replace(old, new)
    return text


# The threads they opened, and threads on their replies that contain their words, whoever opened
# them: a client suggests the reply's text as the name.
_THREADS = """
SELECT threads.id, threads.discussion_id, threads.name, threads.state
FROM threads LEFT JOIN replies ON replies.id = threads.id
WHERE threads.server_id = :server_id AND COALESCE(replies.written_at, 0) <= :until
    AND (threads.member_id = :member_id OR (
        replies.author_id = :member_id AND (
            replace(replies.text, rtrim(threads.name, '…'), '') <> replies.text
            OR replace(threads.name, replies.author_name, '') <> threads.name
        )
    ))
"""
_NAMES = """
SELECT DISTINCT author_name FROM replies
WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
"""
# Posted, but not recorded as a reply yet.
_POSTED_ANSWERS = """
SELECT discussion_id, channel_id, message_id FROM answers
WHERE server_id = :server_id AND member_id = :member_id AND submitted_at <= :until
    AND state = 'posted'
"""
_COPIES = """
SELECT reply_moves.discussion_id, reply_moves.thread_id, reply_moves.copy_id
FROM reply_moves JOIN replies ON replies.id = reply_moves.reply_id
WHERE replies.server_id = :server_id AND replies.author_id = :member_id
    AND replies.written_at <= :until AND reply_moves.copy_id IS NOT NULL
"""
_MESSAGES = """
SELECT id, discussion_id, channel_id, message_id, state, payload FROM planned_messages
WHERE server_id = :server_id AND purpose IN ('prompt', 'notice')
    AND state IN ('planned', 'claimed', 'sent')
"""
# A message that may be posted already isn't sent: delivery looks for it, and deletes it if it finds
# it (temporary_messages).
_DELETE_MESSAGE = (
    "UPDATE planned_messages SET expires_at = :now - 1 WHERE id = :id",
    """
    UPDATE prompts SET state = 'skipped', decided_at = :now,
        reason = :named
    WHERE planned_message_id = :id AND state IN ('planned', 'claimed')
    """,
    """
    INSERT INTO temporary_messages (planned_message_id, reply_id, delete_at) VALUES (:id, 0, :now)
    ON CONFLICT (planned_message_id) DO UPDATE SET delete_at = excluded.delete_at
    """,
)
_DELETE_NUDGES = (
    """
    UPDATE planned_messages SET expires_at = :now - 1
    WHERE server_id = :server_id AND purpose = 'nudge' AND state IN ('planned', 'claimed')
        AND id IN (
            SELECT prompts.planned_message_id FROM prompts JOIN replies ON replies.id =
                prompts.thread_id
            WHERE replies.server_id = :server_id AND replies.author_id = :member_id
                AND replies.written_at <= :until
        )
    """,
    """
    INSERT INTO temporary_messages (planned_message_id, reply_id, delete_at)
    SELECT planned_messages.id, replies.id, :now
    FROM prompts
    JOIN replies ON replies.id = prompts.thread_id
    JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
    WHERE replies.server_id = :server_id AND replies.author_id = :member_id
        AND replies.written_at <= :until AND planned_messages.purpose = 'nudge'
    ON CONFLICT (planned_message_id) DO UPDATE SET delete_at = excluded.delete_at
    """,
    """
    UPDATE prompts SET state = 'skipped', decided_at = :now,
        reason = :quoted
    WHERE server_id = :server_id AND state IN ('planned', 'claimed') AND thread_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
)
