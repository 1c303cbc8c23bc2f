"""The delivery worker, over rows in a real database, with a job source of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
import pytest

from bot.clock import Clock
from bot.core.text.coded_text import make_coded
from bot.delivery.worker import Failure, JobFailed, Worker, explain_error
from bot.discord_api import retry
from bot.discord_api.errors import Outcome
from storage.db.database import Database
from storage.db.errors import DatabaseUnavailable
from storage.db.writer import Transaction
from tests.support.waits import set_wait


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    attempts: int


@dataclass
class Rows:
    """Jobs in a table of their own; ``work`` is what one does."""

    database: Database
    clock: Clock
    work: Callable[[Job], Awaitable[None]]
    name: str = "job"
    next_due: str = "SELECT min(due_at) FROM jobs WHERE state = 'planned'"
    concurrency: int | None = 2
    claimed: list[int] = field(default_factory=list)

    async def plan(self, *ids: int) -> None:
        async def insert(tx: Transaction) -> None:
            for number in ids:
                await tx.run(
                    "INSERT INTO jobs (id, due_at) VALUES (:id, :now)",
                    {"id": number, "now": self.clock.now_ms()},
                )

        await self.database.write(insert)

    async def states(self) -> dict[int, tuple[str, int, str | None]]:
        rows = await self.database.read(
            lambda tx: tx.rows("SELECT id, state, attempts, last_error FROM jobs ORDER BY id")
        )
        return {row["id"]: (row["state"], row["attempts"], row["last_error"]) for row in rows}

    def get_key(self, job: Job) -> int:
        return job.id

    async def claim(self, busy: Sequence[Job], most: int | None) -> list[Job]:
        ids, now_ms = {job.id for job in busy}, self.clock.now_ms()
        rows = await self.database.read(
            lambda tx: tx.rows(
                """
                SELECT id, attempts FROM jobs
                WHERE state = 'planned' AND due_at <= :now ORDER BY id
                """,
                {"now": now_ms},
            )
        )
        found = [Job(row["id"], row["attempts"]) for row in rows if row["id"] not in ids][:most]
        self.claimed += [job.id for job in found]
        return found

    async def do(self, job: Job) -> None:
        await self.work(job)
        await self._set(job, "done", None)

    async def explain(self, job: Job, error: Exception) -> Failure:
        del job
        return explain_error(error)

    def get_delay(self, job: Job, failure: Failure) -> int:
        return retry.get_delay(job.attempts + 1, slow=failure.outcome is Outcome.NEEDS_ADMIN)

    async def postpone(self, job: Job, failure: Failure, due_at: int) -> None:
        await self.database.write(
            lambda tx: tx.run(
                """
                UPDATE jobs SET attempts = attempts + 1, due_at = :due_at, last_error = :last_error
                WHERE id = :id
                """,
                {"id": job.id, "due_at": due_at, "last_error": str(failure.reason)},
            )
        )

    async def give_up(self, job: Job, failure: Failure) -> None:
        await self._set(job, failure.outcome.value, str(failure.reason))

    async def _set(self, job: Job, state: str, last_error: str | None) -> None:
        await self.database.write(
            lambda tx: tx.run(
                "UPDATE jobs SET state = :state, last_error = :last_error WHERE id = :id",
                {"id": job.id, "state": state, "last_error": last_error},
            )
        )


class Running:
    """A worker, and what happens in it."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.changes = 0
        self._changed = asyncio.Event()
        self.worker = Worker(rows, clock=rows.clock, on_change=self._count)

    def _count(self) -> None:
        self.changes += 1
        self._changed.set()

    async def finish(self) -> None:
        """Start what is due, and return when the worker is idle."""
        await self.worker.start_due()
        while not self.worker.idle:
            self._changed.clear()
            await self._changed.wait()


async def nothing(job: Job) -> None:
    del job


@pytest.fixture
async def running(database: Database) -> AsyncIterator[Running]:
    await database.write(
        lambda tx: tx.run(
            """
            CREATE TABLE jobs (id BIGINT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'planned',
                due_at BIGINT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT)
            """
        )
    )
    running = Running(Rows(database, Clock(), nothing))
    yield running
    await running.worker.stop()


async def test_jobs_that_succeed_are_done_and_each_is_reported(running: Running) -> None:
    running.rows.concurrency = None
    await running.rows.plan(1, 2, 3)
    await running.finish()
    assert {state for state, *_ in (await running.rows.states()).values()} == {"done"}
    assert running.changes == 3


async def test_no_more_jobs_are_under_way_than_the_source_allows(running: Running) -> None:
    go_on = asyncio.Event()

    async def wait(job: Job) -> None:
        del job
        await go_on.wait()

    running.rows.work = wait
    await running.rows.plan(1, 2, 3)
    await running.worker.start_due()
    await running.worker.start_due()
    assert running.worker.keys == {1, 2}
    assert running.rows.claimed == [1, 2], "nothing is claimed while all places are taken"
    go_on.set()
    await running.finish()
    await running.finish()
    assert running.rows.claimed == [1, 2, 3]


async def test_a_job_under_way_is_not_begun_again_if_it_is_claimed_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the job has just changed its row, by which its source recognises it."""
    begun: list[int] = []
    go_on = asyncio.Event()

    async def wait(job: Job) -> None:
        begun.append(job.id)
        await go_on.wait()

    async def claim(_busy: Sequence[Job], _most: int | None) -> list[Job]:
        return [Job(1, 0)]

    running.rows.work = wait
    await running.rows.plan(1)
    monkeypatch.setattr(running.rows, "claim", claim)
    await running.worker.start_due()
    await asyncio.sleep(0)
    await running.worker.start_due()
    await asyncio.sleep(0)
    assert begun == [1]
    go_on.set()
    await running.finish()
    assert running.changes == 1
    assert (await running.rows.states())[1][0] == "done"


async def test_a_transient_error_is_retried_later_and_later(running: Running) -> None:
    async def fail(job: Job) -> None:
        if job.attempts < 2:
            raise aiohttp.ClientConnectionError

    running.rows.work = fail
    await running.rows.plan(1)
    await running.finish()
    assert (await running.rows.states())[1] == (
        "planned",
        1,
        "Discord could not be reached (ClientConnectionError).",
    )
    await running.finish()
    assert running.rows.claimed == [1], "it isn't due before its delay is over"
    running.rows.clock.set_offset(2)
    await running.finish()
    running.rows.clock.set_offset(5.9)
    await running.finish()
    assert (await running.rows.states())[1][:2] == ("planned", 2), "the second delay is 4 s"
    running.rows.clock.set_offset(7)
    await running.finish()
    assert (await running.rows.states())[1][0] == "done"


async def test_jobs_that_somebody_has_to_fix_are_retried_slowly(running: Running) -> None:
    async def fail(job: Job) -> None:
        raise JobFailed(Outcome.NEEDS_ADMIN, make_coded("permission-missing"))

    running.rows.work = fail
    await running.rows.plan(1)
    await running.finish()
    running.rows.clock.set_offset(59)
    await running.finish()
    assert (await running.rows.states())[1] == ("planned", 1, "A permission is missing.")
    running.rows.clock.set_offset(61)
    await running.finish()
    assert (await running.rows.states())[1][1] == 2


@pytest.mark.parametrize("outcome", [Outcome.DELETED, Outcome.REFUSED])
async def test_deleted_or_refused_jobs_are_given_up(running: Running, outcome: Outcome) -> None:
    async def fail(job: Job) -> None:
        raise JobFailed(outcome, make_coded("as-stored", text="No."))

    running.rows.work = fail
    await running.rows.plan(1)
    await running.finish()
    assert (await running.rows.states())[1] == (outcome.value, 0, "No.")


async def test_a_job_that_meets_an_unavailable_database_is_claimed_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wait(monkeypatch, "worker after an archive error", 0)

    async def fail(job: Job) -> None:
        del job
        if len(running.rows.claimed) == 1:
            raise DatabaseUnavailable("disk I/O error")

    running.rows.work = fail
    await running.rows.plan(1)
    await running.finish()
    assert (await running.rows.states())[1][0] == "planned"
    await running.finish()
    assert (await running.rows.states())[1][0] == "done"


async def test_a_bug_in_one_job_stops_no_other(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.worker._REST_AFTER_BUG", 0)

    async def fail(job: Job) -> None:
        if job.id == 1:
            raise ZeroDivisionError

    running.rows.work = fail
    await running.rows.plan(1, 2)
    await running.finish()
    states = await running.rows.states()
    assert (states[1][0], states[2][0]) == ("planned", "done")


async def test_a_job_under_way_ends_before_the_worker_is_stopped(running: Running) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(job: Job) -> None:
        del job
        begun.set()
        await go_on.wait()

    running.rows.work = wait
    await running.rows.plan(1)
    await running.worker.start_due()
    await begun.wait()
    stopping = asyncio.create_task(running.worker.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    go_on.set()
    await stopping
    assert (await running.rows.states())[1][0] == "done"


async def test_a_job_that_takes_too_long_is_stopped_and_can_be_claimed_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wait(monkeypatch, "worker's last jobs", 0.05)
    begun = asyncio.Event()

    async def wait(job: Job) -> None:
        del job
        begun.set()
        await asyncio.Event().wait()

    running.rows.work = wait
    await running.rows.plan(1)
    await running.worker.start_due()
    await begun.wait()
    await running.worker.stop()
    assert running.worker.idle
    assert (await running.rows.states())[1][0] == "planned"
