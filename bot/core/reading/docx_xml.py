"""The XML of a Word document, made ready for mammoth, which leaves out what it does not know.

What it would leave out with words in it is put into what it knows: the wrappers of text that runs
from right to left, of fields and of custom markup are taken away, ruby becomes its base and the
reading in brackets, equations are written out on a line. What says nothing about the text (sizes,
fonts, borders) goes, which is most of a long document.
(Ecma Office Open XML Part 1: 17.3.2 Run Content, 17.3.3.25 ruby, 17.16.19 fldSimple, 22.1 Math.)
"""

from __future__ import annotations

import re

__all__ = ["prepare_xml"]

_ATTRIBUTES = rb"""(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?"""
_SILENT = re.compile(
    rb"<w:(?:sz|szCs|lang|color|kern|spacing|rFonts|bCs|iCs|shd|snapToGrid|rtl|cs|noProof|webHidden"
    rb"|proofErr|lastRenderedPageBreak|bookmarkEnd|tcW|top|left|bottom|right|insideH|insideV|vAlign"
    rb"|noWrap|hideMark|jc|ind|keepNext|keepLines|widowControl|autoSpaceDE|autoSpaceDN"
    rb"|adjustRightInd|contextualSpacing|tblW|tblLook|tblLayout|gridCol)" + _ATTRIBUTES + rb"/>"
)
_WRAPPERS = re.compile(
    rb"</?(?:w:(?:dir|bdo|fldSimple|customXml|ruby)|m:oMathPara)" + _ATTRIBUTES + rb"/?>"
)
_RUBY = re.compile(
    rb"<w:rt>(?P<reading>(?:(?!<w:ruby>).)*?)</w:rt>\s*<w:rubyBase>(?P<base>.*?)</w:rubyBase>",
    re.DOTALL,
)
_OVAL = re.compile(rb"(</?)v:(?:oval|line|polyline|arc)\b")
_EQUATION = re.compile(rb"<m:oMath" + _ATTRIBUTES + rb">(.*?)</m:oMath>", re.DOTALL)
_MATH = re.compile(rb"<(/?)m:(\w+)(" + _ATTRIBUTES + rb")>([^<]*)")
_VALUE = re.compile(rb"""m:val=["']([^"']*)["']""")
_RUN = b'<w:r><w:t xml:space="preserve">%s</w:t></w:r>'


def prepare_xml(xml: bytes) -> tuple[bytes, int]:
    """The XML with all of its words in what mammoth reads, and how many equations it has.

    XML that is not in UTF-8, which no version of Word writes, is left as it is.
    """
    if b"\0" in xml:
        return xml, 0
    xml = _SILENT.sub(b"", xml)
    xml = _RUBY.sub(_ruby, xml)
    xml, equations = _EQUATION.subn(lambda found: _RUN % _written(found[1]), xml)
    xml = _WRAPPERS.sub(b"", xml)
    return _OVAL.sub(rb"\1v:rect", xml), equations


def _ruby(found: re.Match[bytes]) -> bytes:
    return found["base"] + _RUN % "（".encode() + found["reading"] + _RUN % "）".encode()


def _written(equation: bytes) -> bytes:
    """An equation on a line: ``x^2/(a+b)``; its signs stay escaped as XML wants them."""
    open_parts: list[list[bytes]] = [[]]
    marks: list[tuple[bytes, bytes]] = []  # the brackets around what is open
    for closing, name, attributes, text in _MATH.findall(equation):
        if attributes.endswith(b"/"):
            value = _VALUE.search(attributes)
            sign = b"" if value is None else value[1]
            if name == b"chr" and marks and marks[-1][0] == b"nary":
                marks[-1] = (b"nary", sign)
            elif name in (b"begChr", b"endChr") and marks and marks[-1][0] == b"d":
                before, _, after = marks[-1][1].partition(b"\0")
                both = (sign, after) if name == b"begChr" else (before, sign)
                marks[-1] = (b"d", b"\0".join(both))
        elif not closing:
            open_parts.append([text] if name == b"t" else [])
            if name in _SIGNS:
                marks.append((name, _SIGNS[name]))
        elif len(open_parts) > 1:
            inner = b"".join(open_parts.pop())
            if marks and marks[-1][0] == name:
                inner = _signed(name, marks.pop()[1], inner)
            open_parts[-1].append(_placed(name, inner))
    return b"".join(part for parts in open_parts for part in parts)


#: What has a sign of its own, and the one it has where the document names none.
_SIGNS = {b"nary": "∫".encode(), b"d": b"(\0)"}


def _signed(name: bytes, sign: bytes, inner: bytes) -> bytes:
    if name == b"nary":
        return sign + inner
    before, _, after = sign.partition(b"\0")
    return before + inner + after


def _placed(name: bytes, inner: bytes) -> bytes:
    """What is inside an element of an equation, with the sign that says where it stands."""
    match name:
        case b"num":
            return _grouped(inner) + b"/"
        case b"den":
            return _grouped(inner)
        case b"sub" if inner:
            return b"_" + _grouped(inner)
        case b"sup" if inner:
            return b"^" + _grouped(inner)
        case b"rad":
            return "√".encode() + _grouped(inner)
        case b"mr":
            return inner + b"; "
        case b"fName":
            return inner + b" "
    return inner


def _grouped(inner: bytes) -> bytes:
    plain = inner.decode("utf-8", "replace").isalnum() or len(inner) == 1
    return inner if plain else b"(" + inner + b")"
