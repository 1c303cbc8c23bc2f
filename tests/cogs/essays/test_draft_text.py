"""A draft's text and channel are changed; it keeps its number, corrections and schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.publishing.publish import Preview
from storage.essays import submissions
from tests.support.running_bot import RunningBot, form_data, running_bot
from tests.support.submissions import make_submission

TEXT = "# Slow bread\n\nBy Ann Baker\n\nIt takes a night.\n\nWould you wait?\n"
NEW = "# Slow bread\n\nBy Ann Baker\n\nIt takes two nights.\n\nIt is worth it.\n\nIs it?\n"
ESSAY = [{"type": 3, "name": "essay", "value": "1"}]


async def draft(running: RunningBot, text: str = TEXT) -> dict[str, Any]:
    shown = await running.run_command("essay publish", file=("bread.md", text.encode()))
    await running.settle()
    return shown


async def preview_of(running: RunningBot) -> Preview:
    await running.settle()
    return await running.salon.services.publishing.get_preview(1, running.server_id)


async def enter(running: RunningBot, shown: dict[str, Any], entered: dict[str, str]) -> str:
    form = (await running.press(shown, "Text and channel …"))["answer"]
    told = await running.interact(5, form_data(form, entered))
    return await running.answer_text(told)


@pytest.mark.smoke
async def test_another_text_keeps_number_corrections_questions_and_schedule(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        shown = await draft(running)
        form = (await running.press(shown, "Edit details"))["answer"]
        given = {"Title": "Rye", "Closing question": "Why?\nWhy not?"}
        await running.interact(5, form_data(form, given))
        await running.settle()
        when = [*ESSAY, {"type": 3, "name": "when", "value": "in 3 hours"}]
        await running.run_command("essay schedule", options=when)
        before = await preview_of(running)
        assert "Draft 1 · only you" in await enter(running, shown, {"Or the text": NEW})
        found = (await preview_of(running)).draft
        assert (found.essay.title, found.closing) == ("Rye", "Why?\nWhy not?")
        assert "It takes two nights." in [one.text for one in found.essay.passages]
        assert (found.state, found.scheduled_for) == ("scheduled", before.draft.scheduled_for)
        assert found.source.decode().strip() == NEW.strip()
        sources = await running.database.read(lambda tx: tx.rows("SELECT content FROM sources"))
        assert [row["content"] for row in sources] == [found.source], "the old one is erased"
        await running.settle(3 * 3600 + 60)
        _, part, closing = await running.bot_messages()
        assert "two nights" in part["content"]
        assert "Why not?" in closing["content"]


async def test_a_draft_is_moved_to_another_channel_and_a_forum(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        shown = await draft(running)
        admins, forum = running.channel("admins"), running.channel("essay-forum")
        for channel, style in ((forum, "forum"), (admins, "threads")):
            told = await enter(running, shown, {"Channel": str(channel)})
            assert f"Messages in <#{channel}>" in await running.answer_text(shown) + told
            found = (await preview_of(running)).draft
            assert (found.channel_id, found.style) == (channel, style)
            assert found.essay.title == "Slow bread"
        await running.press(shown, "Publish")
        await running.settle()
        assert len(await running.bot_messages(admins)) == 3
        assert await running.bot_messages() == []


async def test_essay_edit_with_a_file_changes_the_text_of_a_draft(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        await draft(running)
        told = await running.run_command(
            "essay edit", options=ESSAY, file=("bread.md", NEW.encode())
        )
        assert "Draft 1 · only you" in await running.answer_text(told)
        found = (await preview_of(running)).draft
        assert "It is worth it." in [one.text for one in found.essay.passages]
        form = await running.run_command("essay edit", options=ESSAY)
        fields = [one["label"] for one in form["answer"]["data"]["components"]]
        assert fields == ["A file", "Or the text", "Channel"]


async def test_a_form_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        shown = await draft(running)
        before = await preview_of(running)
        await enter(running, shown, {})
        assert (await preview_of(running)).draft == before.draft


async def test_a_text_that_cannot_be_read_leaves_the_draft_as_it_was(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        await draft(running)
        before = await preview_of(running)
        told = await running.run_command(
            "essay edit", options=ESSAY, file=("bread.pdf", b"\x00\x01\x02\xff")
        )
        assert "Draft 1" not in await running.answer_text(told)
        assert (await preview_of(running)).draft == before.draft


async def test_a_draft_that_was_published_meanwhile_keeps_its_text(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        shown = await draft(running)
        form = (await running.press(shown, "Text and channel …"))["answer"]
        await running.press(shown, "Publish")
        await running.settle()
        told = await running.interact(5, form_data(form, {"Or the text": NEW}))
        assert "isn't a draft any more" in await running.answer_text(told)
        _, part, *_ = await running.bot_messages()
        assert "two nights" not in part["content"]


async def test_a_text_that_was_cut_off_is_applied_at_the_next_start_unless_a_later_one_was(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        await running.salon.wait_until_ready()
        await draft(running)
        publishing, editing = running.salon.services.publishing, running.salon.services.editing
        first = make_submission(running, NEW, number=8, essay_id=1)
        await running.database.write(lambda tx: submissions.save(tx, first, 0))
        later = make_submission(running, NEW.replace("two", "three"), number=9, essay_id=1)
        await publishing.save_submission(later)
        await publishing.replace_text(later)
        await publishing.resume_submissions(editing.resume_submission)
        assert "three nights" in (await preview_of(running)).draft.source.decode()
        last = make_submission(running, NEW.replace("two", "four"), number=10, essay_id=1)
        await running.database.write(lambda tx: submissions.save(tx, last, 0))
        await publishing.resume_submissions(editing.resume_submission)
        assert "four nights" in (await preview_of(running)).draft.source.decode()
