"""Revisions: versions of an essay, with an admin's corrections, its questions and passages."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from bot.core.essay.essay import Essay
from bot.core.essay.preview_note import notes_to_lines
from bot.core.essay.serialize import essay_to_json
from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction
from storage.essays.sources import save_source

__all__ = ["NewRevision", "add_revision", "hash_text", "make_facts_row", "save_text"]


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A new revision: the essay and the source it was read from.

    ``closing``: the closing questions an admin chose, as they were entered; ``given_questions``:
    each of them. ``notes``: what couldn't be reproduced exactly.
    ``language``: of the essay, if it was detected.
    """

    essay: Essay
    source: bytes
    source_name: str | None
    closing: str | None
    notes: tuple[CodedText, ...]
    language: str | None = None
    given_questions: tuple[str, ...] = ()


def hash_text(essay: Essay) -> str:
    """Hash an essay's words, to recognize the same essay in any file format."""
    words = essay.words_under_any_title or " ".join(essay.title.split())
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


async def add_revision(
    tx: Transaction, discussion_id: int, number: int, revision: NewRevision, now_ms: int
) -> None:
    """Save an essay as a revision of a discussion, with its passages and questions."""
    essay = revision.essay
    key = {"discussion_id": discussion_id, "number": number}
    found = make_facts_row(essay)
    await tx.run(
        """
        INSERT INTO revisions (discussion_id, number, title, byline, author, epigraph,
            epigraph_source, source_url, words, postscript, language, closing_question, notes,
            source_name, content_hash, created_at)
        VALUES (:discussion_id, :number, :title, :byline, :author, :epigraph, :epigraph_source,
            :source_url, :words, :postscript, :language, :closing_question, :notes,
            :source_name, :content_hash, :now)
        """,
        key
        | {name: value for name, value in found.items() if name != "essay"}
        | {
            "source_url": essay.source_url,
            "words": essay.words,
            "postscript": essay.postscript,
            "language": revision.language,
            "closing_question": revision.closing,
            "notes": notes_to_lines(revision.notes),
            "source_name": revision.source_name,
            "content_hash": hash_text(essay),
            "now": now_ms,
        },
    )
    await tx.run(
        """
        INSERT INTO revision_contents (discussion_id, number, essay, source_hash)
        VALUES (:discussion_id, :number, :essay, :source)
        """,
        key | {"essay": found["essay"], "source": await save_source(tx, revision.source)},
    )
    await save_text(tx, discussion_id, number, essay, revision.given_questions)


async def save_text(
    tx: Transaction,
    discussion_id: int,
    number: int,
    essay: Essay,
    given_questions: tuple[str, ...],
) -> None:
    """Save the questions and passages of a revision; replaces saved ones that differ.

    ``given_questions``: those an admin chose, which are asked instead of the essay's own.
    """
    key = {"discussion_id": discussion_id, "number": number}
    asked = given_questions or essay.questions
    questions = [key | {"position": at, "text": text} for at, text in enumerate(asked)]
    passages = [key | {"passage": one.number, "text": one.text} for one in essay.passages]
    before = await tx.rows(
        "SELECT text FROM questions WHERE discussion_id = :discussion_id AND revision = :number "
        "ORDER BY position",
        key,
    )
    if [row["text"] for row in before] != list(asked):
        await tx.run(
            "DELETE FROM questions WHERE discussion_id = :discussion_id AND revision = :number", key
        )
        await tx.run_many(
            """
            INSERT INTO questions (discussion_id, revision, position, text)
            VALUES (:discussion_id, :number, :position, :text)
            """,
            questions,
        )
    before = await tx.rows(
        "SELECT text FROM passages WHERE discussion_id = :discussion_id AND revision = :number "
        "ORDER BY number",
        key,
    )
    if [row["text"] for row in before] != [one.text for one in essay.passages]:
        await tx.run(
            "DELETE FROM passages WHERE discussion_id = :discussion_id AND revision = :number", key
        )
        await tx.run_many(
            """
            INSERT INTO passages (discussion_id, revision, number, text)
            VALUES (:discussion_id, :number, :passage, :text)
            """,
            passages,
        )


def make_facts_row(essay: Essay) -> dict[str, str | None]:
    """The extracted facts of an essay that an admin may correct, and the essay as JSON."""
    epigraph = essay.epigraph
    return {
        "title": essay.title,
        "byline": essay.byline,
        "author": essay.author,
        "epigraph": None if epigraph is None else epigraph.text,
        "epigraph_source": None if epigraph is None else epigraph.source,
        "essay": json.dumps(essay_to_json(essay), ensure_ascii=False),
    }
