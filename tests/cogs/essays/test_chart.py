"""The chart in ``/essay show``: a picture with its words, and the admin's own part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cogs.essays import chart
from tests.support.running_bot import RunningBot, running_bot

OPTIONS = [{"type": 3, "name": "essay", "value": "1"}]


async def show(running: RunningBot) -> tuple[str, dict[str, Any]]:
    """The text of the answer, and its message."""
    asked = await running.run_command("essay show", options=OPTIONS)
    return await running.answer_text(asked), await running.answer_message(asked)


def find_galleries(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in components if one["type"] == 12]


async def test_an_essay_is_shown_with_a_chart_that_is_described_in_words(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        *_, part = await running.publish()
        text, message = await show(running)
        (gallery,) = find_galleries(message["components"])
        assert gallery["items"][0]["description"].startswith("Nobody has replied yet.")
        head = await running.write("Ann", "> The dough does not care\nIt is so.", to=part["id"])
        await running.settle()
        await running.write("Ben", "Is it?", channel_id=head)
        await running.settle()
        text, message = await show(running)
        assert message["flags"] & 64
        assert "How it went" in text
        assert "You:" not in text
        (gallery,) = find_galleries(message["components"])
        described = gallery["items"][0]["description"]
        assert described.startswith("2 replies from 2 people, on ")
        assert "¶3 (2)" in described
        assert "Ann" not in described
        (file,) = message["attachments"]
        async with running.session.get(file["url"]) as response:
            assert (await response.read()).startswith(b"\x89PNG")
        admin = running.member()
        path = f"/channels/{head}/messages"
        await running.call_as(admin, "POST", path, {"content": "So say I."})
        await running.settle()
        text, _message = await show(running)
        assert "-# You: 1 thread, 1 reply" in text


async def test_a_chart_that_cant_be_drawn_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(tmp_path) as running:
        await running.publish()
        monkeypatch.setattr(chart, "_CHART_MODULE", "bot.library.no_such_module")
        text, message = await show(running)
        assert find_galleries(message["components"]) == []
        assert "Nobody has replied yet." in text
