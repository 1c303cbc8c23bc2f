"""Sources of essays: one copy of each, erased with the last revision that was read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiosqlite

from storage.db.database import Database, open_database
from storage.db.migrate import load_migrations, migrate
from storage.db.writer import Transaction
from storage.essays import drafts, pending_revisions
from storage.essays.revisions import NewRevision, add_revision
from tests.ingest.test_record_batch import NOW_MS, essay

BEFORE = 16  # migrations, before a source was saved apart from its revision
BOOK, TEXT = b"a book of two chapters", b"another text"


def make_revision(source: bytes) -> NewRevision:
    return NewRevision(essay(), source, "book.epub", None, ())


async def make_draft(tx: Transaction, number: int, source: bytes) -> None:
    await tx.run(
        "INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0) ON CONFLICT DO NOTHING"
    )
    await tx.run(
        """
        INSERT INTO discussions (id, server_id, channel_id, state, created_at)
        VALUES (:id, 1, 2, 'draft', 0)
        """,
        {"id": number},
    )
    await add_revision(tx, number, 1, make_revision(source), NOW_MS)


async def get_sources(tx: Transaction) -> list[bytes]:
    return [row["content"] for row in await tx.rows("SELECT content FROM sources ORDER BY content")]


async def test_the_drafts_of_a_books_chapters_share_one_copy_until_the_last_is_discarded(
    database: Database,
) -> None:
    async def play(tx: Transaction) -> list[list[bytes]]:
        seen = []
        for number, source in ((1, BOOK), (2, BOOK), (3, TEXT)):
            await make_draft(tx, number, source)
        for number in (1, 2, 3):
            found = await drafts.find(tx, number)
            assert found is not None
            assert found.source == (TEXT if number == 3 else BOOK)
        seen.append(await get_sources(tx))
        for number in (1, 2, 3):
            assert await drafts.discard(tx, number, NOW_MS)
            seen.append(await get_sources(tx))
        return seen

    assert await database.write(play) == [[BOOK, TEXT], [BOOK, TEXT], [TEXT], []]


async def test_a_pending_revision_keeps_its_source_until_it_is_replaced_or_discarded(
    database: Database,
) -> None:
    async def save(tx: Transaction, source: bytes) -> int:
        return await pending_revisions.save(
            tx, discussion_id=1, revision=make_revision(source), now_ms=NOW_MS
        )

    async def play(tx: Transaction) -> list[list[bytes]]:
        seen = []
        await make_draft(tx, 1, BOOK)
        await save(tx, TEXT)
        seen.append(await get_sources(tx))
        edit = await save(tx, BOOK)
        seen.append(await get_sources(tx))
        found = await pending_revisions.find(tx, edit)
        assert found is not None
        assert found.revision.source == BOOK
        assert await pending_revisions.discard(tx, edit)
        seen.append(await get_sources(tx))
        await save(tx, TEXT)
        await tx.run("DELETE FROM discussions WHERE server_id = 1")
        seen.append(await get_sources(tx))
        return seen

    assert await database.write(play) == [[BOOK, TEXT], [BOOK], [BOOK], []]


_FILL = """
INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0);
INSERT INTO discussions (id, server_id, channel_id, state, created_at)
VALUES (1, 1, 2, 'open', 0), (2, 1, 2, 'open', 0);
INSERT INTO revisions (discussion_id, number, created_at, words, content_hash, title)
VALUES (1, 1, 0, 1, '', 'One'), (1, 2, 0, 1, '', 'One'), (2, 1, 0, 1, '', 'Two');
INSERT INTO revision_contents (discussion_id, number, essay, source)
VALUES (1, 1, '{}', x'01'), (1, 2, '{}', x'02'), (2, 1, '{}', x'01');
INSERT INTO pending_revisions (id, discussion_id, created_at, notes) VALUES (7, 2, 0, '');
INSERT INTO pending_revision_contents (id, essay, source) VALUES (7, '{}', x'03');
"""


async def test_sources_that_were_saved_with_their_revisions_are_kept_and_erased_with_them(
    tmp_path: Path,
) -> None:
    path, migrations = tmp_path / "salon.sqlite3", load_migrations()
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, migrations[:BEFORE])
        await connection.executescript(_FILL)
        await migrate(connection, migrations[: BEFORE + 1])
    async with open_database(path) as database:

        async def read(tx: Transaction) -> list[Any]:
            rows = await tx.rows(
                """
                SELECT discussion_id, number, content FROM revision_contents
                JOIN sources ON hash = source_hash ORDER BY discussion_id, number
                """
            )
            return [tuple(row) for row in rows]

        assert await database.read(read) == [(1, 1, b"\1"), (1, 2, b"\2"), (2, 1, b"\1")]
        assert await database.read(get_sources) == [b"\1", b"\1", b"\2", b"\3"]
        await database.write(lambda tx: tx.run("DELETE FROM discussions WHERE id = 1"))
        assert await database.read(get_sources) == [b"\1", b"\3"]
        await database.write(lambda tx: tx.run("DELETE FROM discussions WHERE id = 2"))
        assert await database.read(get_sources) == []
