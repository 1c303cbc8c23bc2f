"""Time zones as people write them."""

from __future__ import annotations

import pytest

from bot.core.prompts.timezones import get_known_zones, resolve_zone
from bot.core.text.translate import use_language
from bot.errors import UserError


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" Berlin ", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("são paulo".replace("ã", "a"), "America/Sao_Paulo"),
        ("utc", "UTC"),
        ("CET", "CET"),
        ("America/Indiana/Knox", "America/Indiana/Knox"),
    ],
)
def test_a_place_is_found_in_any_spelling(written: str, zone: str) -> None:
    assert resolve_zone(written).key == zone


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("Berlim", "Europe/Berlin"),
        ("Londn", "Europe/London"),
        ("tokio", "Asia/Tokyo"),
        ("Amsterdm", "Europe/Amsterdam"),
        ("Paris, France", "Europe/Paris"),
        ("Louisville", "America/Kentucky/Louisville or America/Louisville"),
    ],
)
def test_a_misspelled_zone_is_refused_with_the_most_similar_ones(written: str, near: str) -> None:
    with pytest.raises(UserError, match=f"Did you mean {near}"):
        resolve_zone(written)


@pytest.mark.parametrize("written", ["GMT+2", "PST", "qqqq", "../../etc/passwd", "x" * 500])
def test_a_text_similar_to_no_zone_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(UserError, match="such as Berlin") as refused:
        resolve_zone(written)
    assert len(str(refused.value)) < 300
    assert "Etc/" not in str(refused.value)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(UserError, match="Enter a time zone"):
        resolve_zone(" _ ")


@pytest.mark.slow
def test_every_known_zone_is_found_by_its_whole_name() -> None:
    for name in get_known_zones():
        assert resolve_zone(name.lower()).key == name


def test_a_city_and_the_suggestions_may_be_in_the_readers_language() -> None:
    with use_language("de"):
        assert resolve_zone("Wien").key == "Europe/Vienna"
        assert resolve_zone("kairo").key == "Africa/Cairo"
        assert resolve_zone("Vienna").key == "Europe/Vienna"
        with pytest.raises(UserError, match="Africa/Cairo oder Europe/Kirov"):
            resolve_zone("Kairro")
    with pytest.raises(UserError):
        resolve_zone("Wien")
