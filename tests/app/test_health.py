"""What programs that watch the bot are told: logs, health, metrics, systemd."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.app.connection_state import Connection, ShardHealth
from bot.app.health import Health, serve_health
from bot.app.logging_setup import make_log_handler
from bot.app.systemd import ServiceManager
from bot.cli.backup import back_up
from bot.clock import Clock
from bot.errors import SettingsError, make_error_reference
from storage.db.database import Database, open_database
from tests.support.running_bot import run_bot, run_emulator, wait_until
from tests.support.spawned_bot import spawned_bot

SECRET = "a.secret.token"


@contextlib.contextmanager
def written(form: str) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger and what it has written, in one of the forms."""
    lines = io.StringIO()
    logger = logging.getLogger("bot.test")
    handler = make_log_handler(lines, form=form, secret=SECRET)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield logger, lines
    finally:
        logger.removeHandler(handler)


def unexpected(logger: logging.Logger, **extra: Any) -> None:
    try:
        raise ValueError(f"Bot {SECRET} at /webhooks/12/abc-def?wait=1")
    except ValueError:
        logger.exception("Unexpected with %s", SECRET, **extra)


def test_a_text_line_has_no_secret_and_a_reference_for_a_bug() -> None:
    with written("text") as (logger, lines):
        logger.info("All is well, %s.", SECRET)
        unexpected(logger)
    text = lines.getvalue()
    assert SECRET not in text
    assert "abc-def" not in text
    first, second, *_ = text.splitlines()
    assert first.endswith("INFO    bot.test: All is well, [token].")
    assert re.search(r"Unexpected with \[token\] \(reference [0-9a-f]{8}\)$", second)
    assert "ValueError: Bot [token] at /webhooks/12/[token]?wait=1" in text


def test_a_json_line_is_one_object_without_secrets() -> None:
    reference = make_error_reference()
    with written("json") as (logger, lines):
        logger.warning("Two\nlines, %d.", 2)
        unexpected(logger, extra={"reference": reference})
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert SECRET not in lines.getvalue()
    assert (first["level"], first["logger"]) == ("WARNING", "bot.test")
    assert first["message"] == "Two\nlines, 2."
    assert "reference" not in first
    assert first["at"].endswith("+00:00")
    assert second["reference"] == reference
    assert "ValueError: Bot [token]" in second["error"]


async def asked(address: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return response.status, await response.text()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def values_of(text: str) -> dict[str, float]:
    """Every sample by its name, with its label where it has one."""
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def health_of(database: Database, folder: Path, connection: Connection) -> Health:
    return Health(
        database=database,
        clock=Clock(),
        backups=(folder / "salon-backups", "salon"),
        connection=lambda: connection,
    )


async def test_health_and_metrics_describe_a_running_bot(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await running.publish("# Slow bread\n\nA word nobody else has: zymurgy.\n\nIs it?")
        await running.settle()
        back_up(tmp_path / "salon.sqlite3", tmp_path / "salon-backups", None)

        async def connected() -> bool:
            return running.salon.get_connection().connected

        await wait_until(connected, "the end of the library's getting ready")
        health = health_of(running.database, tmp_path, running.salon.get_connection())
        port = free_port()
        async with serve_health(health, ("127.0.0.1", port)):
            status, text = await asked(f"http://127.0.0.1:{port}/health")
            told = json.loads(text)
            assert (status, told["status"], told["connected"]) == (200, "fine", True)
            assert told["servers"] == 1
            status, text = await asked(f"http://127.0.0.1:{port}/metrics")
            assert status == 200
            values = values_of(text)
            assert values["salon_connected"] == 1
            assert values["salon_events_recorded_total"] > 0
            assert values["salon_waiting[message]"] == 0
            assert values["salon_waiting[history]"] == 0
            assert values["salon_waiting[comparison]"] == 0
            assert values["salon_waiting[prompt]"] == 3
            assert values["salon_last_backup_timestamp_seconds"] > 1e9
            assert values["process_resident_memory_bytes"] > 1e6
            for secret in ("zymurgy", "Slow bread", "Reading Room", emulator.world.bot.token):
                assert secret not in text
            status, _ = await asked(f"http://127.0.0.1:{port}/")
            assert status == 404


async def test_health_reports_a_missing_connection(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        health = health_of(database, tmp_path, Connection())
        port = free_port()
        async with serve_health(health, ("127.0.0.1", port)):
            status, text = await asked(f"http://127.0.0.1:{port}/health")
            assert (status, json.loads(text)["status"]) == (503, "not connected")
            _, text = await asked(f"http://127.0.0.1:{port}/metrics")
            assert values_of(text)["salon_connected"] == 0
            with pytest.raises(SettingsError, match="Address already in use"):
                async with serve_health(health, ("127.0.0.1", port)):
                    pass


async def test_health_and_metrics_describe_each_shard(tmp_path: Path) -> None:
    """A shard that is lost doesn't call for a restart, which would disconnect the others."""
    shards = {2: ShardHealth(True, 0.25, 5), 3: ShardHealth(False, None, 7)}
    async with open_database(tmp_path / "salon.sqlite3") as database:
        port = free_port()
        health = health_of(database, tmp_path, Connection(shards))
        async with serve_health(health, ("127.0.0.1", port)):
            status, text = await asked(f"http://127.0.0.1:{port}/health")
            told = json.loads(text)
            assert (status, told["status"]) == (200, "1 of 2 shards connected")
            assert (told["shards_connected"], told["shards"], told["servers"]) == (1, 2, 12)
            _, text = await asked(f"http://127.0.0.1:{port}/metrics")
            values = values_of(text)
            assert values["salon_connected"] == 1
            assert values["salon_shard_connected[2]"] == 1
            assert values["salon_shard_connected[3]"] == 0
            assert values["salon_shard_servers[3]"] == 7
            assert values["salon_shard_latency_seconds[2]"] == 0.25
            assert "salon_shard_latency_seconds[3]" not in values
    async with open_database(tmp_path / "salon.sqlite3") as database:
        lost = Connection({number: ShardHealth() for number in shards})
        async with serve_health(health_of(database, tmp_path, lost), ("127.0.0.1", port)):
            status, text = await asked(f"http://127.0.0.1:{port}/health")
            assert (status, json.loads(text)["status"]) == (503, "not connected")


async def test_health_reports_an_unreadable_archive(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: tx.run("DROP TABLE message_edits"))
        health = health_of(database, tmp_path, Connection({0: ShardHealth(connected=True)}))
        port = free_port()
        async with serve_health(health, ("127.0.0.1", port)):
            status, text = await asked(f"http://127.0.0.1:{port}/health")
            assert (status, json.loads(text)["status"]) == (503, "the archive can't be read")


class Manager:
    """The far side of systemd's socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)

    async def hears(self, word: str) -> None:
        """Wait until a message with this word in it has come."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30):
            while word not in (await loop.sock_recv(self.socket, 4096)).decode():
                pass


async def test_systemd_is_notified_of_a_long_start_readiness_life_and_the_end(
    tmp_path: Path,
) -> None:
    manager = Manager(tmp_path / "notify")
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "40000"}
    told = ServiceManager.from_environment(environment)
    running = asyncio.create_task(told.run())
    await manager.hears("EXTEND_TIMEOUT_USEC=")
    await manager.hears("WATCHDOG=1")
    told.notify_ready()
    await manager.hears("READY=1")
    await manager.hears("WATCHDOG=1")
    told.notify_stopping()
    await manager.hears("STOPPING=1")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    manager.socket.close()
    told.notify_stopping()  # to nobody, which is no error


async def test_another_processs_watchdog_and_a_missing_systemd_are_ignored() -> None:
    await ServiceManager.from_environment({}).run()
    ServiceManager.from_environment({"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}).notify_ready()


async def test_the_real_process_notifies_systemd_and_serves_health(tmp_path: Path) -> None:
    manager = Manager(tmp_path / "notify")
    port = free_port()
    async with spawned_bot(tmp_path) as spawned:
        spawned.set_environment(
            NOTIFY_SOCKET=str(tmp_path / "notify"),
            SALON_HEALTH=str(port),
            SALON_LOG_FORMAT="json",
        )
        await spawned.bot.start()
        await manager.hears("READY=1")
        status, _ = await asked(f"http://127.0.0.1:{port}/health")
        assert status == 200
        await spawned.bot.stop()
        await manager.hears("STOPPING=1")
        own = [line for line in spawned.log if "Connected. Servers" in line]
        assert json.loads(own[0][own[0].index("{") :])["level"] == "INFO"
    manager.socket.close()
