"""Temporary messages: deletes those whose time is over."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.text.coded_text import make_coded
from bot.delivery.worker import Failure
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import retry
from bot.discord_api.errors import Outcome, classify, describe_error
from storage.delivery import temporary_messages
from storage.delivery.temporary_messages import TemporaryMessage

__all__ = ["TemporaryMessageRemover"]


class TemporaryMessageRemover:
    """Deletes temporary messages; a :class:`bot.delivery.worker.JobSource`."""

    name = "temporary message"
    next_due = temporary_messages.NEXT_DUE
    concurrency = None

    def __init__(self, context: DeliveryContext) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http

    def get_key(self, job: TemporaryMessage) -> int:
        """The id of its planned message."""
        return job.planned_message_id

    async def claim(
        self, busy: Sequence[TemporaryMessage], most: int | None
    ) -> list[TemporaryMessage]:
        """All that are due."""
        del most
        now_ms = self._clock.now_ms()
        ids = {job.planned_message_id for job in busy}
        due = await self._database.read(
            lambda tx: temporary_messages.get_due(tx, now_ms, self._get_shards())
        )
        return [job for job in due if job.planned_message_id not in ids]

    async def do(self, job: TemporaryMessage) -> None:
        """Delete it."""
        if job.message_id is not None:
            await self._http.delete_message(job.channel_id, job.message_id)
        await self._mark_deleted(job)

    async def explain(self, job: TemporaryMessage, error: Exception) -> Failure:
        """Whatever the error: it is deleted already, or that is tried again, but without haste."""
        del job
        outcome = classify(error)
        if outcome is not Outcome.DELETED:
            outcome = Outcome.NEEDS_ADMIN
        return Failure(outcome, make_coded("not-deleted", error=describe_error(error)))

    def get_delay(self, job: TemporaryMessage, failure: Failure) -> int:
        """Always the same: attempts aren't counted."""
        del job, failure
        return retry.get_delay(1, slow=True)

    async def postpone(self, job: TemporaryMessage, failure: Failure, due_at: int) -> None:
        """Delete it at ``due_at`` instead."""
        del failure
        await self._database.write(
            lambda tx: temporary_messages.postpone(tx, job.planned_message_id, due_at)
        )

    async def give_up(self, job: TemporaryMessage, failure: Failure) -> None:
        """It was deleted already."""
        del failure
        await self._mark_deleted(job)

    async def _mark_deleted(self, job: TemporaryMessage) -> None:
        await self._database.write(
            lambda tx: temporary_messages.mark_deleted(tx, job.planned_message_id)
        )
