"""Migrations: in order, each with its version, all of it or nothing."""

from __future__ import annotations

import json
import re
import sqlite3
import tomllib
from contextlib import closing
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import pytest

from bot.core.essay.preview_note import notes_from_lines
from bot.core.text.coded_text import coded_from_json, make_coded
from bot.errors import DatabaseError
from storage.db import migrate
from storage.db.backups import find_fault
from storage.db.checkpoint_and_vacuum import mark_erasure
from storage.db.database import open_database, open_for_reading
from storage.db.migrate import DEVELOPMENT_APPLICATION_ID, load_migrations
from storage.db.writer import Transaction
from tests.support.exports import export_essay

ROOT = Path(__file__).parents[3]
LATEST = len(load_migrations())
#: Changes a table that has rows.
ADD_COLUMN = """
ALTER TABLE servers ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';
UPDATE servers SET locale = 'de' WHERE name = 'Salon';
"""
#: Fails at its last statement.
BROKEN = """
CREATE TABLE moods (id INTEGER PRIMARY KEY) STRICT;
INSERT INTO moods (id) VALUES (1);
INSERT INTO nowhere (id) VALUES (1);
"""
#: The tables that only migrations add rows to.
KINDS = {"message_purposes", "message_edit_kinds", "prompt_kinds", "discussion_styles"}


async def make_archive(path: Path) -> None:
    async with open_database(path) as database:
        await database.write(
            lambda tx: tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)")
        )


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def get_version(path: Path) -> object:
    return query(path, "PRAGMA user_version")[0][0]


async def test_a_migration_changes_a_table_with_rows_in_it(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    await make_archive(path)
    for _ in range(2):  # the second time there is nothing to do
        async with open_database(path, migrations=(*load_migrations(), ADD_COLUMN)):
            pass
        assert get_version(path) == LATEST + 1
        assert query(path, "SELECT name, locale FROM servers") == [("Salon", "de")]


async def add_reply(tx: Transaction) -> None:
    await tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)")
    await tx.run(
        """
        INSERT INTO discussions (id, server_id, channel_id, state, created_at)
        VALUES (1, 1, 2, 'open', 0)
        """
    )
    await tx.run(
        """
        INSERT INTO revisions (discussion_id, number, created_at, words, content_hash, title)
        VALUES (1, 1, 0, 5, '', 'Slow bread')
        """
    )
    await tx.run(
        """
        INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id, written_at,
            author_name, text)
        VALUES (3, 1, 1, 2, 4, 0, 'Ann', 'Yes.')
        """
    )


async def test_proxies_are_off_in_the_settings_of_an_older_archive(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:4]) as database:
        await database.write(add_reply)
        await database.write(
            lambda tx: tx.run("INSERT INTO server_settings (server_id) VALUES (1)")
        )
    async with open_database(path):
        pass
    assert query(path, "SELECT proxy_apps FROM server_settings") == [("",)]
    assert query(path, "SELECT text FROM replies") == [("Yes.",)]


async def test_an_original_that_an_older_archive_found_stays_found(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:8]) as database:
        await database.write(add_reply)
        await database.write(
            lambda tx: tx.run(
                """
                INSERT INTO proxied_replies (reply_id, server_id, original_id, author_id)
                VALUES (3, 1, 2, 4)
                """
            )
        )
    async with open_database(path):
        pass
    assert query(path, "SELECT reply_id, original_id FROM proxied_replies") == [(3, 2)]
    assert query(path, "SELECT 1 FROM proxy_candidates") == []


async def test_notes_of_an_older_archive_become_codes_and_unknown_ones_stay_sentences(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    pdf = (
        "A PDF has no paragraphs of its own: this text was put together from its pages. "
        "Please check it."
    )
    linked = "Pictures that couldn't be fetched are links: {names}, and {more} more."
    with_values: list[object] = [linked, {"names": "“a”\n[b] {c} ü", "more": 2}]
    earlier = "Attributes such as {#name} are left out: 3."
    lines = "\n".join([pdf, json.dumps(with_values), earlier])
    essay = json.dumps({"title": "Über", "notes": [earlier, with_values, pdf]}, ensure_ascii=False)
    expected = (
        make_coded("note-pdf"),
        make_coded("note-pictures-linked-more", names="“a”\n[b] {c} ü", more=2),
        make_coded("as-stored", text=earlier),
    )

    async def add_notes(tx: Transaction) -> None:
        await add_reply(tx)
        await tx.run("UPDATE revisions SET notes = :notes", {"notes": lines})
        await tx.run(
            "INSERT INTO revision_contents (discussion_id, number, essay, source) "
            "VALUES (1, 1, :essay, x'')",
            {"essay": essay},
        )
        await tx.run(
            "INSERT INTO pending_revisions (id, discussion_id, created_at, notes) "
            "VALUES (7, 1, 0, :notes)",
            {"notes": pdf},
        )
        await tx.run(
            "INSERT INTO pending_revision_contents (id, essay, source) "
            "VALUES (7, '{\"notes\":[]}', x'')"
        )

    async with open_database(path, migrations=load_migrations()[:15]) as database:
        await database.write(add_notes)
    async with open_database(path):
        pass
    ((stored,),) = query(path, "SELECT notes FROM revisions")
    assert notes_from_lines(str(stored)) == expected
    ((stored,),) = query(path, "SELECT notes FROM pending_revisions")
    assert notes_from_lines(str(stored)) == expected[:1]
    ((stored,),) = query(path, "SELECT essay FROM revision_contents")
    read = json.loads(str(stored))
    assert read["title"] == "Über"
    assert tuple(map(coded_from_json, read["notes"])) == (expected[2], expected[1], expected[0])
    ((stored,),) = query(path, "SELECT essay FROM pending_revision_contents")
    assert json.loads(str(stored)) == {"notes": []}


async def test_messages_of_an_older_archive_restore_none(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:3]) as database:
        await database.write(add_reply)
        await database.write(
            lambda tx: tx.run(
                """
                INSERT INTO planned_messages (server_id, discussion_id, purpose, channel_id,
                    state, planned_at, due_at, after_id, nonce, payload)
                VALUES (1, 1, 'part', 2, 'planned', 0, 0, 0, 'a', '{}')
                """
            )
        )
    async with open_database(path):
        pass
    assert query(path, "SELECT purpose, restores_id FROM planned_messages") == [("part", None)]
    assert query(path, "SELECT 1 FROM message_purposes WHERE purpose = 'replaced'") == [(1,)]


async def test_replies_of_an_older_archive_have_no_forwards_polls_and_stickers(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:2]) as database:
        await database.write(add_reply)
    async with open_database(path) as database:
        (reply,) = (await database.read(lambda tx: export_essay(tx, "1")))["replies"]
    assert (reply["text"], reply["forward"], reply["poll"]) == ("Yes.", None, None)
    assert reply["stickers"] == []


async def test_cards_of_an_older_archive_get_their_index_with_the_next_reply(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:18]) as database:
        await database.write(add_reply)
        await database.write(
            lambda tx: tx.run(
                """
                INSERT INTO discussions (id, server_id, channel_id, state, created_at)
                VALUES (9, 1, 2, 'draft', 0)
                """
            )
        )
    indexes = "SELECT discussion_id, state, due_at, shown FROM card_indexes"
    async with open_database(path) as database:
        assert query(path, indexes) == [(1, "current", None, None)]
        await database.write(
            lambda tx: tx.run(
                """
                INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id,
                    author_name, written_at, text)
                VALUES (8, 1, 1, 2, 5, 'Ann', 0, 'No.')
                """
            )
        )
        assert query(path, indexes) == [(1, "changed", None, None)]


async def test_folded_texts_of_an_older_archive_stay_until_the_text_changes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:25]) as database:
        await database.write(add_reply)
        for sql in (
            """
            INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id, written_at,
                author_name, text)
            VALUES (4, 1, 1, 2, 4, 0, 'Ann', 'Ähre')
            """,
            "INSERT INTO folded_texts (reply_id, text) VALUES (4, 'ahre')",
        ):
            await database.write(partial(Transaction.run, sql=sql))
    replies = "SELECT text, folded FROM replies ORDER BY id"
    async with open_database(path) as database:
        assert query(path, replies) == [("Yes.", None), ("Ähre", "ahre")]
        await database.write(lambda tx: tx.run("UPDATE replies SET text = '' WHERE id = 4"))
        assert query(path, replies) == [("Yes.", None), ("", None)]


async def test_what_an_older_archive_has_to_clean_is_still_to_be_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:26]) as database:
        await database.write(lambda tx: tx.run("UPDATE archive_cleanup SET erased_at = 7"))
    async with open_database(path) as database:
        await database.write(lambda tx: mark_erasure(tx, 9))
    assert query(path, "SELECT erased_at, erasures FROM archive_cleanup") == [(7, 1)]


async def test_a_migration_that_fails_changes_nothing_and_those_before_it_stay(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    await make_archive(path)
    with pytest.raises(DatabaseError, match="nowhere"):
        async with open_database(path, migrations=(*load_migrations(), ADD_COLUMN, BROKEN)):
            pass
    assert get_version(path) == LATEST + 1
    assert query(path, "SELECT locale FROM servers") == [("de",)]
    assert query(path, "SELECT 1 FROM sqlite_master WHERE name = 'moods'") == []


async def test_a_first_migration_that_fails_leaves_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    with pytest.raises(DatabaseError, match="nowhere"):
        async with open_database(path, migrations=(load_migrations()[0] + BROKEN,)):
            pass
    assert get_version(path) == 0
    assert query(path, "SELECT * FROM sqlite_master") == []
    await make_archive(path)
    assert get_version(path) == LATEST


async def test_an_archive_of_a_development_version_is_refused_and_left_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.execute("CREATE TABLE posts (id INTEGER PRIMARY KEY)")
        old.execute(f"PRAGMA application_id = {DEVELOPMENT_APPLICATION_ID}")
        old.execute("PRAGMA user_version = 3")
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match=r"development version .* can't be upgraded"):
        async with open_database(path):
            pass
    with pytest.raises(DatabaseError, match="development version"):
        async with open_for_reading(path):
            pass
    assert path.read_bytes() == before
    assert "development version" in find_fault(path)


def test_all_migrations_are_packaged_and_control_no_transaction_of_their_own() -> None:
    folder = Path(migrate.__file__).parent / "migrations" / "sqlite"
    files = sorted(folder.iterdir())
    assert len(files) == LATEST
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["storage.db"]
    for file in files:
        name = file.relative_to(folder.parents[1]).as_posix()
        assert any(fnmatch(name, pattern) for pattern in patterns), name
        sql = file.read_text(encoding="utf-8").upper()
        # The body of a trigger has a BEGIN of its own.
        words = re.sub(
            r"^CREATE TRIGGER .*?^END;$", "", sql, flags=re.MULTILINE | re.DOTALL
        ).split()
        assert not {"BEGIN", "COMMIT;", "ROLLBACK;"} & set(words)


async def test_every_foreign_key_is_answered_by_an_index_when_its_parent_is_deleted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    await make_archive(path)
    scanned = []
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        for table in tables:
            keys: dict[int, list[tuple[str, str]]] = {}
            for number, _, parent, column, *_ in connection.execute(
                f"PRAGMA foreign_key_list ({table})"
            ):
                keys.setdefault(number, []).append((parent, column))
            for columns in keys.values():
                if columns[0][0] in KINDS:
                    continue
                # What SQLite asks the child (docs: Foreign Key Support, "Required Indexes").
                where = " AND ".join(f"{column} = :value" for _, column in columns)
                steps = connection.execute(
                    f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {where}", {"value": 1}
                ).fetchall()
                scanned += [(table, step[3]) for step in steps if step[3].startswith("SCAN")]
    assert scanned == []
