"""The JSON export: its fields, and that it is written in pieces that make one document."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.conversation.forwards_polls_stickers import Extras, Forward, Poll, PollAnswer
from bot.export import write_json
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.replies.full_replies import FullReply, read_replies
from storage.replies.reply_changes import ERASE_REPLY, Changes
from tests.library.hostile import TEXTS
from tests.library.talk import about, add_replies, publish
from tests.support.archives import open_archive, uses_postgresql
from tests.support.exports import export_essay

ESSAY = """---
author: Ann Baker
url: https://example.com/bread
---
# Slow bread

It takes a night to make a loaf.

Would you wait?
"""


@pytest_asyncio.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_archive(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: publish(tx, ESSAY))
        yield database


async def test_an_export_has_the_essay_with_author_source_passages_and_attachments(
    archive: Database,
) -> None:
    essay = (await archive.read(lambda tx: export_essay(tx, "1")))["essay"]
    assert essay["title"] == "Slow bread"
    assert essay["author"] == "Ann Baker"
    assert essay["source_url"] == "https://example.com/bread"
    assert essay["passages"] == [
        {"number": 1, "text": "It takes a night to make a loaf."},
        {"number": 2, "text": "Would you wait?"},
    ]
    assert essay["attachments"] == []
    assert essay["published_at"] == "2026-01-05T10:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "extras", "kind"),
    [
        ("Words.", Extras(), "message"),
        ("", Extras(), "message"),
        ("", Extras(stickers=("Oven",)), "sticker"),
        ("Words.", Extras(stickers=("Oven",)), "message"),
        ("", Extras(poll=Poll("Rye?", (PollAnswer("Yes"), PollAnswer("No")))), "poll"),
        ("", Extras(forward=Forward(5, "Another's words.")), "forward"),
        ("", Extras(forward=Forward(None, "", ("Oven",))), "forward"),
    ],
)
async def test_a_reply_says_what_kind_it_is(
    archive: Database, text: str, extras: Extras, kind: str
) -> None:
    (key,) = await archive.write(lambda tx: add_replies(tx, 1, [text]))
    if extras:
        changes = Changes()
        changes.insert_extras(key, extras)
        await archive.write(changes.write)
    (reply,) = (await archive.read(lambda tx: export_essay(tx, "1")))["replies"]
    assert reply["kind"] == kind
    assert reply["stickers"] == list(extras.stickers)
    assert (reply["forward"] is None) == (extras.forward is None)
    assert (reply["poll"] is None) == (extras.poll is None)


async def test_a_deleted_reply_has_its_place_and_no_words(archive: Database) -> None:
    first, second = await archive.write(lambda tx: add_replies(tx, 1, ["One.", "Two."]))
    await about(archive, first, 2, 1)
    for sql in ERASE_REPLY:
        await archive.write(
            lambda tx, sql=sql: tx.run(sql, {"id": second, "message_id": second, "at": 1})  # type: ignore[misc]
        )
    replies = (await archive.read(lambda tx: export_essay(tx, "1")))["replies"]
    assert [(one["id"], one["text"], one["deleted"]) for one in replies] == [
        (str(first), "One.", False),
        (str(second), "", True),
    ]
    assert [one["passages"] for one in replies] == [[1, 2], []]
    assert replies[0]["author"] == {"id": "7", "name": "Ann"}
    assert replies[0]["written_at"] == "2026-01-05T10:00:10+00:00"
    assert replies[0]["edited_at"] is None


async def test_the_pieces_of_an_export_are_one_document_of_one_line_for_each_reply(
    archive: Database,
) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in TEXTS] * 40
    if uses_postgresql():  # which stores no NUL
        texts = [text.replace("\0", "\ufffd") for text in texts]
    pieces: list[bytes] = []
    await archive.read(lambda tx: write_json(tx, "1", pieces.append))
    assert json.loads(b"".join(pieces))["replies"] == []
    await archive.write(lambda tx: add_replies(tx, 1, texts))
    pieces.clear()
    await archive.read(lambda tx: write_json(tx, "1", pieces.append))
    assert len(pieces) > 3
    document = b"".join(pieces).decode()
    assert [one["text"] for one in json.loads(document)["replies"]] == texts
    lines = document.split("\n")
    assert sum(line.startswith('    {"id"') for line in lines) == len(texts)


async def test_slices_of_any_size_have_every_reply_with_all_that_belongs_to_it(
    archive: Database,
) -> None:
    keys = await archive.write(lambda tx: add_replies(tx, 1, [f"{n}." for n in range(11)]))
    for key in keys[::2]:
        await about(archive, key, 1)
    changes = Changes()
    for key in keys[::3]:
        changes.insert_extras(key, Extras(stickers=("Oven",)))
        changes.set_reaction(key, "🍞", 2)
    await archive.write(changes.write)

    async def read(tx: Transaction, at_once: int) -> list[FullReply]:
        return [one async for some in read_replies(tx, 1, at_once=at_once) for one in some]

    whole = await archive.read(lambda tx: read(tx, 100))
    assert [one.id for one in whole] == keys
    assert sum(bool(one.passages) for one in whole) == 6
    assert sum(one.reactions == (("🍞", 2),) for one in whole) == 4
    for at_once in (1, 2, 11):
        assert await archive.read(lambda tx, at_once=at_once: read(tx, at_once)) == whole  # type: ignore[misc]
