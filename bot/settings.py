"""Every setting, read once from the environment and ``.env``; all faults are told together."""

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

#: Every message of these days is read again after each fresh connection.
MAX_COMPARE_DAYS = 365

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")
_MOST_DAYS = 3650


@dataclass(frozen=True)
class Settings:
    """What the operator decided.

    token:       the bot's token; never shown in a ``repr`` or a log
    database:    the archive's file
    backups:     the folder that its backups are kept in
    api_base:    another Discord's REST address, on loopback; None for Discord itself
    gateway_url: another Discord's gateway, on loopback; None for Discord itself
    clock_url:   a loopback WebSocket that moves the clock (rehearsals); None for real time
    log_level:   one of DEBUG, INFO, WARNING, ERROR
    attachment_bytes: bytes of one of members' files that are kept at most; 0 for none
    attachment_total_bytes: bytes of all of them together
    compared:    how long before the record last held it is compared with Discord's from
    log_format:  'text' for people, 'json' for machines
    left_kept_for: how long what is kept of a server outlives the bot's removal from it
    health:      host and port where ``/health`` and ``/metrics`` are served; None: nowhere
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
    """``.env`` (or the file that ``SALON_ENV_FILE`` names; empty: none) below the environment.

    A variable that is set in the environment wins over the same one in the file. Raises
    SettingsError where the file is there and is no text.
    """
    name = environment.get("SALON_ENV_FILE", ".env")
    try:
        found = dotenv_values(name, interpolate=False) if name else {}
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(
            f"{name} cannot be read as text in UTF-8 ({type(error).__name__}): save it anew as "
            "plain UTF-8 text."
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


def _address(
    values: Mapping[str, str], name: str, schemes: tuple[str, ...], faults: list[str]
) -> str | None:
    value = values.get(name, "").strip()
    if not value:
        return None
    try:
        parts = urlsplit(value)
        host, scheme = parts.hostname, parts.scheme
        _ = parts.port
    except ValueError:
        faults.append(f"{name} is not an address.")
        return None
    if scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        faults.append(f"{name} must start with {wanted}.")
    elif not _is_loopback(host):
        faults.append(
            f"{name} must be an address of this machine (127.0.0.1, localhost or [::1]), "
            "since the token is sent there; leave it out to use Discord."
        )
    elif parts.username or parts.password:
        faults.append(f"{name} must not carry a user name or password.")
    return value.rstrip("/")


def _bytes(
    values: Mapping[str, str], name: str, faults: list[str], *, most: int | None = None
) -> int | None:
    """A number of bytes; None where the setting is left out."""
    value = values.get(name, "").strip().replace("_", "")
    if not value:
        return None
    if not (value.isascii() and value.isdecimal()):
        faults.append(f"{name} must be a whole number of bytes, 0 for none.")
        return None
    if most is not None and int(value) > most:
        faults.append(f"{name} may be {most} at most, since members are handed their files.")
    return int(value)


def _days(
    values: Mapping[str, str],
    name: str,
    default: timedelta,
    faults: list[str],
    *,
    least: int = 0,
    most: int = _MOST_DAYS,
) -> timedelta:
    value = values.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and least <= int(value) <= most):
        faults.append(f"{name} must be a whole number of days from {least} to {most}.")
        return default
    return timedelta(days=int(value))


def _listening(values: Mapping[str, str], faults: list[str]) -> tuple[str, int] | None:
    """``8080`` or ``HOST:8080``; without a host this machine alone can ask."""
    value = values.get("SALON_HEALTH", "").strip()
    if not value:
        return None
    host, _, port = value.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        faults.append("SALON_HEALTH must be a port from 1 to 65535, or HOST:PORT.")
        return None
    return host, int(port)


def read_database_path(values: Mapping[str, str], faults: list[str]) -> Path:
    """The archive's file; a fault where its folder is missing or it is a folder itself."""
    database = Path(values.get("SALON_DATABASE", "").strip() or "salon.sqlite3")
    if database.is_dir():
        faults.append("SALON_DATABASE names a folder; it must name a file.")
    elif not database.absolute().parent.is_dir():
        faults.append(f"SALON_DATABASE lies in a folder that does not exist: {database.parent}.")
    return database


def read_backup_folder(values: Mapping[str, str], database: Path, faults: list[str]) -> Path:
    """The folder for backups, by default one beside the archive; it is made when it is needed."""
    name = values.get("SALON_BACKUPS", "").strip()
    folder = Path(name) if name else database.with_name(f"{database.stem}-backups")
    if folder.exists() and not folder.is_dir():
        faults.append("SALON_BACKUPS names a file; it must name a folder.")
    return folder


def read_settings(values: Mapping[str, str]) -> Settings:
    """Settings from ``values`` (environment and ``.env`` together).

    Raises SettingsError that tells every fault, a sentence a line; no secret is repeated in it.
    """
    faults: list[str] = []
    token = values.get("DISCORD_TOKEN", "").strip()
    if not token:
        faults.append(
            "DISCORD_TOKEN is missing: put the bot's token into the environment or into .env "
            "(README.md says where to find it)."
        )
    elif not token.isascii() or any(character.isspace() for character in token):
        faults.append("DISCORD_TOKEN is not a token: it has spaces or letters no token has.")
    database = read_database_path(values, faults)
    backups = read_backup_folder(values, database, faults)
    api_base = _address(values, "DISCORD_API_BASE", ("http", "https"), faults)
    gateway_url = _address(values, "DISCORD_GATEWAY_URL", ("ws", "wss"), faults)
    if (api_base is None) != (gateway_url is None) and not faults:
        faults.append("DISCORD_API_BASE and DISCORD_GATEWAY_URL belong together: set both.")
    clock_url = _address(values, "SALON_CLOCK_URL", ("ws",), faults)
    log_level = values.get("SALON_LOG_LEVEL", "").strip().upper() or "INFO"
    if log_level not in LOG_LEVELS:
        faults.append(f"SALON_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
    each = _bytes(values, "SALON_ATTACHMENT_BYTES", faults, most=MAX_ATTACHMENT_BYTES)
    in_all = _bytes(values, "SALON_ATTACHMENT_TOTAL_BYTES", faults)
    compared = _days(
        values,
        "SALON_COMPARE_DAYS",
        Settings.compare_window,
        faults,
        least=1,
        most=MAX_COMPARE_DAYS,
    )
    log_format = values.get("SALON_LOG_FORMAT", "").strip().lower() or "text"
    if log_format not in LOG_FORMATS:
        faults.append(f"SALON_LOG_FORMAT must be one of {', '.join(LOG_FORMATS)}.")
    kept_for = _days(values, "SALON_KEEP_LEFT_DAYS", Settings.departed_server_retention, faults)
    health = _listening(values, faults)
    if faults:
        raise SettingsError("\n".join(faults))
    return Settings(
        token=token,
        database=database,
        backups=backups,
        api_base=api_base,
        gateway_url=gateway_url,
        clock_url=clock_url,
        log_level=log_level,
        max_attachment_bytes=Settings.max_attachment_bytes if each is None else each,
        max_total_attachment_bytes=Settings.max_total_attachment_bytes
        if in_all is None
        else in_all,
        compare_window=compared,
        log_format=log_format,
        departed_server_retention=kept_for,
        health=health,
    )
