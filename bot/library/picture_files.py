"""The pictures of an essay that a book shows."""

from __future__ import annotations

from bot.core.essay.blocks import Picture
from bot.library.book import Book

__all__ = ["get_media_type", "list_shown"]

_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}


def get_media_type(name: str) -> str | None:
    """The type of a picture by its name; None if a book can't show it."""
    return _TYPES.get(name.rpartition(".")[2].lower())


def list_shown(book: Book, max_bytes: int) -> dict[str, bytes]:
    """The pictures of this volume by name, in the order of the essay, as far as they fit."""
    if book.volume[0] != 1:
        return {}
    shown: dict[str, bytes] = {}
    left = max_bytes
    for one in book.essay.body:
        if not isinstance(one.block, Picture) or one.block.file in shown:
            continue
        content = book.pictures.get(one.block.file)
        if content is None or get_media_type(one.block.file) is None or len(content) > left:
            continue
        shown[one.block.file] = content
        left -= len(content)
    return shown
