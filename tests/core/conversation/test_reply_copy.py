"""Which replies a webhook can copy, and the payload of the copy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.conversation.reply_copy import (
    File,
    OriginalReply,
    check_copyable,
    hash_copy,
    make_copy_payload,
    make_webhook_name,
)
from bot.core.payload import SUPPRESS_EMBEDS

PLAIN = OriginalReply(
    author_id=175928847299117063,
    author_name="Ann",
    avatar=None,
    text="I would.",
    files=(),
    copyable=True,
    embeds_suppressed=False,
    has_thread=False,
)
MIB = 1024 * 1024


def file(size: int) -> File:
    return File("a.png", "image/png", size, "https://cdn.discordapp.com/a.png")


@pytest.mark.parametrize(
    "change",
    [
        {"copyable": False},
        {"has_thread": True},
        {"text": "x" * 2001},
        {"text": "\N{PILE OF POO}" * 1001},
        {"text": "", "files": ()},
        {"files": (file(10 * MIB + 1),)},
        {"files": (file(10 * MIB), file(10 * MIB), file(10 * MIB))},
        {"author_name": "Clyde"},
        {"author_name": "a Discord fan"},
        {"author_name": "everyone"},
        {"author_name": "x" * 81},
        {"author_name": "\N{ZERO WIDTH JOINER}"},
        {"author_name": "  "},
    ],
    ids=str,
)
def test_a_reply_that_cannot_be_copied_completely_is_not_moved(change: dict[str, object]) -> None:
    assert check_copyable(replace(PLAIN, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"text": "x" * 2000},
        {"text": "", "files": (file(10 * MIB), file(10 * MIB))},
        {"author_name": "x" * 80},
        {"author_name": "\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"},
        {"author_name": "Clyd e"},
    ],
    ids=str,
)
def test_a_reply_within_the_limits_is_moved(change: dict[str, object]) -> None:
    assert check_copyable(replace(PLAIN, **change)) is None  # type: ignore[arg-type]


def test_white_space_in_a_name_is_normalized_as_discord_does() -> None:
    assert make_webhook_name("  Ann \n of  Kent ") == "Ann of Kent"


def test_a_copy_has_its_authors_name_and_avatar_and_pings_nobody() -> None:
    payload = make_copy_payload(PLAIN)
    assert payload["username"] == "Ann"
    assert payload["allowed_mentions"] == {"parse": []}
    assert payload["avatar_url"].startswith("https://cdn.discordapp.com/embed/avatars/")
    own = make_copy_payload(replace(PLAIN, avatar="a_b1"))["avatar_url"]
    assert own == "https://cdn.discordapp.com/avatars/175928847299117063/a_b1.png"


def test_a_copy_keeps_file_descriptions_and_suppressed_embeds() -> None:
    described = replace(file(3), description="A loaf")
    payload = make_copy_payload(replace(PLAIN, files=(file(2), described), embeds_suppressed=True))
    assert payload["flags"] == SUPPRESS_EMBEDS
    assert payload["attachments"] == [
        {"id": "0", "filename": "a.png"},
        {"id": "1", "filename": "a.png", "description": "A loaf"},
    ]


def test_a_copys_files_stay_spoilers() -> None:
    payload = make_copy_payload(replace(PLAIN, files=(file(2), replace(file(3), is_spoiler=True))))
    assert [one.get("is_spoiler", False) for one in payload["attachments"]] == [False, True]


def test_a_hash_distinguishes_copies_and_ignores_what_discord_normalizes() -> None:
    said = hash_copy("Ann", "Yes.", [1, 2])
    assert said == hash_copy(" An n\N{ZERO WIDTH SPACE}", "Yes.\n", [1, 2])
    assert said not in {
        hash_copy("Ben", "Yes.", [1, 2]),
        hash_copy("Ann", "No.", [1, 2]),
        hash_copy("Ann", "Yes.", [2, 1]),
        hash_copy("Ann", "Yes.", []),
    }
    assert "Yes" not in said
