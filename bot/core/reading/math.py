"""Replace formulas in HTML by text: their TeX source if present, else MathML on one line.

Pages contain a formula two or three times: as MathML, as its TeX source, and rendered (KaTeX,
MathJax, Wikipedia). Only one of them is kept.
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
_STYLE_WRAPPER = re.compile(r"\{\\(?:display|text)style\s(?P<tex>.*)\}", re.DOTALL)
#: Classes of elements that contain a formula more than once.
_CONTAINER_CLASSES = (
    "katex",
    "mwe-math-element",
    "MathJax",
    "MathJax_Display",
    "MathJax_SVG",
    "mjx-chtml",
)
_TEX_TYPE = re.compile(r"(?:^|[-/])(?:x-)?tex\b", re.IGNORECASE)


def replace_formulas(root: Any) -> bool:
    """Replace each formula in a page's tree by its text; returns whether there were any."""
    found = False
    for script in [one for one in root.iter("script") if _is_tex(one.get("type"))]:
        for drawn in _find_rendered_before(script):
            drawn.drop_tree()
        found = _replace(script, _clean_tex(script.text or "")) or found
    for box in [one for one in root.iter() if _is_container(one)]:
        math = box.find(".//math")
        if math is not None and box.getparent() is not None:
            found = _replace(box, _write_math(math)) or found
    for math in list(root.iter("math")):
        found = _replace(math, _write_math(math)) or found
    return found


def replace_formulas_in_html(markup: str) -> str:
    """Replace each ``<math>`` element in HTML text by its text."""
    if "<math" not in markup.lower():
        return markup
    return _MATH.sub(_replace_match, markup)


def _replace_match(found: re.Match[str]) -> str:
    try:
        math = html.fragment_fromstring(found[0])
    except (etree.ParserError, etree.XMLSyntaxError):
        return found[0]
    # The parser drops elements that are nested too deeply.
    text = _write_math(math) or " ".join(_TAG.sub(" ", found[0]).split())
    return entities.escape(text, quote=False)


def _is_tex(kind: str | None) -> bool:
    return (
        kind is not None and kind.lower().startswith("math/") and _TEX_TYPE.search(kind) is not None
    )


def _is_container(element: Any) -> bool:
    names = (element.get("class") or "").split() if isinstance(element.tag, str) else []
    return any(name in _CONTAINER_CLASSES for name in names)


def _find_rendered_before(script: Any) -> list[Any]:
    """What MathJax has rendered before the script element with the formula."""
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


def _clean_tex(tex: str) -> str:
    """TeX on one line, without a ``\\displaystyle`` wrapper."""
    tex = " ".join(tex.split())
    wrapped = _STYLE_WRAPPER.fullmatch(tex)
    return wrapped["tex"].strip() if wrapped is not None else tex


def _write_math(math: Any) -> str:
    for note in math.iter("annotation"):
        if _TEX_TYPE.search(note.get("encoding") or "") and (note.text or "").strip():
            return _clean_tex(note.text)
    alt_text = _clean_tex(math.get("alttext") or "")
    try:
        return alt_text or " ".join(_write_element(math).split())
    except RecursionError:  # too deep for a real formula
        return " ".join("".join(math.itertext()).split())


def _write_element(element: Any) -> str:
    """A MathML element as text on one line."""
    if not isinstance(element.tag, str) or element.tag.startswith("annotation"):
        return ""
    parts = [_write_element(child) for child in element]
    tails = (part + (child.tail or "") for part, child in zip(parts, element, strict=True))
    whole = (element.text or "") + "".join(tails)
    match element.tag, parts:
        case (("msup" | "mover"), [base, above]):
            return f"{base}^{_group(above)}"
        case (("msub" | "munder"), [base, below]):
            return f"{base}_{_group(below)}"
        case (("msubsup" | "munderover"), [base, below, above]):
            return f"{base}_{_group(below)}^{_group(above)}"
        case "mfrac", [over, under]:
            return f"{_group(over)}/{_group(under)}"
        case "msqrt", _:
            return f"√{_group(whole)}"
        case (("mtr" | "mtd" | "mspace"), _):
            return f"{whole} "
    return whole


def _group(text: str) -> str:
    text = text.strip()
    return text if len(text) == 1 or text.isalnum() else f"({text})"
