"""A restored backup doesn't bring back what quotes words that were erased or edited away since."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.core.text.coded_text import make_coded
from storage.db.database import open_database
from storage.db.restore import restore
from tests.support.archive_bytes import files_with

SECRET = "heliotrope"
FILL = f"""
INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0);
INSERT INTO discussions (id, server_id, channel_id, state, created_at) VALUES (1, 1, 1, 'open', 0);
INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id, author_name, written_at,
    text)
VALUES (7, 1, 1, 1, 5, 'Ann', 0, '{SECRET}'), (8, 1, 1, 1, 5, 'Ann', 0, '{SECRET}');
INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, state, due_at, name)
VALUES (7, 1, 1, 1, 5, 'ready', 0, 'Ann: {SECRET}'), (8, 1, 1, 1, 5, 'ready', 0, 'Ann: {SECRET}');
INSERT INTO planned_messages (id, server_id, channel_id, state, purpose, planned_at, due_at,
    after_id, nonce, payload)
VALUES (1, 1, 7, 'sent', 'nudge', 0, 0, 0, 'a', '{SECRET}'),
    (2, 1, 8, 'sent', 'nudge', 0, 0, 0, 'b', '{SECRET}');
INSERT INTO prompts (server_id, discussion_id, state, kind, thread_id, planned_message_id,
    planned_for, late_from, due_at, condition, content)
VALUES (1, 1, 'sent', 'nudge', 7, 1, 0, 0, 0, '', ''),
    (1, 1, 'sent', 'nudge', 8, 2, 0, 0, 0, '', '');
INSERT INTO alerts (server_id, about, sent_at, alert) VALUES (1, 'gone 7', 0,
    json_object('code', 'alert-thread-deleted', 'thread', '{SECRET}'));
"""
ERASE = """
UPDATE replies SET text = '', deleted_at = 1 WHERE id = 7;
UPDATE replies SET text = 'Other.', edited_at = 1 WHERE id = 8;
UPDATE threads SET name = 'A reply';
UPDATE planned_messages SET payload = '{}' WHERE id = 2;
DELETE FROM prompts WHERE thread_id = 7;
DELETE FROM planned_messages WHERE id = 1;
UPDATE alerts SET alert = json_object('code', 'alert-thread-deleted', 'thread', 'A reply');
"""


async def test_what_quotes_erased_words_is_not_restored(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    path, backup = folder / "salon.sqlite3", tmp_path / "backup.sqlite3"
    async with open_database(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.executescript(FILL)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy2(path, backup)
        connection.executescript(ERASE)
    restore(backup, path, datetime(2026, 1, 1, tzinfo=UTC), skip_reason=make_coded("restored"))
    restored = [one for one in files_with(folder, SECRET.encode()) if "replaced" not in one]
    assert restored == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT text FROM replies ORDER BY id").fetchall() == [
            ("",),
            ("Other.",),
        ]
