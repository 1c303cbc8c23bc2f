"""Pictures: one copy of each, erased with its last use, however that goes."""

from __future__ import annotations

from pathlib import Path

from storage.db.database import open_database
from storage.db.migrate import load_migrations
from storage.db.writer import Transaction
from storage.essays import drafts, pictures

BEFORE = 6  # migrations, before pictures were saved


async def make_discussion(tx: Transaction, number: int) -> None:
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


async def get_names(tx: Transaction) -> list[str]:
    return [row["name"] for row in await tx.rows("SELECT name FROM pictures ORDER BY name")]


async def test_a_picture_is_saved_once_and_erased_with_its_last_use(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:

        async def play(tx: Transaction) -> list[list[str]]:
            seen = []
            for number in (1, 2, 3):
                await make_discussion(tx, number)
            files = {"a.png": b"a", "b.png": b"b", "c.png": b"c"}
            await pictures.save_pictures(tx, 1, files, ["a.png", "b.png"])
            await pictures.save_pictures(tx, 2, {"b.png": b"b"}, ["b.png", "none.png"])
            await pictures.save_pictures(tx, 3, files, ["c.png"])
            assert await pictures.get_pictures(tx, ["a.png", "none.png"]) == {"a.png": b"a"}
            await pictures.keep_used(tx, 1, ["b.png"])
            seen.append(await get_names(tx))
            await pictures.drop_all(tx, 1)
            seen.append(await get_names(tx))
            assert await drafts.discard(tx, 2, 1)
            seen.append(await get_names(tx))
            await pictures.drop_all(tx, 3)
            seen.append(await get_names(tx))
            return seen

        found = await database.write(play)
    assert found == [["b.png", "c.png"], ["b.png", "c.png"], ["c.png"], []]


async def test_an_archive_with_essays_gets_a_place_for_pictures(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:BEFORE]) as database:
        await database.write(lambda tx: make_discussion(tx, 1))
    async with open_database(path) as database:
        await database.write(lambda tx: pictures.save_pictures(tx, 1, {"a.png": b"a"}, ["a.png"]))
        assert await database.read(get_names) == ["a.png"]
