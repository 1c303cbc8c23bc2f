"""The book as EPUB 3; the same book gives the same bytes (docs: EPUB 3.3)."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.core.text.truncate import truncate
from bot.library.book import Book, Question, Section, Thread
from bot.library.picture_files import get_media_type, list_shown
from bot.library.templating import Show, get_environment, get_language_tag, get_words, read_style

__all__ = ["render_epub"]

T = TypeVar("T")

#: Bytes of all pictures; the others are links.
_MAX_PICTURES = 8 * 1024 * 1024
#: Entries of replies in one chapter file; readers are slow with large ones.
_ENTRIES_PER_FILE = 400
#: The earliest time that a ZIP archive can have.
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class _Chapter:
    """A chapter file."""

    id: str
    file: str
    title: str
    kind: str
    sections: tuple[Section, ...] = ()
    threads: tuple[Thread, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class _PictureFile:
    id: str
    file: str
    type: str
    content: bytes


def render_epub(book: Book) -> bytes:
    """The bytes of the EPUB."""
    words, language = get_words(book), get_language_tag(book)
    pictures = {
        name: _PictureFile(f"picture{place}", f"pictures/{name}", get_media_type(name) or "", data)
        for place, (name, data) in enumerate(list_shown(book, _MAX_PICTURES).items(), 1)
    }

    def show_picture(name: str) -> str | None:
        return pictures[name].file if name in pictures else None

    show = Show(book, show_picture)
    chapters = list(_make_chapters(book, show, words))
    environment = get_environment()
    common = {"book": book, "words": words, "show": show, "language": language}
    template = environment.get_template("chapter.xhtml")
    files: list[tuple[str, bytes]] = [
        ("META-INF/container.xml", _render(environment.get_template("container.xml").render())),
        (
            "EPUB/package.opf",
            _render(
                environment.get_template("package.opf").render(
                    **common,
                    chapters=chapters,
                    pictures=list(pictures.values()),
                    identifier=_make_identifier(book),
                    title=_make_title(book, words),
                    modified=f"{book.newest_at:%Y-%m-%dT%H:%M:%SZ}",
                )
            ),
        ),
        (
            "EPUB/nav.xhtml",
            _render(environment.get_template("nav.xhtml").render(**common, chapters=chapters)),
        ),
        ("EPUB/style.css", read_style().encode()),
        *(
            (f"EPUB/{one.file}", _render(template.render(**common, chapter=one)))
            for one in chapters
        ),
        *((f"EPUB/{one.file}", one.content) for one in pictures.values()),
    ]
    return _zip(files)


def _render(text: str) -> bytes:
    return text.lstrip().encode("utf-8")


def _make_identifier(book: Book) -> str:
    name = f"salon:{book.server_id}:{book.id}:{book.volume[0]}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _make_title(book: Book, words: dict[str, str]) -> str:
    return " · ".join(one for one in (book.essay.title, words["volume"]) if one)


def _make_chapters(book: Book, show: Show, words: dict[str, str]) -> Iterator[_Chapter]:
    yield _Chapter("title", "title.xhtml", truncate(book.essay.title, 200), "title")
    for place, sections in enumerate(_group_sections(show.sections), 1):
        yield _Chapter(
            f"essay{place}",
            f"essay-{place}.xhtml",
            _number(words["essay"], place),
            "essay",
            sections=tuple(sections),
        )
    for place, threads in enumerate(_group_threads(book.whole), 1):
        yield _Chapter(
            f"whole{place}",
            f"whole-{place}.xhtml",
            _number(words["whole"], place),
            "whole",
            threads=tuple(threads),
        )
    for place, questions in enumerate(_group_questions(show.questions), 1):
        yield _Chapter(
            f"questions{place}",
            f"questions-{place}.xhtml",
            _number(words["questions"], place),
            "questions",
            questions=tuple(questions),
        )
    if show.has_back and (book.participants or book.readers or book.changes or show.chart):
        yield _Chapter("back", "back.xhtml", words["back"], "back")


def _number(title: str, place: int) -> str:
    return title if place == 1 else f"{title} ({place})"


def _group_sections(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """Sections by file; one with many replies goes on in the next file, without its blocks."""
    pieces = (
        replace(one, blocks=() if place else one.blocks, threads=tuple(threads))
        for one in sections
        for place, threads in enumerate(_divide(one.threads))
    )
    return _group(pieces, lambda one: one.threads)


def _group_questions(questions: Sequence[Question]) -> Iterator[list[Question]]:
    """Questions by file; one with many answers goes on in the next file."""
    pieces = (
        replace(one, threads=tuple(threads))
        for one in questions
        for threads in _divide(one.threads)
    )
    return _group(pieces, lambda one: one.threads)


def _divide(threads: Sequence[Thread]) -> list[list[Thread]]:
    """The threads of a section or question by file, at least one."""
    return list(_group_threads(threads)) or [[]]


def _group_threads(threads: Sequence[Thread]) -> Iterator[list[Thread]]:
    return _group(threads, lambda one: (one,))


def _group(items: Iterable[T], get_threads: Callable[[T], Sequence[Thread]]) -> Iterator[list[T]]:
    """Items by file, which the one that makes it long enough ends."""
    group: list[T] = []
    entries = 0
    for item in items:
        group.append(item)
        entries += sum(len(thread.entries) for thread in get_threads(item))
        if entries >= _ENTRIES_PER_FILE:
            yield group
            group, entries = [], 0
    if group:
        yield group


def _zip(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP archive that is the same for the same files; the type comes first, uncompressed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        _add(archive, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        for name, content in files:
            _add(archive, name, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, method: int) -> None:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = method
    entry.create_system = 3  # as on Unix, wherever it is made
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content, compresslevel=9)
