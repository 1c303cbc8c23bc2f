"""Drafts: essays that were read and laid out, and are not published yet.

A draft's posts are there already, as what the preview shows; to publish is to plan them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.discussion.default_question import language_of
from bot.discussion.essay import Essay
from bot.discussion.payloads import Payload
from bot.discussion.record import essay_from_json, essay_to_json
from storage import posts
from storage.acts import record_act
from storage.posts import NewPost
from storage.submissions import Submission
from storage.writer import Transaction

__all__ = [
    "Draft",
    "DraftPost",
    "NewRevision",
    "add_revision",
    "create",
    "digest",
    "discard",
    "find",
    "publish",
    "redraft",
    "restyle",
    "retag",
]


@dataclass(frozen=True, slots=True)
class NewRevision:
    """An essay as it was read, and what it was read from.

    ``closing``: the closing question an admin chose; ``notes``: what could not be shown as it was.
    """

    essay: Essay
    source: bytes
    source_name: str | None
    closing: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftPost:
    """A message as it will stand."""

    id: int
    purpose: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Draft:
    """An essay before it is published, or whatever became of it: ``state`` tells.

    ``begun``: its card stands.
    """

    id: int
    server_id: int
    channel_id: int
    state: str
    scheduled_for: int | None
    essay: Essay
    closing: str | None
    notes: tuple[str, ...]
    source: bytes
    posts: tuple[DraftPost, ...]
    style: str
    tags: tuple[int, ...]
    begun: bool


def digest(essay: Essay) -> str:
    """What an essay is recognised by, in whatever form it is handed in: a hash of its words."""
    words = " ".join(passage.text for passage in essay.passages) or essay.title
    return hashlib.sha256(" ".join(words.split()).encode("utf-8", "replace")).hexdigest()


async def create(
    tx: Transaction,
    *,
    submission: Submission,
    revision: NewRevision,
    planned: Sequence[NewPost],
    style: str,
    now_ms: int,
) -> int:
    """Keep an essay as a draft, with its posts; the discussion's id."""
    discussion_id = await tx.insert(
        """
        INSERT INTO discussions (server_id, channel_id, state, style, tags, created_at)
        VALUES (:server_id, :channel_id, 'draft', :style, :tags, :now)
        """,
        {
            "server_id": submission.server_id,
            "channel_id": submission.channel_id,
            "style": style,
            "tags": _joined(submission.tags),
            "now": now_ms,
        },
    )
    await add_revision(tx, discussion_id, 1, revision, now_ms)
    await posts.plan(
        tx,
        server_id=submission.server_id,
        discussion_id=discussion_id,
        channel_id=submission.channel_id,
        after_id=submission.id,
        posts=planned,
        now_ms=now_ms,
        draft=True,
    )
    return discussion_id


def _joined(tags: tuple[int, ...]) -> str:
    return " ".join(str(tag) for tag in tags)


async def restyle(
    tx: Transaction, discussion_id: int, style: str, tags: tuple[int, ...] | None = None
) -> bool:
    """Another style for a draft or scheduled essay, and other tags unless None.

    False where it is neither any more.
    """
    return bool(
        await tx.run(
            """
            UPDATE discussions SET style = :style, tags = COALESCE(:tags, tags)
            WHERE id = :id AND state IN ('draft', 'scheduled')
            """,
            {
                "id": discussion_id,
                "style": style,
                "tags": None if tags is None else _joined(tags),
            },
        )
    )


async def retag(tx: Transaction, discussion_id: int, tags: tuple[int, ...]) -> bool:
    """Other tags for a forum's post; False where it is none, or stands already."""
    return bool(
        await tx.run(
            """
            UPDATE discussions SET tags = :tags
            WHERE id = :id AND style = 'forum' AND state IN ('draft', 'scheduled', 'publishing')
                AND NOT EXISTS (
                    SELECT 1 FROM posts
                    WHERE discussion_id = :id AND purpose = 'card' AND state = 'sent'
                )
            """,
            {"id": discussion_id, "tags": _joined(tags)},
        )
    )


async def add_revision(
    tx: Transaction, discussion_id: int, number: int, revision: NewRevision, now_ms: int
) -> None:
    """Keep an essay as a revision of a discussion, with its passages and questions."""
    essay = revision.essay
    key = {"discussion_id": discussion_id, "number": number}
    found = _found(essay)
    await tx.run(
        """
        INSERT INTO revisions (discussion_id, number, title, byline, author, epigraph,
            epigraph_source, source_url, words, postscript, language, closing, notes, source,
            source_name, digest, created_at)
        VALUES (:discussion_id, :number, :title, :byline, :author, :epigraph, :epigraph_source,
            :source_url, :words, :postscript, :language, :closing, :notes, x'', :source_name,
            :digest, :now)
        """,
        key
        | {name: value for name, value in found.items() if name != "essay"}
        | {
            "source_url": essay.source_url,
            "words": essay.words,
            "postscript": essay.postscript,
            "language": language_of(essay),
            "closing": revision.closing,
            "notes": "\n".join(revision.notes),
            "source_name": revision.source_name,
            "digest": digest(essay),
            "now": now_ms,
        },
    )
    await _keep_text(tx, discussion_id, number, essay)
    # Last, for each passage has its revision looked up, whose row is read whole: a book's worth.
    await tx.run(
        """
        UPDATE revisions SET essay = :essay, source = :source
        WHERE discussion_id = :discussion_id AND number = :number
        """,
        key | {"essay": found["essay"], "source": revision.source},
    )


async def _keep_text(tx: Transaction, discussion_id: int, number: int, essay: Essay) -> None:
    """Keep the questions and passages of a revision, in the place of others if they differ."""
    key = {"discussion_id": discussion_id, "number": number}
    questions = [key | {"position": at, "text": text} for at, text in enumerate(essay.questions)]
    passages = [key | {"passage": one.number, "text": one.text} for one in essay.passages]
    before = await tx.rows(
        "SELECT text FROM questions WHERE discussion_id = :discussion_id AND revision = :number "
        "ORDER BY position",
        key,
    )
    if [row["text"] for row in before] != list(essay.questions):
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


def _found(essay: Essay) -> dict[str, str | None]:
    """What was found in an essay and may be corrected."""
    epigraph = essay.epigraph
    return {
        "title": essay.title,
        "byline": essay.byline,
        "author": essay.author,
        "epigraph": None if epigraph is None else epigraph.text,
        "epigraph_source": None if epigraph is None else epigraph.source,
        "essay": json.dumps(essay_to_json(essay), ensure_ascii=False),
    }


async def find(tx: Transaction, discussion_id: int) -> Draft | None:
    """The discussion with this id, as the essay that is or was to be published."""
    row = await tx.row(
        """
        SELECT discussions.id, server_id, channel_id, state, scheduled_for, essay, closing, notes,
               source, style, tags
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.id = :id
        ORDER BY revisions.number DESC
        """,
        {"id": discussion_id},
    )
    if row is None:
        return None
    found = await tx.rows(
        """
        SELECT id, purpose, payload, state FROM posts
        WHERE discussion_id = :id AND purpose IN ('card', 'part', 'closing')
        ORDER BY id
        """,
        {"id": discussion_id},
    )
    return Draft(
        id=row["id"],
        server_id=row["server_id"],
        channel_id=row["channel_id"],
        state=row["state"],
        scheduled_for=row["scheduled_for"],
        essay=essay_from_json(json.loads(row["essay"])),
        closing=row["closing"],
        notes=tuple(line for line in row["notes"].split("\n") if line),
        source=row["source"],
        posts=tuple(
            DraftPost(post["id"], post["purpose"], json.loads(post["payload"])) for post in found
        ),
        style=row["style"],
        tags=tuple(int(tag) for tag in row["tags"].split()),
        begun=any(post["purpose"] == "card" and post["state"] == "sent" for post in found),
    )


async def redraft(
    tx: Transaction,
    discussion_id: int,
    *,
    essay: Essay,
    closing: str | None,
    notes: tuple[str, ...],
    planned: Sequence[NewPost],
    now_ms: int,
) -> bool:
    """Put a corrected essay, and the posts made of it, in a draft's place.

    False where it is no draft any more, nor scheduled.
    """
    row = await tx.row(
        """
        SELECT server_id, channel_id FROM discussions
        WHERE id = :id AND state IN ('draft', 'scheduled')
        """,
        {"id": discussion_id},
    )
    if row is None:
        return False
    await tx.run(
        """
        UPDATE revisions
        SET title = :title, byline = :byline, author = :author, epigraph = :epigraph,
            epigraph_source = :epigraph_source, essay = :essay, closing = :closing,
            words = :words, postscript = :postscript, notes = :notes, digest = :digest
        WHERE discussion_id = :id AND number = 1
        """,
        {
            "id": discussion_id,
            "closing": closing,
            "words": essay.words,
            "postscript": essay.postscript,
            "notes": "\n".join(notes),
            "digest": digest(essay),
        }
        | _found(essay),
    )
    await _keep_text(tx, discussion_id, 1, essay)
    await tx.run("DELETE FROM posts WHERE discussion_id = :id", {"id": discussion_id})
    await posts.plan(
        tx,
        server_id=row["server_id"],
        discussion_id=discussion_id,
        channel_id=row["channel_id"],
        after_id=0,
        posts=planned,
        now_ms=now_ms,
        draft=True,
    )
    return True


async def publish(
    tx: Transaction,
    discussion_id: int,
    *,
    member_id: int,
    member_name: str,
    after_id: int,
    now_ms: int,
) -> bool:
    """Begin to publish a draft or a scheduled essay; False where that was begun before.

    ``after_id``: an id of Discord's older than anything of the essay can be.
    """
    row = await tx.row(
        """
        UPDATE discussions SET state = 'publishing', scheduled_for = NULL
        WHERE id = :id AND state IN ('draft', 'scheduled')
        RETURNING server_id, channel_id, style
        """,
        {"id": discussion_id},
    )
    if row is None:
        return False
    await tx.run(
        """
        UPDATE posts
        SET state = 'planned', planned_at = :now, due_at = :now, after_id = :after_id
        WHERE discussion_id = :id AND state = 'draft'
        """,
        {"id": discussion_id, "after_id": after_id, "now": now_ms},
    )
    # Nothing of this discussion stands in the channel before the command was given. A forum has
    # no messages of its own.
    await tx.run(
        """
        INSERT INTO watermarks (channel_id, server_id, message_id, true_at)
        SELECT :channel_id, :server_id, :message_id, :now WHERE :style <> 'forum'
        ON CONFLICT (channel_id) DO NOTHING
        """,
        {
            "channel_id": row["channel_id"],
            "server_id": row["server_id"],
            "message_id": after_id,
            "style": row["style"],
            "now": now_ms,
        },
    )
    await record_act(
        tx,
        server_id=row["server_id"],
        discussion_id=discussion_id,
        member_id=member_id,
        member_name=member_name,
        what="published",
        now_ms=now_ms,
    )
    return True


async def discard(tx: Transaction, discussion_id: int) -> bool:
    """Forget a draft or a scheduled essay; False where it is neither any more."""
    key = {"id": discussion_id}
    row = await tx.row(
        "SELECT id FROM discussions WHERE id = :id AND state IN ('draft', 'scheduled')", key
    )
    if row is None:
        return False
    # An admin may have planned prompts for it already.
    await tx.run("DELETE FROM prompts WHERE discussion_id = :id", key)
    await tx.run("DELETE FROM posts WHERE discussion_id = :id", key)
    await tx.run("DELETE FROM acts WHERE discussion_id = :id", key)
    await tx.run("DELETE FROM discussions WHERE id = :id", key)
    return True
