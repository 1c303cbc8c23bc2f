"""Time zones as people write them."""

from __future__ import annotations

import pytest

from bot.core.prompts.timezones import get_known_zones, resolve_zone
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
def test_a_place_is_found_however_it_is_written(written: str, zone: str) -> None:
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
def test_a_slip_is_met_with_what_was_probably_meant(written: str, near: str) -> None:
    with pytest.raises(UserError, match=f"Did you mean {near}"):
        resolve_zone(written)


@pytest.mark.parametrize("written", ["GMT+2", "PST", "qqqq", "../../etc/passwd", "x" * 500])
def test_what_is_like_no_zone_is_met_with_how_to_write_one(written: str) -> None:
    with pytest.raises(UserError, match="such as Berlin") as refused:
        resolve_zone(written)
    assert len(str(refused.value)) < 300
    assert "Etc/" not in str(refused.value)


def test_nothing_written_is_no_zone() -> None:
    with pytest.raises(UserError, match="Write a time zone"):
        resolve_zone(" _ ")


def test_every_zone_of_a_place_is_found_by_its_whole_name() -> None:
    for name in get_known_zones():
        assert resolve_zone(name.lower()).key == name
