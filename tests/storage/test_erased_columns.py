"""Every text column of the archive is known to hold no member's words, or to be erased."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from storage.db.database import Database, open_database
from storage.db.writer import Transaction
from storage.replies.reply_changes import ERASE_REPLY

pytestmark = pytest.mark.sqlite

SECRET = "heliotrope"
#: Tables of what admins wrote, what the code names, and what servers chose: nobody's replies.
NO_REPLIES = {
    *("audit_log", "command_syncs", "discussion_pictures", "discussion_styles", "discussions"),
    *("message_edit_kinds", "message_purposes", "passages", "pending_revision_contents"),
    *("pending_revisions", "pictures", "prompt_kinds", "questions", "registered_commands"),
    *(
        "revision_contents",
        "revisions",
        "server_locales",
        "server_settings",
        "servers",
        "sources",
        "submissions",
    ),
}
#: Columns of other tables that have states, codes, hashes, or sentences of our own.
NO_WORDS = {
    ("alerts", "about"),
    *(("answers", column) for column in ("state", "avatar", "link", "signature", "last_error")),
    ("answers", "member_name"),  # emptied with its reply, and by forget-me
    ("attachment_files", "state"),
    *(("author_messages", column) for column in ("state", "last_error", "content")),
    *(("card_indexes", column) for column in ("state", "shown", "last_error")),
    ("message_edits", "state"),
    ("message_edits", "kind"),
    ("message_edits", "last_error"),
    *(("planned_messages", column) for column in ("state", "purpose", "nonce", "last_error")),
    *(("planned_messages", column) for column in ("essay_range", "content_without_links")),
    *(("prompts", column) for column in ("state", "kind", "local_at", "asked_questions")),
    *(("prompts", column) for column in ("condition", "reason", "content")),
    ("replies", "author_name"),  # stays with a deleted reply; forget-me erases it
    *(("reply_moves", column) for column in ("state", "signature", "last_error")),
    ("threads", "state"),
    ("threads", "last_error"),
}
#: A reply's own words; erasing it erases these.
OWN = {
    ("answers", "text"),
    ("replies", "text"),
    ("replies", "folded"),
    ("attachments", "name"),
    ("attachments", "type"),
    ("attachment_files", "url"),
    ("attachment_files", "last_error"),
    ("attachment_files", "content"),
    ("reactions", "emoji"),
    *(("reply_anchors", column) for column in ("exact", "before", "after")),
    ("reply_extras", "forward_text"),
    ("reply_extras", "forward_stickers"),
    ("reply_extras", "poll"),
    ("reply_extras", "stickers"),
}
#: What quotes them; storage.privacy.quotations finds it (tests/cogs/members/test_quotations.py
#: searches all bytes for it).
QUOTING = {
    ("alerts", "alert"),
    ("message_edits", "payload"),
    ("planned_messages", "payload"),
    ("threads", "name"),
}


async def get_columns(tx: Transaction) -> set[tuple[str, str]]:
    rows = await tx.rows(
        """
        SELECT tables.name AS held, columns.name AS called
        FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
            AND columns.type IN ('TEXT', 'BLOB', 'ANY')
        """
    )
    return {(row["held"], row["called"]) for row in rows}


async def test_every_text_column_is_listed_as_without_words_or_erased(database: Database) -> None:
    columns = await database.read(get_columns)
    known = NO_WORDS | OWN | QUOTING
    unlisted = {one for one in columns if one[0] not in NO_REPLIES} - known
    assert unlisted == set(), "say here whether members' words can be in them, and erase those"
    assert known <= columns, "a column that is listed doesn't exist any more"


async def find_secret(tx: Transaction, columns: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    found = set()
    for table, column in columns:
        sql = f"SELECT 1 FROM {table} WHERE instr(CAST({column} AS TEXT), :secret)"
        if await tx.rows(sql, {"secret": SECRET}):
            found.add((table, column))
    return found


async def test_erasing_a_reply_empties_every_column_with_its_own_words(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:

        async def fill(tx: Transaction) -> None:
            for sql in (
                "INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)",
                """
                INSERT INTO discussions (id, server_id, channel_id, state, created_at)
                VALUES (1, 1, 1, 'open', 0)
                """,
                """
                INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id,
                    author_name, written_at, text, folded)
                VALUES (7, 1, 1, 1, 5, 'Ann', 0, :secret, :secret)
                """,
                """
                INSERT INTO attachments (reply_id, position, file_id, size, type, name)
                VALUES (7, 0, 9, 1, :secret, :secret)
                """,
                """
                INSERT INTO attachment_files (id, reply_id, size, state, due_at, url, last_error,
                    content)
                VALUES (9, 7, 1, 'stored', 0, :secret, :secret, CAST(:secret AS BLOB))
                """,
                """
                INSERT INTO answers (id, server_id, discussion_id, channel_id, answered_id,
                    member_id, revision, state, submitted_at, due_at, message_id, member_name, text)
                VALUES (6, 1, 1, 1, 1, 5, 1, 'posted', 0, 0, 7, '', :secret)
                """,
                "INSERT INTO reactions (reply_id, emoji, count) VALUES (7, :secret, 1)",
                """
                INSERT INTO reply_anchors (reply_id, position, revision, number, start_at, end_at,
                    exact, before, after)
                VALUES (7, 0, 1, 1, 0, 1, :secret, :secret, :secret)
                """,
                """
                INSERT INTO reply_extras (reply_id, forward_text, forward_stickers, poll, stickers)
                VALUES (7, :secret, :secret, :secret, :secret)
                """,
            ):
                await tx.run(sql, {"secret": SECRET})

        async def erase(tx: Transaction) -> None:
            for sql in ERASE_REPLY:
                await tx.run(sql, {"id": 7, "message_id": 7, "at": 1})

        await database.write(fill)
        columns = await database.read(get_columns)
        assert await database.read(lambda tx: find_secret(tx, columns)) == OWN
        await database.write(erase)
        assert await database.read(lambda tx: find_secret(tx, columns)) == set()
