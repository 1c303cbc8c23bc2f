"""Prepare a Word document's XML for mammoth, which drops elements that it doesn't know.

Text in such elements is kept by rewriting them: wrappers of right-to-left text, fields and custom
markup are removed, ruby becomes its base with the reading in brackets, equations are written on one
line; hidden text is left out. Formatting that doesn't matter (sizes, fonts, borders) is removed,
which is most of a long document.
(Ecma Office Open XML Part 1: 17.3.2 Run Content, 17.3.3.25 ruby, 17.16.19 fldSimple, 22.1 Math.)
"""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["drop_hidden_runs", "prepare_xml", "separate_words"]

_ATTRIBUTES = rb"""(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?"""
_IGNORED = re.compile(
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
_SHAPE = re.compile(rb"(</?)v:(?:oval|line|polyline|arc)\b")
_EQUATION = re.compile(rb"<m:oMath" + _ATTRIBUTES + rb">(.*?)</m:oMath>", re.DOTALL)
_MATH_TAG = re.compile(rb"<(/?)m:(\w+)(" + _ATTRIBUTES + rb")>([^<]*)")
_MATH_VALUE = re.compile(rb"""m:val=["']([^"']*)["']""")
_TEXT_RUN = b'<w:r><w:t xml:space="preserve">%s</w:t></w:r>'


_ON = rb"""(?:\sw:val=["'](?:1|true|on)["'])?\s*"""
_HIDDEN_RUN = re.compile(
    rb"<w:r" + _ATTRIBUTES + rb">\s*<w:rPr>(?P<properties>(?:(?!</w:rPr>).)*)</w:rPr>"
    rb"(?P<content>(?:(?!<w:r[ >]|</w:r>).)*)</w:r>",
    re.DOTALL,
)
_VANISH = re.compile(rb"<w:(?:vanish|specVanish)" + _ON + rb"/>")
_STYLE_NAME = re.compile(rb"""<w:rStyle\sw:val=["']([^"']*)["']""")
_CARRIAGE_RETURN = re.compile(rb"<w:cr\s*/>")
_SEPARATOR = re.compile(
    rb"""<w:br\b(?=[^<>]*\sw:type=["'](?:page|column)["'])[^<>]*/>|<w:ptab\b[^<>]*/>"""
)


def drop_hidden_runs(xml: bytes, hidden_styles: Collection[str] = ()) -> bytes:
    """Leave out text that Word hides (17.3.2.41 vanish), by itself or by its character style.

    Parts of fields stay: they show nothing, and a field has to be complete.
    """
    if b"anish" not in xml and not hidden_styles:
        return xml

    def replace(found: re.Match[bytes]) -> bytes:
        style = _STYLE_NAME.search(found["properties"])
        hidden = _VANISH.search(found["properties"]) is not None or (
            style is not None
            and style[1].decode("utf-8", "replace") in hidden_styles
            and b"<w:vanish" not in found["properties"]
        )
        field = b"<w:fldChar" in found["content"] or b"<w:instrText" in found["content"]
        return b"" if hidden and not field else found[0]

    return _HIDDEN_RUN.sub(replace, xml)


def separate_words(xml: bytes) -> bytes:
    """Write a space for a page break, which mammoth drops: the words around it are two.

    A carriage return is a line break; mammoth doesn't know it.
    """
    xml = _CARRIAGE_RETURN.sub(b"<w:br/>", xml)
    return _SEPARATOR.sub(b'<w:t xml:space="preserve"> </w:t>', xml)


def prepare_xml(xml: bytes, hidden_styles: Collection[str] = ()) -> tuple[bytes, int]:
    """Rewrite what mammoth would drop; also returns the number of equations.

    hidden_styles: the ids of character styles whose text is hidden

    XML that isn't UTF-8 (no version of Word writes any) is returned unchanged.
    """
    if b"\0" in xml:
        return xml, 0
    xml = drop_hidden_runs(xml, hidden_styles)
    xml = _IGNORED.sub(b"", xml)
    xml = _RUBY.sub(_flatten_ruby, xml)
    xml, equations = _EQUATION.subn(lambda found: _TEXT_RUN % _write_equation(found[1]), xml)
    xml = _WRAPPERS.sub(b"", xml)
    return _SHAPE.sub(rb"\1v:rect", xml), equations


def _flatten_ruby(found: re.Match[bytes]) -> bytes:
    return found["base"] + _TEXT_RUN % "（".encode() + found["reading"] + _TEXT_RUN % "）".encode()


def _write_equation(equation: bytes) -> bytes:
    """An equation on one line: ``x^2/(a+b)``; its characters stay escaped for XML."""
    open_parts: list[list[bytes]] = [[]]
    marks: list[tuple[bytes, bytes]] = []  # the brackets of the open elements
    for closing, name, attributes, text in _MATH_TAG.findall(equation):
        if attributes.endswith(b"/"):
            value = _MATH_VALUE.search(attributes)
            sign = b"" if value is None else value[1]
            if name == b"chr" and marks and marks[-1][0] == b"nary":
                marks[-1] = (b"nary", sign)
            elif name in (b"begChr", b"endChr") and marks and marks[-1][0] == b"d":
                before, _, after = marks[-1][1].partition(b"\0")
                both = (sign, after) if name == b"begChr" else (before, sign)
                marks[-1] = (b"d", b"\0".join(both))
        elif not closing:
            open_parts.append([text] if name == b"t" else [])
            if name in _DEFAULT_SIGNS:
                marks.append((name, _DEFAULT_SIGNS[name]))
        elif len(open_parts) > 1:
            inner = b"".join(open_parts.pop())
            if marks and marks[-1][0] == name:
                inner = _add_signs(name, marks.pop()[1], inner)
            open_parts[-1].append(_write_element(name, inner))
    return b"".join(part for parts in open_parts for part in parts)


#: Elements with a sign or brackets of their own, and the default.
_DEFAULT_SIGNS = {b"nary": "∫".encode(), b"d": b"(\0)"}


def _add_signs(name: bytes, sign: bytes, inner: bytes) -> bytes:
    if name == b"nary":
        return sign + inner
    before, _, after = sign.partition(b"\0")
    return before + inner + after


def _write_element(name: bytes, inner: bytes) -> bytes:
    """An element of an equation, with ``^``, ``_``, ``/`` or ``√`` for its position."""
    match name:
        case b"num":
            return _group(inner) + b"/"
        case b"den":
            return _group(inner)
        case b"sub" if inner:
            return b"_" + _group(inner)
        case b"sup" if inner:
            return b"^" + _group(inner)
        case b"rad":
            return "√".encode() + _group(inner)
        case b"mr":
            return inner + b"; "
        case b"fName":
            return inner + b" "
    return inner


def _group(inner: bytes) -> bytes:
    plain = inner.decode("utf-8", "replace").isalnum() or len(inner) == 1
    return inner if plain else b"(" + inner + b")"
