"""The catalogs that Salon is delivered with."""

from __future__ import annotations

import pytest

from bot.core.text.translate import ENGLISH, get_languages, use_language
from bot.errors import UnreadableEssay
from bot.publishing.reader_process import read_in_child_process
from tests.catalogs.check import check_catalog, check_commands
from tests.catalogs.extract import list_command_texts, make_template, read_catalog

LANGUAGES = [one for one in get_languages() if one != ENGLISH]


def test_german_is_one_of_the_languages() -> None:
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_catalog_is_complete_and_within_discords_limits(language: str) -> None:
    catalog = read_catalog(language)
    assert check_catalog(catalog, await make_template()) == []
    assert check_commands(catalog, await list_command_texts()) == []


async def test_a_child_process_says_in_german_what_it_cannot_read() -> None:
    with use_language("de"), pytest.raises(UnreadableEssay, match="Das ist kein Text"):
        await read_in_child_process(b"\x89PNG\r\n\x1a\n")
