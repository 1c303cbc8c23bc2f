"""Guesses the language of a text in Latin letters by its commonest words."""

from __future__ import annotations

from collections import Counter

import regex

__all__ = ["guess_language"]

#: Function words that are common in one of these languages and rare in the others.
_WORDS = {
    "de": "der die das und ist nicht ein eine einen mit auf für sich auch wir ihr wenn als wie dem",
    "en": "the and of to is that it was not with for this are we you they but from have what when",
    "es": "el los las y es que una por con para como pero más esta ser su se del lo cuando",
    "fr": "le les et est que une pour dans qui pas sur avec nous vous mais ce cette du des ne",
    "it": "il gli e è che una per non con sono come più della del nel anche questo ma si quando",
    "nl": "het een en van is niet dat op te met voor zijn er maar ook aan wij jullie wat als",
    "pl": "i w nie na się że jest do to z jak ale co tak przez od po czy jego tylko",
    "pt": "o os as e é que uma não com para por mais como mas dos da do em quando você",
    "sv": "och det är inte en ett som på för med av vi den att om har jag men när kan",
    "tr": "ve bir bu için ile de da ne gibi çok daha ama var olarak olan kadar değil mi ki o",
}
_SETS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WORD = regex.compile(r"\p{L}+")
#: Characters that are examined; the least hits, and how many times those of any other language.
_SAMPLE_LENGTH, _MIN_HITS, _MIN_LEAD = 5_000, 3, 1.5


def guess_language(text: str) -> str | None:
    """The language of a text, as an ISO 639 code; None where no language clearly leads."""
    hits: Counter[str] = Counter()
    for word in _WORD.findall(text[:_SAMPLE_LENGTH].lower()):
        hits.update(language for language, words in _SETS.items() if word in words)
    (first, most), (_, next_most) = (*hits.most_common(2), ("", 0), ("", 0))[:2]
    return first if most >= _MIN_HITS and most >= _MIN_LEAD * next_most else None
