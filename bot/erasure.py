"""Erasure of a member: everything that has their words goes, in rows and in Discord.

Here are the words that replace theirs in messages, and why prompts are skipped. The
rows are erased by :mod:`storage.privacy.erasure`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot import quotations
from bot.ask_button import remove_ask_buttons
from bot.core.conversation.thread_names import (
    ERASED_THREAD_NAME,
    hash_thread_name,
    is_plain_thread_name,
)
from bot.core.payload import Payload
from bot.core.prompts.wording import list_credits
from bot.core.text.coded_text import make_coded
from bot.core.text.thread_mentions import list_mentions
from bot.core.text.translate import ENGLISH, use_language
from bot.core.text.translate import gettext as _
from bot.languages import get_discussion_languages
from storage.db.erasure_log import Erasure
from storage.db.writer import Transaction
from storage.essays import authors
from storage.privacy import erasure, members
from storage.privacy.erasure import SkipReasons
from storage.privacy.quotations import find_member_replies

__all__ = ["erase", "erase_member"]

_REASONS = SkipReasons(
    named=make_coded("named-erased"),
    quoted=make_coded("author-erased"),
)


async def erase(
    tx: Transaction, server_id: int, member_id: int, *, until_ms: int, now_ms: int
) -> None:
    """Erase what a member wrote in a server until ``until_ms``, and plan the edits in Discord."""
    theirs = await find_member_replies(tx, server_id, member_id, until_ms)
    written = await authors.get_essays(tx, server_id, member_id)
    await quotations.erase_for_member(
        tx,
        server_id,
        member_id,
        theirs,
        now_ms,
        reason=_REASONS.quoted,
    )
    in_language = await get_discussion_languages(tx, server_id)

    def make_rename(name: str, discussion_id: int) -> Payload | None:
        with use_language(in_language.get(discussion_id, ENGLISH)):
            return _make_rename(name)

    await erasure.erase(
        tx,
        server_id,
        member_id,
        list_replacements=_list_replacements,
        make_rename=make_rename,
        reasons=_REASONS,
        until_ms=until_ms,
        now_ms=now_ms,
    )
    await remove_ask_buttons(tx, server_id, written, now_ms)


async def erase_member(
    tx: Transaction, server_id: int, member_id: int, now_ms: int, *, opt_out: bool = False
) -> Erasure:
    """Erase a member of a server; the erasure, for the caller to append to the erasure log.

    ``opt_out``: from now on their replies in the server are saved without name and text. A member
    who opted out before stays opted out without it, until :func:`storage.privacy.members.opt_in`.
    """
    await erase(tx, server_id, member_id, until_ms=members.NO_TIME_LIMIT, now_ms=now_ms)
    return await members.record_erasure(tx, server_id, member_id, now_ms, opt_out=opt_out)


def _make_rename(name: str) -> Payload | None:
    """The renaming of a thread that has this name still; None if the name quotes nothing."""
    if is_plain_thread_name(name):
        return None
    return {"name": _(ERASED_THREAD_NAME), "was": hash_thread_name(name)}


def _list_replacements(
    thread_names: Sequence[str], author_names: Sequence[str]
) -> list[tuple[str, str]]:
    """Their threads' names and their own, as messages have them, and what replaces each."""
    names = [name for name in thread_names if name != ERASED_THREAD_NAME]
    return [
        *(pair for name in names for pair in list_mentions(name, ERASED_THREAD_NAME)),
        *(pair for name in author_names if name for pair in list_credits(name)),
    ]
