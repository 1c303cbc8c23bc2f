"""Delivery worker: claims due jobs, does them, classifies errors, and retries with backoff.

There is one worker for each kind of job: messages, threads, message edits, card indexes, answers,
reply moves, attachments, authors' messages, temporary messages. What is specific to a kind is its
:class:`JobSource`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import discord

from bot.clock import Clock
from bot.core.text.coded_text import CodedText, make_coded
from bot.discord_api.errors import TRANSIENT, Outcome, classify, get_error_name
from storage.db.errors import DatabaseUnavailable

__all__ = [
    "Failure",
    "HistoryUnreadable",
    "JobFailed",
    "JobSource",
    "Worker",
    "explain_error",
    "take_first_of_each_place",
]

_log = logging.getLogger(__name__)

#: Seconds for which a job rests after a bug, so that it isn't tried over and over; and while the
#: database is unavailable.
_REST_AFTER_BUG, _REST_WITHOUT_DATABASE = 60, 5
#: Seconds that jobs under way have to end when the worker is stopped.
_STOP_SECONDS = 5.0

Job = TypeVar("Job")


@dataclass(frozen=True, slots=True)
class Failure:
    """What an attempt came to that didn't succeed.

    ``reason`` is stored as the row's last_error. ``alert``: whether the
    admins are to be alerted where they have to fix something.
    """

    outcome: Outcome
    reason: CodedText
    alert: bool = True


class JobFailed(Exception):
    """Raised by a job that knows itself what its failure means."""

    def __init__(self, outcome: Outcome, reason: CodedText, *, alert: bool = True) -> None:
        super().__init__(str(reason))
        self.failure = Failure(outcome, reason, alert)


class HistoryUnreadable(JobFailed):
    """Raised where it can't be told whether an earlier attempt already sent the message."""

    def __init__(self, channel_id: int) -> None:
        super().__init__(
            Outcome.NEEDS_ADMIN,
            make_coded("history-unreadable", channel=channel_id),
        )


def explain_error(error: Exception) -> Failure:
    """What an error means where nothing more is known of it."""
    if isinstance(error, discord.HTTPException):
        return Failure(classify(error), make_coded("discord-answered", status=error.status))
    return Failure(classify(error), make_coded("discord-unreachable", error=get_error_name(error)))


def take_first_of_each_place(
    due: Iterable[Job], busy: Iterable[Job], get_place: Callable[[Job], int], most: int
) -> list[Job]:
    """The first due job of each channel or thread without one under way, at most so many.

    So the messages of a place stay in their order.
    """
    places = {get_place(job) for job in busy}
    taken: list[Job] = []
    for job in due:
        if len(taken) == most:
            break
        if get_place(job) not in places:
            places.add(get_place(job))
            taken.append(job)
    return taken


class JobSource(Protocol[Job]):
    """One kind of job: which rows are due, how one is done, and what its outcome changes."""

    @property
    def name(self) -> str:
        """What a job is called in the log."""
        ...

    @property
    def next_due(self) -> str:
        """The query for when the next job is due, in milliseconds since 1970.

        It has the parameters of :func:`storage.db.shard_parameters.make_shard_parameters`.
        """
        ...

    @property
    def concurrency(self) -> int | None:
        """How many jobs are done at the same time; None: all that are due."""
        ...

    def get_key(self, job: Job) -> int:
        """The id of the job's row; no two jobs with the same key are under way at once."""
        ...

    async def claim(self, busy: Sequence[Job], most: int | None) -> Sequence[Job]:
        """The jobs to begin now, at most so many. ``busy``: those under way, not to be claimed."""
        ...

    async def do(self, job: Job) -> None:
        """Do the job and record that it is done.

        Raises what discord.py and aiohttp raise, or JobFailed.
        """
        ...

    async def explain(self, job: Job, error: Exception) -> Failure:
        """What an error of Discord's API, or of the way to it, means for the job."""
        ...

    def get_delay(self, job: Job, failure: Failure) -> int:
        """Milliseconds until the next attempt."""
        ...

    async def postpone(self, job: Job, failure: Failure, due_at: int) -> None:
        """Record that it is tried again at ``due_at`` (milliseconds since 1970)."""
        ...

    async def give_up(self, job: Job, failure: Failure) -> None:
        """Record that it won't be tried again: the outcome is DELETED or REFUSED."""
        ...


class Worker(Generic[Job]):
    """Does the jobs of one source, some of them at the same time.

    ``on_change`` is called after every attempt, however it went.
    """

    def __init__(
        self, source: JobSource[Job], *, clock: Clock, on_change: Callable[[], None]
    ) -> None:
        self._source = source
        self._clock = clock
        self._on_change = on_change
        self._jobs: dict[int, Job] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def name(self) -> str:
        """What a job is called."""
        return self._source.name

    @property
    def next_due(self) -> str:
        """The query for when the next job is due."""
        return self._source.next_due

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._tasks

    @property
    def keys(self) -> frozenset[int]:
        """The keys of the jobs under way."""
        return frozenset(self._tasks)

    async def start_due(self) -> None:
        """Begin the jobs that are due and not under way, as far as concurrency allows."""
        most = self._source.concurrency
        if most is not None:
            most -= len(self._tasks)
            if most <= 0:
                return
        for job in await self._source.claim(tuple(self._jobs.values()), most):
            key = self._source.get_key(job)
            if key in self._tasks:
                continue  # what is under way has just changed its row
            self._jobs[key] = job
            self._tasks[key] = asyncio.create_task(
                self._run(key, job), name=f"{self._source.name}-{key}"
            )

    async def stop(self) -> None:
        """Let the jobs under way end, and cancel those that take longer than five seconds.

        Of a request that is cancelled, it isn't known whether it had its effect. A cancelled job is
        claimed again at the next start. Nothing may be started meanwhile.
        """
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: int, job: Job) -> None:
        try:
            await self._attempt(key, job)
        except DatabaseUnavailable as error:
            _log.error(
                "The database isn't available (%s); retrying the %s in %d s.",
                error,
                self._source.name,
                _REST_WITHOUT_DATABASE,
            )
            await asyncio.sleep(_REST_WITHOUT_DATABASE)
        except Exception:  # noqa: BLE001 - the others go on, whatever went wrong in one job
            _log.exception("Unexpected error in a %s job; retrying in a minute.", self._source.name)
            await asyncio.sleep(_REST_AFTER_BUG)
        finally:
            del self._jobs[key], self._tasks[key]
            self._on_change()

    async def _attempt(self, key: int, job: Job) -> None:
        try:
            await self._source.do(job)
        except JobFailed as failed:
            failure = failed.failure
        except (discord.HTTPException, *TRANSIENT) as error:
            failure = await self._source.explain(job, error)
        else:
            return
        if failure.outcome in (Outcome.RETRY_SOON, Outcome.NEEDS_ADMIN):
            delay = self._source.get_delay(job, failure)
            _log.warning(
                "%s %d is retried in %.0f s: %s",
                self._source.name.capitalize(),
                key,
                delay / 1000,
                failure.reason,
            )
            await self._source.postpone(job, failure, self._clock.now_ms() + delay)
        else:
            await self._source.give_up(job, failure)
