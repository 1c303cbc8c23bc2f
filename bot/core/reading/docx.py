"""Read Word documents (.docx) with mammoth, after refusing what could do harm (zip bombs, XXE)."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

import mammoth
from mammoth.html import element, text

from bot.core.essay.document import Document, Metadata
from bot.core.reading.docx_xml import prepare_xml, separate_words
from bot.core.reading.html import read_html
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UnreadableEssay

__all__ = ["read_docx"]

_MEDIA = "word/media/"
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".tif", ".tiff", ".bmp")
_DRAWINGS = (".emf", ".wmf", ".emz", ".wmz", ".pict", ".pct")
_MAX_FILES = 5_000
_MAX_BYTES = 60 * 1024 * 1024  # of all files, unpacked
_MAX_XML = 25 * 1024 * 1024  # of one XML file, unpacked
_MAX_RATIO = 60  # compression ratio of XML that a person wrote; more means endless repetition
_SMALL_XML = 2 * 1024 * 1024
_DAMAGED = gettext_noop(
    "This Word document is damaged and can't be opened. Save it again, then try again."
)
_NOT_WORD = gettext_noop(
    "This file is a ZIP archive, but not a Word document. Save it as .docx, .md or .txt."
)
_TOO_BIG = gettext_noop(
    "This Word document is far larger than an essay once it is unpacked. It wasn't read."
)
_UNSAFE = gettext_noop(
    "This Word document refers to other files in a way that Word never does. It wasn't read."
)
_PROTECTED = gettext_noop("This Word document is protected by a password. Save it without one.")
_STYLE_MAP = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Caption'] => p.caption:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Plain Text'] => p:fresh
p[style-name='Source Code'] => pre:separator('\\n')
r[style-name='Verbatim Char'] => code
r[style-name='Emphasis'] => em
r[style-name='Subtle Emphasis'] => em
r[style-name='Intense Emphasis'] => em
r[style-name='Book Title'] => strong > em
r[style-name='Quote Char'] => em
r[style-name='Intense Quote Char'] => em
u => u
strike => s
"""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: Character styles that mammoth or the map above knows, or that are no emphasis.
_KNOWN_STYLES = frozenset(
    ("Emphasis", "Subtle Emphasis", "Intense Emphasis", "Book Title", "Strong", "Hyperlink",
     "Verbatim Char", "Quote Char", "Intense Quote Char", "footnote reference",
     "endnote reference", "annotation reference", "page number")
)  # fmt: skip
_PLAIN_STYLE = re.compile(r"(?:Heading|Title|Subtitle|Header|Footer)\b.*\bChar", re.IGNORECASE)
_SAFE_NAME = re.compile(r"[^'\\\n]{1,80}")
_PARAGRAPH = re.compile(rb"<w:p[ >]")
_DEFAULT_PROPERTY = re.compile(
    r"(?:microsoft|office|user|admin|python-docx|word|document|untitled|unknown)\b", re.IGNORECASE
)
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"

# What mammoth and its XML parser raise for damaged files.
_MAMMOTH_ERRORS = (zipfile.BadZipFile, KeyError, ValueError, OSError, AttributeError, ExpatError)


def _check_archive(data: bytes) -> tuple[str | None, str | None]:
    """Refuse what could do harm; returns title and creator from the document's properties."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = archive.infolist()
            if len(files) > _MAX_FILES or sum(file.file_size for file in files) > _MAX_BYTES:
                raise UnreadableEssay(_(_TOO_BIG))
            if not any(file.filename.startswith("word/") for file in files):
                raise UnreadableEssay(_(_NOT_WORD))
            for file in files:
                if not file.filename.endswith((".xml", ".rels")):
                    continue
                packed_tight = file.file_size > _MAX_RATIO * max(1, file.compress_size)
                if file.file_size > (_SMALL_XML if packed_tight else _MAX_XML):
                    raise UnreadableEssay(_(_TOO_BIG))
                # zipfile reads no more than the size just checked; the XML may be UTF-16.
                xml = archive.read(file).replace(b"\0", b"")
                if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
                    raise UnreadableEssay(_(_UNSAFE))
            if "docProps/core.xml" not in archive.namelist():
                return None, None
            core = ElementTree.fromstring(archive.read("docProps/core.xml"))  # noqa: S314
            return core.findtext(f"{_DUBLIN_CORE}title"), core.findtext(f"{_DUBLIN_CORE}creator")
    except (zipfile.BadZipFile, ElementTree.ParseError, ValueError, OSError, KeyError) as error:
        raise UnreadableEssay(_(_DAMAGED)) from error
    except NotImplementedError as error:  # a compression or encryption that zipfile doesn't support
        raise UnreadableEssay(_(_DAMAGED)) from error
    except RuntimeError as error:  # a password is needed
        raise UnreadableEssay(_(_PROTECTED)) from error


def _clean_property(text: str | None) -> str | None:
    line = " ".join((text or "").split())
    return None if not line or _DEFAULT_PROPERTY.match(line) else line


def _is_picture(name: str) -> bool:
    return name.startswith(_MEDIA) or name.lower().endswith((*_PICTURES, *_DRAWINGS))


class _Pictures:
    """Converts the pictures that mammoth finds; counts those that nobody can show."""

    def __init__(self) -> None:
        self.drawings = self.linked = 0

    def convert(self, image: Any) -> list[Any]:
        """An ``<img>`` with the picture's path in the document."""
        try:
            with image.open() as content:
                path = content.read().decode()  # what _prepare_archive put in its place
        except (ValueError, KeyError):  # outside of the document, where nothing is opened
            self.linked += 1
            return []
        if path.lower().endswith(_DRAWINGS):
            self.drawings += 1
            return [text(image.alt_text)] if image.alt_text else []
        return [element("img", {"src": path, "alt": image.alt_text or ""})]

    def make_notes(self) -> list[CodedText]:
        """Sentences about the pictures that are left out."""
        notes = []
        if self.drawings:
            notes.append(make_coded("note-word-drawings", count=self.drawings))
        if self.linked:
            notes.append(make_coded("note-word-linked-pictures", count=self.linked))
        return notes


def _read_styles(archive: zipfile.ZipFile) -> tuple[str, frozenset[str]]:
    """Style map lines for the document's own emphasis, and the ids of styles that hide text."""
    try:
        root = ElementTree.fromstring(archive.read("word/styles.xml"))  # noqa: S314
    except (KeyError, ElementTree.ParseError, ValueError):
        return "", frozenset()
    lines: list[str] = []
    hidden: set[str] = set()
    for style in root.iter(f"{_WORD}style"):
        properties = style.find(f"{_WORD}rPr")
        if style.get(f"{_WORD}type") != "character" or properties is None:
            continue
        if _is_on(properties, "vanish") or _is_on(properties, "specVanish"):
            hidden.add(style.get(f"{_WORD}styleId") or "")
        named = style.find(f"{_WORD}name")
        name = "" if named is None else named.get(f"{_WORD}val") or ""
        tags = [tag for tag, mark in (("strong", "b"), ("em", "i")) if _is_on(properties, mark)]
        known = name in _KNOWN_STYLES or _PLAIN_STYLE.fullmatch(name) is not None
        if tags and not known and _SAFE_NAME.fullmatch(name):
            lines.append(f"r[style-name='{name}'] => {' > '.join(tags)}")
    return "\n".join(lines), frozenset(hidden)


def _is_on(properties: ElementTree.Element, name: str) -> bool:
    found = properties.find(f"{_WORD}{name}")
    return found is not None and found.get(f"{_WORD}val", "1") in ("1", "true", "on")


def _prepare_archive(data: bytes) -> tuple[bytes, int, str]:
    """The document ready for mammoth; how many equations it has; its styles.

    Each picture is replaced by its path, since mammoth doesn't tell that.
    """
    made, equations = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(made, "w") as ready:
        styles, hidden = _read_styles(archive)
        for file in archive.infolist():
            if file.is_dir():
                continue
            if _is_picture(file.filename):
                ready.writestr(file.filename, file.filename.encode())
                continue
            content = archive.read(file)
            if file.filename.startswith("word/") and _PARAGRAPH.search(content):
                content, more = prepare_xml(separate_words(content), hidden)
                equations += more
            ready.writestr(file.filename, content)
    return made.getvalue(), equations, styles


def read_docx(data: bytes) -> Document:
    """Read a Word document; its pictures are named by their paths in it.

    Raises UnreadableEssay for a damaged, protected or hostile document.
    """
    title, creator = _check_archive(data)
    pictures = _Pictures()
    try:
        ready, equations, styles = _prepare_archive(data)
        result = mammoth.convert_to_html(
            io.BytesIO(ready), style_map=f"{_STYLE_MAP}{styles}\n", convert_image=pictures.convert
        )
    except _MAMMOTH_ERRORS as error:
        raise UnreadableEssay(_(_DAMAGED)) from error
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        media = frozenset(name for name in archive.namelist() if _is_picture(name))
    read = read_html(result.value, files=media)
    notes = [*read.notes, *pictures.make_notes()]
    if equations:
        notes.append(make_coded("note-word-equations", count=equations))
    metadata = Metadata(title=_clean_property(title), author=_clean_property(creator))
    return Document(tuple(read.blocks), tuple(read.footnotes), metadata, tuple(notes))
