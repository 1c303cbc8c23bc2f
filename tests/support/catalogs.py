"""Catalogs for tests: a few sentences in another language, or all of them in brackets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.core.text.translate import get_catalog_path, use_catalogs

__all__ = ["Sentences", "use_sentences", "write_catalog"]

#: Translations by English sentence; a sentence with a plural has a tuple on both sides.
Sentences = Mapping[str | tuple[str, str], str | tuple[str, ...]]


def write_catalog(folder: Path, language: str, sentences: Sentences) -> None:
    """Write a language's catalog into a folder of catalogs."""
    catalog = Catalog(locale=language)
    for sentence, translation in sentences.items():
        catalog.add(sentence, translation)
    path = get_catalog_path(language, folder)
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalog)


@contextlib.contextmanager
def use_sentences(folder: Path, sentences: Mapping[str, Sentences]) -> Iterator[None]:
    """Use catalogs of these sentences, by language, and no others."""
    for language, translations in sentences.items():
        write_catalog(folder, language, translations)
    with use_catalogs(folder):
        yield
