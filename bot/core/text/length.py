"""Length of a text: UTF-16 units for Discord's limits, words and reading time for people."""

from __future__ import annotations

import math

import regex

__all__ = [
    "count_cjk_characters",
    "count_spaced_words",
    "count_utf16_units",
    "count_words",
    "estimate_reading_minutes",
]

WORDS_A_MINUTE = 230
CHARACTERS_A_MINUTE = 480  # Chinese, Japanese and Korean are counted by characters

_CJK = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
# A word may hold apostrophes, hyphens and points between its letters: it's, well-kept, 3.14
_WORD = regex.compile(
    r"(?:(?![\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}])[\p{L}\p{N}\p{M}])+"
    r"(?:['’\-‐.,_](?:(?![\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}])[\p{L}\p{N}\p{M}])+)*+"
)


def count_utf16_units(text: str) -> int:
    """UTF-16 units: never less than what Discord counts as characters."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_words(text: str) -> int:
    """Number of words; in Chinese, Japanese and Korean each character counts as one."""
    return len(_CJK.findall(text)) + len(_WORD.findall(text))


def count_cjk_characters(text: str) -> int:
    """Number of Chinese, Japanese and Korean characters."""
    return len(_CJK.findall(text))


def count_spaced_words(text: str) -> int:
    """Number of words in scripts that separate them."""
    return len(_WORD.findall(text))


def estimate_reading_minutes(text: str) -> int:
    """Whole minutes, at least 1, at 230 words or 480 CJK characters a minute."""
    characters = len(_CJK.findall(text))
    words = len(_WORD.findall(text))
    return max(1, math.ceil(words / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE - 0.25))
