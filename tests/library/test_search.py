"""The search: what is found, in which order, and what nobody may find."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot import erasure
from bot.core.conversation.forwards_polls_stickers import Extras, Forward, Poll, PollAnswer
from bot.core.text.coded_text import make_coded
from bot.core.text.search_query import parse_search
from bot.library.search import NEWEST, Cursor, Page, Search, run_search
from storage.db.database import Database, open_database
from storage.db.migrate import load_migrations
from storage.db.writer import Transaction
from storage.replies import deleted_channels
from storage.replies.reply_changes import ERASE_REPLY, Changes
from tests.library.talk import CHANNEL, SERVER, START, add_replies, publish
from tests.support.archive_bytes import files_with
from tests.support.archives import open_archive

ESSAY = """# Slow bread

It takes a night to make a loaf.

The dough does not care how busy we are.

Would you wait?
"""


@pytest_asyncio.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_archive(tmp_path / "salon.sqlite3") as database:
        yield database


async def may_read_all(channel_id: int) -> bool:
    del channel_id
    return True


async def search(database: Database, words: str, **filters: object) -> Page:
    asked = replace(Search(SERVER, parse_search(words)), **filters)  # type: ignore[arg-type]
    return await run_search(database, asked, may_read_all)


async def find(database: Database, words: str, **filters: object) -> list[str]:
    return [hit.text for hit in (await search(database, words, **filters)).hits]


async def talk(database: Database, *texts: str) -> int:
    """A discussion with these replies; its id."""
    discussion_id = await database.write(lambda tx: publish(tx, ESSAY))
    await database.write(lambda tx: add_replies(tx, discussion_id, texts))
    return discussion_id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Das Café in der Straße", "strasse cafe"),
        ("我不会等一整夜。", "一整夜"),
        ("ฉันไม่รอทั้งคืน", "ทั้งคืน"),
        ("İstanbul'da ekmek", "istanbul"),
        ("ISPARTA", "ısparta"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("οδός", "ΟΔΟΣ"),
        ("re\N{COMBINING ACUTE ACCENT}sume\N{COMBINING ACUTE ACCENT}", "résumé"),
        ("Bread 🍞 forever", "🍞"),
        ("one two\nthree", '"two three"'),
        ("three two one", "one three"),
        ("It’s mine", "it's"),
        ("100 % Roggen_mehl", "roggen_mehl"),
    ],
)
async def test_a_reply_is_found_by_its_words_in_any_script(
    archive: Database, text: str, words: str
) -> None:
    await talk(archive, text, "Something else.")
    assert await find(archive, words) == [text]


async def test_the_digits_of_mentions_and_emojis_are_not_words(archive: Database) -> None:
    texts = ("<@100200> <#100200> <t:100200:R> hi", "<:wave100:200300> hi", "<b> 100200", "100200")
    await talk(archive, *texts)
    assert await find(archive, "100200") == ["100200", "<b> 100200"]
    assert await find(archive, "wave100 hi") == ["<:wave100:200300> hi"]
    assert await find(archive, "<@100200>") == [texts[0]], "who was mentioned"
    assert (await search(archive, "200 hi")).more == 0


async def test_a_phrase_is_found_only_as_it_was_written(archive: Database) -> None:
    await talk(archive, "slow loaf", "loaf, slow", "slow white loaf")
    assert await find(archive, '"slow loaf"') == ["slow loaf"]
    assert len(await find(archive, "slow loaf")) == 3


async def test_the_essays_own_text_is_found_and_marked(archive: Database) -> None:
    await talk(archive, "My dough is busy.")
    page = await search(archive, "dough busy")
    assert [(hit.is_essay, hit.passages) for hit in page.hits] == [(False, ()), (True, (2,))]
    assert page.hits[1].title == "Slow bread"


async def test_an_essay_is_found_by_its_title(archive: Database) -> None:
    await talk(archive)
    (hit,) = (await search(archive, "SLOW")).hits
    assert (hit.is_essay, hit.passages, hit.text) == (True, (), "Slow bread")
    assert await find(archive, "slow", passage=1) == []


POLL = Poll("Rye or wheat?", (PollAnswer("Bäckerbrot"), PollAnswer("Wheat", "🌾")))


@pytest.mark.parametrize(
    ("text", "extras", "words", "shown"),
    [
        ("", Extras(poll=POLL), "wheat RYE", "Poll: Rye or wheat? · Bäckerbrot · 🌾 Wheat"),
        ("", Extras(poll=POLL), "backerbrot", "Poll: Rye or wheat? · Bäckerbrot · 🌾 Wheat"),
        ("", Extras(stickers=("Ofenfrisch",)), "ofenfrisch", "Sticker: Ofenfrisch"),
        ("My own.", Extras(stickers=("Ofen",)), "own ofen", "My own.\nSticker: Ofen"),
        (
            "",
            Extras(forward=Forward(5, "Ein ÄHRENFELD", ("Korn",))),
            "ahrenfeld korn",
            "Forwarded: Ein ÄHRENFELD · Korn",
        ),
    ],
)
async def test_polls_stickers_and_forwards_are_searched_and_shown(
    archive: Database, text: str, extras: Extras, words: str, shown: str
) -> None:
    discussion_id = await talk(archive)
    (reply,) = await archive.write(lambda tx: add_replies(tx, discussion_id, [text]))
    changes = Changes()
    changes.insert_extras(reply, extras)
    await archive.write(changes.write)
    assert await find(archive, words) == [shown]
    assert await find(archive, '"own ofen"') == [], "a phrase isn't put together"
    left = await archive.read(lambda tx: tx.rows("SELECT reply_id FROM unfolded_replies"))
    assert left == []


async def test_changed_extras_are_found_by_their_new_words_only(archive: Database) -> None:
    discussion_id = await talk(archive)
    (reply,) = await archive.write(lambda tx: add_replies(tx, discussion_id, ["Mein Wort."]))

    async def change(extras: Extras, at: int, text: str = "Mein Wort.") -> None:
        changes = Changes()
        changes.edit_extras(reply, extras, at)
        changes.edit_reply(reply, text, at)
        await archive.write(changes.write)

    await change(Extras(poll=POLL), 1)
    await change(Extras(poll=replace(POLL, question="Hafer?")), 2)
    assert await find(archive, "rye") == []
    assert len(await find(archive, "hafer mein")) == 1
    await change(Extras(poll=replace(POLL, question="Mais?")), 1)  # an older edit, late
    assert await find(archive, "mais") == []
    await change(Extras(poll=replace(POLL, question="Hafer?")), 3, "Dein Wort.")
    assert await find(archive, "mein") == []
    assert len(await find(archive, "hafer dein")) == 1
    await change(Extras(poll=replace(POLL, question="Hafer?")), 4, "")
    assert len(await find(archive, "hafer")) == 1


async def test_pages_go_from_new_to_old_and_have_every_hit_once(archive: Database) -> None:
    discussion_id = await talk(archive, *(f"loaf {number}" for number in range(13)))
    seen: list[str] = []
    cursor: Cursor | None = NEWEST
    more = []
    while cursor is not None:
        asked = Search(SERVER, ("loaf",), discussion_id)
        page = await run_search(archive, asked, may_read_all, after=cursor, at_once=4)
        seen += [hit.text for hit in page.hits]
        more.append(page.more)
        cursor = page.further
    own = "It takes a night to make a loaf."
    assert seen == [*(f"loaf {number}" for number in reversed(range(13))), own]
    assert more == [9, 4, 0]


async def test_passages_of_one_essay_continue_on_the_next_page(archive: Database) -> None:
    essay = "# Many\n\n" + "\n\n".join(f"A loaf, the {number}th." for number in range(1, 13))
    await archive.write(lambda tx: publish(tx, essay))
    numbers: list[int] = []
    cursor: Cursor | None = NEWEST
    while cursor is not None:
        page = await run_search(archive, Search(SERVER, ("loaf",)), may_read_all, after=cursor)
        numbers += [hit.passages[0] for hit in page.hits]
        cursor = page.further
    assert numbers == list(range(1, 13))


async def test_the_search_stops_when_its_time_is_over_and_goes_on_from_there(
    archive: Database,
) -> None:
    await talk(archive, "the needle", *(f"hay {number}" for number in range(20)))
    asked = Search(SERVER, ("needle",))
    cursor, pages = NEWEST, 0
    while True:
        page = await run_search(archive, asked, may_read_all, after=cursor, budget=0, at_once=5)
        pages += 1
        if page.further is None:
            break
        assert page.hits == ()
        assert page.searched_back_to is not None
        cursor = page.further
    assert [hit.text for hit in page.hits] == ["the needle"]
    assert pages == 5


async def test_the_filters_leave_out_everything_else(archive: Database) -> None:
    first = await talk(archive, "loaf by Ann")
    second = await archive.write(lambda tx: publish(tx, ESSAY, seconds=100))
    await archive.write(
        lambda tx: add_replies(tx, second, ["loaf by Ben"], seconds=200, author_id=8, author="Ben")
    )
    own = "It takes a night to make a loaf."
    assert await find(archive, "loaf") == ["loaf by Ben", own, "loaf by Ann", own]
    assert await find(archive, "loaf", discussion_id=first) == ["loaf by Ann", own]
    assert await find(archive, "loaf", author_id=8) == ["loaf by Ben"]
    assert await find(archive, "loaf", author_id=9) == []
    assert await find(archive, "loaf", passage=1) == [own, own]
    assert await find(archive, "loaf", passage=2) == []
    since = START + timedelta(seconds=150)
    assert await find(archive, "loaf", since=since) == ["loaf by Ben"]
    assert await find(archive, "loaf", server_id=2) == []
    assert await find(archive, "loaf", server_id=2, discussion_id=first) == []


async def test_what_may_not_be_read_is_neither_shown_nor_counted(archive: Database) -> None:
    discussion_id = await talk(archive, *(f"loaf {number}" for number in range(7)))
    await archive.write(
        lambda tx: add_replies(
            tx, discussion_id, ["secret loaf"] * 30, seconds=100, channel_id=99, thread_id=99
        )
    )

    async def may_read(channel_id: int) -> bool:
        return channel_id != 99

    page = await run_search(archive, Search(SERVER, ("loaf",)), may_read)
    assert [hit.text for hit in page.hits] == [f"loaf {number}" for number in range(6, 1, -1)]
    assert (page.more, page.has_uncounted) == (3, False)

    async def may_read_nothing(channel_id: int) -> bool:
        del channel_id
        return False

    page = await run_search(archive, Search(SERVER, ("loaf",)), may_read_nothing)
    assert (page.hits, page.more, page.further) == ((), 0, None)


async def test_more_hits_than_are_counted_are_said_to_be_more(archive: Database) -> None:
    await talk(archive, *(["loaf"] * 300))
    page = await search(archive, "loaf")
    assert (len(page.hits), page.more, page.has_uncounted) == (5, 20, True)


async def test_drafts_and_withdrawn_essays_are_not_found(archive: Database) -> None:
    discussion_id = await talk(archive, "A reply about dough.")
    for state in ("draft", "scheduled", "withdrawn"):
        await archive.write(
            lambda tx, state=state: tx.run(  # type: ignore[misc]
                "UPDATE discussions SET state = :state WHERE id = :id",
                {"state": state, "id": discussion_id},
            )
        )
        assert await find(archive, "dough") == ["A reply about dough."]


async def test_a_deleted_channel_is_not_searched(archive: Database) -> None:
    await talk(archive, "A reply about dough.")
    await archive.write(
        lambda tx: deleted_channels.hide(
            tx, CHANNEL, SERVER, last_error=make_coded("deleted"), now_ms=1
        )
    )
    assert await find(archive, "dough") == []


async def test_an_edited_reply_is_found_by_its_new_words_only(archive: Database) -> None:
    discussion_id = await talk(archive)
    (reply,) = await archive.write(lambda tx: add_replies(tx, discussion_id, ["Ein Häuschen."]))
    assert await find(archive, "hauschen") == ["Ein Häuschen."]

    async def edit(text: str, at: int) -> None:
        changes = Changes()
        changes.edit_reply(reply, text, at)
        await archive.write(changes.write)

    await edit("Ein Schlösschen.", 2)
    assert await find(archive, "hauschen") == []
    assert await find(archive, "schlosschen") == ["Ein Schlösschen."]
    await edit("Ein Türmchen.", 1)  # an older edit that arrives late
    assert await find(archive, "turmchen") == []
    assert await find(archive, "schlosschen") == ["Ein Schlösschen."]
    await edit("PLAIN", 3)
    assert await find(archive, "plain") == ["PLAIN"]
    left = await archive.read(lambda tx: tx.rows("SELECT reply_id FROM unfolded_replies"))
    assert left == []


async def erase_author(tx: Transaction) -> None:
    await erasure.erase_member(tx, SERVER, 8, now_ms=1)


async def erase_channel(tx: Transaction) -> None:
    await tx.run(
        "INSERT INTO deleted_channels (channel_id, server_id, deleted_at) VALUES (99, :id, 0)",
        {"id": SERVER},
    )
    assert await deleted_channels.erase_due(tx, deleted_channels.RETENTION_MS) == 1


@pytest.mark.parametrize("erase", [erase_author, erase_channel])
async def test_a_forwards_own_words_are_still_found_when_the_forwarded_ones_are_erased(
    archive: Database, erase: Callable[[Transaction], Awaitable[None]]
) -> None:
    discussion_id = await talk(archive)

    async def forward(tx: Transaction) -> None:
        (source,) = await add_replies(
            tx, discussion_id, ["Ein Häuschen."], author_id=8, channel_id=99
        )
        (reply,) = await add_replies(tx, discussion_id, ["Wie schön!"], seconds=20)
        changes = Changes()
        changes.insert_extras(reply, Extras(forward=Forward(source, "Ein Häuschen.")))
        await changes.write(tx)

    await archive.write(forward)
    assert len(await find(archive, "hauschen")) == 2
    await archive.write(erase)
    assert await find(archive, "hauschen") == []
    (shown,) = await find(archive, "schon")
    assert shown.startswith("Wie schön!")
    left = await archive.read(lambda tx: tx.rows("SELECT reply_id FROM unfolded_replies"))
    assert left == []


@pytest.mark.sqlite
async def test_no_file_has_an_erased_word_in_any_form(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as archive:
        discussion_id = await talk(archive)
        (reply,) = await archive.write(
            lambda tx: add_replies(tx, discussion_id, ["Ein HÉLIOTROPE im Garten."])
        )
        assert len(await find(archive, "heliotrope")) == 1
        await archive.truncate_log()
        words = ("HÉLIOTROPE".encode(), b"heliotrope")
        assert files_with(tmp_path, *words) != []
        for sql in ERASE_REPLY:
            await archive.write(
                lambda tx, sql=sql: tx.run(sql, {"id": reply, "message_id": reply, "at": 1})  # type: ignore[misc]
            )
        assert await find(archive, "heliotrope") == []
        assert await archive.truncate_log()
        assert files_with(tmp_path, *words) == []


@pytest.mark.sqlite
async def test_no_file_has_an_erased_word_of_a_poll_a_sticker_or_a_forward(
    tmp_path: Path,
) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as archive:
        discussion_id = await talk(archive)
        source, poll, sticker, forward = await archive.write(
            lambda tx: add_replies(tx, discussion_id, ["HÉLIOTROPE", "", "", ""])
        )
        changes = Changes()
        changes.insert_extras(poll, Extras(poll=Poll("HÉLIOTROPE?", (PollAnswer("HÉLIOTROPE"),))))
        changes.insert_extras(sticker, Extras(stickers=("HÉLIOTROPE",)))
        changes.insert_extras(forward, Extras(forward=Forward(source, "HÉLIOTROPE")))
        await archive.write(changes.write)
        assert len(await find(archive, "heliotrope")) == 4
        changes = Changes()
        for reply in (source, poll, sticker):
            changes.erase_reply(reply, reply, 1)
        await archive.write(changes.write)
        assert await find(archive, "heliotrope") == []
        assert await archive.truncate_log()
        assert files_with(tmp_path, "HÉLIOTROPE".encode(), b"heliotrope") == []


@pytest.mark.sqlite
async def test_replies_of_an_older_archive_are_folded_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:10]) as database:
        await database.write(
            lambda tx: tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'S', 0)")
        )
        await database.write(
            lambda tx: tx.run(
                """
                INSERT INTO discussions (id, server_id, channel_id, state, created_at)
                VALUES (1, 1, 2, 'open', 0)
                """
            )
        )
        await database.write(
            lambda tx: tx.run(
                """
                INSERT INTO revisions (discussion_id, number, created_at, words, content_hash,
                    title)
                VALUES (1, 1, 0, 5, '', 'Slow bread')
                """
            )
        )
        rows = [{"id": number, "text": f"ÄHRE {number}"} for number in range(1, 2101)]
        await database.write(
            lambda tx: tx.run_many(
                """
                INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id,
                    author_name, written_at, text)
                VALUES (:id, 1, 1, 2, 4, 'Ann', 0, :text)
                """,
                rows,
            )
        )
    async with open_database(path) as database:
        assert await find(database, '"ahre 7"') != []
        left = await database.read(lambda tx: tx.rows("SELECT reply_id FROM unfolded_replies"))
        assert left == []
