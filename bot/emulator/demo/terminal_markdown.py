"""Rendering Discord's Markdown for a terminal: without marks, with wrapped lines.

docs: Discord's help centre › Markdown Text 101; Reference › Message Formatting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import regex
import wcwidth

__all__ = ["Style", "cell_width", "render_markdown", "strip_control", "wrap"]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Style:
    """How a transcript looks: ``width`` in terminal cells, with or without colour.

    ``names`` are the texts to show for mentions: ``<@1>``, ``<@&1>`` or ``<#1>``.
    """

    width: int = 90
    colour: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def bold(self, text: str) -> str:
        return self._paint(text, "1")

    def italic(self, text: str) -> str:
        return self._paint(text, "3")

    def faint(self, text: str) -> str:
        return self._paint(text, "2")

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def strip_control(text: str) -> str:
    """A text without control characters, except line feeds and tabs."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def cell_width(text: str) -> int:
    """How many terminal cells a line takes."""
    return wcwidth.width(text)


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Wrap a paragraph at ``width`` cells, at least 20, with a first and a later indent."""
    rest = first if rest is None else rest
    lines = wcwidth.wrap(
        text,
        max(width, 20),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )
    return [line.rstrip() for line in lines] or [first.rstrip()]


_FENCE = re.compile(r"^\s*```")
_HEADING = re.compile(r"^(#{1,3}) +(?P<text>\S.*)$")
_SMALL = re.compile(r"^-# +(?P<text>\S.*)$")
_QUOTE = re.compile(r"^>(?:>>)?(?: +(?P<text>.*))?$")
_ITEM = re.compile(r"^(?P<indent> *)(?P<mark>[-*]|\d+\.) +(?P<text>\S.*)$")


def render_markdown(content: str, style: Style, width: int | None = None) -> list[str]:
    """A message's content as terminal lines, none wider than ``width`` cells.

    Code isn't wrapped.
    """
    return list(_lines(strip_control(content), style, width or style.width))


def _lines(content: str, style: Style, width: int) -> Iterator[str]:
    in_code = False
    quoting = False  # a line that starts with >>> quotes everything after it
    for line in content.split("\n"):
        if _FENCE.match(line):
            in_code = not in_code
            continue
        if in_code:
            yield f"    {line}"
            continue
        quote = _QUOTE.match(line)
        quoting = quoting or line.startswith(">>> ")
        if quote or quoting:
            inner = (quote["text"] or "") if quote else line
            for part in _line(inner, style, width - 2):
                yield f"│ {part}".rstrip()
        else:
            yield from _line(line, style, width)


def _line(line: str, style: Style, width: int) -> list[str]:
    if heading := _HEADING.match(line):
        lines = wrap(style.bold(_inline(heading["text"], style)), width)
        return [*lines, "─" * max(map(cell_width, lines))] if len(heading[1]) < 3 else lines
    if small := _SMALL.match(line):
        return wrap(style.faint(_inline(small["text"], style)), width)
    if item := _ITEM.match(line):
        mark = item["mark"] if item["mark"][0].isdigit() else "•"
        first = f"{item['indent']}{mark} "
        return wrap(_inline(item["text"], style), width, first, " " * len(first))
    return wrap(_inline(line, style), width)


_KEPT = re.compile("\x02(\\d+)\x03")
_EXACT = regex.compile(
    r"""\\(?P<escaped>[^\w\s]|_)
      | (?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)
      | <(?P<angled>https?://[^\s<>]+)>
      | (?P<mention><(?:@[!&]?|\#)\d+>)
      | <t:(?P<moment>-?\d{1,12})(?::[a-zA-Z])?>
      | <a?(?P<emoji>:\w+:)\d+>
      | \[(?P<label>[^\[\]\n]+)\]\(<?(?P<target>https?://[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?\)
      | (?P<bare>https?://[^\s<>]+)""",
    regex.VERBOSE,
)
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*(?!\*)")
_ITALIC = re.compile(r"\*(?=\S)([^*]+?)(?<=\S)\*|(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)")
_PLAIN = re.compile(r"__(?=\S)(.+?)(?<=\S)__|~~(?=\S)(.+?)(?<=\S)~~|\|\|(.+?)\|\|")


def _inline(text: str, style: Style) -> str:
    """A line without its marks; without colour, emphasis is shown between asterisks."""
    kept: list[str] = []

    def keep(exact: str) -> str:
        kept.append(exact)
        return f"\x02{len(kept) - 1}\x03"

    def emphasis(paint: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        def painted(match: re.Match[str]) -> str:
            inner = next(group for group in match.groups() if group is not None)
            return paint(inner) if style.colour else f"{keep('*')}{inner}{keep('*')}"

        return painted

    def exact(match: regex.Match[str]) -> str:
        if match["label"] is not None:
            return f"{match['label']} ({keep(match['target'])})"
        return keep(_exact(match, style))

    shown = _EXACT.sub(exact, text)
    shown = _PLAIN.sub(lambda match: next(g for g in match.groups() if g is not None), shown)
    shown = _BOLD.sub(emphasis(style.bold), shown)
    shown = _ITALIC.sub(emphasis(style.italic), shown)
    while _KEPT.search(shown):
        shown = _KEPT.sub(lambda match: kept[int(match[1])], shown)
    return shown


def _exact(match: regex.Match[str], style: Style) -> str:
    if match["mention"] is not None:
        mention = match["mention"].replace("!", "")
        return strip_control(style.names.get(mention, mention))
    if match["moment"] is not None:
        try:
            return f"{datetime.fromtimestamp(int(match['moment']), UTC):%-d %B %Y, %H:%M} UTC"
        except (OverflowError, ValueError):
            return str(match[0])
    for group in ("escaped", "code", "angled", "emoji", "bare"):
        if match[group] is not None:
            return str(match[group])
    return str(match[0])
