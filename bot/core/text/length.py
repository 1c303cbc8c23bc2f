"""Length of a text: UTF-16 units for Discord's limits, words and reading time for people."""

from __future__ import annotations

import math

import regex

__all__ = [
    "count_cjk_characters",
    "count_spaced_words",
    "count_utf16_units",
    "count_words",
    "measure_reading",
]

WORDS_A_MINUTE = 230
CHARACTERS_A_MINUTE = 480  # Chinese, Japanese and Korean are counted by characters

_CJK = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
# The same as below for a text without such characters, in a third of the time.
_ALPHABETIC_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’\-‐.,_][\p{L}\p{N}\p{M}]+)*")
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
    return sum(_count(text))


def _count(text: str) -> tuple[int, int]:
    """Chinese, Japanese and Korean characters, and words in other scripts."""
    characters = 0 if text.isascii() else len(_CJK.findall(text))
    word = _WORD if characters else _ALPHABETIC_WORD
    return characters, len(word.findall(text))


def count_cjk_characters(text: str) -> int:
    """Number of Chinese, Japanese and Korean characters."""
    return len(_CJK.findall(text))


def count_spaced_words(text: str) -> int:
    """Number of words in scripts that separate them."""
    return _count(text)[1]


def measure_reading(text: str) -> tuple[int, int]:
    """The number of words, and the minutes it takes to read them, at least 1.

    At 230 words or 480 Chinese, Japanese and Korean characters a minute.
    """
    characters, words = _count(text)
    minutes = math.ceil(words / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE - 0.25)
    return characters + words, max(1, minutes)
