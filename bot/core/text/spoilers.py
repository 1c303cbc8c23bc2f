"""Spoilers of a message: the text between two pairs of bars, hidden until somebody clicks it.

As Discord's clients read it: the nearest pair of bars closes a spoiler, also on a later line; bars
inside code or after a backslash are only bars, and so is a pair that has no other (Discord:
Markdown Text 101, "Spoiler Tags").
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

__all__ = ["cut_text", "put_spoilers_on_lines", "remove_spoilers", "split_spoilers"]

_BREAKS = regex.compile(r"\s*[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]\s*")
_NEXT = regex.compile(
    r"""\\.                                                         # an escaped sign
    | ```.+?```  | (?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)  # code
    | \|\|(?P<hidden>.+?)\|\|
    """,
    regex.VERBOSE | regex.DOTALL,
)


def split_spoilers(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces of a text in their order, and whether each is hidden, without the bars."""
    start = 0
    for found in _NEXT.finditer(text):
        if found["hidden"] is None:
            continue
        if found.start() > start:
            yield text[start : found.start()], False
        yield found["hidden"], True
        start = found.end()
    if start < len(text):
        yield text[start:], False


def remove_spoilers(text: str, instead: str) -> str:
    """The text with ``instead`` in the place of each spoiler."""
    return "".join(instead if hidden else piece for piece, hidden in split_spoilers(text))


def put_spoilers_on_lines(text: str) -> str:
    """The text with each spoiler on a single line, so that a line by itself still hides it."""
    return "".join(
        f"||{_BREAKS.sub(' ', piece)}||" if hidden else piece
        for piece, hidden in split_spoilers(text)
    )


def cut_text(text: str, most: int) -> str:
    """The first ``most`` code points of a text; if that is within a spoiler, it is closed."""
    if len(text) <= most:
        return text
    found, left = [], most
    for piece, hidden in split_spoilers(text):
        shown = piece[:left]
        found.append(f"||{shown}||" if hidden and shown else shown)
        left -= len(shown)
    return "".join(found)
