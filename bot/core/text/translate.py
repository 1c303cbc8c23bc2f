"""Translations: looks up a sentence in the catalog of the current language (gettext).

The English sentence is its own id. The current language is set by :func:`use_language` and holds
for the task that runs inside it; a program that sets none speaks English. Catalogs are the files
``bot/locales/LANGUAGE/LC_MESSAGES/salon.po``, read when their language is first used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

__all__ = [
    "ENGLISH",
    "find_language",
    "get_language",
    "get_languages",
    "gettext",
    "gettext_noop",
    "ngettext",
    "use_language",
]

ENGLISH = "en"
_FOLDER = Path(__file__).parents[2] / "locales"
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def gettext(sentence: str, /, **values: object) -> str:
    """The sentence in the current language, with its named placeholders (``{title}``) filled in.

    Only the sentence is formatted, never the values.
    """
    translated = _get_catalog(_language.get()).gettext(sentence)
    return translated.format(**values) if values else translated


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """The form of a sentence that fits ``count``, in the current language.

    ``{count}`` is the count with the language's thousands separator; ``values`` has the other
    placeholders.
    """
    language = _language.get()
    translated = _get_catalog(language).ngettext(one, many, count)
    return translated.format(count=format_decimal(count, locale=language), **values)


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the catalogs that is translated later, where it is shown."""
    return sentence


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Make ``language`` (one of :func:`get_languages`) the current one."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def get_language() -> str:
    """The current language."""
    return _language.get()


@cache
def get_languages() -> tuple[str, ...]:
    """English, then the languages that have a catalog, in alphabetical order."""
    return (ENGLISH, *sorted(path.parts[-3] for path in _FOLDER.glob("*/LC_MESSAGES/salon.po")))


def find_language(tag: str | None) -> str | None:
    """The language that fits a BCP 47 tag (``de-AT``: ``de``); None if there is none."""
    if tag is None:
        return None
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if language in get_languages() else None


@cache
def _get_catalog(language: str) -> NullTranslations:
    if language == ENGLISH:
        return NullTranslations()
    path = _FOLDER / language / "LC_MESSAGES" / "salon.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)
