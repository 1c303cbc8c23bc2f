"""The chapters of a book: one published alone, or each as a draft of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core import limits
from bot.core.text.length import count_utf16_units
from bot.errors import UserError
from bot.publishing import publish
from bot.publishing.publish import MAX_CHAPTERS, ChapterDraft, CreatedDrafts
from cogs.essays.submission_form import parse_chapter
from cogs.essays.wording import describe_chapter_drafts
from storage.essays import discussions, submissions
from storage.essays.submissions import ALL_CHAPTERS, Submission
from tests.core.reading.test_epub import BOOK, make_epub
from tests.support.running_bot import RunningBot, form_data, running_bot


@pytest.mark.parametrize(
    ("typed", "chapter"),
    [
        (None, None),
        (" ", None),
        ("3", 3),
        (" 03. ", 3),
        ("Chapter 12", 12),
        ("#4", 4),
        ("all", ALL_CHAPTERS),
        ("ALL ", ALL_CHAPTERS),
    ],
)
def test_a_chapter_is_chosen_by_its_number_or_all_are(
    typed: str | None, chapter: int | None
) -> None:
    assert parse_chapter(typed) == chapter


@pytest.mark.parametrize("typed", ["0", "-1", "three", "1-3", "1, 2", "12345", "chapter"])
def test_a_chapter_that_is_not_understood_gets_a_sentence(typed: str) -> None:
    with pytest.raises(UserError, match="Give its number"):
        parse_chapter(typed)


def test_the_list_of_drafts_names_what_was_not_read_and_fits_into_one_answer() -> None:
    drafts = tuple(ChapterDraft(number, "*" * 200, number) for number in range(2, 26))
    text = describe_chapter_drafts(CreatedDrafts(drafts, (1,), 40))
    assert "**24 drafts**" in text
    assert "40 chapters, and I read it up to chapter 25." in text
    assert "in these chapters: 1." in text
    assert count_utf16_units(text) <= limits.COMPONENT_TEXT
    whole = describe_chapter_drafts(CreatedDrafts((ChapterDraft(9, "The quay", 1),), (2,), 2))
    assert "up to chapter" not in whole
    assert "- **9** The quay (chapter 1)" in whole


async def run(running: RunningBot, chapter: str | None, data: bytes = BOOK) -> str:
    options = [] if chapter is None else [{"type": 3, "name": "chapter", "value": chapter}]
    return await running.answer_text(
        await running.run_command("essay publish", file=("book.epub", data), options=options)
    )


async def list_titles(running: RunningBot) -> list[tuple[int, str]]:
    found = await running.database.read(
        lambda tx: discussions.list_discussions(tx, running.server_id)
    )
    return sorted((one.id, one.title) for one in found)


async def save_submission(running: RunningBot, number: int, url: str, chapter: int) -> None:
    submission = Submission(
        id=number,
        server_id=running.server_id,
        server_name="Town",
        channel_id=running.channel(),
        member_id=running.member().id,
        member_name="Ada",
        file_name="book.epub",
        file_url=url,
        text=None,
        chapter=chapter,
    )
    await running.database.write(lambda tx: submissions.save(tx, submission, 0))


@pytest.mark.smoke
async def test_a_book_becomes_one_draft_or_one_of_each_chapter_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(tmp_path) as running:
        told = await run(running, None)
        assert "Draft 1 · only you" in told
        assert "give its number as the chapter: 1 The quay; 2; 3 The ferry" in told
        told = await run(running, "3")
        assert "Draft 2 · only you" in told
        assert "The ferry" in told

        told = await run(running, "all")
        assert "**3 drafts**" in told
        assert "- **3** The quay (chapter 1)" in told
        assert "- **2** The ferry (chapter 3)" in told, "the draft that there is already"
        assert len(await list_titles(running)) == 4
        assert "no chapter 9. It has 3 chapters." in await run(running, "9")
        assert "Only an EPUB has chapters" in await run(running, "all", b"# Slow bread\n\nWords.")
        assert "don't understand the chapter" in await run(running, "first")
        assert len(await list_titles(running)) == 4

        chosen = [{"type": 3, "name": "chapter", "value": "all"}]
        form = (await running.run_command("essay publish", options=chosen))["answer"]
        entered = form_data(form, {"Or the text": "Words.", "Title": "Bread"})
        told = await running.answer_text(await running.interact(5, entered))
        assert "Leave the title empty" in told

        # Submitted, and the bot was stopped before it was read.
        await running.write("Ben", "My book", file=("book.epub", make_book(4)))
        (file,) = (await running.messages())[-1]["attachments"]
        for number, chapter in ((8, 2), (9, ALL_CHAPTERS)):
            await save_submission(running, number, file["url"], chapter)
        services = running.salon.services
        monkeypatch.setattr(publish, "MAX_CHAPTERS", 3)
        await services.publishing.resume_submissions(services.editing.resume_submission)
        found = (await list_titles(running))[4:]
        assert found == [(5, "Part 2"), (6, "Part 1"), (7, "Part 3")]

        shown = [{"type": 3, "name": "essay", "value": "2"}]
        await running.press(await running.run_command("essay show", options=shown), "Publish")
        await running.settle()
        chosen = [*shown, {"type": 4, "name": "chapter", "value": 1}]
        told = await running.answer_text(
            await running.run_command("essay edit", options=chosen, file=("book.epub", BOOK))
        )
        assert "The quay" in told
        assert "First" in told


def make_book(count: int) -> bytes:
    """A book of ``count`` chapters with the same text and titles of their own."""
    return make_epub(
        [(f"{n}.xhtml", f"<h1>Part {n}</h1><p>Words.</p>") for n in range(1, count + 1)]
    )


def test_the_number_of_drafts_of_a_book_is_bounded() -> None:
    assert MAX_CHAPTERS == 25
