"""The default closing question, "What do you think?", in the essay's language.

It is asked if the essay has no closing question of its own. The language is the one the source
names, else the one its script implies, else the current one. Latin letters alone imply none.
Letters in code, addresses and formulas don't count, nor do Latin names in another script; a letter
of a dense script counts more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import regex

from bot.core.essay.blocks import Block, Heading, Paragraph, Table
from bot.core.essay.essay import Essay
from bot.core.essay.guess_language import guess_language
from bot.core.text.translate import get_language, gettext_noop
from bot.core.text.translate import gettext as _

__all__ = [
    "DEFAULT_QUESTION",
    "detect_language",
    "get_default_question",
    "guess_latin_language",
    "is_default_question",
]

DEFAULT_QUESTION = gettext_noop("What do you think?")

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

#: Characters of an essay that are examined, and the share of letters that decides its script.
_SAMPLE_LENGTH, _MIN_SHARE = 5_000, 0.5
#: The share from which on a language that the source names is believed.
_MIN_DECLARED_SHARE = 0.1
#: What a letter weighs in comparison with a Latin one: the same text needs fewer of them.
_WEIGHTS = {"kana": 3, "han": 3, "hangul": 3, "arabic": 2, "hebrew": 2, "devanagari": 2, "thai": 2}
_LATIN_NAME = regex.compile(r"(?<!\p{Latin})\p{Lu}[\p{Latin}\p{N}]*")
_ADDRESS = regex.compile(r"https?://\S+|\$\$?[^$\n]+\$\$?")
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
#: The languages of a script; the first is the default if the letters don't decide.
_LANGUAGES_OF_SCRIPT = {
    "latin": ("en", "de", "es", "fr", "it", "nl", "pl", "pt", "sv", "tr"),
    "hangul": ("ko",),
    "greek": ("el",),
    "hebrew": ("he",),
    "devanagari": ("hi",),
    "thai": ("th",),
    "arabic": ("ar", "fa"),
    "cyrillic": ("ru", "uk"),
}
_SCRIPTS_OF_LANGUAGE: dict[str, tuple[str, ...]] = {
    language: (script,)
    for script, languages in _LANGUAGES_OF_SCRIPT.items()
    if script != "latin"
    for language in languages
} | {"ja": ("kana", "han"), "zh": ("han",)}
_PERSIAN, _URDU = regex.compile("[پچژگ]"), regex.compile("[ٹڈڑے]")
_NOT_UKRAINIAN = regex.compile("[ыэёъў]", regex.IGNORECASE)
_RUSSIAN, _UKRAINIAN = regex.compile("[ыэё]"), regex.compile("[їєґ]")
_TRADITIONAL, _SIMPLIFIED = (
    regex.compile("[這個們來時會說國學過還沒對開]"),
    regex.compile("[这个们来时会说国学过还没对开]"),
)


def detect_language(essay: Essay) -> str | None:
    """The language of an essay's default question, as a key of the table; None for English."""
    named = (essay.language or "").strip().casefold().replace("_", "-")
    tag = named.split("-")[0]
    text = _take_sample(_get_prose(placed.block) for placed in essay.body)
    script = _detect_script(text, tag)
    if script == "han" and tag in ("ja", "ko"):
        return tag
    if script == "han":
        if tag == "zh" and named != "zh":
            return _choose_chinese(any(part in named for part in ("hant", "tw", "hk", "mo")))
        traditional = len(_TRADITIONAL.findall(text)) > len(_SIMPLIFIED.findall(text))
        return _choose_chinese(traditional)
    if script == "kana":
        return "ja"
    written = _LANGUAGES_OF_SCRIPT[script]
    if tag in written:
        return None if tag == "en" else tag
    if named:
        # Many pages claim to be English whatever their text is; other claims are trusted.
        return _detect_by_letters(script, text) if tag in _LANGUAGES_OF_SCRIPT["latin"] else None
    return _detect_by_letters(script, text)


def guess_latin_language(essay: Essay) -> str | None:
    """The language of an essay in Latin letters, by its words; None if they don't decide.

    For an essay whose source names no language, or English, as many pages do whatever they are in.
    """
    named = (essay.language or "").strip().casefold().replace("_", "-")
    if named.split("-")[0] not in ("", "en"):
        return None
    text = _take_sample(_get_prose(placed.block) for placed in essay.body)
    return guess_language(text) if _detect_script(text) == "latin" else None


def get_default_question(language: str | None) -> str:
    """The question in a language returned by :func:`detect_language`.

    None: in the current language (:mod:`bot.core.text.translate`), else in English.
    """
    asked_in = (language or get_language()).lower().replace("_", "-")
    base = asked_in.partition("-")[0]
    return _QUESTIONS.get(asked_in) or _QUESTIONS.get(base) or _(DEFAULT_QUESTION)


def is_default_question(question: str) -> bool:
    """Whether a question is just "What do you think?", in any of the languages."""
    return _normalize(question) in _NORMALIZED


def _normalize(question: str) -> str:
    return question.strip(" \u00a0¿?？؟;!.*_").casefold()


_NORMALIZED = frozenset(_normalize(question) for question in _QUESTIONS.values())


def _take_sample(texts: Iterable[str]) -> str:
    found, length = [], 0
    for text in texts:
        found.append(text[: _SAMPLE_LENGTH - length])
        length += len(found[-1])
        if length >= _SAMPLE_LENGTH:
            break
    return "\n".join(found)


def _get_prose(block: Block) -> str:
    """The text of a block without code, links' addresses and formulas."""
    match block:
        case Paragraph() | Heading():
            text = "".join(span.text for span in block.spans if not span.code)
        case Table():
            rows = (block.header, *block.rows)
            text = " ".join(s.text for row in rows for cell in row for s in cell if not s.code)
        case _:
            return ""
    return _ADDRESS.sub(" ", text)


def _detect_script(text: str, declared: str = "") -> str:
    """The script of most of a text's letters; "latin" for every script that isn't in the table.

    declared: the language that the source names. If it has a script of its own, a share of that
              script is enough.
    """
    counts = Counter(
        {name: len(one.findall(text)) * _WEIGHTS.get(name, 1) for name, one in _SCRIPTS.items()}
    )
    found = sum(len(one.findall(text)) for one in _SCRIPTS.values())
    latin = len(_LETTER.findall(_LATIN_NAME.sub("", text) if found else text)) - found
    letters = latin + counts.total()
    if letters <= 0:
        return "latin"
    own = _SCRIPTS_OF_LANGUAGE.get(declared, ())
    if own and sum(counts[name] for name in own) >= _MIN_DECLARED_SHARE * letters:
        if own == ("kana", "han"):
            return "kana" if counts["kana"] * 10 > counts["han"] else "han"
        return own[0]
    if (counts["kana"] + counts["han"]) / letters > _MIN_SHARE:
        return "kana" if counts["kana"] * 10 > counts["han"] else "han"
    name, count = counts.most_common(1)[0]
    return name if count / letters > _MIN_SHARE and name not in ("kana", "han") else "latin"


def _detect_by_letters(script: str, text: str) -> str | None:
    if script == "arabic":
        if _URDU.search(text):
            return None
        return "fa" if _PERSIAN.search(text) else "ar"
    if script == "cyrillic":
        # Belarusian has the letter і, too.
        if _UKRAINIAN.search(text) or ("і" in text and not _NOT_UKRAINIAN.search(text)):
            return "uk"
        return "ru" if _RUSSIAN.search(text) else None
    return None if script == "latin" else _LANGUAGES_OF_SCRIPT[script][0]


def _choose_chinese(traditional: bool) -> str:
    return "zh-hant" if traditional else "zh"
