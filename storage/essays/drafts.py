"""Drafts: essays that were read and laid out, and aren't published yet.

A draft already has its messages, which the preview shows; publishing changes them to planned.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.essay.essay import Essay
from bot.core.essay.preview_note import notes_from_lines, notes_to_lines
from bot.core.essay.serialize import essay_from_json
from bot.core.payload import Payload
from bot.core.text.coded_text import CodedText, make_coded
from storage.db.checkpoint_and_vacuum import mark_erasure
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.essays import pictures
from storage.essays.revisions import NewRevision, add_revision, hash_text, make_facts_row, save_text
from storage.essays.sources import save_source
from storage.essays.submissions import Submission
from storage.servers.audit_log import record_action

__all__ = [
    "Draft",
    "DraftPost",
    "DraftTarget",
    "NewText",
    "create",
    "discard",
    "find",
    "publish",
    "replace_content",
    "set_style",
    "set_tags",
]


@dataclass(frozen=True, slots=True)
class DraftPost:
    """A message of a draft, as it will be posted."""

    id: int
    purpose: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft, or the essay it was published as; see ``state``.

    ``card_sent``: its card has been sent. ``ping_role``: the role that the card mentions.
    """

    id: int
    server_id: int
    channel_id: int
    state: str
    scheduled_for: int | None
    essay: Essay
    closing: str | None
    notes: tuple[CodedText, ...]
    source: bytes
    source_name: str | None
    posts: tuple[DraftPost, ...]
    style: str
    tags: tuple[int, ...]
    card_sent: bool
    ping_role: int | None = None


@dataclass(frozen=True, slots=True)
class DraftTarget:
    """Where and how a draft will be published.

    has_followers:  it is an announcement channel
    ping_role:      the role that the card mentions; None for nobody
    """

    channel_id: int
    style: str
    tags: tuple[int, ...] = ()
    has_followers: bool = False
    ping_role: int | None = None


@dataclass(frozen=True, slots=True)
class NewText:
    """What another text of a draft was read from; ``language``: if it was detected."""

    source: bytes
    source_name: str | None
    language: str | None


async def create(
    tx: Transaction,
    *,
    submission: Submission,
    revision: NewRevision,
    planned: Sequence[NewMessage],
    target: DraftTarget,
    now_ms: int,
) -> int:
    """Save an essay as a draft, with its messages; the discussion's id."""
    discussion_id = await tx.insert(
        """
        INSERT INTO discussions (server_id, channel_id, state, style, tags, created_at,
            has_followers, ping_role_id)
        VALUES (:server_id, :channel_id, 'draft', :style, :tags, :now,
            :has_followers, :ping_role_id)
        RETURNING id
        """,
        {"server_id": submission.server_id, "now": now_ms, **_make_target_row(target)},
    )
    await add_revision(tx, discussion_id, 1, revision, now_ms)
    await messages.plan(
        tx,
        server_id=submission.server_id,
        discussion_id=discussion_id,
        channel_id=target.channel_id,
        after_id=submission.id,
        messages=planned,
        now_ms=now_ms,
        draft=True,
    )
    return discussion_id


def _make_target_row(target: DraftTarget) -> dict[str, str | int | None]:
    return {
        "channel_id": target.channel_id,
        "style": target.style,
        "tags": _joined(target.tags),
        "has_followers": int(target.has_followers),
        "ping_role_id": target.ping_role,
    }


def _joined(tags: tuple[int, ...]) -> str:
    return " ".join(str(tag) for tag in tags)


async def set_style(
    tx: Transaction, discussion_id: int, style: str, tags: tuple[int, ...] | None = None
) -> bool:
    """Change the style of a draft or scheduled essay, and its tags unless None.

    False if it is neither any more.
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


async def set_tags(tx: Transaction, discussion_id: int, tags: tuple[int, ...]) -> bool:
    """Change the tags of a forum post; False if it isn't one, or was posted already."""
    return bool(
        await tx.run(
            """
            UPDATE discussions SET tags = :tags
            WHERE id = :id AND style = 'forum' AND state IN ('draft', 'scheduled', 'publishing')
                AND NOT EXISTS (
                    SELECT 1 FROM planned_messages
                    WHERE discussion_id = :id AND purpose = 'card' AND state = 'sent'
                )
            """,
            {"id": discussion_id, "tags": _joined(tags)},
        )
    )


async def find(tx: Transaction, discussion_id: int) -> Draft | None:
    """Find a draft, or the essay it was published as, by the discussion's id."""
    row = await tx.row(
        """
        SELECT discussions.id, server_id, channel_id, state, scheduled_for, essay,
            closing_question, notes,
               content AS source, source_name, style, tags, ping_role_id
        FROM discussions
        JOIN revisions ON revisions.discussion_id = discussions.id
        JOIN revision_contents USING (discussion_id, number)
        JOIN sources ON sources.hash = revision_contents.source_hash
        WHERE discussions.id = :id
        ORDER BY revisions.number DESC LIMIT 1
        """,
        {"id": discussion_id},
    )
    if row is None:
        return None
    found = await tx.rows(
        """
        SELECT id, purpose, payload, state FROM planned_messages
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
        closing=row["closing_question"],
        notes=notes_from_lines(row["notes"]),
        source=row["source"],
        source_name=row["source_name"],
        posts=tuple(
            DraftPost(post["id"], post["purpose"], json.loads(post["payload"])) for post in found
        ),
        style=row["style"],
        tags=tuple(int(tag) for tag in row["tags"].split()),
        card_sent=any(post["purpose"] == "card" and post["state"] == "sent" for post in found),
        ping_role=row["ping_role_id"],
    )


async def replace_content(
    tx: Transaction,
    discussion_id: int,
    *,
    essay: Essay,
    closing: str | None,
    given_questions: tuple[str, ...],
    notes: tuple[CodedText, ...],
    planned: Sequence[NewMessage],
    target: DraftTarget,
    now_ms: int,
    text: NewText | None = None,
) -> bool:
    """Replace the essay, messages and channel of a draft; it keeps its number and its schedule.

    ``text``: the source of the new text; None for the text it has, perhaps corrected.

    False if it is neither a draft nor scheduled any more.
    """
    row = await tx.row(
        """
        UPDATE discussions SET channel_id = :channel_id, style = :style, tags = :tags,
            has_followers = :has_followers, ping_role_id = :ping_role_id
        WHERE id = :id AND state IN ('draft', 'scheduled')
        RETURNING server_id
        """,
        {"id": discussion_id, **_make_target_row(target)},
    )
    if row is None:
        return False
    if text is not None:
        await _replace_source(tx, discussion_id, essay.source_url, text)
    found = make_facts_row(essay)
    await tx.run(
        """
        UPDATE revisions
        SET title = :title, byline = :byline, author = :author, epigraph = :epigraph,
            epigraph_source = :epigraph_source, closing_question = :closing_question,
            words = :words, postscript = :postscript, notes = :notes, content_hash = :content_hash
        WHERE discussion_id = :id AND number = 1
        """,
        {
            "id": discussion_id,
            "closing_question": closing,
            "words": essay.words,
            "postscript": essay.postscript,
            "notes": notes_to_lines(notes),
            "content_hash": hash_text(essay),
        }
        | {name: value for name, value in found.items() if name != "essay"},
    )
    await tx.run(
        "UPDATE revision_contents SET essay = :essay WHERE discussion_id = :id AND number = 1",
        {"id": discussion_id, "essay": found["essay"]},
    )
    await save_text(tx, discussion_id, 1, essay, given_questions)
    await tx.run("DELETE FROM planned_messages WHERE discussion_id = :id", {"id": discussion_id})
    await messages.plan(
        tx,
        server_id=row["server_id"],
        discussion_id=discussion_id,
        channel_id=target.channel_id,
        after_id=0,
        messages=planned,
        now_ms=now_ms,
        draft=True,
    )
    return True


async def _replace_source(
    tx: Transaction, discussion_id: int, source_url: str | None, text: NewText
) -> None:
    parameters = {
        "id": discussion_id,
        "hash": await save_source(tx, text.source),
        "source_name": text.source_name,
        "source_url": source_url,
        "language": text.language,
    }
    await tx.run(
        """
        UPDATE revisions SET source_name = :source_name, source_url = :source_url,
            language = :language
        WHERE discussion_id = :id AND number = 1
        """,
        parameters,
    )
    row = await tx.row(
        """
        SELECT 1 FROM revision_contents
        WHERE discussion_id = :id AND number = 1 AND source_hash = :hash
        """,
        parameters,
    )
    if row is not None:
        return
    # Deleted and inserted again, so that the trigger erases the source that nothing else uses.
    await tx.run("DELETE FROM revision_contents WHERE discussion_id = :id", parameters)
    await tx.run(
        """
        INSERT INTO revision_contents (discussion_id, number, essay, source_hash)
        VALUES (:id, 1, '', :hash)
        """,
        parameters,
    )


async def publish(
    tx: Transaction,
    discussion_id: int,
    *,
    member_id: int,
    member_name: str,
    after_id: int,
    now_ms: int,
) -> bool:
    """Start publishing a draft or a scheduled essay; False if that was started before.

    ``after_id``: a Discord id older than any message of the essay can be.
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
        UPDATE planned_messages
        SET state = 'planned', planned_at = :now, due_at = :now, after_id = :after_id
        WHERE discussion_id = :id AND state = 'draft'
        """,
        {"id": discussion_id, "after_id": after_id, "now": now_ms},
    )
    # No message of this discussion was posted in the channel before the command. A forum has no
    # messages of its own.
    await tx.run(
        """
        INSERT INTO watermarks (channel_id, server_id, message_id, verified_at)
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
    await record_action(
        tx,
        server_id=row["server_id"],
        discussion_id=discussion_id,
        member_id=member_id,
        member_name=member_name,
        action=make_coded("did-publish"),
        now_ms=now_ms,
    )
    return True


async def discard(tx: Transaction, discussion_id: int, now_ms: int) -> bool:
    """Erase a draft or a scheduled essay; False if it is neither any more."""
    key = {"id": discussion_id}
    row = await tx.row(
        "SELECT id FROM discussions WHERE id = :id AND state IN ('draft', 'scheduled')", key
    )
    if row is None:
        return False
    await pictures.drop_all(tx, discussion_id)
    # An admin may have planned prompts for it already.
    await tx.run("DELETE FROM prompts WHERE discussion_id = :id", key)
    await tx.run("DELETE FROM planned_messages WHERE discussion_id = :id", key)
    await tx.run("DELETE FROM audit_log WHERE discussion_id = :id", key)
    await tx.run("DELETE FROM discussions WHERE id = :id", key)
    await mark_erasure(tx, now_ms)
    return True
