"""Read EPUBs: the chapters of a book in their order, as one text or one at a time.

(W3C: EPUB 3.3, 4 Open Container Format, 5 Package Document.)
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lxml import etree

from bot.core.essay.blocks import Block, Heading, Picture, Rule, get_block_text
from bot.core.essay.document import NO_TEXT, Document, Metadata
from bot.core.reading.decode import clean_text, decode
from bot.core.reading.html import HtmlContent, read_html
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.errors import UnreadableEssay

__all__ = ["Chapter", "is_epub", "list_chapters", "read_epub"]

_MAX_FILES = 5_000
_MAX_BYTES = 60 * 1024 * 1024  # of all files, unpacked
_MAX_TEXT = 25 * 1024 * 1024  # of the chapters, unpacked
_MAX_RATIO = 60  # compression ratio of text that a person wrote; more means endless repetition
_SMALL = 2 * 1024 * 1024
_DAMAGED = gettext_noop("This EPUB is damaged and can't be opened. Save it again, then try again.")
_TOO_BIG = gettext_noop("This EPUB is far larger than a book once it is unpacked. It wasn't read.")
_ENCRYPTED = gettext_noop("This EPUB has copy protection or a password, so it can't be read.")
_MAX_LISTED = 30  # chapters in the note
_MAX_CHAPTER_TITLE = 60  # characters in the note
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg")
_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
#: Encryption of fonts alone, which text doesn't need (EPUB 3.3: 4.3 Font obfuscation).
_FONT_ENCRYPTION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter; ``number`` starts at 1, ``title`` is empty if it has no heading."""

    number: int
    title: str


def is_epub(data: bytes) -> bool:
    """Whether a ZIP file is an EPUB."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _CONTAINER in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _parse(xml: bytes) -> Any:
    # No entities, network or DTDs; a tree that is too deep or large is an error.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(xml, parser)


def _find_all(root: Any, name: str) -> list[Any]:
    return list(root.iter(f"{{*}}{name}"))


class _Book:
    """An opened EPUB: its metadata and the content of its chapters."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._check()
        container = _parse(self._read(_CONTAINER))
        roots = [one.get("full-path") for one in _find_all(container, "rootfile")]
        if not roots or not roots[0]:
            raise UnreadableEssay(_(_DAMAGED))
        package = _parse(self._read(roots[0]))
        self._folder = posixpath.dirname(roots[0])
        self.title = self._get_fact(package, "title")
        self.author = self._get_fact(package, "creator")
        self.language = self._get_fact(package, "language")
        self.contents = self._read_spine(package)

    def _check(self) -> None:
        files = self._archive.infolist()
        if len(files) > _MAX_FILES or sum(file.file_size for file in files) > _MAX_BYTES:
            raise UnreadableEssay(_(_TOO_BIG))
        if any(file.flag_bits & 1 for file in files):
            raise UnreadableEssay(_(_ENCRYPTED))
        if _ENCRYPTION in self._archive.namelist():
            methods = _find_all(_parse(self._read(_ENCRYPTION)), "EncryptionMethod")
            if any(one.get("Algorithm") not in _FONT_ENCRYPTION for one in methods):
                raise UnreadableEssay(_(_ENCRYPTED))

    def _read(self, name: str) -> bytes:
        file = self._archive.getinfo(name)
        tight = file.file_size > _MAX_RATIO * max(1, file.compress_size)
        if file.file_size > (_SMALL if tight else _MAX_TEXT):
            raise UnreadableEssay(_(_TOO_BIG))
        return self._archive.read(file)

    def _get_fact(self, package: Any, name: str) -> str | None:
        found = (" ".join("".join(one.itertext()).split()) for one in _find_all(package, name))
        return next((text for text in found if text), None)

    def _read_spine(self, package: Any) -> list[HtmlContent]:
        """The files with text, in reading order; the table of contents is left out."""
        manifest = {one.get("id"): one for one in _find_all(package, "item")}
        contents: list[HtmlContent] = []
        media = frozenset(
            name for name in self._archive.namelist() if name.lower().endswith(_PICTURES)
        )
        total = 0
        seen: set[str] = set()
        for reference in _find_all(package, "itemref"):
            item = manifest.get(reference.get("idref"))
            if item is None or "nav" in (item.get("properties") or "").split():
                continue
            if "html" not in (item.get("media-type") or ""):
                continue
            path = posixpath.normpath(
                posixpath.join(self._folder, unquote(item.get("href") or "").split("#")[0])
            )
            if path in seen or path not in self._archive.namelist():
                continue
            seen.add(path)
            text, _notes = clean_text(decode(self._read(path))[0])
            total += len(text)
            if total > _MAX_TEXT:
                raise UnreadableEssay(_(_TOO_BIG))
            content = read_html(text, files=media, folder=posixpath.dirname(path))
            if any(
                isinstance(block, Picture) or get_block_text(block).strip()
                for block in content.blocks
            ):
                contents.append(content)
        return contents


def _open(data: bytes) -> _Book:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Book(archive)
    except (zipfile.BadZipFile, etree.LxmlError, ValueError, OSError, KeyError) as error:
        raise UnreadableEssay(_(_DAMAGED)) from error
    except NotImplementedError as error:  # a compression that zipfile doesn't support
        raise UnreadableEssay(_(_DAMAGED)) from error


def _get_title(content: HtmlContent) -> str:
    headings = (get_block_text(one) for one in content.blocks if isinstance(one, Heading))
    return " ".join(next(headings, "").split())


def _describe_chapters(contents: Sequence[HtmlContent]) -> CodedText:
    """The note that names a book's chapters with their numbers."""
    titles = [_get_title(content)[:_MAX_CHAPTER_TITLE] for content in contents]
    named = [f"{number} {title}".strip() for number, title in enumerate(titles, 1)]
    if len(named) > _MAX_LISTED:
        named[_MAX_LISTED - 1 : -1] = ["…"]  # the last one shows how many there are
    return make_coded("note-chapters", chapters="; ".join(named))


def list_chapters(data: bytes) -> list[Chapter]:
    """The chapters of a book, which ``read_epub`` reads one of.

    Raises UnreadableEssay for a damaged, protected or hostile file.
    """
    contents = _open(data).contents
    return [Chapter(number, _get_title(content)) for number, content in enumerate(contents, 1)]


def read_epub(data: bytes, chapter: int | None = None) -> Document:
    """Read a book, or one of its chapters, numbered from 1.

    Raises UnreadableEssay for a damaged, protected or hostile file.
    """
    book = _open(data)
    contents: Sequence[HtmlContent] = book.contents
    if not contents:
        raise UnreadableEssay(_(NO_TEXT))
    title = book.title
    if chapter is not None:
        if not 1 <= chapter <= len(contents):
            raise UnreadableEssay(
                ngettext(
                    "This EPUB has no chapter {number}. It has {count} chapter.",
                    "This EPUB has no chapter {number}. It has {count} chapters.",
                    len(contents),
                    number=chapter,
                )
            )
        contents, title = contents[chapter - 1 : chapter], None
    blocks: list[Block] = []
    footnotes: list[Block] = []
    notes: dict[CodedText, None] = {}
    if len(contents) > 1:
        notes[_describe_chapters(contents)] = None  # first, since a draft shows only some notes
    for content in contents:
        if blocks and not isinstance(content.blocks[0], Heading):
            blocks.append(Rule())
        blocks += content.blocks
        footnotes += content.footnotes
        notes |= dict.fromkeys(content.notes)
    metadata = Metadata(title=title, author=book.author, language=book.language)
    return Document(tuple(blocks), tuple(footnotes), metadata, tuple(notes))
