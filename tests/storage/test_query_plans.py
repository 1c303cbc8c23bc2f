"""Every statement in storage is answered by an index, however much the archive has grown."""

from __future__ import annotations

import sqlite3
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from storage.db.database import open_database
from storage.db.migrate import load_migrations
from tests.storage.statements import (
    Scan,
    find_scans,
    find_statements,
    statements_in,
    unused_statements,
)

ROOT = Path(__file__).parents[2]
#: Tables that stay small: a row a server or less, and what migrations fill.
SMALL = {
    "servers",
    "server_settings",
    "command_syncs",
    "message_purposes",
    "message_edit_kinds",
    "prompt_kinds",
    "discussion_styles",
    "lookup_ids",
    "sqlite_master",
}
#: Partial indexes of the rows that something is still to be done about.
PENDING = {
    "answers_due",
    "answers_unposted",
    "card_indexes_due",
    "card_indexes_undecided",
    "attachment_files_pending",
    "author_messages_due",
    "deleted_channels_pending",
    "reply_extras_open_polls",
    "discussions_live",
    "discussions_scheduled",
    "message_edits_by_channel",
    "message_edits_planned",
    "planned_messages_pending",
    "planned_messages_publishing",
    "prompts_claimed",
    "prompts_planned",
    "reply_moves_copied",
    "reply_moves_pending",
    "reply_moves_planned",
    "servers_left",
    "submissions_received",
    "threads_pending",
}
#: Statements that read a whole table on purpose: function, table, and why.
WHOLE = {
    (
        "storage.db.erasure_log.get_erasures",
        "erased_members",
    ): "when the archive is opened, and after somebody was erased",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "replies",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "pending_authors",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "answers",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "answer_hints",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "reading_marks",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "threads",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "author_messages",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_servers_of_member",
        "essay_authors",
    ): "an operator's command for one member",
    (
        "storage.db.erasure_log.get_replaced_erasures",
        "replaced.erased_members",
    ): "restoring a backup",
    ("storage.db.restore._carry_over", "answers"): "restoring a backup",
    ("storage.db.restore._carry_over", "author_messages"): "restoring a backup",
    ("storage.db.restore._carry_over", "replies"): "restoring a backup",
    ("storage.db.restore._carry_over", "threads"): "restoring a backup",
    ("storage.db.restore._carry_over", "planned_messages"): "restoring a backup",
    ("storage.db.restore._carry_over", "alerts"): "restoring a backup",
    ("storage.db.restore._carry_over", "replaced.author_messages"): "restoring a backup",
    ("storage.db.restore._carry_over", "replaced.replies"): "restoring a backup",
    (
        "storage.db.folded_texts.fold_pending",
        "unfolded_replies",
    ): "a piece of what is still to be folded, when the archive is opened",
    (
        "storage.replies.attachments.get_stored_bytes",
        "attachment_files",
    ): "sums up the sizes in a small index",
    ("storage.replies.watermarks.get_watched", "watermarks"): "everything that is watched",
    ("storage.replies.watermarks.get_servers", "watermarks"): "once, when the bot has connected",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """An empty archive as the writer has it, with another one attached as ``replaced``."""
    folder = tmp_path_factory.mktemp("plans")
    other = folder / "replaced.sqlite3"
    for path in (other, folder / "salon.sqlite3"):
        with closing(sqlite3.connect(path)) as connection:
            for sql in load_migrations():
                connection.executescript(sql)
    with closing(sqlite3.connect(folder / "salon.sqlite3")) as connection:
        connection.execute("ATTACH :path AS replaced", {"path": str(other)})
        connection.execute("CREATE TEMP TABLE lookup_ids (id INTEGER PRIMARY KEY)")
        yield connection


def is_allowed(scan: Scan) -> bool:
    return scan.table in SMALL or scan.index in PENDING or (scan.place, scan.table) in WHOLE


def test_no_statement_reads_a_whole_table_that_grows(archive: sqlite3.Connection) -> None:
    statements = find_statements(ROOT, "storage")
    assert len({statement.sql for statement in statements}) > 250, "some weren't found"
    scans = [scan for statement in statements for scan in find_scans(archive, statement)]
    refused = [scan for scan in scans if not is_allowed(scan)]
    assert refused == [], "\n".join(f"{s.place} reads all of {s.table}: {s.sql}" for s in refused)
    found = {(scan.place, scan.table) for scan in scans}
    assert WHOLE.keys() <= found, "one that is listed doesn't read a whole table any more"


def test_the_indexes_of_pending_rows_are_partial(archive: sqlite3.Connection) -> None:
    for name in PENDING:
        (sql,) = archive.execute(
            "SELECT sql FROM sqlite_master WHERE name = :name", {"name": name}
        ).fetchone()
        assert " WHERE " in " ".join(sql.split()), name


@pytest.mark.parametrize(
    ("body", "table"),
    [
        (
            'await tx.rows("SELECT id FROM replies WHERE author_name = :name", {"name": ""})',
            "replies",
        ),
        ("await tx.rows(BASE + \"WHERE text = ''\")", "replies"),
        ("for sql in MANY:\n    await tx.run(sql)", "threads"),
        ("await helper(tx, sql=BASE)", "replies"),
        ("sql = BASE if tx else ''\nawait tx.run(sql)", "replies"),
        (
            "await tx.run('SELECT r.id FROM threads AS t, replies AS r WHERE r.text = t.name')",
            "r",
        ),
        ("await tx.run('SELECT count(*) FROM replies')", "replies"),
    ],
)
def test_a_statement_that_reads_a_whole_table_is_noticed(
    archive: sqlite3.Connection, body: str, table: str
) -> None:
    source = (
        'BASE = "SELECT id FROM replies "\n'
        """MANY = ("UPDATE threads SET name = '' WHERE name = :name",)\n"""
        "async def planted(tx):\n" + textwrap.indent(body, "    ")
    )
    module = ModuleType("planted")
    exec(source, vars(module))
    statements = statements_in(source, module, "planted")
    scans = [scan for statement in statements for scan in find_scans(archive, statement)]
    assert table in {scan.table for scan in scans if not is_allowed(scan)}


@pytest.mark.parametrize(
    "body",
    [
        "await tx.rows(f'SELECT id FROM {name}')",
        "await tx.run('SELECT id FROM ' + name)",
        "await tx.row('SELECT id FROM {}'.format(name))",
    ],
)
def test_a_statement_that_is_put_together_while_the_function_runs_is_noticed(body: str) -> None:
    source = "async def planted(tx, name):\n" + textwrap.indent(body, "    ")
    module = ModuleType("planted")
    exec(source, vars(module))
    with pytest.raises(AssertionError, match="only put together there"):
        statements_in(source, module, "planted")


def test_a_statement_that_nothing_uses_is_noticed() -> None:
    source = 'UNUSED = "SELECT id FROM replies"\n'
    module = ModuleType("planted")
    exec(source, vars(module))
    assert unused_statements(source, module) == [("UNUSED", "SELECT id FROM replies")]


async def test_the_writer_has_the_table_of_ids_that_the_plans_expect(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        assert await database.write(lambda tx: tx.rows("SELECT id FROM lookup_ids")) == []
