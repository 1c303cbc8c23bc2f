"""Reads the lists of a message as Discord's clients do; shares no code with the renderer.

Their rule is that of the library simple-markdown, but a list ends at an empty line, and at a line
that is neither indented nor an item. An item's lines lose as many spaces as its marker is wide,
and are then read again for nested lists. A list takes its kind and first number from its first
item; numbers below 1 become 1. A message's content is trimmed.
"""

from __future__ import annotations

import re
from itertools import groupby

__all__ = ["read_lists"]

_ITEM = re.compile(r"( *)([*-]|\d+\.) +(?=\S)")


def read_lists(content: str) -> list[tuple[int, str, str]]:
    """Level, marker (``-`` or ``3.``) and first line of each item, in order."""
    text = re.sub(r"```.*?```", "\x00", content.strip(), flags=re.DOTALL)
    found: list[tuple[int, str, str]] = []
    for quoted, lines in groupby(text.split("\n"), key=lambda line: line.startswith(">")):
        found += _read([re.sub(r"^> ?", "", line) if quoted else line for line in lines], 1)
    return found


def _read(lines: list[str], level: int) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    at = 0
    while at < len(lines):
        first = _ITEM.match(lines[at])
        if first is None:
            at += 1
            continue
        indent = first[1]
        number = max(1, int(first[2][:-1])) if first[2][0].isdigit() else None
        while at < len(lines) and (item := _ITEM.match(lines[at])) and item[1] == indent:
            end = at + 1
            while end < len(lines) and lines[end].startswith(" "):
                other = _ITEM.match(lines[end])
                if other is not None and other[1] == indent:
                    break
                end += 1
            width = item.end()
            rest = [re.sub(rf"^ {{1,{width}}}", "", line) for line in lines[at + 1 : end]]
            inner = lines[at][width:]
            marker = "-" if number is None else f"{number}."
            if _ITEM.match(inner) is None:
                found.append((level, marker, inner))
            found += _read([inner, *rest], level + 1)
            number = None if number is None else number + 1
            at = end
    return found
