"""A book in a format, as one file, or as several volumes where one would be too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from typing import Literal

from bot.library.book import Book, list_threads, with_threads

__all__ = ["ENDINGS", "MAX_BYTES", "BookFormat", "make_names", "render_volumes"]

BookFormat = Literal["page", "epub", "markdown"]

#: The ending of a file's name.
ENDINGS: dict[BookFormat, str] = {"page": "html", "epub": "epub", "markdown": "md"}
#: What Discord takes as one file, with some room left.
MAX_BYTES = 10 * 1024 * 1024 - 64 * 1024

#: Bytes of a reply's frame, for its share of a volume.
_FRAME = 400


def render_volumes(book: Book, form: BookFormat, max_bytes: int | None = MAX_BYTES) -> list[bytes]:
    """The volumes, each with whole threads; only a thread that is too large by itself is larger.

    ``max_bytes``: None for one file, whatever its size.
    """
    write = _get_writer(form)
    files = [write(book)]
    if max_bytes is None:
        return files
    weights = [
        sum(_FRAME + len(entry.text.encode()) for entry in thread.entries)
        for thread in list_threads(book)
    ]
    count = 1
    while max(len(one) for one in files) > max_bytes and count < len(weights):
        count = min(max(count + 1, ceil(count * max(map(len, files)) / max_bytes)), len(weights))
        groups = _divide(weights, count)
        files = [
            write(with_threads(book, kept, (number, len(groups))))
            for number, kept in enumerate(groups, 1)
        ]
    return files


def _get_writer(form: BookFormat) -> Callable[[Book], bytes]:
    # Their libraries take 3 MB, and a book is rarely made.
    match form:
        case "page":
            from bot.library.page import render_page

            return render_page
        case "epub":
            from bot.library.epub import render_epub

            return render_epub
        case "markdown":
            from bot.library.markdown import render_markdown

            return render_markdown


def _divide(weights: Sequence[int], count: int) -> list[set[int]]:
    """Positions in ``count`` groups of about the same weight, in their order."""
    total, done = sum(weights), 0
    groups: list[set[int]] = [set() for _ in range(count)]
    for position, weight in enumerate(weights):
        groups[min(done * count // max(total, 1), count - 1)].add(position)
        done += weight
    return [group for group in groups if group]


def make_names(book: Book, form: BookFormat, count: int) -> list[str]:
    """The names of the files of so many volumes."""
    ending = ENDINGS[form]
    if count == 1:
        return [f"essay-{book.id}.{ending}"]
    return [f"essay-{book.id}-part-{number}.{ending}" for number in range(1, count + 1)]
