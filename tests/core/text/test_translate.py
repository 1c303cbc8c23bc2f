"""Looking up sentences in catalogs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.text.translate import (
    find_language,
    get_language,
    get_language_name,
    get_languages,
    gettext,
    ngettext,
    use_language,
)
from tests.support.catalogs import Sentences, use_sentences


@pytest.fixture(autouse=True)
def _catalogs(tmp_path: Path) -> Iterator[None]:
    german: Sentences = {
        "Hello, {name}.": "Hallo, {name}.",
        ("{count} reply", "{count} replies"): ("{count} Antwort", "{count} Antworten"),
    }
    polish: Sentences = {
        ("{count} reply", "{count} replies"): (
            "{count} odpowiedź",
            "{count} odpowiedzi",
            "{count} odpowiedzi (wiele)",
        )
    }
    with use_sentences(tmp_path, {"de": german, "pl": polish, "pt_BR": {}}):
        yield


def test_a_sentence_is_in_the_current_language_with_its_values_as_they_are() -> None:
    with use_language("de"):
        assert gettext("Hello, {name}.", name="{x} %s") == "Hallo, {x} %s."
    assert gettext("Hello, {name}.", name="Ann") == "Hello, Ann."


def test_a_sentence_that_is_not_in_the_catalog_is_english() -> None:
    with use_language("de"):
        assert gettext("Goodbye, {name}.", name="Ann") == "Goodbye, Ann."


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("de", 1, "1 Antwort"),
        ("de", 0, "0 Antworten"),
        ("de", 12_345, "12.345 Antworten"),
        ("en", 12_345, "12,345 replies"),
        ("pl", 2, "2 odpowiedzi"),
        ("pl", 5, "5 odpowiedzi (wiele)"),
    ],
)
def test_a_plural_follows_the_languages_own_rule(language: str, count: int, text: str) -> None:
    with use_language(language):
        assert ngettext("{count} reply", "{count} replies", count) == text


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("en-GB", "en"),
        ("pt-BR", "pt_BR"),
        ("pt", None),
        ("fr", None),
        ("", None),
        (None, None),
    ],
)
def test_a_locale_finds_the_language_with_a_catalog(tag: str | None, language: str | None) -> None:
    assert find_language(tag) == language


def test_languages_are_listed_with_english_first_and_by_their_own_names() -> None:
    assert get_languages() == ("en", "de", "pl", "pt_BR")
    assert get_language_name("de") == "Deutsch"
    assert get_language_name("pt_BR").startswith("Português")


async def test_the_language_of_a_task_is_the_one_it_was_started_in() -> None:
    async def tell() -> str:
        await asyncio.sleep(0)
        return get_language()

    with use_language("de"):
        task = asyncio.create_task(tell())
    assert (await task, get_language()) == ("de", "en")
