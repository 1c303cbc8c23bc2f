"""Formulas of a page, as text: the TeX they were written in, else written on a line.

Pages hold a formula two or three times: as MathML, as the TeX it was made of, and drawn for the
eye (KaTeX, MathJax, Wikipedia). One of them is its text.
(W3C: MathML Core 3, Presentation Elements; MathML 4, 6.5 Semantic Annotations.)
"""

from __future__ import annotations

import html as entities
import re
from typing import Any

from lxml import etree, html

__all__ = ["replace_formulas", "replace_formulas_in_html"]

_MATH = re.compile(r"<math\b.*?</math\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_DISPLAYED = re.compile(r"\{\\(?:display|text)style\s(?P<tex>.*)\}", re.DOTALL)
#: Boxes that hold a formula more than once, by a word of their class.
_BOXES = (
    "katex",
    "mwe-math-element",
    "MathJax",
    "MathJax_Display",
    "MathJax_SVG",
    "mjx-chtml",
)
_TEX = re.compile(r"(?:^|[-/])(?:x-)?tex\b", re.IGNORECASE)


def replace_formulas(root: Any) -> bool:
    """Put its text in the place of each formula of a page's tree; whether there were any."""
    found = False
    for script in [one for one in root.iter("script") if _is_tex(one.get("type"))]:
        for drawn in _drawn_before(script):
            drawn.drop_tree()
        found = _replace(script, _plain(script.text or "")) or found
    for box in [one for one in root.iter() if _is_box(one)]:
        math = box.find(".//math")
        if math is not None and box.getparent() is not None:
            found = _replace(box, _written(math)) or found
    for math in list(root.iter("math")):
        found = _replace(math, _written(math)) or found
    return found


def replace_formulas_in_html(markup: str) -> str:
    """HTML with the text of each formula in its place."""
    if "<math" not in markup.lower():
        return markup
    return _MATH.sub(_fragment, markup)


def _fragment(found: re.Match[str]) -> str:
    try:
        math = html.fragment_fromstring(found[0])
    except (etree.ParserError, etree.XMLSyntaxError):
        return found[0]
    # The parser leaves out what is deeper than a formula ever is.
    text = _written(math) or " ".join(_TAG.sub(" ", found[0]).split())
    return entities.escape(text, quote=False)


def _is_tex(kind: str | None) -> bool:
    return kind is not None and kind.lower().startswith("math/") and _TEX.search(kind) is not None


def _is_box(element: Any) -> bool:
    names = (element.get("class") or "").split() if isinstance(element.tag, str) else []
    return any(name in _BOXES for name in names)


def _drawn_before(script: Any) -> list[Any]:
    """What MathJax has drawn in front of the script that holds the formula."""
    drawn = []
    before = script.getprevious()
    while before is not None and "mathjax" in (before.get("class") or "").lower():
        drawn.append(before)
        before = before.getprevious()
    return drawn


def _replace(element: Any, text: str) -> bool:
    element.clear(keep_tail=True)
    element.tag, element.text = "span", text
    return True


def _plain(tex: str) -> str:
    """TeX on one line, without the wrapper that only sets its size."""
    tex = " ".join(tex.split())
    wrapped = _DISPLAYED.fullmatch(tex)
    return wrapped["tex"].strip() if wrapped is not None else tex


def _written(math: Any) -> str:
    for note in math.iter("annotation"):
        if _TEX.search(note.get("encoding") or "") and (note.text or "").strip():
            return _plain(note.text)
    told = _plain(math.get("alttext") or "")
    try:
        return told or " ".join(_line(math).split())
    except RecursionError:  # no formula that anybody wrote
        return " ".join("".join(math.itertext()).split())


def _line(element: Any) -> str:
    """An element of MathML on a line."""
    if not isinstance(element.tag, str) or element.tag.startswith("annotation"):
        return ""
    parts = [_line(child) for child in element]
    tails = (part + (child.tail or "") for part, child in zip(parts, element, strict=True))
    whole = (element.text or "") + "".join(tails)
    match element.tag, parts:
        case (("msup" | "mover"), [base, above]):
            return f"{base}^{_grouped(above)}"
        case (("msub" | "munder"), [base, below]):
            return f"{base}_{_grouped(below)}"
        case (("msubsup" | "munderover"), [base, below, above]):
            return f"{base}_{_grouped(below)}^{_grouped(above)}"
        case "mfrac", [over, under]:
            return f"{_grouped(over)}/{_grouped(under)}"
        case "msqrt", _:
            return f"√{_grouped(whole)}"
        case (("mtr" | "mtd" | "mspace"), _):
            return f"{whole} "
    return whole


def _grouped(text: str) -> str:
    text = text.strip()
    return text if len(text) == 1 or text.isalnum() else f"({text})"
