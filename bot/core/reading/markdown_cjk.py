"""Emphasis beside Chinese, Japanese and Korean text, which has no spaces around it.

CommonMark's rules need a space beside ``**…**`` that begins or ends with punctuation. Here a CJK
character counts like a space, and CJK punctuation like a letter.
(CommonMark 6.2 Emphasis and strong emphasis; the amendment of tats-u/markdown-cjk-friendly.)
"""

from __future__ import annotations

import unicodedata

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


class _State(InlineState):
    """The library's state with its rule for delimiters amended."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        before = self.src[start - 1] if start > 0 else " "
        after = self.src[end] if end < self.posMax else " "
        if not (_is_cjk(before) or _is_cjk(after)):
            return scanned
        spaced = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
        # Punctuation of other scripts; that of CJK is like a letter here.
        pointed = (
            _is_punctuation(before) and not _is_cjk(before),
            _is_punctuation(after) and not _is_cjk(after),
        )
        left = not spaced[1] and (not pointed[1] or spaced[0] or pointed[0] or _is_cjk(before))
        right = not spaced[0] and (not pointed[0] or spaced[1] or pointed[1] or _is_cjk(after))
        return Scanned(
            left and (canSplitWord or not right or _is_punctuation(before)),
            right and (canSplitWord or not left or _is_punctuation(after)),
            scanned.length,
        )


def use_cjk_emphasis(parser: MarkdownIt) -> None:
    """Make a parser read emphasis beside CJK text; before its rules are enabled."""
    use_inline_parser(parser, _State)
