"""Emphasis that HTML expresses by styles: inline, or by classes of a style sheet.

Google Docs and other programs write ``<span class="c1">`` and ``.c1{font-style:italic}`` instead of
``<em>``. (CSS Fonts 4: 2.2 font-weight, 2.4 font-style; CSS Text Decoration 3.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.essay.blocks import Mark

__all__ = ["PLAIN", "Style", "combine_styles", "read_style", "read_style_sheet"]

_BOLD_FROM = 600  # font weight
_WEIGHT = re.compile(r"(?:^|[;{\s])font-weight\s*:\s*([a-z]+|\d{1,4})", re.IGNORECASE)
_SLANT = re.compile(r"(?:^|[;{\s])font-style\s*:\s*([a-z]+)", re.IGNORECASE)
_LINE = re.compile(r"(?:^|[;{\s])text-decoration(?:-line)?\s*:\s*([a-z\s-]+)", re.IGNORECASE)
_RULE = re.compile(r"(?P<selectors>[^{}]{1,500})\{(?P<body>[^{}]{0,2000})\}")
_SELECTOR = re.compile(r"\s*(?:span|font|a)?\.([\w-]+)\s*")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Style:
    """The marks that a style sets and clears."""

    on: Mark = Mark.NONE
    off: Mark = Mark.NONE

    def apply(self, marks: Mark, *, linked: bool) -> Mark:
        """Marks under this style; ``linked``: in a link, whose underline means nothing."""
        on = self.on & ~Mark.UNDERLINE if linked else self.on
        return (marks & ~self.off) | on


PLAIN = Style()


def read_style(style: str) -> Style:
    """What a style attribute, or the body of a rule, says of emphasis."""
    if ":" not in style:
        return PLAIN
    on = off = Mark.NONE
    weight = _WEIGHT.search(style)
    if weight is not None:
        value = weight[1].lower()
        if value in ("bold", "bolder") or (value.isdigit() and int(value) >= _BOLD_FROM):
            on |= Mark.BOLD
        elif value in ("normal", "lighter") or value.isdigit():
            off |= Mark.BOLD
    slant = _SLANT.search(style)
    if slant is not None:
        if slant[1].lower() in ("italic", "oblique"):
            on |= Mark.ITALIC
        elif slant[1].lower() == "normal":
            off |= Mark.ITALIC
    line = _LINE.search(style)
    if line is not None:
        on |= Mark.STRIKE if "line-through" in line[1].lower() else Mark.NONE
        on |= Mark.UNDERLINE if "underline" in line[1].lower() else Mark.NONE
    return PLAIN if not (on or off) else Style(on, off)


def combine_styles(styles: Sequence[Style]) -> Style:
    """Several styles of an element; the last one wins."""
    on = off = Mark.NONE
    for style in styles:
        on = (on & ~style.off) | style.on
        off = (off & ~style.on) | style.off
    return Style(on, off)


def read_style_sheet(text: str) -> dict[str, Style]:
    """The emphasis of classes, from rules with a single class as their selector."""
    classes: dict[str, Style] = {}
    for rule in _RULE.finditer(_COMMENT.sub("", text)):
        style = read_style(rule["body"])
        if style is PLAIN:
            continue
        for selector in rule["selectors"].split(","):
            found = _SELECTOR.fullmatch(selector)
            if found is not None:
                classes[found[1]] = combine_styles([classes.get(found[1], PLAIN), style])
    return classes
