"""The part of a message around the words that were searched for, in bold; spoilers stay hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import regex

from bot.core.text.escape import escape, escape_line_start
from bot.core.text.folding import find_matches
from bot.core.text.message_quote import name_mentioned
from bot.core.text.spoilers import split_spoilers

__all__ = ["LENGTH", "make_snippet"]

#: Characters as people see them: of a snippet, and before its first match.
LENGTH = 240
_BEFORE = 70

_CLUSTER = regex.compile(r"\X")
_WHITE_SPACE = regex.compile(r"\s+")
_BAR = regex.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class _Cluster:
    """A character as people see it."""

    text: str
    is_hidden: bool
    is_bold: bool


def make_snippet(
    text: str, words: Collection[str], names: Mapping[int, str], length: int = LENGTH
) -> str:
    """One line of Discord's Markdown that shows the first of the folded ``words`` in a text.

    ``names``: of the people it mentions, by their ids. ``length``: in characters, before escaping.
    """
    clusters = list(_split(name_mentioned(text, names), words))
    first = next((place for place, one in enumerate(clusters) if one.is_bold), 0)
    start = _find_start(clusters, first)
    end = min(start + length, len(clusters))
    shown = clusters[start:end]
    before, after = "…" * (start > 0), "…" * (end < len(clusters))
    return before + _render(shown, at_line_start=not before).strip() + after


def _split(text: str, words: Collection[str]) -> Iterator[_Cluster]:
    pieces = [
        (_WHITE_SPACE.sub(" ", piece), hidden) for piece, hidden in split_spoilers(text.strip())
    ]
    plain = "".join(piece for piece, _ in pieces)
    bold = bytearray(len(plain))
    for start, end in find_matches(plain, words):
        bold[start:end] = b"\1" * (end - start)
    position = 0
    for piece, hidden in pieces:
        for found in _CLUSTER.finditer(piece):
            yield _Cluster(found[0], hidden, bool(bold[position + found.start()]))
        position += len(piece)


def _find_start(clusters: Sequence[_Cluster], first: int) -> int:
    """Some words before the first match, at the beginning of a word if there is one."""
    if first <= _BEFORE:
        return 0
    start = first - _BEFORE
    for place in range(start, first - _BEFORE // 2):
        if clusters[place].text == " ":
            return place + 1
    return start


def _render(clusters: Sequence[_Cluster], *, at_line_start: bool) -> str:
    line = []
    for hidden, piece in groupby(clusters, key=lambda one: one.is_hidden):
        words = []
        for bold, run in groupby(piece, key=lambda one: one.is_bold):
            # A single bar would be read together with the pair next to it.
            text = _BAR.sub(r"\|", escape("".join(one.text for one in run), followed=True))
            words.append(f"**{text}**" if bold else text)
        shown = "".join(words)
        line.append(f"||{shown}||" if hidden and shown.strip() else shown)
    found = "".join(line)
    return escape_line_start(found) if at_line_start else found
