"""The book as one HTML page, without scripts and without anything from elsewhere."""

from __future__ import annotations

import base64

from markupsafe import Markup

from bot.library.book import Book
from bot.library.picture_files import get_media_type, list_shown
from bot.library.templating import Show, get_environment, get_language_tag, get_words, read_style

__all__ = ["render_page"]

#: Bytes of all pictures of a page; the others are links. With base64 they take a third more.
_MAX_PICTURES = 6 * 1024 * 1024


def render_page(book: Book) -> bytes:
    """The page as UTF-8; the same book gives the same bytes."""
    shown = list_shown(book, _MAX_PICTURES)

    def show_picture(name: str) -> str | None:
        content = shown.get(name)
        if content is None:
            return None
        data = base64.b64encode(content).decode("ascii")
        return f"data:{get_media_type(name)};base64,{data}"

    template = get_environment().get_template("page.html")
    pieces = template.generate(
        book=book,
        words=get_words(book),
        show=Show(book, show_picture),
        language=get_language_tag(book),
        style=Markup(read_style()),  # noqa: S704 - a file of ours
    )
    # Piece by piece: the whole page as text would take four bytes for each character.
    page = bytearray()
    for piece in pieces:
        page += (piece if page else piece.lstrip()).encode("utf-8")
    return bytes(page)
