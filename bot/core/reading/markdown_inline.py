"""Markdown's inline parser, in time linear in the text.

The library tries every rule at every special character, and searches for the end of a label again
at each of its brackets: 500,000 brackets take it hours. Here a rule is tried where it can begin,
and the end of a label is searched once. What is read is the same.
(CommonMark: Appendix, A parsing strategy.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.helpers import parseLinkDestination, parseLinkTitle
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bot.core.reading.markdown_block import make_small_token

__all__ = ["InlineState", "guard_notes", "use_inline_parser"]

_Rule = Callable[[StateInline, bool], bool]

# The characters at which a rule can begin; a rule that isn't listed is tried everywhere.
_BEGINNINGS = {
    "newline": "\n",
    "escape": "\\",
    "backticks": "`",
    "strikethrough": "~",
    "emphasis": "*_",
    "link": "[",
    "image": "!",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
    "footnote_inline": "^",
    "footnote_ref": "[",
    "math_inline": "$",
    "math_brackets": "\\",
    "text": "",
}
_SPECIAL = frozenset("".join(_BEGINNINGS.values()) + "]")
_TEXT_END = re.compile(f"[{re.escape(''.join(sorted(_SPECIAL)))}]")
# A destination with so many brackets is none (CommonMark 6.3 asks for 32 at least).
_TOO_MANY_BRACKETS = re.compile(r"(?:(?:[^\x00-\x20\x7f()\\]|\\[^ ])*+\(){33}")
# A destination without anything that is an escape, a bracket or an entity.
_SIMPLE_DESTINATION = re.compile(r"[A-Za-z0-9:/.?=#%~,;@!$+*_-]+(?=[) ])")
# A URL that needs no encoding.
_SIMPLE_URL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/?#][A-Za-z0-9/.?=#~,:+_-]*)?")
_MAX_NOTE_LABEL = 1_000  # characters, as for links (CommonMark 4.7)


class InlineState(StateInline):
    """The library's state, with the ends of the labels found so far."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.label_ends: dict[tuple[int, bool], int] = {}

    def pushPending(self) -> Token:  # noqa: N802
        token = make_small_token("text", "", 0)
        token.content = self.pending
        token.level = self.pendingLevel
        self.tokens.append(token)
        self.pending = ""
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """The library's method with smaller tokens."""
        if self.pending:
            self.pushPending()
        token = make_small_token(ttype, tag, nesting)
        data = None
        if nesting < 0:
            self.level -= 1
            self.delimiters = self._prev_delimiters.pop()
        token.level = self.level
        if nesting > 0:
            self.level += 1
            self._prev_delimiters.append(self.delimiters)
            self.delimiters = []
            data = {"delimiters": self.delimiters}
        self.pendingLevel = self.level
        self.tokens.append(token)
        self.tokens_meta.append(data)
        return token


def _find_label_end(state: StateInline, start: int, disable_nested: bool = False) -> int:
    """The index of the ``]`` of the label that begins at ``start``; -1 if it has none.

    On the way it finds those of the labels inside, which the parser asks for next.
    """
    assert isinstance(state, InlineState)
    known = state.label_ends.get((start, disable_nested))
    if known is not None and known < state.posMax:
        return known
    before = state.pos
    state.pos = start + 1
    opened = [start]
    src, skip = state.src, state.md.inline.skipToken
    while opened and state.pos < state.posMax:
        at = state.pos
        sign = src[at]
        if sign == "]":
            state.label_ends[opened.pop(), disable_nested] = at
            if not opened:
                break
        skip(state)
        if sign == "[":
            if state.pos == at + 1:  # text, not a link
                inner = state.label_ends.get((at, disable_nested))
                if inner is None or inner >= state.posMax:
                    opened.append(at)
                elif inner < 0:
                    break  # what never ends inside doesn't end outside
                else:
                    state.pos = inner + 1
            elif disable_nested:
                break
    for one in opened:
        state.label_ends[one, disable_nested] = -1
    state.pos = before
    return state.label_ends[start, disable_nested]


def _parse_destination(text: str, start: int, end: int) -> Any:
    simple = _SIMPLE_DESTINATION.match(text, start, end)
    if simple is not None:
        return SimpleNamespace(ok=True, pos=simple.end(), str=simple[0])
    if _TOO_MANY_BRACKETS.match(text, start, end) is not None and text[start] != "<":
        return parseLinkDestination("", 0, 0)  # fails
    return parseLinkDestination(text, start, end)


def _normalize_link(address: str) -> str:
    return address if _SIMPLE_URL.fullmatch(address) is not None else normalizeLink(address)


class _Parser(ParserInline):
    """The library's parser; the rules to try are found by the next character."""

    def __init__(self, state: type[InlineState]) -> None:
        super().__init__()
        self.terminator_re = _TEXT_END
        self._state = state
        self._by_character: dict[str, tuple[_Rule, ...]] | None = None
        self._elsewhere: tuple[_Rule, ...] = ()

    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = self._state(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens

    def _list_rules(self) -> dict[str, tuple[_Rule, ...]]:
        rules = [(rule.name, rule.fn) for rule in self.ruler.__rules__ if rule.enabled]
        self._elsewhere = tuple(
            fn for name, fn in rules if name == "text" or name not in _BEGINNINGS
        )
        return {
            sign: tuple(fn for name, fn in rules if sign in _BEGINNINGS.get(name, sign))
            for sign in _SPECIAL
        }

    def _get_rules(self, sign: str) -> tuple[_Rule, ...]:
        if self._by_character is None:
            self._by_character = self._list_rules()
        return self._by_character.get(sign, self._elsewhere)

    def skipToken(self, state: StateInline) -> None:  # noqa: N802
        position = state.pos
        known = state.cache.get(position)
        if known is not None:
            state.pos = known
            return
        done = False
        if state.level < state.md.options["maxNesting"]:
            for rule in self._get_rules(state.src[position]):
                state.level += 1
                done = rule(state, True)
                state.level -= 1
                if done:
                    break
        else:
            state.pos = state.posMax
        if not done:
            state.pos += 1
        state.cache[position] = state.pos

    def tokenize(self, state: StateInline) -> None:
        end = state.posMax
        deep = state.level >= state.md.options["maxNesting"]
        get_rules = self._get_rules
        while state.pos < end:
            if not deep:
                for rule in get_rules(state.src[state.pos]):
                    if rule(state, False):
                        break
                else:
                    state.append_pending(state.src[state.pos])
                    state.pos += 1
                continue
            state.append_pending(state.src[state.pos])
            state.pos += 1
        if state.pending:
            state.pushPending()


def use_inline_parser(parser: MarkdownIt, state: type[InlineState] = InlineState) -> None:
    """Make a parser read text in linear time; before its rules are enabled."""
    enabled = parser.inline.ruler.get_active_rules(), parser.inline.ruler2.get_active_rules()
    parser.inline = _Parser(state)
    parser.inline.ruler.enableOnly(enabled[0])
    parser.inline.ruler2.enableOnly(enabled[1])
    helpers: Any = SimpleNamespace(
        parseLinkLabel=_find_label_end,
        parseLinkDestination=_parse_destination,
        parseLinkTitle=parseLinkTitle,
    )
    parser.helpers = helpers
    vars(parser)["normalizeLink"] = _normalize_link  # instead of the method


def guard_notes(parser: MarkdownIt) -> None:
    """Make the rules of notes fail early where they have no end."""
    rules = {rule.name: rule for rule in parser.inline.ruler.__rules__}

    def guard(name: str, may_begin: Callable[[StateInline], bool]) -> None:
        rule = rules[name].fn

        def guarded(state: StateInline, silent: bool) -> bool:
            return may_begin(state) and rule(state, silent)

        parser.inline.ruler.at(name, guarded)

    def may_be_note(state: StateInline) -> bool:
        at = state.pos
        return (
            state.src.startswith("^[", at)
            and at + 2 < state.posMax
            and state.md.helpers.parseLinkLabel(state, at + 1) >= 0
        )

    def may_be_reference(state: StateInline) -> bool:
        at = state.pos
        return state.src.startswith("[^", at) and (
            state.src.find("]", at, min(state.posMax, at + _MAX_NOTE_LABEL)) >= 0
        )

    guard("footnote_inline", may_be_note)
    guard("footnote_ref", may_be_reference)
