"""What is asked where an essay asks nothing of its own: "What do you think?", in its language.

The language is the one that the source names or that the script shows; where neither tells, the
question is English. Latin letters alone tell nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import regex

from bot.core.essay.essay import Essay

__all__ = ["DEFAULT_QUESTION", "detect_language", "get_default_question", "is_default_question"]

DEFAULT_QUESTION = "What do you think?"

_QUESTIONS = {
    "ar": "ما رأيكم؟",
    "de": "Was meint ihr?",
    "el": "Τι γνώμη έχετε;",
    "en": DEFAULT_QUESTION,
    "es": "¿Qué opinas?",
    "fa": "نظر شما چیست؟",
    "fr": "Qu’en pensez-vous ?",
    "he": "מה דעתכם?",
    "hi": "आप क्या सोचते हैं?",
    "it": "Che cosa ne pensate?",
    "ja": "あなたはどう思いますか？",
    "ko": "어떻게 생각하시나요?",
    "nl": "Wat vinden jullie?",
    "pl": "Co o tym myślicie?",
    "pt": "O que acham?",
    "ru": "Что вы об этом думаете?",
    "sv": "Vad tycker ni?",
    "th": "คุณคิดอย่างไร?",
    "tr": "Siz ne düşünüyorsunuz?",
    "uk": "Що ви про це думаєте?",
    "zh": "你怎么看？",
    "zh-hant": "你怎麼看？",
}

#: Letters of an essay that are looked at, and the share of them that makes a script its own.
_LOOKED_AT, _MOST_OF_IT = 5_000, 0.5
_SCRIPTS = {
    "kana": regex.compile(r"[\p{Hiragana}\p{Katakana}]"),
    "han": regex.compile(r"\p{Han}"),
    "hangul": regex.compile(r"\p{Hangul}"),
    "cyrillic": regex.compile(r"\p{Cyrillic}"),
    "greek": regex.compile(r"\p{Greek}"),
    "hebrew": regex.compile(r"\p{Hebrew}"),
    "arabic": regex.compile(r"\p{Arabic}"),
    "devanagari": regex.compile(r"\p{Devanagari}"),
    "thai": regex.compile(r"\p{Thai}"),
}
_LETTER = regex.compile(r"\p{L}")
#: What a script is the script of; the first is meant where the letters themselves do not tell.
_WRITTEN_IN = {
    "latin": ("en", "de", "es", "fr", "it", "nl", "pl", "pt", "sv", "tr"),
    "hangul": ("ko",),
    "greek": ("el",),
    "hebrew": ("he",),
    "devanagari": ("hi",),
    "thai": ("th",),
    "arabic": ("ar", "fa"),
    "cyrillic": ("ru", "uk"),
}
_PERSIAN, _URDU = regex.compile("[پچژگ]"), regex.compile("[ٹڈڑے]")
_RUSSIAN, _UKRAINIAN = regex.compile("[ыэё]"), regex.compile("[їєґ]")
_TRADITIONAL, _SIMPLIFIED = (
    regex.compile("[這個們來時會說國學過還沒對開]"),
    regex.compile("[这个们来时会说国学过还没对开]"),
)


def detect_language(essay: Essay) -> str | None:
    """The language of the default question for an essay, as a key of the table; None: English."""
    named = (essay.language or "").strip().casefold().replace("_", "-")
    tag = named.split("-")[0]
    text = _beginning(passage.text for passage in essay.passages)
    script = _script(text)
    if script == "han" and tag in ("ja", "ko"):
        return tag
    if script == "han":
        if tag == "zh" and named != "zh":
            return _chinese(any(part in named for part in ("hant", "tw", "hk", "mo")))
        traditional = len(_TRADITIONAL.findall(text)) > len(_SIMPLIFIED.findall(text))
        return _chinese(traditional)
    if script == "kana":
        return "ja"
    written = _WRITTEN_IN[script]
    if tag in written:
        return None if tag == "en" else tag
    if named:
        # A page may say English of whatever stands on it; another language of that script is one.
        return _by_letters(script, text) if tag in _WRITTEN_IN["latin"] else None
    return _by_letters(script, text)


def get_default_question(language: str | None) -> str:
    """The question in a language that :func:`detect_language` gave."""
    return _QUESTIONS.get(language or "en", DEFAULT_QUESTION)


def is_default_question(question: str) -> bool:
    """Whether a question is no more than "What do you think?", in any of the languages."""
    return _plain(question) in _PLAIN


def _plain(question: str) -> str:
    return question.strip(" \u00a0¿?？؟;!.*_").casefold()


_PLAIN = frozenset(_plain(question) for question in _QUESTIONS.values())


def _beginning(texts: Iterable[str]) -> str:
    found, length = [], 0
    for text in texts:
        found.append(text[: _LOOKED_AT - length])
        length += len(found[-1])
        if length >= _LOOKED_AT:
            break
    return "\n".join(found)


def _script(text: str) -> str:
    """The script most of a text is in; "latin" for all that are not in the table."""
    letters = len(_LETTER.findall(text))
    counts = Counter({name: len(letter.findall(text)) for name, letter in _SCRIPTS.items()})
    if not letters:
        return "latin"
    if (counts["kana"] + counts["han"]) / letters > _MOST_OF_IT:
        return "kana" if counts["kana"] * 10 > counts["han"] else "han"
    name, count = counts.most_common(1)[0]
    return name if count / letters > _MOST_OF_IT and name not in ("kana", "han") else "latin"


def _by_letters(script: str, text: str) -> str | None:
    if script == "arabic":
        if _URDU.search(text):
            return None
        return "fa" if _PERSIAN.search(text) else "ar"
    if script == "cyrillic":
        if _UKRAINIAN.search(text):
            return "uk"
        return "ru" if _RUSSIAN.search(text) else None
    return None if script == "latin" else _WRITTEN_IN[script][0]


def _chinese(traditional: bool) -> str:
    return "zh-hant" if traditional else "zh"
