"""Erases what quotes a reply once the reply doesn't say it any more, in the archive and in Discord.

Used for every way in which words are erased: :func:`read` is called before the change,
:func:`erase` after it, in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from bot.core.conversation.thread_names import (
    ERASED_THREAD_NAME,
    has_erased_words,
    hash_thread_name,
    make_plain_thread_name,
    make_thread_name,
)
from bot.core.payload import make_edit_body, make_erased_payload
from bot.core.prompts.wording import make_nudge_text
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.message_quote import find_mentioned
from bot.core.text.thread_mentions import list_mentions
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, use_language
from bot.languages import get_discussion_language
from storage.db import checkpoint_and_vacuum
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery.message_edits import NewMessageEdit
from storage.privacy import quotations
from storage.privacy.quotations import Nudge, QuotingThread, ReplyWords
from storage.prompts import claimed_prompts, prompt_context
from storage.replies import deleted_channels

__all__ = ["erase", "erase_due_channels", "erase_for_member", "read"]

_Edits = defaultdict[tuple[int, int | None], list[NewMessageEdit]]

#: Mentioned instead of a member whose data was erased.
_SOMEBODY = gettext_noop("somebody")
_DELETED = make_coded("head-was-deleted")
_CHANGED = make_coded("quote-changed")


async def read(tx: Transaction, reply_ids: Collection[int]) -> dict[int, ReplyWords]:
    """What replies say before they are changed, for :func:`erase`."""
    return dict(await quotations.read_words(tx, reply_ids))


async def erase(
    tx: Transaction,
    before: Mapping[int, ReplyWords],
    now_ms: int,
    *,
    said: Mapping[int, Collection[str]] | None = None,
) -> bool:
    """Erase the quotations of what these replies don't say any more; whether edits are planned.

    ``before``: what they said; ``said``: more that they said, of replies written just now.
    """
    said = said or {}
    now = await quotations.read_words(tx, {*before, *said})
    old = {one: [*([before[one].text] if one in before else []), *said.get(one, ())] for one in now}
    lost = {one for one, words in now.items() if _has_lost(before.get(one), old[one], words)}
    removed = before.keys() - now.keys()  # an app reposted those
    if not lost and not removed:
        return False
    await checkpoint_and_vacuum.mark_erasure(tx, now_ms)
    edits: _Edits = defaultdict(list)
    for thread in await quotations.find_threads(tx, lost | removed):
        if thread.id in removed:
            original = before[thread.id]
            thread = replace(thread, author=original.author)
            old[thread.id] = [original.text]
        await _rename_thread(tx, thread, old[thread.id], edits, now_ms)
    for nudge in await quotations.find_nudges(tx, lost):
        await _change_nudge(tx, nudge, now[nudge.reply_id], edits, now_ms)
    return await _plan(tx, edits, now_ms)


def _has_lost(before: ReplyWords | None, old: Iterable[str], now: ReplyWords) -> bool:
    if now.deleted:
        return before is None or not before.deleted
    if before is not None and not before.files <= now.files:
        return True
    return any(text not in now.text for text in old)


async def _rename_thread(
    tx: Transaction, thread: QuotingThread, old: Collection[str], edits: _Edits, now_ms: int
) -> None:
    text = None if thread.deleted else thread.text
    if not has_erased_words(thread.name, thread.author, old, text):
        return
    language = await get_discussion_language(tx, thread.server_id, thread.discussion_id)
    with use_language(language):
        plain = new = make_plain_thread_name(thread.title)
        if text is not None and thread.state == "planned" and not thread.attempts:
            new = make_thread_name(thread.author, text)  # it is opened with this name
    await quotations.set_thread_name(tx, thread.id, new)
    # Made after a planned thread was opened; only if nobody has given it another name since.
    payload = {"name": plain, "was": hash_thread_name(thread.name)}
    edits[thread.server_id, thread.discussion_id].append(
        NewMessageEdit("rename", thread.id, payload=payload)
    )
    await _replace_thread_name(tx, thread.server_id, thread.name, plain, edits, now_ms)


async def _replace_thread_name(
    tx: Transaction, server_id: int, name: str, new_name: str, edits: _Edits, now_ms: int
) -> None:
    """Replace a thread's name in a server's notices and alerts; adds the edits of these."""
    await quotations.replace_in_alerts(tx, server_id, name, new_name)
    for old, new in list_mentions(name, new_name):
        for message in await quotations.find_messages_with(tx, server_id, old):
            if message.state in ("planned", "claimed") and not message.was_never_created:
                await quotations.erase_message(
                    tx,
                    message.id,
                    message.message_id,
                    make_erased_payload(message.payload),
                    reply_id=0,
                    reason=_CHANGED,
                    now_ms=now_ms,
                )
                continue
            payload = message.payload
            payload["content"] = str(payload.get("content") or "").replace(old, new)
            await quotations.set_payload(tx, message.id, message.message_id, payload)
            if message.message_id is not None:
                edits[server_id, message.discussion_id].append(
                    NewMessageEdit(
                        "edit", message.channel_id, message.message_id, make_edit_body(payload)
                    )
                )


async def _change_nudge(
    tx: Transaction, nudge: Nudge, now: ReplyWords, edits: _Edits, now_ms: int
) -> None:
    """Delete a deleted reply's nudge; one that quotes what a reply doesn't say is reworded."""
    if now.deleted:
        await _delete_nudge(tx, nudge, _DELETED, now_ms)
    else:
        await _reword_nudge(tx, nudge, {}, edits, now_ms)


async def _delete_nudge(tx: Transaction, nudge: Nudge, reason: CodedText, now_ms: int) -> None:
    await quotations.erase_message(
        tx,
        nudge.id,
        nudge.message_id,
        make_erased_payload(nudge.payload),
        reply_id=nudge.reply_id,
        reason=reason,
        now_ms=now_ms,
    )


async def _reword_nudge(
    tx: Transaction, nudge: Nudge, others: Mapping[int, str], edits: _Edits, now_ms: int
) -> None:
    """Word a nudge again; ``others``: names of mentioned people instead of the saved ones."""
    if nudge.state in ("planned", "claimed"):
        if nudge.was_never_created:
            await claimed_prompts.plan_again(
                tx, nudge.prompt_id, nudge.id, due_at=now_ms, reason=None, blocked_since=None
            )
        else:
            await _delete_nudge(tx, nudge, _CHANGED, now_ms)
    elif nudge.message_id is not None:
        head = await prompt_context.get_thread_head(tx, nudge.reply_id)
        names = await prompt_context.get_author_names(
            tx, head.discussion_id, find_mentioned(head.text)
        )
        language = await get_discussion_language(tx, nudge.server_id, head.discussion_id)
        with use_language(language):
            unnamed = {one: _(name) for one, name in others.items()}
            content = make_nudge_text(head.text, head.author, {**names, **unnamed})
        payload = nudge.payload | {"content": content}
        await quotations.set_payload(tx, nudge.id, nudge.message_id, payload)
        edits[nudge.server_id, nudge.discussion_id].append(
            NewMessageEdit("edit", nudge.channel_id, nudge.message_id, make_edit_body(payload))
        )


async def erase_due_channels(tx: Transaction, now_ms: int, shards: Shards = UNSHARDED) -> None:
    """Erase the channels and threads in these shards that were deleted long enough ago.

    And what quotes them.
    """
    due = await quotations.find_due_channels(tx, now_ms - deleted_channels.RETENTION_MS, shards)
    if not due.channel_ids:
        return
    before = await read(tx, due.reply_ids)
    await deleted_channels.erase_due(tx, now_ms, shards)
    edits: _Edits = defaultdict(list)
    for server_id, name in due.thread_names:
        if name:
            await _replace_thread_name(tx, server_id, name, ERASED_THREAD_NAME, edits, now_ms)
    await _plan(tx, edits, now_ms)
    await checkpoint_and_vacuum.mark_erasure(tx, now_ms)
    await erase(tx, before, now_ms)


async def erase_for_member(
    tx: Transaction,
    server_id: int,
    member_id: int,
    reply_ids: Collection[int],
    now_ms: int,
    *,
    reason: CodedText,
) -> None:
    """Erase the nudges that quote these replies of a member, and their name where it is mentioned.

    ``reason``: why nudges that aren't sent yet are skipped.
    """
    await checkpoint_and_vacuum.mark_erasure(tx, now_ms)
    for nudge in await quotations.find_nudges(tx, reply_ids):
        await _delete_nudge(tx, nudge, reason, now_ms)
    edits: _Edits = defaultdict(list)
    for nudge in await quotations.find_nudges_that_mention(tx, server_id, member_id):
        await _reword_nudge(tx, nudge, {member_id: _SOMEBODY}, edits, now_ms)
    await _plan(tx, edits, now_ms)


async def _plan(tx: Transaction, edits: _Edits, now_ms: int) -> bool:
    for (server_id, discussion_id), planned in edits.items():
        await message_edits.plan(
            tx, server_id=server_id, discussion_id=discussion_id, edits=planned, now_ms=now_ms
        )
    return True
