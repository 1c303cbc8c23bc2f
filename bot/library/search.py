"""Search in a server's replies and essays, newest first, within a time limit.

Who asks sees only what they may read at this moment: that is checked before anything is counted.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.snowflake import get_snowflake_time, make_first_snowflake
from bot.core.text.folding import fold_text
from bot.core.text.translate import gettext as _
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.replies import search
from storage.replies.search import FoundReply, SearchedEssay, SearchedPassage

__all__ = ["NEWEST", "Cursor", "Hit", "Page", "Search", "run_search"]

#: Hits on a page, and most that are counted beyond it.
_PER_PAGE, _MOST_COUNTED = 5, 20
#: Seconds for one page, and replies that are read at once.
_BUDGET = 1.0
_REPLIES_AT_ONCE = 10_000
#: Essays that are searched at once.
_ESSAYS_AT_ONCE = 20
#: Most hits that are read at once; more can be on the next pages.
_HITS_AT_ONCE = 200

#: Ids in a message: of members, roles, channels, emojis and commands, and seconds of times
#: (docs: Reference › Message Formatting).
_IDS = re.compile(
    r"<(?:@[!&]?|#|t:-?|a?(?P<name>:\w{1,32}:)|(?P<command>/[^:>\n]{1,100}):)\d{1,20}(?::[A-Za-z])?>"
)

#: Whether who asks may read a channel or thread.
CanRead = Callable[[int], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins, going back: after the reply ``id``, or in the essay with that card.

    ``passage``: the passage of the essay with which the page begins; 0 if it was searched.
    """

    id: int
    passage: int = 0


#: The number of an essay's title among its passages.
_TITLE = 0
#: The beginning: no id is as high.
NEWEST = Cursor((1 << 63) - 1)


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for. ``words``: folded, at least one; the filters: None for no limit."""

    server_id: int
    words: tuple[str, ...]
    discussion_id: int | None = None
    author_id: int | None = None
    passage: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A reply, or the title or a passage of an essay.

    author:       who wrote it; of an essay None if that isn't known
    thread_name:  of a reply in a thread
    is_essay:     it is the essay's own text
    passages:     that the reply is about, or the passage's own number
    """

    cursor: Cursor
    discussion_id: int
    channel_id: int
    message_id: int
    author: str | None
    at: datetime
    thread_name: str | None
    title: str
    is_essay: bool
    passages: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some hits.

    more:             how many hits come after them, as far as they were counted
    has_uncounted:    there may be more than those
    searched_back_to: the time was over there; None if everything was searched
    further:          where to search further; None if there is nothing left
    """

    hits: tuple[Hit, ...]
    more: int
    has_uncounted: bool
    searched_back_to: datetime | None
    further: Cursor | None


@dataclass
class _Found:
    """Hits so far, and where the search has come to."""

    hits: list[Hit] = field(default_factory=list)
    cursor: Cursor = NEWEST
    is_done: bool = False


async def run_search(
    database: Database,
    asked: Search,
    can_read: CanRead,
    *,
    after: Cursor = NEWEST,
    budget: float = _BUDGET,
    at_once: int = _REPLIES_AT_ONCE,
) -> Page:
    """The page of hits after ``after``, in ``budget`` seconds and one piece of ``at_once`` replies.

    At least one piece is searched, so that searching further comes to an end.
    """
    deadline = time.monotonic() + budget
    essays = await _get_readable_essays(database, asked, can_read)
    found = _Found(cursor=after)
    lowest = 0 if asked.since is None else make_first_snowflake(to_milliseconds(asked.since))
    while not found.is_done and len(found.hits) < _PER_PAGE + _MOST_COUNTED:
        await _search_piece(database, asked, essays, found, can_read, lowest, at_once)
        if time.monotonic() >= deadline:
            break
    return _make_page(found)


def _make_page(found: _Found) -> Page:
    shown = tuple(found.hits[:_PER_PAGE])
    more = min(len(found.hits) - len(shown), _MOST_COUNTED)
    if more:
        counted_all = found.is_done and len(found.hits) <= _PER_PAGE + _MOST_COUNTED
        return Page(shown, more, not counted_all, None, shown[-1].cursor)
    if found.is_done:
        return Page(shown, 0, False, None, None)
    return Page(shown, 0, True, get_snowflake_time(found.cursor.id), found.cursor)


async def _get_readable_essays(
    database: Database, asked: Search, can_read: CanRead
) -> list[SearchedEssay]:
    if asked.author_id is not None:
        return []
    essays = await database.read(
        lambda tx: search.get_essays(tx, asked.server_id, asked.discussion_id)
    )
    return [one for one in essays if await can_read(one.channel_id)]


async def _search_piece(
    database: Database,
    asked: Search,
    essays: Sequence[SearchedEssay],
    found: _Found,
    can_read: CanRead,
    lowest: int,
    at_once: int,
) -> None:
    """Search the next replies, and the essays that were posted among them."""
    start = found.cursor

    async def read(tx: Transaction) -> tuple[int, list[FoundReply]]:
        floor = await search.get_floor(tx, asked.server_id, asked.discussion_id, start.id, at_once)
        floor = max(floor, _get_essay_floor(essays, start))
        replies = await search.find_replies(
            tx,
            server_id=asked.server_id,
            words=asked.words,
            before_id=start.id,
            from_id=max(floor, lowest),
            most=_HITS_AT_ONCE,
            discussion_id=asked.discussion_id,
            author_id=asked.author_id,
            passage=asked.passage,
        )
        return floor, replies

    floor, replies = await database.read(read)
    is_last = floor <= lowest
    if len(replies) == _HITS_AT_ONCE:
        floor, is_last = replies[-1].id, False
    floor = max(floor, lowest)
    hits = [_make_reply_hit(one) for one in replies if await can_read(one.channel_id)]
    hits = [one for one in hits if _shows_words(one.text, asked.words)]
    for essay in essays:
        if floor <= essay.card_id < start.id:
            hits += await _find_passages(database, asked, essay, after=0)
        elif essay.card_id == start.id and start.passage:
            hits += await _find_passages(database, asked, essay, after=start.passage)
    hits.sort(key=lambda hit: (-hit.cursor.id, hit.cursor.passage))
    found.hits += hits
    found.cursor, found.is_done = Cursor(floor), is_last


def _get_essay_floor(essays: Sequence[SearchedEssay], start: Cursor) -> int:
    """The id of the last essay that is searched at once; 0 if that is all of them."""
    coming = [one.card_id for one in essays if one.card_id < start.id]
    return coming[_ESSAYS_AT_ONCE - 1] if len(coming) > _ESSAYS_AT_ONCE else 0


def _make_reply_hit(reply: FoundReply) -> Hit:
    return Hit(
        cursor=Cursor(reply.id),
        discussion_id=reply.discussion_id,
        channel_id=reply.channel_id,
        message_id=reply.message_id,
        author=reply.author_name,
        at=from_milliseconds(reply.written_at),
        thread_name=reply.thread_name,
        title=reply.title,
        is_essay=False,
        passages=reply.passages,
        text=_show_text(reply),
    )


def _show_text(reply: FoundReply) -> str:
    """All that was searched of a reply, the words that aren't its author's own marked as such."""
    forward, poll = reply.extras.forward, reply.extras.poll
    lines = [reply.text]
    if forward is not None:
        lines.append(" · ".join([f"{_('Forwarded:')} {forward.text}".rstrip(), *forward.stickers]))
    if poll is not None:
        answers = [f"{one.emoji} {one.text}".strip() for one in poll.answers]
        lines.append(f"{_('Poll:')} {' · '.join([poll.question, *answers])}")
    lines += [f"{_('Sticker:')} {name}" for name in reply.extras.stickers]
    return "\n".join(line for line in lines if line)


def _shows_words(text: str, words: Sequence[str]) -> bool:
    """Whether the words are in what people see of a text, and not only in ids that it has."""
    if "<" not in text or not any(map(_has_digit, words)):
        return True
    shown = fold_text(_IDS.sub(r"\g<name>\g<command>", text))
    return all(word in shown or word.startswith("<") for word in words)


def _has_digit(word: str) -> bool:
    return any(sign.isdigit() for sign in word)


async def _find_passages(
    database: Database, asked: Search, essay: SearchedEssay, *, after: int
) -> list[Hit]:
    """The passages of an essay with the words, and its title; only from place ``after`` on."""
    passages = await database.read(lambda tx: search.get_passages(tx, essay))
    title = SearchedPassage(_TITLE, essay.title, essay.channel_id, essay.card_id)
    wanted = [
        one
        for one in (title, *passages)
        if one.number >= after and asked.passage in (None, one.number)
    ]
    matching = await asyncio.to_thread(_find_matching, wanted, asked.words)
    at = get_snowflake_time(essay.card_id)
    if essay.published_at is not None:
        at = from_milliseconds(essay.published_at)
    return [
        Hit(
            cursor=Cursor(essay.card_id, one.number + 1),
            discussion_id=essay.discussion_id,
            channel_id=one.channel_id,
            message_id=one.message_id,
            author=essay.author,
            at=at,
            thread_name=None,
            title=essay.title,
            is_essay=True,
            passages=() if one.number == _TITLE else (one.number,),
            text=one.text,
        )
        for one in matching
    ]


def _find_matching(
    passages: Sequence[SearchedPassage], words: Sequence[str]
) -> list[SearchedPassage]:
    found = []
    for passage in passages:
        folded = fold_text(passage.text)
        if all(word in folded for word in words):
            found.append(passage)
    return found
