"""Quotes a member's message so that people can read it: without markup, spoilers still hidden.

Mentions of people become names where those are known; what only a client can show (channels, roles,
times, people without a known name) stays as it is, since the client shows it readably. Messages of
the bot ping nobody (docs: Reference › Message Formatting).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import regex

from bot.core.text.escape import escape, escape_line_start
from bot.core.text.length import count_utf16_units
from bot.core.text.spoilers import split_spoilers
from bot.core.text.truncate import truncate

__all__ = ["find_mentioned", "name_mentioned", "quote_message"]

#: Most UTF-16 units of a quotation, with all marks.
_MOST_MARKED = 1500

_PERSON = regex.compile(r"<@!?(\d{1,20})>")
_TOKEN = regex.compile(
    r"""\\(?P<escaped>[^0-9A-Za-z\s])
    | ```(?:[a-zA-Z0-9_+.#-]*\n)?(?P<block>.+?)```
    | (?<!`)(?P<ticks>`+)(?!`)(?P<code>.*?)(?<!`)(?P=ticks)(?!`)
    | <@!?(?P<person>\d{1,20})>
    | (?P<live><(?:\#|@&)\d{1,20}>|<t:-?\d{1,17}(?::[a-zA-Z])?>)
    | <a?(?P<emoji>:\w+:)\d+>
    | </(?P<command>[^:>]+):\d+>
    | \[(?P<label>[^\]\n]+)\]\(<?https?://[^)\s]*>?\)
    | <(?P<address>https?://[^\s>]+)>
    | (?P<url>https?://[^\s<]+)
    """,
    regex.VERBOSE | regex.DOTALL,
)
_LINE_MARK = regex.compile(r"^[ \t]*(?:>{1,3}|\#{1,3}|-\#)[ \t]+", regex.MULTILINE)
_BULLET = regex.compile(r"^([ \t]*)[-*+][ \t]+", regex.MULTILINE)
_EMPHASIS = tuple(
    regex.compile(pattern, regex.DOTALL)
    for pattern in (
        r"\*{3}(?=\S)(.+?)(?<=\S)\*{3}",
        r"\*\*(?=\S)(.+?)(?<=\S)\*\*",
        r"\*(?=\S)([^*]+?)(?<=\S)\*",
        r"__(?=\S)(.+?)(?<=\S)__",
        r"(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)",
        r"~~(?=\S)(.+?)(?<=\S)~~",
    )
)
#: Private characters stand for what is literal or live, so that it isn't taken for markup, and for
#: where a spoiler begins and ends.
_FIRST, _MOST_STAND_INS = 0xF0000, 0xFFF0
_HIDE, _SHOW = "\U000ffff8", "\U000ffff9"
_RESERVED = regex.compile("[\U000f0000-\U000ffffd]")
_SPOILER_MARK = regex.compile(f"([{_HIDE}{_SHOW}])")
_BAR = regex.compile(r"(?<!\\)\|")


def find_mentioned(text: str) -> frozenset[int]:
    """The ids of the people whom a message mentions."""
    return frozenset(int(found) for found in _PERSON.findall(text))


def name_mentioned(text: str, names: Mapping[int, str]) -> str:
    """The text with names in the place of mentions, ``@member`` where no name is known."""
    return _PERSON.sub(lambda found: f"@{_get_name(names, int(found[1]))}", text)


def _get_name(names: Mapping[int, str], member_id: int) -> str:
    return " ".join(names.get(member_id, "").split()) or "member"


def quote_message(text: str, names: Mapping[int, str], most: int) -> str:
    """A message as a block quote of at most ``most`` UTF-16 units of words; "" if it has none.

    ``names``: of the people it mentions, by their ids.
    """
    literals = _Literals(names)
    shown = "".join(
        f"{_HIDE}{literals.read(piece)}{_SHOW}" if hidden else literals.read(piece)
        for piece, hidden in split_spoilers(_RESERVED.sub("", text))
    )
    for emphasis in _EMPHASIS:
        shown = emphasis.sub(r"\1", shown)
    while True:
        quoted = _quote(truncate(shown.strip(), most), literals)
        if count_utf16_units(quoted) <= _MOST_MARKED:
            return quoted
        most //= 2


class _Literals:
    """What is literal or live in a message: in its text, single characters stand for it."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self._values: list[tuple[str, bool]] = []

    def read(self, piece: str) -> str:
        """A piece of the message, with stand-ins, and without marks at the beginnings of lines."""
        plain = _TOKEN.sub(self._replace, piece)
        return _BULLET.sub(r"\1• ", _LINE_MARK.sub("", plain))

    def _replace(self, found: regex.Match[str]) -> str:
        if found["live"]:
            return self._stand_for(found["live"], live=True)
        if found["person"]:
            name = self._names.get(int(found["person"]))
            if name is None:
                return self._stand_for(found[0], live=True)
            return self._keep(f"@{' '.join(name.split())}")
        if found["command"]:
            return self._keep(f"/{found['command']}")
        for literal in ("escaped", "block", "code", "emoji", "address", "url"):
            if found[literal] is not None:
                return self._keep(found[literal])
        return str(found["label"])

    def _keep(self, text: str) -> str:
        """Literal text: only its signs could be taken for markup."""
        return "".join(
            one if one.isalnum() or one.isspace() else self._stand_for(one, live=False)
            for one in text
        )

    def _stand_for(self, value: str, *, live: bool) -> str:
        if len(self._values) == _MOST_STAND_INS:
            return ""
        self._values.append((value, live))
        return chr(_FIRST + len(self._values) - 1)

    def escape(self, text: str, *, followed: bool) -> str:
        """A text with what the stand-ins stand for; escaped, but for what is live."""
        done, words = [], ""
        for one in text:
            value, live = one, False
            if _RESERVED.match(one):
                value, live = self._values[ord(one) - _FIRST]
            if live:
                done += [escape(words, followed=True), value]
                words = ""
            else:
                words += value
        return "".join((*done, escape(words, followed=followed)))


def _quote(shown: str, literals: _Literals) -> str:
    lines, hidden = [], False
    for line in shown.splitlines():
        pieces = []
        for piece in _SPOILER_MARK.split(line):
            if piece in (_HIDE, _SHOW):
                hidden = piece == _HIDE
            elif piece:
                pieces.append((piece, hidden and not piece.isspace()))
        if any(not piece.isspace() for piece, _ in pieces):
            lines.append(f"> {_mark(pieces, literals)}")
    return "\n".join(lines)


def _mark(pieces: Sequence[tuple[str, bool]], literals: _Literals) -> str:
    """One line; each hidden piece is a spoiler of its own."""
    if not any(hidden for _, hidden in pieces):
        return escape_line_start(
            literals.escape("".join(piece for piece, _ in pieces), followed=False).strip()
        )
    marked = ""
    for piece, hidden in pieces:
        # A single bar would be read together with the pair next to it.
        text = _BAR.sub(r"\|", literals.escape(piece, followed=True))
        marked += f"||{text}||" if hidden else text
    return marked.strip() if pieces[0][1] else escape_line_start(marked.strip())
