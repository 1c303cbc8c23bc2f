"""Pending revisions: edits of published essays that an admin hasn't applied or discarded yet."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.core.essay.preview_note import notes_from_lines, notes_to_lines
from bot.core.essay.serialize import essay_from_json, essay_to_json
from storage.db.writer import Row, Transaction
from storage.essays.revisions import NewRevision
from storage.essays.sources import save_source

__all__ = ["PendingRevision", "correct", "discard", "find", "find_by_discussion", "save"]


@dataclass(frozen=True, slots=True)
class PendingRevision:
    """A new revision that an admin has to apply or discard."""

    id: int
    discussion_id: int
    revision: NewRevision


_EDITS = """
SELECT id, discussion_id, essay, closing_question, notes, content AS source, source_name
FROM pending_revisions JOIN pending_revision_contents USING (id)
JOIN sources ON sources.hash = pending_revision_contents.source_hash
"""
_EDIT = _EDITS + "WHERE id = :id"
_EDIT_OF = _EDITS + "WHERE discussion_id = :id"


def _edit(row: Row) -> PendingRevision:
    return PendingRevision(
        id=row["id"],
        discussion_id=row["discussion_id"],
        revision=NewRevision(
            essay=essay_from_json(json.loads(row["essay"])),
            source=row["source"],
            source_name=row["source_name"],
            closing=row["closing_question"],
            notes=notes_from_lines(row["notes"]),
        ),
    )


async def save(
    tx: Transaction,
    *,
    discussion_id: int,
    revision: NewRevision,
    now_ms: int,
) -> int:
    """Save a pending revision, which replaces an earlier pending one; its id."""
    await tx.run("DELETE FROM pending_revisions WHERE discussion_id = :id", {"id": discussion_id})
    edit_id = await tx.insert(
        """
        INSERT INTO pending_revisions (discussion_id, closing_question, notes, source_name,
            created_at)
        VALUES (:discussion_id, :closing_question, :notes, :source_name, :now)
        RETURNING id
        """,
        {
            "discussion_id": discussion_id,
            "closing_question": revision.closing,
            "notes": notes_to_lines(revision.notes),
            "source_name": revision.source_name,
            "now": now_ms,
        },
    )
    await tx.run(
        """
        INSERT INTO pending_revision_contents (id, essay, source_hash)
        VALUES (:id, :essay, :source)
        """,
        {
            "id": edit_id,
            "essay": _serialize(revision),
            "source": await save_source(tx, revision.source),
        },
    )
    await tx.run(
        """
        INSERT INTO pending_authors (revision_id, member_id, server_id)
        SELECT :id, member_id, server_id FROM essay_authors WHERE discussion_id = :discussion_id
        """,
        {"id": edit_id, "discussion_id": discussion_id},
    )
    return edit_id


def _serialize(revision: NewRevision) -> str:
    return json.dumps(essay_to_json(revision.essay), ensure_ascii=False)


async def correct(tx: Transaction, edit: PendingRevision, revision: NewRevision) -> bool:
    """Replace the revision of ``edit`` with a corrected one; False if it changed meanwhile."""
    if await find(tx, edit.id) != edit:
        return False
    await tx.run(
        """
        UPDATE pending_revisions SET closing_question = :closing_question, notes = :notes
        WHERE id = :id
        """,
        {
            "id": edit.id,
            "closing_question": revision.closing,
            "notes": notes_to_lines(revision.notes),
        },
    )
    await tx.run(
        "UPDATE pending_revision_contents SET essay = :essay WHERE id = :id",
        {"id": edit.id, "essay": _serialize(revision)},
    )
    return True


async def find(tx: Transaction, edit_id: int) -> PendingRevision | None:
    """Find the edit with this id; None if it was applied, discarded or replaced."""
    row = await tx.row(_EDIT, {"id": edit_id})
    return None if row is None else _edit(row)


async def find_by_discussion(tx: Transaction, discussion_id: int) -> PendingRevision | None:
    """Find the pending edit of a discussion, if there is one."""
    row = await tx.row(_EDIT_OF, {"id": discussion_id})
    return None if row is None else _edit(row)


async def discard(tx: Transaction, edit_id: int) -> bool:
    """Delete an edit; False if it doesn't exist any more."""
    return bool(await tx.run("DELETE FROM pending_revisions WHERE id = :id", {"id": edit_id}))
