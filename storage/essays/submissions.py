"""Submissions: essays that admins submitted, saved before the command is acknowledged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.essay.essay import Essay
from bot.core.essay.serialize import essay_to_json
from storage.db.writer import Row, Transaction

__all__ = [
    "ALL_CHAPTERS",
    "Submission",
    "SubmittedCover",
    "accept",
    "delete_hashes",
    "has_accepted_duplicate",
    "has_newer_accepted",
    "has_newer_pending",
    "hash_submission",
    "list_unfinished",
    "refuse",
    "save",
]

#: Instead of a chapter's number: each chapter becomes a draft of its own.
ALL_CHAPTERS = 0


@dataclass(frozen=True, slots=True)
class SubmittedCover:
    """A cover given with an essay: an uploaded picture of ``file_size`` bytes, or an address."""

    address: str | None = None
    file_name: str | None = None
    file_url: str | None = None
    file_size: int | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted essay: a file or a web page to fetch, or a text.

    ``id``: the interaction's id. ``style``: the discussion style an admin chose. ``tags``: the tags
    of the forum post. ``essay_id``: the discussion that it is a new revision of.
    ``chapter``: the number of an EPUB's chapter, or ALL_CHAPTERS; None: the whole file.
    ``cover``: None: the text's own.
    ``ping_role``: the role that the card mentions; None: the one in the settings.
    """

    id: int
    server_id: int
    server_name: str
    channel_id: int
    member_id: int
    member_name: str
    file_name: str | None
    file_url: str | None
    text: str | None
    page_url: str | None = None
    title: str | None = None
    question: str | None = None
    style: str | None = None
    tags: tuple[int, ...] = ()
    essay_id: int | None = None
    chapter: int | None = None
    cover: SubmittedCover | None = None
    ping_role: int | None = None


async def save(tx: Transaction, submission: Submission, now_ms: int) -> None:
    """Save a submission. Idempotent."""
    cover = submission.cover or SubmittedCover()
    await tx.run(
        """
        INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, :now)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name
        """,
        {"id": submission.server_id, "name": submission.server_name, "now": now_ms},
    )
    await tx.run(
        """
        INSERT INTO submissions (id, server_id, channel_id, member_id, member_name, file_name,
            file_url, page_url, text, title, question, style, tags, essay_id, chapter, cover_url,
            cover_file_name, cover_file_url, cover_file_size, ping_role_id, received_at, state)
        VALUES (:id, :server_id, :channel_id, :member_id, :member_name, :file_name,
            :file_url, :page_url, :text, :title, :question, :style, :tags, :essay_id, :chapter,
            :cover_url, :cover_file_name, :cover_file_url, :cover_file_size,
            :ping_role_id, :now, 'received')
        ON CONFLICT (id) DO NOTHING
        """,
        {
            "id": submission.id,
            "server_id": submission.server_id,
            "channel_id": submission.channel_id,
            "member_id": submission.member_id,
            "member_name": submission.member_name,
            "file_name": submission.file_name,
            "file_url": submission.file_url,
            "page_url": submission.page_url,
            "text": submission.text,
            "title": submission.title,
            "question": submission.question,
            "style": submission.style,
            "tags": " ".join(str(tag) for tag in submission.tags),
            "essay_id": submission.essay_id,
            "chapter": submission.chapter,
            "cover_url": cover.address,
            "cover_file_name": cover.file_name,
            "cover_file_url": cover.file_url,
            "cover_file_size": cover.file_size,
            "ping_role_id": submission.ping_role,
            "now": now_ms,
        },
    )


async def list_unfinished(tx: Transaction) -> list[Submission]:
    """The submissions that were neither accepted nor refused, the oldest first."""
    rows = await tx.rows(
        """
        SELECT submissions.*, servers.name AS server_name
        FROM submissions JOIN servers ON servers.id = submissions.server_id
        WHERE submissions.state = 'received'
        ORDER BY submissions.id
        """
    )
    return [
        Submission(
            id=row["id"],
            server_id=row["server_id"],
            server_name=row["server_name"],
            channel_id=row["channel_id"],
            member_id=row["member_id"],
            member_name=row["member_name"],
            file_name=row["file_name"],
            file_url=row["file_url"],
            text=row["text"],
            page_url=row["page_url"],
            title=row["title"],
            question=row["question"],
            style=row["style"],
            tags=tuple(int(tag) for tag in row["tags"].split()),
            essay_id=row["essay_id"],
            chapter=row["chapter"],
            cover=_make_cover(row),
            ping_role=row["ping_role_id"],
        )
        for row in rows
    ]


def _make_cover(row: Row) -> SubmittedCover | None:
    cover = SubmittedCover(
        row["cover_url"], row["cover_file_name"], row["cover_file_url"], row["cover_file_size"]
    )
    return None if cover == SubmittedCover() else cover


def hash_submission(essays: Sequence[Essay], question: str | None) -> str:
    """Hash a submission's essays and closing question, to recognize an identical submission."""
    text = json.dumps([[essay_to_json(one) for one in essays], question], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


async def accept(tx: Transaction, submission_id: int, digest: str) -> bool:
    """Mark a submission as accepted, in the transaction that plans it; False if it was before.

    ``digest``: its hash (:func:`hash_submission`). It is saved only if an older submission, which
    may be identical, is unfinished.
    """
    changed = await tx.run(
        """
        UPDATE submissions SET state = 'accepted', text = NULL, file_url = NULL,
            page_url = NULL, content_hash = CASE WHEN EXISTS (
                SELECT 1 FROM submissions AS older
                WHERE older.state = 'received' AND older.id < :id
            ) THEN :content_hash END
        WHERE id = :id AND state = 'received'
        """,
        {"id": submission_id, "content_hash": digest},
    )
    return changed > 0


async def has_accepted_duplicate(tx: Transaction, submission: Submission, digest: str) -> bool:
    """Whether an identical, newer submission for its channel or essay was accepted."""
    found = await tx.row(
        """
        SELECT 1 FROM submissions
        WHERE id > :id AND channel_id = :channel_id
            AND COALESCE(essay_id, 0) = COALESCE(:essay_id, 0)
            AND state = 'accepted' AND content_hash = :content_hash
        LIMIT 1
        """,
        {
            "id": submission.id,
            "channel_id": submission.channel_id,
            "essay_id": submission.essay_id,
            "content_hash": digest,
        },
    )
    return found is not None


async def has_newer_pending(tx: Transaction, submission: Submission) -> bool:
    """Whether a newer submission for the same essay is a pending revision."""
    found = await tx.row(
        """
        SELECT 1 FROM submissions JOIN pending_revisions ON pending_revisions.discussion_id =
            submissions.essay_id
        WHERE submissions.id > :id AND submissions.essay_id = :essay_id
            AND submissions.state = 'accepted'
        LIMIT 1
        """,
        {"id": submission.id, "essay_id": submission.essay_id},
    )
    return found is not None


async def has_newer_accepted(tx: Transaction, submission: Submission) -> bool:
    """Whether a newer text of the same draft was accepted."""
    found = await tx.row(
        """
        SELECT 1 FROM submissions
        WHERE id > :id AND essay_id = :essay_id AND state = 'accepted' LIMIT 1
        """,
        {"id": submission.id, "essay_id": submission.essay_id},
    )
    return found is not None


async def delete_hashes(tx: Transaction) -> None:
    """Delete the hashes, when no interrupted submission is unfinished any more."""
    await tx.run("UPDATE submissions SET content_hash = NULL WHERE content_hash IS NOT NULL")


async def refuse(tx: Transaction, submission_id: int) -> None:
    """Mark a submission as refused; the admin has got the reason as an answer."""
    await tx.run(
        """
        UPDATE submissions
        SET state = 'refused', text = NULL, file_url = NULL, page_url = NULL
        WHERE id = :id AND state = 'received'
        """,
        {"id": submission_id},
    )
