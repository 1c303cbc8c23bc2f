"""What Discord's errors mean, and which certainly had no effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import discord
import pytest

from bot.core.text.translate import use_language
from bot.discord_api.errors import Outcome, classify, describe_error, has_no_effect


@dataclass(frozen=True)
class Answer:
    """The part of a response that an error of discord.py is made from."""

    status: int
    reason: str = ""


def http_error(status: int, code: int = 0, text: str = "") -> discord.HTTPException:
    return discord.HTTPException(cast(Any, Answer(status)), {"code": code, "message": text})


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (404, 10003, Outcome.DELETED),
        (404, 10008, Outcome.DELETED),
        (403, 50013, Outcome.NEEDS_ADMIN),
        (403, 50001, Outcome.NEEDS_ADMIN),
        (400, 160002, Outcome.NEEDS_ADMIN),
        (400, 160005, Outcome.NEEDS_ADMIN),
        (400, 160006, Outcome.NEEDS_ADMIN),
        (400, 30046, Outcome.NEEDS_ADMIN),
        (400, 200000, Outcome.REFUSED),
        (400, 50035, Outcome.REFUSED),
        (413, 40005, Outcome.REFUSED),
        (404, 0, Outcome.RETRY_SOON),
        (429, 0, Outcome.RETRY_SOON),
        (500, 0, Outcome.RETRY_SOON),
        (503, 0, Outcome.RETRY_SOON),
    ],
)
def test_an_answer_is_classified_by_its_code_and_status(
    status: int, code: int, outcome: Outcome
) -> None:
    assert classify(http_error(status, code)) is outcome


@pytest.mark.parametrize(
    "error", [TimeoutError(), aiohttp.ClientConnectionError(), discord.RateLimited(3.0), OSError()]
)
def test_no_answer_is_transient(error: Exception) -> None:
    assert classify(error) is Outcome.RETRY_SOON


def test_only_a_refused_call_certainly_had_no_effect() -> None:
    assert has_no_effect(http_error(400))
    assert has_no_effect(http_error(429))
    assert has_no_effect(discord.RateLimited(3.0))
    assert not has_no_effect(http_error(500))
    assert not has_no_effect(aiohttp.ClientConnectionError())


def test_an_error_that_an_admin_can_act_on_is_described_in_their_language() -> None:
    missing = describe_error(http_error(403, 50013, "Missing Permissions"))
    archived = describe_error(http_error(400, 50083, "Thread is archived"))
    assert str(missing) == "I don't have the permission"
    with use_language("de"):
        assert str(missing) == "mir fehlt die Berechtigung"
        assert str(archived) == "der Thread ist archiviert"
    deleted = [describe_error(http_error(404, code)) for code in (10015, 50027)]
    assert deleted[0] == deleted[1]


def test_another_error_is_in_discords_words_on_one_line() -> None:
    long = describe_error(http_error(400, 50035, "Invalid Form Body\n" + "In content: x " * 500))
    assert str(long).startswith("“Invalid Form Body In content: x")
    assert str(long).endswith("”, error 50035")
    assert len(str(long)) < 300
    assert str(describe_error(http_error(502))) == "“?”, error 502"
    assert describe_error(TimeoutError()) == "TimeoutError"
