"""Markdown's block parser, with fewer calls and smaller tokens.

The library asks every rule at every line, and again for every list and quotation around it. Here a
rule is asked where it can begin: a list of 100,000 lines is read in a third of the time. What is
read is the same. (CommonMark: Appendix, A parsing strategy.)
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

__all__ = ["make_small_token", "use_block_parser"]

_Rule = Callable[[StateBlock, int, int, bool], bool]

# The characters at which a rule can begin; a rule that isn't listed is asked at every line.
_BEGINNINGS = {
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": f"*+-{string.digits}",
    "reference": "[",
    "html_block": "<",
    "heading": "#",
    "footnote_def": "[",
    "math_block": "$",
    "amsmath": "\\",
}
# A rule that is asked whether it ends what comes before it.
_SILENT_BEGINNINGS = _BEGINNINGS | {"deflist": ":~"}

#: Two empty dictionaries for each of a million tokens take 120 MB.
_NOTHING: Any = MappingProxyType({})


def make_small_token(kind: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
    """A token whose attributes and data can be replaced, but not changed in place."""
    token = Token(kind, tag, nesting, meta=_NOTHING)
    token.attrs = _NOTHING
    return token


class _State(StateBlock):
    """The library's state with smaller tokens."""

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = make_small_token(ttype, tag, nesting)
        token.block = True
        if nesting < 0:
            self.level -= 1
        token.level = self.level
        if nesting > 0:
            self.level += 1
        self.tokens.append(token)
        return token


class _Choice:
    """The rules to ask at a line, by its first character."""

    def __init__(self, rules: Sequence[tuple[str, _Rule]], beginnings: Mapping[str, str]) -> None:
        signs = {sign for name, _ in rules for sign in beginnings.get(name, "")}
        self._anywhere = tuple(fn for name, fn in rules if name not in beginnings)
        self._by_sign = {
            sign: tuple(fn for name, fn in rules if sign in beginnings.get(name, sign))
            for sign in signs
        }

    def list_rules(self, state: StateBlock, line: int) -> tuple[_Rule, ...]:
        """The rules that can begin at a line."""
        at = state.bMarks[line] + state.tShift[line]
        return self._by_sign.get(state.src[at : at + 1], self._anywhere)

    def ask(self, state: StateBlock, line: int, end: int, silent: bool) -> bool:
        """Whether one of the rules applies; like a rule itself."""
        # A generator would take twice as long.
        for rule in self.list_rules(state, line):  # noqa: SIM110
            if rule(state, line, end, silent):
                return True
        return False


class _Ruler(Ruler[_Rule]):
    """The library's list of rules; those that end a block are asked by one function."""

    def __init__(self) -> None:
        super().__init__()
        self._made_of: object = None
        self._enders: dict[str, list[_Rule]] = {}
        self.choice = _Choice((), {})

    def getRules(self, chainName: str = "") -> list[_Rule]:  # noqa: N802, N803
        if self.__cache__ is None or self._made_of is not self.__cache__:
            self._compile()
        return self._enders.get(chainName, []) if chainName else super().getRules()

    def _compile(self) -> None:
        rules = [rule for rule in self.__rules__ if rule.enabled]
        self.__compile__()
        self._made_of = self.__cache__
        self.choice = _Choice([(rule.name, rule.fn) for rule in rules], _BEGINNINGS)
        chains = {chain for rule in rules for chain in rule.alt}
        self._enders = {
            chain: [
                _Choice(
                    [(rule.name, rule.fn) for rule in rules if chain in rule.alt],
                    _SILENT_BEGINNINGS,
                ).ask
            ]
            for chain in chains
        }


class _Parser(ParserBlock):
    """The library's parser; the rules to ask are found by a line's first character."""

    def __init__(self) -> None:
        super().__init__()
        ruler = _Ruler()
        for rule in self.ruler.__rules__:
            ruler.push(rule.name, rule.fn, {"alt": rule.alt})
        self.ruler = ruler
        self._ruler = ruler

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        self._ruler.getRules()
        choice = self._ruler.choice
        line, most, empty = startLine, state.md.options.maxNesting, False
        while line < endLine:
            state.line = line = state.skipEmptyLines(line)
            if line >= endLine or state.sCount[line] < state.blkIndent:
                break  # a list or quotation ends
            if state.level >= most:
                state.line = endLine
                break
            for rule in choice.list_rules(state, line):
                if rule(state, line, endLine, False):
                    break
            # An empty line before a block makes the list around it a loose one.
            state.tight = not empty
            line = state.line
            empty = empty or (line - 1 < endLine and state.isEmpty(line - 1))
            if line < endLine and state.isEmpty(line):
                empty = True
                line += 1
                state.line = line

    def parse(
        self,
        src: str,
        md: MarkdownIt,
        env: Any,
        outTokens: list[Token],  # noqa: N803
    ) -> list[Token] | None:
        if not src:
            return None
        state = _State(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


def use_block_parser(parser: MarkdownIt) -> None:
    """Make a parser read blocks so; before its rules are enabled or added."""
    enabled = parser.block.ruler.get_active_rules()
    parser.block = _Parser()
    parser.block.ruler.enableOnly(enabled)
