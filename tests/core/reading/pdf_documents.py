"""Writes small PDFs for tests: text at given places, in the standard fonts (ISO 32000-1: 7.5)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Text", "make_pdf", "write_column", "write_objects"]

_FONTS = {"": "Times-Roman", "b": "Times-Bold", "i": "Times-Italic", "m": "Courier"}


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text at a place, in points from the lower left; font: "", "b", "i" or "m"."""

    x: float
    y: float
    text: str
    size: float = 10
    font: str = ""


def write_column(
    lines: Sequence[str], x: float, top: float, *, size: float = 10, leading: float = 12
) -> list[Text]:
    """Lines below each other."""
    return [Text(x, top - leading * place, line, size) for place, line in enumerate(lines)]


def write_objects(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of objects numbered from 1; the first one is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def make_stream(content: bytes, more: bytes = b"", *, packed: bool = True) -> bytes:
    """A stream object."""
    data = zlib.compress(content) if packed else content
    kind = b"/Filter /FlateDecode " if packed else b""
    return b"<< /Length %d %s%s >>\nstream\n%s\nendstream" % (len(data), kind, more, data)


def _draw(text: Text) -> bytes:
    shown = text.text.encode("cp1252").replace(b"\\", b"\\\\")
    shown = shown.replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F%s %g Tf %g %g Td (%s) Tj ET\n" % (
        (text.font or "r").encode(), text.size, text.x, text.y, shown,
    )  # fmt: skip


def make_pdf(
    pages: Sequence[Sequence[Text]], *, extra: Sequence[bytes] = (), resources: bytes = b"",
    content: bytes = b"", trailer: bytes = b"",
) -> bytes:  # fmt: skip
    """A PDF with these pages; extra objects are numbered from 7 on."""
    fonts = b" ".join(
        b"/F%s %d 0 R" % ((key or "r").encode(), number) for number, key in enumerate(_FONTS, 3)
    )
    first = 7 + len(extra)
    kids = b" ".join(b"%d 0 R" % (first + 2 * n) for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        *(
            b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
            % name.encode()
            for name in _FONTS.values()
        ),
        *extra,
    ]
    for number, texts in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << %s >> %s >> >>" % (first + 2 * number + 1, fonts, resources)
        )
        objects.append(make_stream(b"".join(map(_draw, texts)) + content))
    return write_objects(objects, trailer)
