"""Discussions: essays as hosted in a channel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.discussion.essay import Essay
from bot.errors import UnknownEssay
from storage import posts
from storage.posts import NewPost
from storage.submissions import Submission
from storage.writer import Transaction

__all__ = ["Listed", "digest", "find", "listed", "same_essay", "start"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A discussion as ``/essay list`` shows it. ``card_id``: its opening card, once sent."""

    id: int
    server_id: int
    channel_id: int
    title: str
    state: str
    published_at: int | None
    card_id: int | None


def digest(source: bytes) -> str:
    """What an essay is recognised by: a hash of it as it was handed in."""
    return hashlib.sha256(source).hexdigest()


async def same_essay(tx: Transaction, channel_id: int, source: bytes) -> Listed | None:
    """The discussion of the very same essay in a channel, unless it was withdrawn."""
    row = await tx.row(
        """
        SELECT discussions.id
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.channel_id = :channel_id AND discussions.state <> 'withdrawn'
            AND revisions.digest = :digest
        ORDER BY discussions.id DESC
        """,
        {"channel_id": channel_id, "digest": digest(source)},
    )
    return None if row is None else await _listed_one(tx, row["id"])


async def start(
    tx: Transaction,
    *,
    submission: Submission,
    essay: Essay,
    source: bytes,
    planned: Sequence[NewPost],
    now_ms: int,
) -> int:
    """Begin to publish: the discussion, its first revision, its posts; the discussion's id."""
    discussion_id = await tx.insert(
        """
        INSERT INTO discussions (server_id, channel_id, state, created_at)
        VALUES (:server_id, :channel_id, 'publishing', :now)
        """,
        {"server_id": submission.server_id, "channel_id": submission.channel_id, "now": now_ms},
    )
    await _add_revision(tx, discussion_id, essay, source, submission.file_name, now_ms)
    await posts.plan(
        tx,
        server_id=submission.server_id,
        discussion_id=discussion_id,
        channel_id=submission.channel_id,
        after_id=submission.id,
        posts=planned,
        now_ms=now_ms,
    )
    # Nothing of this discussion stands in the channel before the command was given.
    await tx.run(
        """
        INSERT INTO watermarks (channel_id, server_id, message_id)
        VALUES (:channel_id, :server_id, :message_id)
        ON CONFLICT (channel_id) DO NOTHING
        """,
        {
            "channel_id": submission.channel_id,
            "server_id": submission.server_id,
            "message_id": submission.id,
        },
    )
    await tx.run(
        """
        INSERT INTO acts (server_id, discussion_id, member_id, member_name, what, done_at)
        VALUES (:server_id, :discussion_id, :member_id, :member_name, 'published', :now)
        """,
        {
            "server_id": submission.server_id,
            "discussion_id": discussion_id,
            "member_id": submission.member_id,
            "member_name": submission.member_name,
            "now": now_ms,
        },
    )
    return discussion_id


async def _add_revision(
    tx: Transaction,
    discussion_id: int,
    essay: Essay,
    source: bytes,
    source_name: str | None,
    now_ms: int,
) -> None:
    await tx.run(
        """
        INSERT INTO revisions (discussion_id, number, title, byline, author, epigraph,
            epigraph_source, source_url, words, postscript, source, source_name,
            digest, created_at)
        VALUES (:discussion_id, 1, :title, :byline, :author, :epigraph,
            :epigraph_source, :source_url, :words, :postscript, :source, :source_name,
            :digest, :now)
        """,
        {
            "discussion_id": discussion_id,
            "title": essay.title,
            "byline": essay.byline,
            "author": essay.author,
            "epigraph": None if essay.epigraph is None else essay.epigraph.text,
            "epigraph_source": None if essay.epigraph is None else essay.epigraph.source,
            "source_url": essay.source_url,
            "words": essay.words,
            "postscript": essay.postscript,
            "source": source,
            "source_name": source_name,
            "digest": digest(source),
            "now": now_ms,
        },
    )
    await tx.run_many(
        """
        INSERT INTO questions (discussion_id, revision, position, text)
        VALUES (:discussion_id, 1, :position, :text)
        """,
        [
            {"discussion_id": discussion_id, "position": position, "text": text}
            for position, text in enumerate(essay.questions)
        ],
    )
    await tx.run_many(
        """
        INSERT INTO passages (discussion_id, revision, number, text)
        VALUES (:discussion_id, 1, :number, :text)
        """,
        [
            {"discussion_id": discussion_id, "number": passage.number, "text": passage.text}
            for passage in essay.passages
        ],
    )


_LISTED = """
SELECT discussions.id, discussions.server_id, discussions.channel_id, discussions.state,
       discussions.published_at, revisions.title,
       (SELECT message_id FROM posts
        WHERE posts.discussion_id = discussions.id AND purpose = 'card') AS card_id
FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
WHERE revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
)
"""
_LISTED_ONE = _LISTED + "AND discussions.id = :id"
_LISTED_BY_TITLE = _LISTED + "AND revisions.title = :title ORDER BY discussions.id"
_LISTED_BY_SERVER = _LISTED + "AND discussions.server_id = :server_id ORDER BY discussions.id DESC"


async def _some(tx: Transaction, sql: str, parameters: dict[str, object]) -> list[Listed]:
    return [
        Listed(
            id=row["id"],
            server_id=row["server_id"],
            channel_id=row["channel_id"],
            title=row["title"],
            state=row["state"],
            published_at=row["published_at"],
            card_id=row["card_id"],
        )
        for row in await tx.rows(sql, parameters)
    ]


async def _listed_one(tx: Transaction, discussion_id: int) -> Listed | None:
    found = await _some(tx, _LISTED_ONE, {"id": discussion_id})
    return found[0] if found else None


async def listed(tx: Transaction, server_id: int) -> list[Listed]:
    """A server's discussions, the newest first."""
    return await _some(tx, _LISTED_BY_SERVER, {"server_id": server_id})


async def find(tx: Transaction, essay: str) -> Listed:
    """The discussion with this number or exact title; UnknownEssay where there is not just one.

    A title that is itself a number is found by its title where no discussion has the number.
    """
    if essay.strip().isascii() and essay.strip().isdigit() and len(essay.strip()) < 19:
        found = await _listed_one(tx, int(essay.strip()))
        if found is not None:
            return found
    matching = await _some(tx, _LISTED_BY_TITLE, {"title": essay})
    if not matching:
        raise UnknownEssay(f"No essay has the number or the title “{essay}”.")
    if len(matching) > 1:
        numbers = ", ".join(str(found.id) for found in matching)
        raise UnknownEssay(
            f"Several essays are titled “{essay}”: name one by its number ({numbers})."
        )
    return matching[0]
