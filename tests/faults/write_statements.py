"""The statements in the source that write to the archive, labelled as in a run."""

from __future__ import annotations

import ast
import re

from tests.faults.call_sites import ROOT
from tests.faults.statement_faults import statement_label

__all__ = ["UNREACHED", "WriteStatement", "find_write_statements"]

#: A source file, a line in it, and the statement there.
WriteStatement = tuple[str, int, str]

_WRITE = re.compile(r"(INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|REPLACE INTO|WITH \w+)\b")
#: Files whose statements don't go through SQLite's writer: migrations, restoring to a copy, and the
#: engine for PostgreSQL.
_IGNORED_FILES = ("migrate.py", "restore.py", "postgresql/*.py")

#: Statements that no scene executes, by their beginnings, and why.
UNREACHED = {
    "UPDATE submissions SET content_hash = NULL": (
        "an essay has to be submitted again between a kill and the next start"
    ),
    "UPDATE prompts SET state = 'skipped', reason = :reason WHERE state = 'claimed'": (
        "the scheduler sends what it plans at once, unless the bot ends between the two"
    ),
    "UPDATE answers SET text = '' WHERE message_id": (
        "an answer's message has to be deleted between the two transactions that record it"
    ),
    "DELETE FROM registered_commands": (
        "another version of the bot has to be started; tests/storage/test_command_sync.py plays it"
    ),
    **dict.fromkeys(
        (
            "INSERT INTO proxied_replies",
            "DELETE FROM prompts WHERE thread_id = :original_id",
            "DELETE FROM threads WHERE id = :original_id",
            "UPDATE replies SET parent_id = :reply_id",
            "DELETE FROM replies WHERE id = :original_id",
            "UPDATE replies SET author_id = :member_id",
            "UPDATE proxied_replies SET author_id = 0",
            "INSERT INTO proxy_candidates",
            "DELETE FROM proxy_candidates WHERE server_id",
            "DELETE FROM proxy_candidates WHERE reply_id",
            "DELETE FROM proxy_candidates WHERE original_id",
            "UPDATE proxy_candidates SET author_id = 0",
            "UPDATE proxied_replies SET original_id",
            "UPDATE threads SET due_at = CASE WHEN due_at > :until",
            "UPDATE reply_moves SET due_at = CASE WHEN due_at > :until",
            "UPDATE replies SET (discussion_id, parent_id, planned_message_id)",
            "UPDATE threads SET member_id = CASE CAST(:author_id",
            "UPDATE reply_moves SET member_id = :author_id",
            "UPDATE replies SET thread_id = :original_id",
            "DELETE FROM prompts WHERE thread_id = :reply_id",
            "DELETE FROM threads WHERE id = :reply_id",
            "UPDATE threads SET (due_at, priority)",
        ),
        "what an app reposted isn't known if the bot was away (docs/proxies.md), so the rows "
        "differ; tests/ingest/test_record_batch.py plays it",
    ),
    **dict.fromkeys(
        (
            (
                "DELETE FROM attachment_files WHERE reply_id IN ( SELECT reply_extras.reply_id "
                "FROM replies JOIN"
            ),
            (
                "DELETE FROM attachment_files WHERE reply_id IN ( SELECT reply_extras.reply_id "
                "FROM reply_extras JOIN"
            ),
            "DELETE FROM attachment_files WHERE reply_id IN ( SELECT reply_id FROM reply_extras",
        ),
        "the emulator's forwards have the files of the message itself, which is saved with them",
    ),
    "UPDATE planned_messages SET state = 'planned', due_at = :now, first_attempt_at = NULL, "
    "last_error = NULL WHERE discussion_id = :id AND state = 'failed' AND restores_id": (
        "Discord has to refuse a message that it accepted before"
    ),
    "UPDATE prompts SET state = 'skipped', planned_message_id = NULL, decided_at = :at": (
        "a digest has to be refused every hour for a week"
    ),
}


def find_write_statements() -> dict[str, WriteStatement]:
    """Every statement the writer can execute, by its label in a run.

    The same text at two places is one statement.
    """
    found: dict[str, WriteStatement] = {}
    for folder in ("bot", "cogs", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.is_relative_to(ROOT / "bot" / "emulator"):
                continue
            if any(path.match(other) for other in _IGNORED_FILES):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    sql = " ".join(node.value.split())
                    if _WRITE.match(sql):
                        found[statement_label(sql)] = (
                            str(path.relative_to(ROOT)),
                            node.lineno,
                            sql,
                        )
    return found
