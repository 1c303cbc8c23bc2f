"""The language of what the bot posts: the server's or the essay's.

What only one person sees is in that person's language instead, which is the current one in every
handler of an interaction (``bot/app/client.py``).
"""

from __future__ import annotations

from bot.core.essay.default_question import detect_language, guess_latin_language
from bot.core.essay.essay import Essay
from bot.core.text.translate import ENGLISH, find_language
from storage.db.writer import Transaction
from storage.servers import languages

__all__ = [
    "choose_essay_language",
    "get_discussion_language",
    "get_discussion_languages",
    "get_server_language",
    "identify_language",
]


async def get_server_language(tx: Transaction, server_id: int) -> str:
    """The language of alerts, digest and greeting: chosen by an admin, else the server's locale."""
    return find_language(await languages.get_server_tag(tx, server_id)) or ENGLISH


async def get_discussion_language(tx: Transaction, server_id: int, discussion_id: int) -> str:
    """The language of what is posted under an essay: its own, if there is a catalog for it.

    Otherwise, the server's.
    """
    essay, server = await languages.get_tags(tx, server_id, discussion_id)
    return find_language(essay) or find_language(server) or ENGLISH


async def get_discussion_languages(tx: Transaction, server_id: int) -> dict[int, str]:
    """Like :func:`get_discussion_language`, for all discussions of a server."""
    of_server = await get_server_language(tx, server_id)
    tags = await languages.get_essay_tags(tx, server_id)
    return {one: find_language(tag) or of_server for one, tag in tags.items()}


def identify_language(essay: Essay) -> str | None:
    """An essay's language: declared, or detected by its script or its words; None if unknown.

    Words count only for languages that have a catalog.
    """
    found = detect_language(essay) or find_language(guess_latin_language(essay))
    # A language that has a catalog, though no default question in the table.
    return found or find_language(essay.language)


async def choose_essay_language(tx: Transaction, server_id: int, essay: Essay) -> str:
    """Like :func:`get_discussion_language`, for an essay that has no row yet."""
    return find_language(identify_language(essay)) or await get_server_language(tx, server_id)
