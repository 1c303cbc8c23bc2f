"""Settings, read once from the environment and ``.env``; all problems are reported together."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.errors import SettingsError

__all__ = ["Settings", "load_environment", "read_settings"]

#: A little less than a file in an answer may have (``bot.core.limits.FILE_BYTES``).
MAX_ATTACHMENT_BYTES = 10_000_000

#: The messages of all these days are read again after each fresh connection.
MAX_COMPARE_DAYS = 365

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")
_MAX_DAYS = 3650


@dataclass(frozen=True)
class Settings:
    """The operator's settings.

    token:       the bot's token; never shown in a ``repr`` or a log
    database:    the file of the archive
    backups:     the folder of its backups
    api_base:    REST address of an emulator on loopback; None for Discord itself
    gateway_url: gateway address of an emulator on loopback; None for Discord itself
    clock_url:   loopback WebSocket that sets the clock's offset (rehearsals); None for real time
    log_level:   one of DEBUG, INFO, WARNING, ERROR
    max_attachment_bytes: a member's file is stored up to this size; 0 stores none
    max_total_attachment_bytes: limit on all stored files together
    compare_window: after an outage, the saved messages of this time before it are compared with
                 Discord's, too
    log_format:  'text' for people, 'json' for machines
    departed_server_retention: how long a server's data is retained after the bot was removed
    health:      host and port of ``/health`` and ``/metrics``; None: they aren't served
    """

    token: str = field(repr=False)
    database: Path
    backups: Path
    api_base: str | None = None
    gateway_url: str | None = None
    clock_url: str | None = None
    log_level: str = "INFO"
    max_attachment_bytes: int = 5_242_880
    max_total_attachment_bytes: int = 1_073_741_824
    compare_window: timedelta = timedelta(days=7)
    log_format: str = "text"
    departed_server_retention: timedelta = timedelta(days=30)
    health: tuple[str, int] | None = None


def load_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment merged with ``.env`` (or the file in ``SALON_ENV_FILE``; empty: no file).

    A variable in the environment overrides the same one in the file. SettingsError if the file
    exists and isn't text, or if the one in ``SALON_ENV_FILE`` doesn't exist.
    """
    name = environment.get("SALON_ENV_FILE", ".env")
    if environment.get("SALON_ENV_FILE") and not Path(name).is_file():
        raise SettingsError(
            f"There is no file {name}, which SALON_ENV_FILE names. Correct the path, or leave "
            "SALON_ENV_FILE out to use .env."
        )
    try:
        found = dotenv_values(name, interpolate=False) if name else {}
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(
            f"{name} can't be read as UTF-8 text ({type(error).__name__}). Save it again as plain "
            "UTF-8 text."
        ) from error
    return {key: value for key, value in found.items() if value is not None} | dict(environment)


def _is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_url(
    values: Mapping[str, str], name: str, schemes: tuple[str, ...], problems: list[str]
) -> str | None:
    value = values.get(name, "").strip()
    if not value:
        return None
    try:
        parts = urlsplit(value)
        host, scheme = parts.hostname, parts.scheme
        _ = parts.port
    except ValueError:
        problems.append(f"{name} is not an address.")
        return None
    if scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        problems.append(f"{name} must start with {wanted}.")
    elif not _is_loopback(host):
        problems.append(
            f"{name} must be an address of this machine (127.0.0.1, localhost or [::1]), "
            "since the token is sent there; leave it out to use Discord."
        )
    elif parts.username or parts.password:
        problems.append(f"{name} must not carry a user name or password.")
    return value.rstrip("/")


def _read_bytes(
    values: Mapping[str, str], name: str, problems: list[str], *, maximum: int | None = None
) -> int | None:
    """A number of bytes; None if the setting isn't given."""
    value = values.get(name, "").strip().replace("_", "")
    if not value:
        return None
    if not (value.isascii() and value.isdecimal()):
        problems.append(f"{name} must be a whole number of bytes, 0 for none.")
        return None
    if maximum is not None and int(value) > maximum:
        problems.append(f"{name} may be {maximum} at most, since members are handed their files.")
    return int(value)


def _read_days(
    values: Mapping[str, str],
    name: str,
    default: timedelta,
    problems: list[str],
    *,
    minimum: int = 0,
    maximum: int = _MAX_DAYS,
) -> timedelta:
    value = values.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and minimum <= int(value) <= maximum):
        problems.append(f"{name} must be a whole number of days from {minimum} to {maximum}.")
        return default
    return timedelta(days=int(value))


def _read_health(values: Mapping[str, str], problems: list[str]) -> tuple[str, int] | None:
    """``8080`` or ``HOST:8080``; without a host, it is served on this machine only."""
    value = values.get("SALON_HEALTH", "").strip()
    if not value:
        return None
    host, _, port = value.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        problems.append("SALON_HEALTH must be a port from 1 to 65535, or HOST:PORT.")
        return None
    return host, int(port)


def read_database_path(values: Mapping[str, str], problems: list[str]) -> Path:
    """The archive's file; a problem is added if its folder is missing or it is a folder itself."""
    database = Path(values.get("SALON_DATABASE", "").strip() or "salon.sqlite3")
    if database.is_dir():
        problems.append("SALON_DATABASE names a folder; it must name a file.")
    elif not database.absolute().parent.is_dir():
        problems.append(f"SALON_DATABASE lies in a folder that does not exist: {database.parent}.")
    return database


def read_backup_folder(values: Mapping[str, str], database: Path, problems: list[str]) -> Path:
    """The folder for backups, by default beside the archive; it is created when needed."""
    name = values.get("SALON_BACKUPS", "").strip()
    folder = Path(name) if name else database.with_name(f"{database.stem}-backups")
    if folder.exists() and not folder.is_dir():
        problems.append("SALON_BACKUPS names a file; it must name a folder.")
    return folder


def read_settings(values: Mapping[str, str]) -> Settings:
    """Parse the settings from ``values`` (see :func:`load_environment`).

    SettingsError lists every problem, one sentence on a line, without any secret.
    """
    problems: list[str] = []
    token = values.get("DISCORD_TOKEN", "").strip()
    if not token:
        problems.append(
            "DISCORD_TOKEN is missing. Put the bot's token into the environment or into .env "
            "(docs/operators.md says where to find it)."
        )
    elif not token.isascii() or any(character.isspace() for character in token):
        problems.append(
            "DISCORD_TOKEN isn't a token: it has characters that no token has. Copy it again."
        )
    database = read_database_path(values, problems)
    backups = read_backup_folder(values, database, problems)
    api_base = _read_url(values, "DISCORD_API_BASE", ("http", "https"), problems)
    gateway_url = _read_url(values, "DISCORD_GATEWAY_URL", ("ws", "wss"), problems)
    if (api_base is None) != (gateway_url is None) and not problems:
        problems.append("DISCORD_API_BASE and DISCORD_GATEWAY_URL belong together: set both.")
    clock_url = _read_url(values, "SALON_CLOCK_URL", ("ws",), problems)
    log_level = values.get("SALON_LOG_LEVEL", "").strip().upper() or "INFO"
    if log_level not in LOG_LEVELS:
        problems.append(f"SALON_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
    max_bytes = _read_bytes(
        values, "SALON_ATTACHMENT_BYTES", problems, maximum=MAX_ATTACHMENT_BYTES
    )
    max_total_bytes = _read_bytes(values, "SALON_ATTACHMENT_TOTAL_BYTES", problems)
    compare_window = _read_days(
        values,
        "SALON_COMPARE_DAYS",
        Settings.compare_window,
        problems,
        minimum=1,
        maximum=MAX_COMPARE_DAYS,
    )
    log_format = values.get("SALON_LOG_FORMAT", "").strip().lower() or "text"
    if log_format not in LOG_FORMATS:
        problems.append(f"SALON_LOG_FORMAT must be one of {', '.join(LOG_FORMATS)}.")
    retention = _read_days(
        values, "SALON_KEEP_LEFT_DAYS", Settings.departed_server_retention, problems
    )
    health = _read_health(values, problems)
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(
        token=token,
        database=database,
        backups=backups,
        api_base=api_base,
        gateway_url=gateway_url,
        clock_url=clock_url,
        log_level=log_level,
        max_attachment_bytes=Settings.max_attachment_bytes if max_bytes is None else max_bytes,
        max_total_attachment_bytes=Settings.max_total_attachment_bytes
        if max_total_bytes is None
        else max_total_bytes,
        compare_window=compare_window,
        log_format=log_format,
        departed_server_retention=retention,
        health=health,
    )
