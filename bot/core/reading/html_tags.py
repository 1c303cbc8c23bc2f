"""Tables of HTML elements and attributes, by what they mean for a text."""

from __future__ import annotations

import re

from bot.core.essay.blocks import Mark

__all__ = [
    "BACK_REF",
    "BLOCKS",
    "CODE",
    "ENDS",
    "HEADINGS",
    "KNOWN",
    "LANGUAGE",
    "LOWERED",
    "MARKS",
    "NOTE_BOX",
    "NOTE_ID",
    "NOTE_REF",
    "RAISED",
    "SKIPPED",
    "VOID",
    "WALLS",
]

MARKS = {
    "b": Mark.BOLD,
    "strong": Mark.BOLD,
    "summary": Mark.BOLD,
    "dt": Mark.BOLD,
    "em": Mark.ITALIC,
    "i": Mark.ITALIC,
    "cite": Mark.ITALIC,
    "var": Mark.ITALIC,
    "dfn": Mark.ITALIC,
    "u": Mark.UNDERLINE,
    "ins": Mark.UNDERLINE,
    "s": Mark.STRIKE,
    "del": Mark.STRIKE,
    "strike": Mark.STRIKE,
}
CODE = frozenset(("code", "kbd", "samp", "tt"))
HEADINGS = {f"h{level}": level for level in range(1, 7)}
SKIPPED = frozenset(
    (
        *("script", "style", "head", "template", "noscript", "iframe", "object", "svg", "canvas"),
        *("audio", "video", "select", "textarea", "button", "datalist", "map", "dialog"),
    )
)
VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
        *("source", "track", "wbr", "keygen", "frame"),
    )
)
BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd"),
        *("details", "div", "dl"),
        *("dt", "fieldset", "figcaption", "figure", "footer", "form", "header"),
        *("hgroup", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section"),
        *("summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
        *HEADINGS,
    )
)
INLINE = frozenset(
    (
        *("a", "abbr", "acronym", "bdi", "bdo", "big", "data", "font", "label", "mark", "meter"),
        *("nobr", "output", "picture", "progress", "q", "rb", "rp", "rt", "rtc", "ruby", "small"),
        *("span", "sub", "sup", "time", "title", "colgroup", "slot", "center"),
        # MathML (W3C: MathML Core, 2.1 The Top-Level math Element, and the elements in it)
        *("math", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "msup", "msub", "msubsup"),
        *("mfrac", "msqrt", "mroot", "mover", "munder", "munderover", "mtable", "mtr", "mtd"),
        *("mstyle", "mpadded", "mphantom", "menclose", "mmultiscripts", "mprescripts"),
        *("mfenced", "semantics"),
    )
)
KNOWN = BLOCKS | INLINE | VOID | SKIPPED | CODE | frozenset(MARKS)
# Open elements that a start tag closes (HTML: 13.1.2.4 Optional tags) ...
ENDS: dict[str, tuple[str, ...]] = {
    "li": ("li",),
    "dt": ("dt", "dd"),
    "dd": ("dt", "dd"),
    "tr": ("td", "th", "tr"),
    "td": ("td", "th"),
    "th": ("td", "th"),
}
# ... and the elements beyond which it closes nothing.
WALLS = {
    "li": frozenset(("ul", "ol", "menu")),
    "dt": frozenset(("dl",)),
    "dd": frozenset(("dl",)),
    "tr": frozenset(("table",)),
    "td": frozenset(("table", "tr")),
    "th": frozenset(("table", "tr")),
}
RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
NOTE_NAME = r"(?:user-content-)?(?:fn|footnote|endnote|note|cite_note)[-:_.]?\w"
NOTE_ID = re.compile(NOTE_NAME, re.IGNORECASE)
NOTE_BOX = re.compile(
    r"(?:foot|end|side)-?notes?(?:\W|\d|$)|(?:^|\s)(?:sd)?(?:ftn|fn|edn)\d", re.IGNORECASE
)
NOTE_REF = re.compile(f"#{NOTE_NAME}", re.IGNORECASE)
BACK_REF = re.compile(
    r"#(?:user-content-)?(?:fnref|footnote-ref|endnote-ref|cite_ref|ref)", re.IGNORECASE
)
LANGUAGE = re.compile(
    r"\b(?:lang(?:uage)?|highlight-source|brush:)[-\s]?([\w+#.-]+)", re.IGNORECASE
)
