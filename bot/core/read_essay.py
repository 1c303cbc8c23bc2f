"""Read an essay from bytes or text of any supported format. Pure; raises UnreadableEssay."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath

from bot.core.essay.document import NO_TEXT, Document
from bot.core.essay.essay import Essay
from bot.core.essay.source_format import BINARY_FORMATS, Format, is_pdf
from bot.core.extraction.extract import extract_essay
from bot.core.reading.decode import clean_text, decode
from bot.core.reading.gutenberg import cut_gutenberg
from bot.core.reading.markdown import read_markdown
from bot.core.reading.piece_limit import check_piece_limit
from bot.core.reading.plain_text import read_plain_text
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UnreadableEssay

__all__ = ["count_chapters", "read_essay"]

_SUFFIXES: dict[str, Format] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".docx": "docx",
    ".pdf": "pdf",
    ".epub": "epub",
}

_NO_CHAPTERS = gettext_noop("Only an EPUB has chapters to choose from, and this isn't one.")

_ZIP = b"PK\x03\x04"
_BLANK_CHARACTERS = " \t\n\xa0\u200b\u200c\u200d\u2060\ufeff"
_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TAGS = re.compile(
    r"</(?:p|div|h[1-6]|article|section|ul|ol|blockquote|span)\s*>", re.IGNORECASE
)
_MARKDOWN_SIGNS = (
    re.compile(r"\A---\s*\n(?:.*\n)*?(?:---|\.\.\.)\s*$", re.MULTILINE),
    re.compile(r"^#{1,6} \S", re.MULTILINE),
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
    re.compile(r"\[[^\]\n]+\]\((?:https?:|/|#|mailto:)[^)\s]*\)"),
    re.compile(r"(?<![\w*])\*\*[^\s*][^*\n]*\*\*(?![\w*])"),
    re.compile(r"^\|.+\|\s*\n\|[\s:|-]+\|\s*$", re.MULTILINE),
    re.compile(r"^\[\^[^\]\s]+\]:", re.MULTILINE),
)


def guess_format(text: str) -> Format:
    """Guess the format of a text from its content."""
    if _HTML_START.match(text[:4096]) or len(_HTML_TAGS.findall(text[:20_000])) >= 3:
        return "html"
    if any(sign.search(text[:50_000]) for sign in _MARKDOWN_SIGNS):
        return "markdown"
    return "text"


def _get_format_by_name(name: str | None) -> Format | None:
    return _SUFFIXES.get(PurePath(name).suffix.lower()) if name else None


def read_essay(
    data: bytes | str,
    *,
    format: Format = "auto",  # noqa: A002
    name: str | None = None,
    address: str | None = None,
    title: str | None = None,
    chapter: int | None = None,
) -> Essay:
    """Read the essay in ``data``.

    format:  ``auto`` uses the name's suffix, then the content
    name:    of the file, if it has one; also the last resort for a title
    address: the web page's URL, if it is one
    title:   given by the admin, instead of the one in the text
    chapter: of an EPUB, numbered from 1; None: all of them as one essay

    Raises UnreadableEssay (a sentence) for what isn't text, is empty or damaged.
    """
    title = (title or "").strip() or None
    essay = _read_and_extract(data, format, name, address, title, chapter)
    return replace(essay, source_url=essay.source_url or address)


def count_chapters(data: bytes | str) -> int:
    """The number of an EPUB's chapters, at least 1.

    Raises UnreadableEssay for any other file, and for an EPUB that is damaged or has no text.
    """
    if _detect_binary(data) != "epub" or isinstance(data, str):
        raise UnreadableEssay(_(_NO_CHAPTERS))
    from bot.core.reading.epub import list_chapters

    count = len(list_chapters(data))
    if not count:
        raise UnreadableEssay(_(NO_TEXT))
    return count


def _read_and_extract(
    data: bytes | str,
    wanted: Format,
    name: str | None,
    address: str | None,
    title: str | None,
    chapter: int | None,
) -> Essay:
    if wanted == "auto":
        wanted = _detect_binary(data) or _get_format_by_name(name) or "auto"
        if wanted in BINARY_FORMATS and _detect_binary(data) is None:
            wanted = "auto"  # a text file with that suffix
    if chapter is not None and wanted != "epub":
        raise UnreadableEssay(_(_NO_CHAPTERS))
    if isinstance(data, bytes):
        if wanted in BINARY_FORMATS:
            document = _read_binary(data, wanted, chapter)
            return extract_essay(document, name=name, given=title)
        text, notes = decode(data)
    else:
        text, notes = data, ()
    text, more = clean_text(text)
    if not text.strip(_BLANK_CHARACTERS):
        raise UnreadableEssay(_(NO_TEXT))
    if wanted == "auto":
        wanted = guess_format(text)
    match wanted:
        case "markdown" | "html" | "text":
            check_piece_limit(text, wanted)
        case _:
            pass
    document = _read_text(text, wanted, address)
    if not document.blocks and not document.metadata.title and wanted == "markdown":
        document = read_plain_text(text)  # a text of nothing but markup or front matter
    return extract_essay(document, name=name, given=title, notes=(*notes, *more))


def _detect_binary(data: bytes | str) -> Format | None:
    """The format of a file that isn't text; None for what may be text."""
    if isinstance(data, str):
        return None
    if is_pdf(data):
        return "pdf"
    if not data.startswith(_ZIP):
        return None
    from bot.core.reading.epub import is_epub

    return "epub" if is_epub(data) else "docx"


def _read_binary(data: bytes, wanted: Format, chapter: int | None) -> Document:
    # Their libraries take long to load, and most essays don't need them.
    match wanted:
        case "pdf":
            from bot.core.reading.pdf import read_pdf

            return read_pdf(data)
        case "epub":
            from bot.core.reading.epub import read_epub

            return read_epub(data, chapter)
        case _:
            from bot.core.reading.docx import read_docx

            return read_docx(data)


def _read_text(text: str, wanted: Format, address: str | None) -> Document:
    cut = cut_gutenberg(text) if wanted in ("markdown", "text") else None
    if cut is not None:
        text, metadata = cut
        return replace(_read_text(text, wanted, address), metadata=metadata)
    match wanted:
        case "markdown":
            return read_markdown(text)
        case "html":
            # Its libraries take half a second to load, and most essays don't need them.
            from bot.core.reading.web_page import read_web_page

            return read_web_page(text, address=address)
        case _:
            return read_plain_text(text)
