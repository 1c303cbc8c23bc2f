"""Migrations of an archive on PostgreSQL that has data in it."""

from __future__ import annotations

from storage.db.checkpoint_and_vacuum import mark_erasure
from storage.db.postgresql.database import open_postgresql
from storage.db.postgresql.migrate import load_migrations
from storage.db.writer import Transaction
from tests.support.postgres_server import PostgresServer

#: An essay whose card has an index, and two replies, of which one has a folded text.
FILL = (
    "INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)",
    """
    INSERT INTO discussions (id, server_id, channel_id, state, created_at)
    VALUES (1, 1, 2, 'open', 0), (9, 1, 2, 'open', 0)
    """,
    "INSERT INTO card_indexes (discussion_id) VALUES (1), (9)",
    """
    INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id, author_name,
        written_at, text)
    VALUES (3, 1, 1, 2, 4, 'Ann', 0, 'Ähre'), (4, 1, 1, 2, 4, 'Ann', 0, 'Yes.')
    """,
    "INSERT INTO folded_texts (reply_id, text) VALUES (3, 'ahre')",
    "UPDATE card_indexes SET state = 'current'",
)


async def test_folded_texts_of_an_older_archive_stay_until_the_text_changes(
    postgres: PostgresServer,
) -> None:
    address = postgres.create()
    older = [one for one in load_migrations() if one[0] <= 25]

    async def fill(tx: Transaction) -> None:
        for sql in FILL:
            await tx.run(sql)

    async with open_postgresql(address, migrations=older) as archive:
        await archive.write(fill)
    async with open_postgresql(address) as archive:

        async def get_replies() -> list[tuple[str, str | None]]:
            sql = "SELECT text, folded FROM replies ORDER BY id"
            return [(row[0], row[1]) for row in await archive.read(lambda tx: tx.rows(sql))]

        assert await get_replies() == [("Ähre", "ahre"), ("Yes.", None)]
        await archive.write(lambda tx: tx.run("UPDATE replies SET text = '' WHERE id = 3"))
        assert await get_replies() == [("", None), ("Yes.", None)]


async def test_what_an_older_archive_has_to_clean_is_still_to_be_cleaned(
    postgres: PostgresServer,
) -> None:
    address = postgres.create()
    older = [one for one in load_migrations() if one[0] <= 26]
    async with open_postgresql(address, migrations=older) as archive:
        await archive.write(lambda tx: tx.run("UPDATE archive_cleanup SET erased_at = 7"))
    async with open_postgresql(address) as archive:
        await archive.write(lambda tx: mark_erasure(tx, 9))
        sql = "SELECT erased_at, erasures FROM archive_cleanup"
        rows = await archive.read(lambda tx: tx.rows(sql))
    assert [tuple(row) for row in rows] == [(7, 1)]


async def test_replies_that_are_inserted_together_mark_the_cards_of_their_discussions(
    postgres: PostgresServer,
) -> None:
    async with open_postgresql(postgres.create()) as archive:

        async def fill(tx: Transaction) -> None:
            for sql in FILL[:4]:
                await tx.run(sql)

        await archive.write(fill)
        sql = "SELECT discussion_id, state FROM card_indexes ORDER BY discussion_id"
        rows = await archive.read(lambda tx: tx.rows(sql))
        assert [tuple(row) for row in rows] == [(1, "changed"), (9, "current")]
