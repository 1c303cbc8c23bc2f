"""Decode bytes to text: detect the encoding, reject what isn't text."""

from __future__ import annotations

import codecs
import re

import regex
from charset_normalizer import from_bytes

from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UnreadableEssay

__all__ = ["clean_text", "decode"]

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY_SIGNATURES = (
    b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"Rar!",
    b"7z\xbc\xaf", b"\x7fELF", b"MZ\x90", b"OggS", b"RIFF", b"ID3",
)  # fmt: skip
_ENCODING_DECLARATION = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,30})"
    rb"|\A\s*<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w-]{2,30})",
    re.IGNORECASE,
)
_SHORT_TEXT = 100  # letters: too few for statistics about the encoding
# Encodings of mainframes and terminals: no essay uses them, but statistics on few bytes pick them.
_UNUSED = ("cp1006", "cp037", "cp424", "cp500", "cp875", "cp1026", "cp1140", "cp273")
_SAMPLE = 65_536  # bytes that are enough to detect an encoding
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .doc, and .docx with a password
NOT_TEXT = gettext_noop(
    "This isn't text. It looks like a picture, an archive or another kind of file."
)
_OLD_WORD = gettext_noop(
    "This isn't text. It looks like an old Word document (.doc), or like one with a password. Save "
    "it as .docx without a password."
)
#: Formats of writers' programs that can't be read, by their first bytes.
_OTHER_FORMATS = {
    _OLE_SIGNATURE: _OLD_WORD,
    b"{\\rtf": gettext_noop(
        "This isn't text, but Rich Text (.rtf). Save it as .docx, .md or .txt."
    ),
    b"%PDF-": gettext_noop("This isn't text, but a PDF. Choose that format."),
}
_WESTERN_CHARACTERS = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŸ"
    "“”‘’„‚‹›«»–—…•·¿¡°§©®™€£¥ºª½¼¾×´\xa0\xad"
)

# Control characters; and the two directional overrides, which show text in reverse and so can make
# it look like something else.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ufeff\ufff9-\ufffb]")
_UNASSIGNED = regex.compile(r"[\p{Cn}\p{Co}\ufffd]")
_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028]")


def _guess_wide_encoding(data: bytes) -> str | None:
    """The encoding of UTF-16 without a byte order mark, guessed from where its zero bytes are."""
    sample = data[:4096]
    if sample.count(0) * 5 < len(sample):
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) > 4 * min(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def decode(data: bytes) -> tuple[str, tuple[CodedText, ...]]:
    """Decode bytes; also returns notes about what could not be decoded.

    Raises UnreadableEssay if they aren't text.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_wide(data, encoding)
    for start, sentence in _OTHER_FORMATS.items():
        if data.startswith(start):
            raise UnreadableEssay(_(sentence))
    if data.startswith(_BINARY_SIGNATURES):
        raise UnreadableEssay(_(NOT_TEXT))
    declared = _decode_declared(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return (
            (declared, _note_lost_characters(declared))
            if declared is not None
            else _decode_guessed(data)
        )
    if declared is not None and b"\x1b$" in data:
        return declared, _note_lost_characters(declared)  # ISO-2022, whose bytes are all ASCII
    wide = _guess_wide_encoding(data)
    if wide is not None:
        return _decode_wide(data, wide)
    controls = sum(text.count(sign) for sign in "\0\1\2\3\4\5\6")
    if controls * 10 > len(text) or len(_CONTROLS.findall(text)) * 3 > len(text):
        raise UnreadableEssay(_(NOT_TEXT))
    return text, ()


def _decode_declared(data: bytes) -> str | None:
    """The text decoded as the page declares (HTML: 13.2.3.2 prescan); None if that looks wrong."""
    found = _ENCODING_DECLARATION.search(data[:4096])
    if found is None:
        return None
    name = (found[1] or found[2]).decode("ascii", "replace").lower()
    # As browsers do: Latin-1 and GB 2312 are read as their supersets.
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


def _note_lost_characters(text: str) -> tuple[CodedText, ...]:
    count = text.count("\ufffd")
    if not count:
        return ()
    return (make_coded("note-lost-characters", count=count),)


def _decode_wide(data: bytes, encoding: str) -> tuple[str, tuple[CodedText, ...]]:
    text = data.decode(encoding, "replace")
    sample = text[:_SAMPLE]
    # Characters that no text has: controls, undecodable and unassigned ones.
    strange = len(_CONTROLS.findall(sample)) + len(_UNASSIGNED.findall(sample))
    if strange * 10 > len(sample) or _is_padded(sample):
        raise UnreadableEssay(_(NOT_TEXT))
    return text, _note_lost_characters(text)


def _is_padded(text: str) -> bool:
    """Whether the bytes are binary numbers with zero bytes that only look like UTF-16.

    Of the characters below U+0100 (a zero byte each), a text has mostly ASCII ones, and some of
    these are letters, spaces or line ends.
    """
    low = [character for character in text if character < "\u0100"]
    plain = sum(character < "\x7f" for character in low)
    written = sum(character.isalnum() or character.isspace() for character in low)
    return plain * 2 < len(low) or written * 4 < len(low)


def _is_western(data: bytes) -> bool:
    """Whether the bytes look like a western European language in Windows-1252.

    Short texts have too few accents for statistics, and this encoding is by far the likeliest.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = [character for character in text if character > "\x7f"]
    if not all(character in _WESTERN_CHARACTERS for character in beyond):
        return False
    letters = sum(character.isalpha() for character in text)
    if letters >= _SHORT_TEXT:
        return len(beyond) * 5 < letters
    # Western words have single accented letters; in other scripts such bytes come in runs.
    runs = re.findall("[^\0-\x7f]+", text)
    accented = sum(character.isalpha() for character in beyond)
    return accented * 3 <= letters * 2 and all(len(run) <= 3 for run in runs)


def _decode_guessed(data: bytes) -> tuple[str, tuple[CodedText, ...]]:
    wide = _guess_wide_encoding(data)
    if wide is not None:
        return _decode_wide(data, wide)
    if data[:_SAMPLE].count(0) * 100 > len(data[:_SAMPLE]):
        raise UnreadableEssay(_(NOT_TEXT))
    # UTF-8 with a few broken bytes.
    lenient = data.decode("utf-8", "replace")
    strange = lenient.count("\ufffd")
    beyond = sum(1 for character in lenient if character > "\x7f")
    if strange * 4 < beyond - strange:
        return lenient, _note_lost_characters(lenient)
    if _is_western(data):
        return data.decode("cp1252"), (make_coded("note-encoding", encoding="cp1252"),)
    best = from_bytes(data[:_SAMPLE], cp_exclusion=list(_UNUSED)).best()
    encoding = best.encoding if best is not None else "cp1252"
    if encoding in ("iso8859_1", "latin_1", "ascii"):
        encoding = "cp1252"  # as browsers do
    text = data.decode(encoding, "replace")
    sample = text[:_SAMPLE]
    if sum(1 for c in sample if c < " " and c not in "\t\n\r\f") * 50 > len(sample):
        raise UnreadableEssay(_(NOT_TEXT))
    return text, (make_coded("note-encoding", encoding=encoding), *_note_lost_characters(text))


def clean_text(text: str) -> tuple[str, tuple[CodedText, ...]]:
    """Normalize line breaks and remove control characters; also returns notes about that."""
    notes: list[CodedText] = []
    text = _LINE_BREAKS.sub("\n", text).replace("\u2029", "\n\n")
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    cleaned, count = _CONTROLS.subn("", text.removeprefix("\ufeff"))
    if count:
        notes.append(make_coded("note-control-characters", count=count))
    return cleaned, tuple(notes)
