"""Health check and metrics over HTTP: ``/health``, and ``/metrics`` for Prometheus.

They contain numbers only, nothing that anybody wrote and no secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.app.connection_state import Connection, ShardHealth
from bot.checks import RECENT_FAILURES
from bot.clock import Clock, to_milliseconds
from bot.errors import SettingsError
from storage.db.backups import list_backups
from storage.db.database import Database
from storage.db.errors import StorageError
from storage.db.writer import Transaction
from storage.servers import diagnostics
from storage.servers.diagnostics import PendingCounts, Problem

__all__ = ["Health", "serve_health"]


@dataclass(frozen=True, slots=True)
class _State:
    connection: Connection
    waits: PendingCounts | None
    failed: tuple[Problem, ...]
    last_backup: float | None
    size: int

    @property
    def status(self) -> str:
        if self.waits is None:
            return "the archive can't be read"
        connected, count = self.connection.shards_connected, len(self.connection.shards)
        if not connected:
            return "not connected"
        return "fine" if connected == count else f"{connected} of {count} shards connected"

    @property
    def is_working(self) -> bool:
        """Whether servers are served. A shard alone that is lost doesn't call for a restart."""
        return self.waits is not None and self.connection.connected


class Health:
    """Answers health checks. ``connection``: gets the state of the current connection.

    ``backups``: the folder of the archive's backups, and its file's name without the ending; None:
    the bot makes none.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        backups: tuple[Path, str] | None,
        connection: Callable[[], Connection],
    ) -> None:
        self._database = database
        self._clock = clock
        self._backups = backups
        self._connection = connection

    def app(self) -> web.Application:
        """The web application with both routes."""
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def _state(self) -> _State:
        since = to_milliseconds(self._clock.now() - RECENT_FAILURES)

        async def look(tx: Transaction) -> tuple[PendingCounts, list[Problem]]:
            return await diagnostics.count_pending(tx), await diagnostics.get_problems(tx, since)

        waits, found, size = None, list[Problem](), 0
        with contextlib.suppress(StorageError):
            waits, found = await self._database.read(look)
        with contextlib.suppress(StorageError):
            size = await self._database.measure_size()
        known = [] if self._backups is None else list_backups(*self._backups)
        newest = next(iter(known), None)
        return _State(
            connection=self._connection(),
            waits=waits,
            failed=tuple(one for one in found if one.failed),
            last_backup=None if newest is None else newest.at.timestamp(),
            size=size,
        )

    async def _health(self, _: web.Request) -> web.Response:
        """Status 200 if a shard is connected and the archive can be read, else 503."""
        state = await self._state()
        connection = state.connection
        latency = connection.latency
        body = {
            "status": state.status,
            "connected": connection.connected,
            "latency_ms": None if latency is None else round(latency * 1000),
            "servers": connection.servers,
            "failed": sum(one.count for one in state.failed),
        }
        if len(connection.shards) > 1:
            body["shards_connected"] = connection.shards_connected
            body["shards"] = len(connection.shards)
        return web.json_response(body, status=200 if state.is_working else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        registry.register(_Families(await self._state()))
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


class _Families(Collector):
    """The metrics of one state."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        state, connection = self._state, self._state.connection
        yield _gauge("salon_connected", "1 while connected to Discord.", connection.connected)
        if connection.latency is not None:
            help_text = "Seconds between a heartbeat and its acknowledgement."
            yield _gauge("salon_gateway_latency_seconds", help_text, connection.latency)
        yield _gauge("salon_servers", "Servers the bot is in.", connection.servers)
        if len(connection.shards) > 1:
            yield from _describe_shards(connection.shards)
        yield _gauge("salon_tasks", "asyncio tasks of this process.", len(asyncio.all_tasks()))
        yield _gauge(
            "salon_database_bytes", "Size of the archive, with its write-ahead log.", state.size
        )
        if state.last_backup is not None:
            help_text = "Time of the newest backup."
            yield _gauge("salon_last_backup_timestamp_seconds", help_text, state.last_backup)
        recorded = CounterMetricFamily("salon_events_recorded", "Events written to the archive.")
        recorded.add_metric([], connection.recorded)
        yield recorded
        waiting = GaugeMetricFamily("salon_waiting", "Pending work by kind.", labels=["kind"])
        waiting.add_metric(["event"], connection.queued)
        waiting.add_metric(["history"], connection.unread)
        waiting.add_metric(["comparison"], connection.uncompared)
        if state.waits is not None:
            waiting.add_metric(["message"], state.waits.messages)
            waiting.add_metric(["thread"], state.waits.threads)
            waiting.add_metric(["edit"], state.waits.edits)
            waiting.add_metric(["prompt"], state.waits.prompts)
        yield waiting
        failed = GaugeMetricFamily(
            "salon_failed", "Failed work of the last 7 days by kind.", labels=["kind"]
        )
        kinds: dict[str, int] = {}
        for one in state.failed:
            kinds[one.kind] = kinds.get(one.kind, 0) + one.count
        for kind, count in sorted(kinds.items()):
            failed.add_metric([kind], count)
        yield failed


def _describe_shards(shards: Mapping[int, ShardHealth]) -> Iterable[Metric]:
    """The connections one by one; there are as many series as shards in this process."""
    connected = GaugeMetricFamily(
        "salon_shard_connected", "1 while the shard is connected to Discord.", labels=["shard"]
    )
    latency = GaugeMetricFamily(
        "salon_shard_latency_seconds",
        "Seconds between a heartbeat of the shard and its acknowledgement.",
        labels=["shard"],
    )
    servers = GaugeMetricFamily(
        "salon_shard_servers", "Servers of the shard that the bot is in.", labels=["shard"]
    )
    for shard_id, shard in shards.items():
        label = [str(shard_id)]
        connected.add_metric(label, shard.connected)
        servers.add_metric(label, shard.servers)
        if shard.latency is not None:
            latency.add_metric(label, shard.latency)
    return connected, latency, servers


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


@contextlib.asynccontextmanager
async def serve_health(health: Health, address: tuple[str, int]) -> AsyncIterator[None]:
    """Serve at an address (host and port) inside the block.

    Raises SettingsError if the address can't be used, for instance because it is taken.
    """
    runner = web.AppRunner(health.app(), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, *address).start()
        except OSError as error:
            # asyncio repeats the address in its text; a name that isn't known has no such number.
            number = error.errno or 0
            why = os.strerror(number) if number > 0 else error.strerror
            raise SettingsError(
                f"SALON_HEALTH: can't listen on {address[0]} port {address[1]} ({why}). Choose "
                "another port, or leave the setting out."
            ) from error
        yield
    finally:
        await runner.cleanup()
