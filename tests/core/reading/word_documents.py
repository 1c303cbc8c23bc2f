"""Builds Word documents for tests (ECMA-376, Part 1)."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

__all__ = ["paragraph", "word_document"]

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_VML = "schemas-microsoft-com:vml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_TYPES = f"""<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="{_MAIN}.document.main+xml"/>
<Override PartName="/word/footnotes.xml" ContentType="{_MAIN}.footnotes+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_MAIN}.styles+xml"/></Types>"""
_RELATIONS = f"""<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="r1"
  Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>"""
_INNER = f"""<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="r1" Type="{_OFFICE}/footnotes" Target="footnotes.xml"/>
<Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/>
<Relationship Id="r3" Type="{_OFFICE}/hyperlink"
  Target="https://a.example/x" TargetMode="External"/>
</Relationships>"""
_STYLES = f"""<?xml version="1.0"?><w:styles xmlns:w="{_W}">
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Quote"><w:name w:val="Quote"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/></w:style></w:styles>"""


def paragraph(text: str, style: str = "", *, marks: str = "") -> str:
    """A paragraph of one run; ``marks`` are its properties, such as ``<w:b/>``."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    run = f'<w:rPr>{marks}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t>'
    return f"<w:p>{properties}<w:r>{run}</w:r></w:p>"


def word_document(
    body: str,
    *,
    notes: str = "",
    prologue: str = "",
    properties: str = "",
    extra: int = 0,
    pictures: int = 0,
    styles: str = "",
) -> bytes:
    """The bytes of a .docx.

    notes:      footnotes as XML
    prologue:   goes before the document's element
    properties: docProps/core.xml
    extra:      bytes of a further file of zeros
    pictures:   how many there are in it
    styles:     more styles as XML
    """
    space = f'xmlns:w="{_W}" xmlns:r="{_OFFICE}" xmlns:m="{_M}" xmlns:v="urn:{_VML}"'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/_rels/document.xml.rels", _INNER)
        archive.writestr("word/styles.xml", _STYLES.replace("</w:styles>", f"{styles}</w:styles>"))
        archive.writestr(
            "word/footnotes.xml", f'<?xml version="1.0"?><w:footnotes {space}>{notes}</w:footnotes>'
        )
        archive.writestr(
            "word/document.xml",
            f'<?xml version="1.0"?>{prologue}'
            f"<w:document {space}><w:body>{body}</w:body></w:document>",
        )
        if properties:
            archive.writestr("docProps/core.xml", properties)
        for number in range(pictures):
            archive.writestr(f"word/media/{number}.png", b"")
        if extra:
            archive.writestr("word/zeros.bin", b"\0" * extra)
    return held.getvalue()
