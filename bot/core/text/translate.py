"""Translations: looks up a sentence in the catalog of the current language (gettext).

The English sentence is its own id. The current language is set by :func:`use_language` and holds
for the task that runs inside it; a program that sets none speaks English. Catalogs are the files
``bot/locales/LANGUAGE/LC_MESSAGES/salon.po``, read when their language is first used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

__all__ = [
    "CATALOGS",
    "ENGLISH",
    "find_language",
    "find_surroundings",
    "get_catalog_path",
    "get_language",
    "get_language_name",
    "get_languages",
    "gettext",
    "gettext_noop",
    "ngettext",
    "ngettext_noop",
    "pgettext",
    "use_catalogs",
    "use_language",
]

ENGLISH = "en"
#: The folder of the catalogs.
CATALOGS = Path(__file__).parents[2] / "locales"
#: Numbers that between them need every plural form of any language.
_COUNTS = (*range(22), 100, 101, 1_000_000)
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


class _Catalogs:
    """The catalogs in a folder, each read when it is first used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        found = (path.parts[-3] for path in folder.glob("*/LC_MESSAGES/salon.po"))
        self.languages = (ENGLISH, *sorted(found))
        self._read: dict[str, NullTranslations] = {ENGLISH: NullTranslations()}

    def get(self, language: str) -> NullTranslations:
        """The catalog of one of the languages."""
        catalog = self._read.get(language)
        if catalog is None:
            catalog = self._read[language] = _read_catalog(
                get_catalog_path(language, self._folder), language
            )
        return catalog


def get_catalog_path(language: str, folder: Path = CATALOGS) -> Path:
    """The file of a language's catalog."""
    return folder / language / "LC_MESSAGES" / "salon.po"


def _read_catalog(path: Path, language: str) -> NullTranslations:
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


_catalogs = _Catalogs(CATALOGS)


def gettext(sentence: str, /, **values: object) -> str:
    """The sentence in the current language, with its named placeholders (``{title}``) filled in.

    Only the sentence is formatted, never the values; without values, not even the sentence.
    """
    translated = _catalogs.get(_language.get()).gettext(sentence)
    return translated.format(**values) if values else translated


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """The form of a sentence that fits ``count``, in the current language.

    ``{count}`` is the count with the language's thousands separator; ``values`` has the other
    placeholders.
    """
    language = _language.get()
    translated = _catalogs.get(language).ngettext(one, many, count)
    return translated.format(count=format_decimal(count, locale=language), **values)


def pgettext(context: str, sentence: str, /) -> str:
    """A sentence in the current language, with the meaning that ``context`` gives it (msgctxt)."""
    return _catalogs.get(_language.get()).pgettext(context, sentence)


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the catalogs that is translated later, where it is shown."""
    return sentence


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    """Like :func:`gettext_noop`, for the two forms of a sentence with ``{count}``."""
    return one, many


def find_surroundings(
    placeholder: str, one: str, many: str | None = None
) -> list[tuple[str, str, str]]:
    """What is directly before and after a placeholder in a sentence: language, before, after.

    Up to the neighbouring placeholders, in every language and plural form. It finds words of
    members in messages that were posted. ``many``: the sentence's other form, if it has a plural.
    """
    found = []
    for language in get_languages():
        catalog = _catalogs.get(language)
        forms = {catalog.gettext(one)}
        if many is not None:
            forms = {catalog.ngettext(one, many, count) for count in _COUNTS}
        for form in sorted(forms):
            before, _name, after = form.partition(f"{{{placeholder}}}")
            found.append((language, before.rpartition("}")[2], after.partition("{")[0]))
    return list(dict.fromkeys(found))


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Make ``language`` (one of :func:`get_languages`) the current one."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


@contextmanager
def use_catalogs(folder: Path) -> Iterator[None]:
    """Use the catalogs in another folder, in the whole process; for tests of translations."""
    global _catalogs
    before, _catalogs = _catalogs, _Catalogs(folder)
    try:
        yield
    finally:
        _catalogs = before


def get_language() -> str:
    """The current language."""
    return _language.get()


def get_languages() -> tuple[str, ...]:
    """English, then the languages that have a catalog, in alphabetical order."""
    return _catalogs.languages


@cache
def get_language_name(language: str) -> str:
    """What a language calls itself, as a heading: ``Deutsch``, ``Français``."""
    name = Locale.parse(language).get_display_name(language) or language
    return name[:1].upper() + name[1:]


def find_language(tag: str | None) -> str | None:
    """The language that fits a BCP 47 tag, such as a locale of Discord's; None if there is none.

    The region counts only where a catalog has one (``pt_BR``); else ``de-AT`` is ``de``.
    """
    return _find_language(tag, get_languages()) if tag else None


@lru_cache(maxsize=128)  # asked for each text of the commands in each of Discord's locales
def _find_language(tag: str, languages: tuple[str, ...]) -> str | None:
    parts = tag.replace("-", "_").split("_")
    for length in range(len(parts), 0, -1):
        wanted = "_".join(parts[:length]).lower()
        for language in languages:
            if language.lower() == wanted:
                return language
    return None
