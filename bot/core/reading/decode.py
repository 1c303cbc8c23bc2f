"""Bytes read as text, whatever their encoding."""

from __future__ import annotations

import codecs
import re

import regex
from charset_normalizer import from_bytes

from bot.errors import UnreadableEssay

__all__ = ["clean_text", "decode"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = (
    b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"Rar!",
    b"7z\xbc\xaf", b"\x7fELF", b"MZ\x90", b"OggS", b"RIFF", b"ID3",
)  # fmt: skip
_DECLARATION = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,30})"
    rb"|\A\s*<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w-]{2,30})",
    re.IGNORECASE,
)
_SHORT = 100  # letters of a text that tells little of its encoding
# Of mainframes and terminals; no essay is kept in them, but a statistic of few bytes takes to them.
_UNUSED = ("cp1006", "cp037", "cp424", "cp500", "cp875", "cp1026", "cp1140", "cp273")
_SAMPLE = 65_536  # bytes that are enough to tell an encoding
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .doc, and .docx once it has a password
NOT_TEXT = "This is not text: it looks like a picture, an archive or another kind of file."
_OLD_WORD = (
    "This is not text: it looks like an old Word document (.doc), or like one with a password; "
    "save it as .docx without a password."
)
#: What writers' programs save that holds no text as it reads, by how it begins.
_OTHERS = {
    _COMPOUND: _OLD_WORD,
    b"{\\rtf": "This is not text: it is Rich Text (.rtf). Save it as .docx, .md or .txt.",
    b"%PDF-": "This is not text: it is a PDF. Hand in the document it was made of, as .docx, .md "
    "or .txt, or paste its text.",
}
_READ_AS = "The encoding was not told; it was read as {}."
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŸ"
    "“”‘’„‚‹›«»–—…•·¿¡°§©®™€£¥ºª½¼¾×´\xa0\xad"
)

# Control characters have no place in a text; the two overrides turn what follows around, so that
# it reads as something it is not.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ufeff\ufff9-\ufffb]")
_UNASSIGNED = regex.compile(r"[\p{Cn}\p{Co}\ufffd]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028]")


def _wide(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where its zeros stand."""
    sample = data[:4096]
    if sample.count(0) * 5 < len(sample):
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) > 4 * min(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text that the bytes hold, and notes about what could not be read.

    Raises UnreadableEssay where they hold something else.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded_wide(data, encoding)
    for start, sentence in _OTHERS.items():
        if data.startswith(start):
            raise UnreadableEssay(sentence)
    if data.startswith(_BINARY):
        raise UnreadableEssay(NOT_TEXT)
    declared = _declared(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return (declared, _lost(declared)) if declared is not None else _guessed(data)
    if declared is not None and b"\x1b$" in data:
        return declared, _lost(declared)  # ISO-2022, which is ASCII to look at
    wide = _wide(data)
    if wide is not None:
        return _decoded_wide(data, wide)
    controls = sum(text.count(sign) for sign in "\0\1\2\3\4\5\6")
    if controls * 10 > len(text) or len(_CONTROLS.findall(text)) * 3 > len(text):
        raise UnreadableEssay(NOT_TEXT)
    return text, ()


def _declared(data: bytes) -> str | None:
    """The text of a page that names its encoding (HTML: 13.2.3.2 prescan), if that is right."""
    found = _DECLARATION.search(data[:4096])
    if found is None:
        return None
    name = (found[1] or found[2]).decode("ascii", "replace").lower()
    # As browsers do: what calls itself Latin-1 or GB 2312 is a larger set that holds it.
    name = {
        "iso-8859-1": "cp1252",
        "us-ascii": "cp1252",
        "gb2312": "gb18030",
        "gbk": "gb18030",
    }.get(name, name)
    if name in ("utf-8", "utf8", "utf-16", "utf-16le", "utf-16be"):
        return None
    try:
        text = data.decode(name, "replace")
    except (LookupError, ValueError):
        return None
    strange = text.count("\ufffd")
    return text if strange * 50 <= len(text) else None


def _lost(text: str) -> tuple[str, ...]:
    count = text.count("\ufffd")
    if not count:
        return ()
    return (f"Some characters could not be read and are shown as \ufffd: {count}.",)


def _decoded_wide(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = data.decode(encoding, "replace")
    sample = text[:_SAMPLE]
    # Characters that no text has: controls, what could not be read, what is not assigned.
    strange = len(_CONTROLS.findall(sample)) + len(_UNASSIGNED.findall(sample))
    if strange * 10 > len(sample) or _is_padded(sample):
        raise UnreadableEssay(NOT_TEXT)
    return text, _lost(text)


def _is_padded(text: str) -> bool:
    """Whether numbers with a zero byte in them only look like a text in UTF-16.

    Of the characters below U+0100, which are what the zeros tell, a text has mostly those of
    ASCII, and some of them are letters, spaces or ends of lines.
    """
    low = [character for character in text if character < "\u0100"]
    plain = sum(character < "\x7f" for character in low)
    written = sum(character.isalnum() or character.isspace() for character in low)
    return plain * 2 < len(low) or written * 4 < len(low)


def _western(data: bytes) -> bool:
    """Whether the bytes read as a language of western Europe in Windows-1252.

    Short texts have too few accents for a statistic, and this is by far the likeliest.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = [character for character in text if character > "\x7f"]
    if not all(character in _WESTERN for character in beyond):
        return False
    letters = sum(character.isalpha() for character in text)
    if letters >= _SHORT:
        return len(beyond) * 5 < letters
    # A few words may have an accent each; in other scripts such characters stand side by side.
    runs = re.findall("[^\0-\x7f]+", text)
    accented = sum(character.isalpha() for character in beyond)
    return accented * 3 <= letters * 2 and all(len(run) <= 3 for run in runs)


def _guessed(data: bytes) -> tuple[str, tuple[str, ...]]:
    wide = _wide(data)
    if wide is not None:
        return _decoded_wide(data, wide)
    if data[:_SAMPLE].count(0) * 100 > len(data[:_SAMPLE]):
        raise UnreadableEssay(NOT_TEXT)
    # A text in UTF-8 with a few broken bytes is still one.
    lenient = data.decode("utf-8", "replace")
    strange = lenient.count("\ufffd")
    beyond = sum(1 for character in lenient if character > "\x7f")
    if strange * 4 < beyond - strange:
        return lenient, _lost(lenient)
    if _western(data):
        return data.decode("cp1252"), (_READ_AS.format("cp1252"),)
    best = from_bytes(data[:_SAMPLE], cp_exclusion=list(_UNUSED)).best()
    encoding = best.encoding if best is not None else "cp1252"
    if encoding in ("iso8859_1", "latin_1", "ascii"):
        encoding = "cp1252"  # as browsers do: what calls itself Latin-1 is Windows-1252
    text = data.decode(encoding, "replace")
    sample = text[:_SAMPLE]
    if sum(1 for c in sample if c < " " and c not in "\t\n\r\f") * 50 > len(sample):
        raise UnreadableEssay(NOT_TEXT)
    return text, (_READ_AS.format(encoding), *_lost(text))


def clean_text(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with line breaks made alike and without what cannot be shown; notes about that."""
    notes: list[str] = []
    text = _BREAKS.sub("\n", text).replace("\u2029", "\n\n")
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    cleaned, count = _CONTROLS.subn("", text.removeprefix("\ufeff"))
    if count:
        notes.append(f"Control characters that cannot be shown were left out: {count}.")
    return cleaned, tuple(notes)
