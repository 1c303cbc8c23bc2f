"""Words that no writer is called."""

from __future__ import annotations

import pytest

from bot.core.text.name_blocklist import is_placeholder


@pytest.mark.parametrize(
    "name",
    [
        *("Admin", "admin2", "user123", "WP Admin", "Site Logo", "Guest", "La rédaction"),
        *(
            "管理人",
            "編集者",
            "名無し",
            "익명",
            "مدير",
            "Аноним",
            "Utilisateur",
            "Benutzer",
            "News Desk",
        ),
    ],
)
def test_a_placeholder_is_no_name(name: str) -> None:
    assert is_placeholder(name)


@pytest.mark.parametrize("name", ["Ann Lee", "安妮", "Larry Page", "Adele Guest", "Ana de la Cruz"])
def test_a_name_is_no_placeholder(name: str) -> None:
    assert not is_placeholder(name)
