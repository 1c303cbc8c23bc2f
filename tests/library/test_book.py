"""The book: its order, what is left out, and that nothing in it can be forged."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from lxml import etree
from markdown_it import MarkdownIt

from bot.core.conversation.forwards_polls_stickers import Extras, Poll, PollAnswer
from bot.core.read_essay import read_essay
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import use_language
from bot.export import make_book
from bot.library.book import Book, Thread, build_book, list_threads
from bot.library.book_files import make_names, render_volumes
from bot.library.epub import render_epub
from bot.library.markdown import render_markdown
from bot.library.page import render_page
from storage.db.database import Database
from storage.essays import authors, discussions
from storage.essays.revisions import NewRevision, add_revision
from storage.privacy import unnamed_members
from storage.replies import author_questions, deleted_channels
from storage.replies.book import get_book_rows
from storage.replies.full_replies import ReplyFile
from storage.replies.reply_changes import ERASE_REPLY
from tests.library.hostile import NAMES, TEXTS
from tests.library.talk import (
    SERVER,
    about,
    add_prompt,
    add_replies,
    answering,
    make_id,
    publish,
)
from tests.support.archives import open_archive

#: Debian's; scripts/install-epubcheck installs it.
EPUBCHECK = Path(os.environ.get("EPUBCHECK", "/usr/share/java/epubcheck.jar"))
ESSAY = """# Slow bread

By Ann Baker

It takes a night to make a loaf, and most of it is *waiting*.

- The dough does not care
- how busy we are

| flour | water |
|-------|-------|
| rye   | much  |

Would you wait a night for bread?
"""


@pytest_asyncio.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_archive(tmp_path / "salon.sqlite3") as database:
        yield database


async def make(database: Database) -> Book:
    return await database.read(lambda tx: make_book(tx, "1"))


@pytest_asyncio.fixture
async def talked(archive: Database) -> Database:
    """A discussion with replies to a passage, to the closing question and to the whole."""
    await archive.write(lambda tx: publish(tx, ESSAY))

    async def say(text: str, seconds: float, **more: object) -> int:
        (reply,) = await archive.write(
            lambda tx: add_replies(tx, 1, [text], seconds=seconds, **more)  # type: ignore[arg-type]
        )
        return reply

    whole = await say("The whole of it.", 10, author_id=8, author="Ben")
    first = await say("About the dough.", 20)
    await about(archive, first, 3)
    below = await say("Below the dough.", 30, author_id=8, author="Ben", parent_id=first)
    await say("Deeper still.", 40, parent_id=below)
    last = await say("Yes, I would.", 50, author_id=9, author="Chloe")
    await answering(archive, last, "closing")
    del whole
    return archive


def read_text(page: bytes) -> str:
    """The text that a page shows."""
    found = re.sub(r"<style>.*?</style>", "", page.decode(), flags=re.DOTALL)
    found = re.sub(r"</(p|h\d|header|summary|li)>", " ", found)
    return " ".join(re.sub(r"<[^>]+>", "", found).split())


@pytest.mark.parametrize("form", ["page", "markdown"])
async def test_the_content_follows_the_essay_and_not_the_clock(talked: Database, form: str) -> None:
    made = await make(talked)
    text = read_text(render_page(made)) if form == "page" else render_markdown(made).decode()
    order = [
        "Slow bread",
        "By Ann Baker",
        "It takes a night",
        "how busy we are",
        "About the dough.",
        "Below the dough.",
        "Deeper still.",
        "Would you wait a night",
        "Replies to the whole essay",
        "The whole of it.",
        "Questions and answers",
        "Yes, I would.",
        "Who took part",
        "Ann, Ben, Chloe",
    ]
    places: list[int] = []
    for piece in order:
        places.append(text.index(piece, places[-1] if places else text.index("Slow bread")))
    assert places == sorted(places)


async def test_every_question_that_was_asked_has_its_answers(archive: Database) -> None:
    text = f"{ESSAY.strip()} And would you wait two?\n"
    await archive.write(lambda tx: publish(tx, text))
    prompts = {
        "Two, then.": ("next question", "1"),
        "With rye.": ("text: Which **flour**?", ""),
        "Wheat, of course.": ("poll: Rye or wheat? | Rye | Wheat", ""),
        "The dough again.": ("passage 2: Does it?", ""),
        "My last word.": ("last call", ""),
    }
    for place, (answer, (content, asked)) in enumerate(prompts.items()):
        planned = await add_prompt(archive, content, seconds=100 + place, asked=asked)
        (reply,) = await archive.write(
            lambda tx, answer=answer, place=place: add_replies(  # type: ignore[misc]
                tx, 1, [answer], seconds=200 + place
            )
        )
        await archive.write(
            lambda tx, planned=planned, reply=reply: tx.run(  # type: ignore[misc]
                "UPDATE replies SET planned_message_id = :planned WHERE id = :id",
                {"planned": planned, "id": reply},
            )
        )
    await add_prompt(archive, "text: Did nobody answer?", seconds=150)
    made = await make(archive)
    assert made.whole == ()
    found = {one.text: [thread.entries[0].text for thread in one.threads] for one in made.questions}
    assert found == {
        "Would you wait a night for bread?": [],
        "And would you wait two?": ["Two, then.", "My last word."],
        "Which **flour**?": ["With rye."],
        "Rye or wheat?": ["Wheat, of course."],
        "Does it?": ["The dough again."],
        "Did nobody answer?": [],
    }
    page = read_text(render_page(made))
    assert page.count("Nobody has answered this yet.") == 2


async def test_how_it_went_is_in_the_last_volume(talked: Database) -> None:
    made = await make(talked)
    page = render_page(made).decode()
    assert page.count("<svg") == 1
    assert 'aria-label="5 replies from 3 people, on 2026-01-05.' in page
    assert "5 replies from 3 people" in render_markdown(made).decode()
    with zipfile.ZipFile(io.BytesIO(render_epub(made))) as archive:
        assert b"<svg" in archive.read("EPUB/back.xhtml")
        assert archive.read("EPUB/package.opf").count(b'properties="svg"') == 1


async def test_deleted_and_forgotten_replies_leave_only_the_places_that_were_answered(
    talked: Database,
) -> None:
    made = await make(talked)
    by_text = {entry.text: entry.id for one in list_threads(made) for entry in one.entries}
    for text in ("Below the dough.", "The whole of it."):
        key = by_text[text]
        for sql in ERASE_REPLY:
            await talked.write(
                lambda tx, sql=sql, key=key: tx.run(sql, {"id": key, "message_id": key, "at": 1})  # type: ignore[misc]
            )
    made = await make(talked)
    for data in (render_page(made), render_markdown(made)):
        assert b"Below the dough" not in data
        assert b"The whole of it" not in data
        assert b"Ben" not in data
        assert data.count(b"This reply was deleted.") == 1
        assert b"Deeper still." in data


async def test_a_member_can_appear_as_a_reader(talked: Database) -> None:
    ann = 7
    await talked.write(lambda tx: add_replies(tx, 1, ["Hello <@7>!"], seconds=60, author_id=8))
    await talked.write(
        lambda tx: tx.run("UPDATE replies SET author_name = 'Zoë' WHERE author_id = 7")
    )
    await talked.write(lambda tx: unnamed_members.set_unnamed(tx, SERVER, ann, unnamed=True))
    made = await make(talked)
    assert (made.readers, made.participants) == (1, ("Ann", "Ben", "Chloe"))
    for data in (render_page(made), render_markdown(made)):
        assert "Zoë" not in data.decode()
        assert b"A reader" in data
        assert b"1 reader" in data
        assert b"<@7>" not in data
    await talked.write(lambda tx: unnamed_members.set_unnamed(tx, SERVER, ann, unnamed=False))
    assert "Zoë" in (await make(talked)).participants


async def test_what_the_author_wrote_is_marked(talked: Database) -> None:
    for data in (render_page(await make(talked)), render_markdown(await make(talked))):
        assert "✦ author" not in data.decode()
    await talked.write(lambda tx: authors.set_authors(tx, SERVER, 1, [9]))
    for data in (render_page(await make(talked)), render_markdown(await make(talked))):
        assert data.decode().count("✦ author") == 1


async def test_an_author_who_appears_as_a_reader_isnt_marked(talked: Database) -> None:
    await talked.write(lambda tx: authors.set_authors(tx, SERVER, 1, [9]))
    await talked.write(lambda tx: unnamed_members.set_unnamed(tx, SERVER, 9, unnamed=True))
    assert "✦ author" not in render_page(await make(talked)).decode(), "it would say who it is"


async def test_questions_to_the_author_are_marked_and_together(talked: Database) -> None:
    await talked.write(lambda tx: authors.set_authors(tx, SERVER, 1, [8]))
    asked, about_passage = await talked.write(
        lambda tx: add_replies(tx, 1, ["Why a night?", "And here?"], seconds=70, author_id=9)
    )
    await about(talked, about_passage, 1)
    for key in (asked, about_passage):
        await talked.write(lambda tx, key=key: author_questions.mark_question(tx, key))  # type: ignore[misc]
    made = await make(talked)
    assert [one.text for one in made.questions] == ["Would you wait a night for bread?", ""]
    page = read_text(render_page(made))
    assert page.count("question to the author") == 2
    assert page.index("Questions to the author") < page.index("Why a night?")
    assert page.index("And here?") < page.index("Questions to the author")
    markdown = render_markdown(made).decode()
    assert "### Questions to the author" in markdown
    assert markdown.count("(question to the author)") == 2


async def test_what_the_reader_may_not_read_is_left_out(talked: Database) -> None:
    await talked.write(
        lambda tx: add_replies(tx, 1, ["A secret."], seconds=90, channel_id=99, author="Sam")
    )
    found = await talked.read(lambda tx: discussions.find(tx, 1))
    assert found is not None
    rows = await talked.read(lambda tx: get_book_rows(tx, found))
    data = render_page(build_book(rows, lambda channel_id: channel_id != 99))
    assert b"secret" not in data
    assert b"Sam" not in data
    await talked.write(
        lambda tx: deleted_channels.hide(tx, 99, SERVER, last_error=make_coded("deleted"), now_ms=1)
    )
    await talked.write(
        lambda tx: tx.run(
            """
            INSERT INTO deleted_channels (channel_id, server_id, deleted_at) VALUES (99, 1, 1)
            ON CONFLICT DO NOTHING
            """
        )
    )
    assert b"secret" not in render_page(await make(talked))


async def test_replies_keep_their_passage_when_the_essay_is_edited(talked: Database) -> None:
    text = ESSAY.replace("It takes a night", "A new beginning.\n\nIt takes two nights")
    essay = read_essay(text, format="markdown", name=None)
    revision = NewRevision(essay, text.encode(), None, None, ())
    await talked.write(lambda tx: add_revision(tx, 1, 2, revision, 1))
    made = await make(talked)
    (section,) = [one for one in made.sections if one.threads]
    passage = next(one for one in essay.passages if one.number == section.number)
    assert "The dough does not care" in passage.text
    (changes,) = made.changes
    assert ("A new beginning.") in [one.after for one in changes.changes]
    page = read_text(render_page(made))
    assert "Changes to the essay" in page
    assert "A new beginning." in page


async def test_two_runs_give_the_same_bytes_whatever_the_time(talked: Database) -> None:
    made, again = await make(talked), await make(talked)
    for render in (render_page, render_epub, render_markdown):
        assert render(made) == render(again)
    with zipfile.ZipFile(io.BytesIO(render_epub(made))) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest_asyncio.fixture
async def hostile(archive: Database) -> Database:
    """A discussion in which every text and name tries to break out."""
    await archive.write(lambda tx: publish(tx, ESSAY))
    for place, text in enumerate(TEXTS):
        name = NAMES[place % len(NAMES)]
        clean = text.encode("utf-8", "replace").decode()
        (head,) = await archive.write(
            lambda tx, place=place, text=clean, name=name: add_replies(  # type: ignore[misc]
                tx, 1, [text], seconds=100 + 10 * place, author_id=100 + place, author=name
            )
        )
        await archive.write(
            lambda tx, place=place, head=head: add_replies(  # type: ignore[misc]
                tx, 1, [f"answer {place}"], seconds=105 + 10 * place, parent_id=head
            )
        )
    return archive


async def test_nothing_a_member_writes_passes_as_another_entry_in_markdown(
    hostile: Database,
) -> None:
    made = await make(hostile)
    text = render_markdown(made).decode()
    for table in (False, True):  # some readers look for tables before anything else
        parser = MarkdownIt("commonmark", {"html": True})
        check_markdown(made, text, parser.enable("table") if table else parser)
    for place in range(len(TEXTS)):
        assert f"answer {place}" in text


def check_markdown(made: Book, text: str, parser: MarkdownIt) -> None:
    """Whether a parser finds the entries, the headings, and nothing else of its own."""
    definitions: dict[str, object] = {}
    tokens = parser.parse(text, definitions)
    assert not definitions.get("references")
    # Entries are items of the lists outside of quotations.
    quoted = 0
    headings, items = [], []
    for token in tokens:
        quoted += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        assert token.type != "html_block", token.content
        if token.type == "inline":
            assert all(one.type != "html_inline" for one in token.children or ()), token.content
        if token.type == "heading_open" and not quoted:
            headings.append(token)
        if token.type == "list_item_open" and not quoted:
            items.append(token)
    essay_items = 2
    assert len(items) == made.replies + essay_items
    assert len(headings) == 6, "title, whole, questions, the question, how it went, participants"


async def test_an_essay_about_html_swallows_no_reply_in_markdown(archive: Database) -> None:
    essay = "# T\n\n\\<!-- a comment <3\n\n\\<?x and `<!-- code -->`\n\n```\n<!-- block\n```"
    await archive.write(lambda tx: publish(tx, essay))
    await archive.write(lambda tx: add_replies(tx, 1, ["Nice."]))
    text = render_markdown(await make(archive)).decode()
    assert "\\<!-- a comment <3" in text
    assert "`<!-- code -->`" in text
    assert "\n<!-- block" in text
    tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
    assert not [one for one in tokens if one.type == "html_block"]


async def test_polls_stickers_files_and_reactions_pass_for_nothing_else_in_markdown(
    hostile: Database,
) -> None:
    wrong = "\u202e \x00 **Ada**, 2026-11-28 12:23"
    made = await make(hostile)
    (head, *answers) = made.whole[0].entries
    head = replace(
        head,
        extras=Extras(poll=Poll(wrong, (PollAnswer(wrong), PollAnswer(""))), stickers=(wrong,)),
        files=(ReplyFile(wrong, None, 1),),
        reactions=(("\u202e", 1), ("blob:123", 2)),
    )
    whole = (Thread((head, *answers)), *made.whole[1:])
    made = replace(made, whole=whole)
    text = render_markdown(made).decode()
    check_markdown(made, text, MarkdownIt("commonmark", {"html": True}))
    assert "? 1  :blob: 2" in text


async def test_hostile_texts_are_text_on_the_page_and_in_the_epub(hostile: Database) -> None:
    made = await make(hostile)
    page = render_page(made).decode()
    for wrong in ("<script", "<img", "<style>body", 'javascript:alert(1)"', "<h1>A"):
        assert wrong not in page.partition("</style>")[2], wrong
    assert "49" not in read_text(page.encode()).split()
    links = set(re.findall(r'href="([^"]*)"', page.partition("<main>")[2]))
    assert links == {
        "https://evil.example/pixel.png",
        "https://example.com",
        "https://ex.example/#a%23b",
        "https://ex.example/%25",
    }
    with zipfile.ZipFile(io.BytesIO(render_epub(made))) as archive:
        for name in archive.namelist():
            if name.endswith((".xhtml", ".opf", ".xml")):
                etree.fromstring(archive.read(name))


async def test_the_page_is_well_formed_xml_too(hostile: Database) -> None:
    page = render_page(await make(hostile)).decode()
    etree.fromstring(page.replace("<!DOCTYPE html>", "").strip().encode())


@pytest.mark.slow
async def test_epubcheck_finds_nothing_in_a_book(talked: Database, tmp_path: Path) -> None:
    await check_epub(render_epub(await make(talked)), tmp_path)


@pytest.mark.slow
async def test_epubcheck_finds_nothing_in_a_hostile_book(hostile: Database, tmp_path: Path) -> None:
    await check_epub(render_epub(await make(hostile)), tmp_path)


async def check_epub(book: bytes, folder: Path) -> None:
    """Run W3C's validator, where it is installed."""
    if shutil.which("java") is None or not EPUBCHECK.is_file():
        pytest.skip("epubcheck isn't installed: scripts/install-epubcheck installs it")
    path = folder / "book.epub"
    path.write_bytes(book)
    done = await asyncio.to_thread(
        subprocess.run,
        ["java", "-jar", str(EPUBCHECK), str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_a_large_book_is_divided_between_threads(archive: Database) -> None:
    await archive.write(lambda tx: publish(tx, ESSAY))
    await archive.write(lambda tx: add_replies(tx, 1, [f"{n} " + "word " * 200 for n in range(60)]))
    made = await make(archive)
    for form in ("page", "markdown", "epub"):
        limit = 40_000 if form != "epub" else 6_000
        files = render_volumes(made, form, limit)
        assert len(files) > 1
        assert max(len(one) for one in files) <= limit
        assert len(make_names(made, form, len(files))) == len(files)
        assert len(render_volumes(made, form, None)) == 1
    texts = [one.decode() for one in render_volumes(made, "markdown", 40_000)]
    for number in range(60):
        assert sum(f"> {number} word" in one for one in texts) == 1
    assert "It takes a night" in texts[0]
    assert "It takes a night" not in texts[1]
    assert "Part 1 of" in texts[0]
    assert "Who took part" in texts[-1]


async def test_a_long_chapter_of_an_epub_is_several_files(archive: Database) -> None:
    await archive.write(lambda tx: publish(tx, ESSAY))
    ids = await archive.write(lambda tx: add_replies(tx, 1, [f"reply {n}." for n in range(2500)]))
    await archive.write(
        lambda tx: tx.run_many(
            "INSERT INTO reply_passages (reply_id, revision, number) VALUES (:id, 1, 1)",
            [{"id": reply} for reply in ids[:1000]],
        )
    )
    await archive.write(
        lambda tx: tx.run_many(
            """
            UPDATE replies SET planned_message_id = (
                SELECT id FROM planned_messages WHERE purpose = 'closing'
            ) WHERE id = :id
            """,
            [{"id": reply} for reply in ids[1000:2000]],
        )
    )
    made = await make(archive)
    with zipfile.ZipFile(io.BytesIO(render_epub(made))) as archive_file:
        chapters = {
            name: archive_file.read(name).decode()
            for name in archive_file.namelist()
            if name.endswith(".xhtml")
        }
    for kind, count in (("essay", 3), ("whole", 2), ("questions", 3)):
        assert sum(name.startswith(f"EPUB/{kind}-") for name in chapters) == count, kind
    shown = "".join(chapters.values())
    for number in range(2500):
        assert shown.count(f"<p>reply {number}.</p>") == 1
    assert shown.count("It takes a night to make") == 1


async def test_a_book_without_replies_or_with_only_an_essay_is_a_book(archive: Database) -> None:
    await archive.write(lambda tx: publish(tx, "Only a line of text."))
    made = await make(archive)
    assert b"Only a line of text." in render_page(made)
    assert b"Only a line of text." in render_markdown(made)
    assert zipfile.ZipFile(io.BytesIO(render_epub(made))).testzip() is None


async def test_a_text_from_right_to_left_is_shown_so(archive: Database) -> None:
    await archive.write(lambda tx: publish(tx, "# على مهل\n\nالخبز يحتاج ليلة."))
    await archive.write(lambda tx: add_replies(tx, 1, ["نعم."]))
    page = render_page(await make(archive)).decode()
    assert '<h1 dir="auto">على مهل</h1>' in page
    assert '<p dir="auto" data-passage="1">الخبز يحتاج ليلة.</p>' in page
    assert '<div class="text" dir="auto"><p>نعم.</p>' in page


async def test_a_long_thread_is_collapsed(archive: Database) -> None:
    await archive.write(lambda tx: publish(tx, ESSAY))
    (head,) = await archive.write(lambda tx: add_replies(tx, 1, ["head"]))
    await archive.write(lambda tx: add_replies(tx, 1, ["below"] * 12, seconds=100, parent_id=head))
    page = render_page(await make(archive)).decode()
    assert page.count("<details>") == 1
    assert "<summary>12 more replies</summary>" in page


async def test_replies_nested_deeper_than_pythons_stack_are_in_order(archive: Database) -> None:
    await archive.write(lambda tx: publish(tx, ESSAY))
    parent = None
    for number in range(1500):
        (parent,) = await archive.write(
            lambda tx, number=number, parent=parent: add_replies(  # type: ignore[misc]
                tx, 1, [f"level {number}"], seconds=10 + number, parent_id=parent
            )
        )
    made = await make(archive)
    (thread,) = list_threads(made)
    assert [entry.depth for entry in thread.entries] == list(range(1500))
    assert "level 1499" in render_markdown(made).decode()
    assert "level 1499" in render_page(made).decode()
    assert make_id(0) > 0
    with use_language("en"):
        assert render_epub(made)
