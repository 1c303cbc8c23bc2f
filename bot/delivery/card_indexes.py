"""Updates the index on each card: people, replies and the busiest threads.

A card is edited in place, and only if it would show something else: ten minutes after the first
change on the first day, half an hour later on (``bot.core.conversation.thread_index``). An edit in
an archived thread would need to unarchive it, so there the card waits for the next reply, which
does that.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord.http import Route

from bot.core.conversation.thread_index import describe_index
from bot.core.layout.card import add_index
from bot.core.payload import Payload, make_edit_body
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import use_language
from bot.delivery.pictures import load_pictures, request_with_files
from bot.delivery.worker import Failure, explain_error
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import retry
from bot.discord_api.errors import ARCHIVED, THREAD_LOCKED, TOO_MANY_OLD_EDITS, Outcome
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import card_indexes
from storage.delivery.card_indexes import IndexedCard
from storage.replies import discussion_index

__all__ = ["CardIndexUpdater", "IndexJob", "RenderedCard", "render_card_with_index"]

_log = logging.getLogger(__name__)

_CONCURRENCY = 2
#: Milliseconds before the next attempt where Discord limits edits of old messages: doubled with
#: each one, up to a day.
_FIRST_OLD_DELAY, _LONGEST_OLD_DELAY = 1_800_000, 86_400_000
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class RenderedCard:
    """A card with its current index. ``body``: of Discord's Edit Message; ``shown``: its hash."""

    card: IndexedCard
    body: Payload
    shown: str

    @property
    def is_shown(self) -> bool:
        """Whether the card in Discord is the same."""
        before = self.card.shown or _hash(make_edit_body(self.card.payload))
        return self.shown == before


async def render_card_with_index(tx: Transaction, discussion_id: int) -> RenderedCard | None:
    """A discussion's card with its current index; None if there is no card to edit."""
    card = await card_indexes.read_card(tx, discussion_id)
    if card is None:
        return None
    totals = await discussion_index.get_totals(tx, discussion_id)
    entries = await discussion_index.get_entries(tx, discussion_id, card.style)
    with use_language(await get_discussion_language(tx, card.server_id, discussion_id)):
        index = describe_index(totals, entries, card.server_id)
        body = make_edit_body(add_index(card.payload, index))
    return RenderedCard(card, body, _hash(body))


def _hash(body: Payload) -> str:
    text = json.dumps(body, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class IndexJob:
    """The update of one index. ``attempts``: those that failed."""

    discussion_id: int
    attempts: int


class CardIndexUpdater:
    """Updates indexes; a :class:`bot.delivery.worker.JobSource`."""

    name = "card index"
    next_due = card_indexes.NEXT_DUE
    concurrency = _CONCURRENCY

    def __init__(self, context: DeliveryContext) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http

    def get_key(self, job: IndexJob) -> int:
        """The id of the discussion."""
        return job.discussion_id

    async def claim(self, busy: Sequence[IndexJob], most: int | None) -> list[IndexJob]:
        """The indexes that are due, the earliest first."""
        now_ms, under_way = self._clock.now_ms(), {job.discussion_id for job in busy}
        wanted = (most or _CONCURRENCY) + len(under_way)
        due = await self._database.read(
            lambda tx: card_indexes.get_due(
                tx, now_ms=now_ms, most=wanted, shards=self._get_shards()
            )
        )
        jobs = [IndexJob(*one) for one in due if one[0] not in under_way]
        return jobs[:most]

    async def do(self, job: IndexJob) -> None:
        """Edit the card if it would show something else."""
        discussion_id = job.discussion_id
        await self._database.write(lambda tx: card_indexes.begin_update(tx, discussion_id))
        card = await self._database.read(lambda tx: render_card_with_index(tx, discussion_id))
        if card is not None and not card.is_shown:
            await self._edit(card)

        async def record(tx: Transaction) -> None:
            if card is not None and not card.is_shown:
                await card_indexes.set_shown(tx, discussion_id, card.shown)
            await card_indexes.mark_up_to_date(tx, discussion_id)

        await self._database.write(record)

    async def _edit(self, card: RenderedCard) -> None:
        route = Route(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=card.card.channel_id,
            message_id=card.card.message_id,
        )
        # ``attachment://`` is documented for files of the same request.
        uploads = await load_pictures(self._database, card.body)
        await request_with_files(self._http, route, card.body, uploads)

    async def explain(self, job: IndexJob, error: Exception) -> Failure:
        """What an error means for an update; the admins aren't alerted."""
        failure = explain_error(error)
        if not isinstance(error, discord.HTTPException):
            return failure
        if error.code == TOO_MANY_OLD_EDITS:
            return Failure(Outcome.NEEDS_ADMIN, make_coded("old-edits-limited"))
        if error.code in (ARCHIVED, THREAD_LOCKED):
            return Failure(Outcome.REFUSED, failure.reason)
        if failure.outcome is Outcome.REFUSED:
            _log.error("Discord refused the index of essay %d: %s", job.discussion_id, error)
        return failure

    def get_delay(self, job: IndexJob, failure: Failure) -> int:
        """By the common retry policy; longer where Discord limits edits of old messages."""
        if failure.reason.code == "old-edits-limited":
            doubled = _FIRST_OLD_DELAY << min(job.attempts, _MOST_DOUBLINGS)
            return min(doubled, _LONGEST_OLD_DELAY)
        return retry.get_delay(job.attempts + 1, slow=failure.outcome is Outcome.NEEDS_ADMIN)

    async def postpone(self, job: IndexJob, failure: Failure, due_at: int) -> None:
        """Try again later."""
        await self._database.write(
            lambda tx: card_indexes.postpone(
                tx, job.discussion_id, due_at=due_at, last_error=failure.reason
            )
        )

    async def give_up(self, job: IndexJob, failure: Failure) -> None:
        """Wait for the next change: the thread is archived, or the card was deleted."""
        await self._database.write(
            lambda tx: card_indexes.skip_update(tx, job.discussion_id, failure.reason)
        )
