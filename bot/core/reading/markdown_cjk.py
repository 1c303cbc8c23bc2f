"""Emphasis beside Chinese, Japanese and Korean text, which has no spaces around it.

CommonMark's rules need a space beside ``**…**`` that begins or ends with punctuation. Here a CJK
character counts like a space, and CJK punctuation like a letter.
(CommonMark 6.2 Emphasis and strong emphasis; the amendment of tats-u/markdown-cjk-friendly.)
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline.state_inline import Scanned

from bot.core.reading.markdown_inline import InlineState, use_inline_parser

__all__ = ["use_cjk_emphasis"]


def _is_cjk(character: str) -> bool:
    if character < "\u1100":
        return False
    # Wide and fullwidth characters, halfwidth kana and Hangul, and variation selectors on them.
    return unicodedata.east_asian_width(character) in "WFH" and not (
        "\U0001f000" <= character <= "\U0001ffff"  # emoji
    )


def _is_punctuation(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)


@lru_cache(4096)
def _classify(character: str) -> tuple[bool, bool, bool]:
    """Whether a character is white space, punctuation, CJK."""
    return isWhiteSpace(ord(character)), _is_punctuation(character), _is_cjk(character)


class _State(InlineState):
    """The library's state with its rule for delimiters amended."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        src, most = self.src, self.posMax
        marker, end = src[start], start + 1
        while end < most and src[end] == marker:
            end += 1
        space_before, point_before, cjk_before = _classify(src[start - 1] if start > 0 else " ")
        space_after, point_after, cjk_after = _classify(src[end] if end < most else " ")
        # Punctuation of other scripts; that of CJK is like a letter here.
        foreign_before = point_before and not cjk_before
        foreign_after = point_after and not cjk_after
        left = not space_after and (
            not foreign_after or space_before or foreign_before or cjk_before
        )
        right = not space_before and (
            not foreign_before or space_after or foreign_after or cjk_after
        )
        return Scanned(
            left and (canSplitWord or not right or point_before),
            right and (canSplitWord or not left or point_after),
            end - start,
        )


def use_cjk_emphasis(parser: MarkdownIt) -> None:
    """Make a parser read emphasis beside CJK text; before its rules are enabled."""
    use_inline_parser(parser, _State)
