"""Reading a rehearsal's comments (JSONL) and splitting long ones into messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import regex

__all__ = ["LIMIT", "Comment", "UnplayableError", "read_comments", "split_message", "utf16_length"]

LIMIT = 2000
"""The longest message, in UTF-16 units. docs: Message Resource › Create Message (``content``)."""

_KEYS = ("id", "parent", "author", "text")


class UnplayableError(Exception):
    """The files can't be played; the text says why, ``status`` is the exit status."""

    def __init__(self, sentence: str, status: int = 65) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Comment:
    """A line of a comments file.

    ``parent`` is the comment that it replies to, None for the essay. Ids are kept in their JSON
    form, so that the number 1 and the string "1" are two ids. ``line`` counts from 1.
    """

    id: str
    parent: str | None
    author: str
    text: str
    line: int


def read_comments(data: bytes) -> tuple[Comment, ...]:
    """The comments of a JSONL file: parents before their replies, else in the file's order.

    Every line is an object with ``id`` (a string or an integer), ``parent`` (an id or null),
    ``author`` and ``text`` (strings); other keys and empty lines are ignored. Raises
    :class:`UnplayableError` with the first line that is invalid, repeats an id, replies to a
    comment that isn't in the file, or is its own ancestor.
    """
    comments: dict[str, Comment] = {}
    for comment in _comments(data):
        earlier = comments.setdefault(comment.id, comment)
        if earlier is not comment:
            raise _unplayable(comment.line, f"line {earlier.line} already has the id {comment.id}")
    answers: dict[str | None, list[Comment]] = {}
    for comment in comments.values():
        if comment.parent is not None and comment.parent not in comments:
            raise _unplayable(comment.line, f"its parent {comment.parent} isn't in the file")
        answers.setdefault(comment.parent, []).append(comment)
    ordered = tuple(_parents_first(comments, answers))
    if len(ordered) < len(comments):
        reached = {comment.id for comment in ordered}
        line = min(comment.line for comment in comments.values() if comment.id not in reached)
        raise _unplayable(line, "its parents form a loop")
    return ordered


def _comments(data: bytes) -> Iterator[Comment]:
    # Only line feeds separate lines: JSON may contain any other line separator unescaped.
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if raw.strip():
            yield _comment(raw, number)


def _comment(raw: bytes, line: int) -> Comment:
    try:
        found: Any = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise _unplayable(line, "it isn't UTF-8") from None
    except (ValueError, RecursionError):
        raise _unplayable(line, "it isn't JSON") from None
    if not isinstance(found, dict):
        raise _unplayable(line, "it isn't an object with id, parent, author and text")
    for key in _KEYS:
        if key not in found:
            raise _unplayable(line, f"it has no {key}")
    ident = _ident(found["id"], "id", line)
    parent = None if found["parent"] is None else _ident(found["parent"], "parent", line)
    author, text = found["author"], found["text"]
    for key, value in (("author", author), ("text", text)):
        if not isinstance(value, str):
            raise _unplayable(line, f"its {key} isn't a string")
        if not _is_unicode(value):
            raise _unplayable(line, f"its {key} has a lone surrogate")
    if not text.strip():
        raise _unplayable(line, "its text is empty")
    return Comment(ident, parent, author, text, line)


def _ident(value: object, key: str, line: int) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _unplayable(line, f"its {key} is neither a string nor a whole number")
    return json.dumps(value, ensure_ascii=False)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unplayable(line: int, why: str) -> UnplayableError:
    return UnplayableError(f"Line {line} of the comments can't be played: {why}.")


def _parents_first(
    comments: dict[str, Comment], answers: dict[str | None, list[Comment]]
) -> Iterator[Comment]:
    """Every comment that descends from the essay; one before its parent is moved after it."""
    written: set[str] = set()
    for first in comments.values():
        if first.parent is not None and first.parent not in written:
            continue
        ready = [first]
        while ready:
            comment = ready.pop()
            written.add(comment.id)
            yield comment
            waiting = (child for child in answers.get(comment.id, ()) if child.line < first.line)
            ready.extend(sorted(waiting, key=lambda child: -child.line))


_WITHIN_CLUSTER = (
    r"[\p{Grapheme_Cluster_Break=Extend}\p{Grapheme_Cluster_Break=SpacingMark}"
    r"\p{Grapheme_Cluster_Break=ZWJ}]"
)
_PARAGRAPH, _LINE, _SENTENCE, _WORD = (
    regex.compile(f"(?:{pattern})(?!{_WITHIN_CLUSTER})")
    for pattern in (
        r"\n\s*\n\s*",
        r"\n\s*",
        r"""[.!?…][\p{Pe}\p{Pf}"']*\s+|[。！？｡]\p{Pe}*\s*""",
        r"\s+",
    )
)
_LEADING = regex.compile(rf"\A(?:\s(?!{_WITHIN_CLUSTER}))+")
_CLUSTER = regex.compile(r"\X")


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 units, the strictest way Discord may count."""
    return len(text) + sum(character > "\uffff" for character in text)


def split_message(text: str, limit: int = LIMIT) -> tuple[str, ...]:
    """Split a text into messages of at most ``limit`` UTF-16 units, none of them blank.

    It is split between paragraphs, lines, sentences or words, in this order of preference, else
    between grapheme clusters; only a cluster longer than a message is broken. Joined, except for
    the white space at the splits, the parts are the text again.
    """
    found: list[str] = []
    rest = text.strip()
    while (furthest := _furthest(rest, limit)) < len(rest):
        cut = _cut(rest, furthest)
        found.append(rest[:cut].rstrip())
        rest = _LEADING.sub("", rest[cut:], count=1)
    found.append(rest)
    return tuple(found)


def _cut(text: str, furthest: int) -> int:
    """The position, in code points, to cut a text at, at most ``furthest``."""
    # A paragraph that ends early would make a very short message, so it is skipped.
    least = furthest // 2
    return (
        _last(_PARAGRAPH, text, furthest, least)
        or _last(_LINE, text, furthest, least)
        or _last(_SENTENCE, text, furthest, least)
        or _last(_WORD, text, furthest)
        or _last(_CLUSTER, text, furthest)
        or furthest
    )


def _last(pattern: regex.Pattern[str], text: str, furthest: int, least: int = 1) -> int:
    """The end of the last match with at most ``furthest`` code points before it, or 0.

    White space at the cut is dropped, so the match may end later.
    """
    best = 0
    for match in pattern.finditer(text):
        if match.start() > furthest:
            break
        end = match.end()
        if end <= furthest or not text[furthest:end].strip():
            if end >= least:
                best = end
        else:
            break
    return best


def _furthest(text: str, limit: int) -> int:
    """How many code points of a text fit into ``limit`` UTF-16 units."""
    used = 0
    for index, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return index
    return len(text)
