"""Export of an essay and its replies, found by number or title: as JSON, or as a book."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import UnknownEssay
from bot.library.book import Book, build_book
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion
from storage.replies.book import get_book_rows
from storage.replies.export import export_discussion

__all__ = ["find_essay", "make_book", "write_json"]


async def write_json(tx: Transaction, essay: str, write: Callable[[bytes], object]) -> None:
    """Export the essay with this number or exact title as JSON in UTF-8, piece by piece.

    Raises UnknownEssay unless exactly one matches.
    """
    async for piece in export_discussion(tx, await find_essay(tx, essay)):
        write(piece.encode("utf-8", "replace"))
    write(b"\n")


async def make_book(tx: Transaction, essay: str) -> Book:
    """Everything about the essay with this number or exact title, as a book."""
    return build_book(await get_book_rows(tx, await find_essay(tx, essay)))


async def find_essay(tx: Transaction, essay: str) -> ListedDiscussion:
    """Find the essay with this number or exact title; UnknownEssay unless exactly one matches.

    A number that no essay has is searched as a title.
    """
    number = essay.strip()
    if number.isascii() and number.isdigit() and len(number) < 19:
        found = await discussions.find(tx, int(number))
        if found is not None:
            return found
    matching = await discussions.list_with_title(tx, essay)
    if not matching:
        raise UnknownEssay(f"No essay has the number or the title “{essay}”.")
    if len(matching) > 1:
        numbers = ", ".join(str(one.id) for one in matching)
        raise UnknownEssay(
            f"Several essays have the title “{essay}”. Give the number of one: {numbers}."
        )
    return matching[0]
