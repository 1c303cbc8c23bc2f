"""Settings, read once from the environment and ``.env``; all problems are reported together."""

from __future__ import annotations

import ipaddress
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.core.shards import Shards
from bot.errors import SettingsError

__all__ = ["POSTGRESQL_SCHEMES", "Settings", "load_environment", "read_settings"]

#: A little less than a file in an answer may have (``bot.core.limits.FILE_BYTES``).
MAX_ATTACHMENT_BYTES = 10_000_000

#: The messages of all these days are read again after each fresh connection.
MAX_COMPARE_DAYS = 365

_DEFAULT_DATABASE = "salon.sqlite3"
#: What the address of a PostgreSQL database begins with (docs: PostgreSQL › libpq, § 34.1.1.2).
POSTGRESQL_SCHEMES = ("postgresql://", "postgres://")

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")
_MAX_DAYS = 3650
#: More than any bot has; a number beyond it is a slip.
MAX_SHARDS = 10_000
_SHARDS = re.compile(
    r"(?P<all>[0-9]{1,9})|(?P<first>[0-9]{1,9})(?:\s*-\s*(?P<last>[0-9]{1,9}))?"
    r"\s*/\s*(?P<count>[0-9]{1,9})"
)


@dataclass(frozen=True)
class Settings:
    """The operator's settings.

    token:       the bot's token; never shown in a ``repr`` or a log
    database:    the file of the archive, if it isn't on PostgreSQL
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
    postgresql:  the address of the archive on PostgreSQL; None: it is a file
    health:      host and port of ``/health`` and ``/metrics``; None: they aren't served
    shards:      the shards of this process; None: all of as many as Discord recommends
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
    shards: Shards | None = None
    postgresql: str | None = field(default=None, repr=False)


def load_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment merged with ``.env`` (or the file in ``SALON_ENV_FILE``; empty: no file).

    A variable in the environment overrides the same one in the file. SettingsError if the file
    exists and isn't text, or if the one in ``SALON_ENV_FILE`` doesn't exist.
    """
    name = environment.get("SALON_ENV_FILE", ".env")
    try:
        if environment.get("SALON_ENV_FILE") and not Path(name).is_file():
            what = "that isn't a file" if Path(name).exists() else "there is no such file"
            raise SettingsError(
                f"SALON_ENV_FILE is set to {name}, but {what}. Correct the path, or leave "
                "SALON_ENV_FILE out to use .env."
            )
        # Some editors on Windows put a byte order mark before the first line.
        found = dotenv_values(name, interpolate=False, encoding="utf-8-sig") if name else {}
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{name} isn't UTF-8 text. Save it again as plain UTF-8 text."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{name} can't be read: {_describe(error)}. Make it readable for the user that runs "
            "Salon."
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
        problems.append(f"{name} isn't a valid address.")
        return None
    if scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        problems.append(f"{name} must start with {wanted}.")
    elif not _is_loopback(host):
        problems.append(
            f"{name} must be an address on this machine (127.0.0.1, localhost or [::1]), because "
            "the token is sent there. Leave it out to use Discord."
        )
    elif parts.username or parts.password:
        problems.append(f"{name} must not contain a user name or password.")
    return value.rstrip("/")


def _read_bytes(
    values: Mapping[str, str], name: str, problems: list[str], *, maximum: int | None = None
) -> int | None:
    """A number of bytes; None if the setting isn't given."""
    value = values.get(name, "").strip().replace("_", "")
    if not value:
        return None
    if not (value.isascii() and value.isdecimal()):
        problems.append(f"{name} must be a whole number of bytes; 0 saves none.")
        return None
    if maximum is not None and int(value) > maximum:
        problems.append(
            f"{name} can't be more than {maximum}, because Discord limits the files of an answer."
        )
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


def _read_shards(values: Mapping[str, str], problems: list[str]) -> Shards | None:
    """``auto``, a number, or a range of a larger number such as ``0-7/32``; None for ``auto``."""
    value = values.get("SALON_SHARDS", "").strip().lower()
    if value in ("", "auto"):
        return None
    found = _SHARDS.fullmatch(value)
    if found is None:
        problems.append(
            "SALON_SHARDS must be auto, a number of shards such as 4, or a range of a larger "
            "number such as 0-7/32."
        )
        return None
    if found["all"] is not None:
        count = int(found["all"])
        first, last = 0, count - 1
    else:
        first, count = int(found["first"]), int(found["count"])
        last = first if found["last"] is None else int(found["last"])
    if not 1 <= count <= MAX_SHARDS:
        problems.append(f"SALON_SHARDS: the number of shards must be from 1 to {MAX_SHARDS}.")
    elif first > last:
        problems.append(
            f"SALON_SHARDS: the range {first}-{last} runs backwards. Write the lower number first."
        )
    elif last >= count:
        problems.append(
            f"SALON_SHARDS: of {count} shards, the last is {count - 1}. Shards are counted from 0."
        )
    else:
        return Shards(count, frozenset(range(first, last + 1)))
    return None


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


def read_postgresql_address(values: Mapping[str, str]) -> str | None:
    """The address of the archive on PostgreSQL; None if it is a file.

    ``DATABASE_URL``, which hosts set, counts only if ``SALON_DATABASE`` isn't set and there is no
    archive in a file.
    """
    given = values.get("SALON_DATABASE", "").strip()
    if given:
        return given if given.startswith(POSTGRESQL_SCHEMES) else None
    found = values.get("DATABASE_URL", "").strip()
    if found.startswith(POSTGRESQL_SCHEMES) and not Path(_DEFAULT_DATABASE).exists():
        return found
    return None


def read_database_path(values: Mapping[str, str], problems: list[str]) -> Path:
    """The archive's file, which doesn't have to exist.

    A problem is added if its folder doesn't exist, or if it is something else than a file.
    """
    database = Path(values.get("SALON_DATABASE", "").strip() or _DEFAULT_DATABASE)
    try:
        mode = _get_mode(database)
        if mode is None and not database.absolute().parent.is_dir():
            problems.append(
                f"SALON_DATABASE is in a folder that doesn't exist: {database.parent}. Create the "
                "folder, or set it to a file in another one."
            )
    except (OSError, ValueError) as error:
        problems.append(f"SALON_DATABASE can't be opened: {_describe(error)}.")
        return database
    if mode is not None and not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
        problems.append(f"SALON_DATABASE is {kind}. Set it to a file.")
    return database


def read_backup_folder(values: Mapping[str, str], database: Path, problems: list[str]) -> Path:
    """The folder for backups, by default beside the archive; it is created when needed."""
    name = values.get("SALON_BACKUPS", "").strip()
    folder = Path(name) if name else database.with_name(f"{database.stem}-backups")
    try:
        mode = _get_mode(folder)
    except (OSError, ValueError) as error:
        if name:
            problems.append(f"SALON_BACKUPS can't be opened: {_describe(error)}.")
        return folder
    if mode is not None and not stat.S_ISDIR(mode):
        problems.append(
            "SALON_BACKUPS is a file. Set it to a folder."
            if name
            else f"{folder}, the folder for backups, is a file. Set SALON_BACKUPS to a folder."
        )
    return folder


def _get_mode(path: Path) -> int | None:
    """A file's type and permissions (``st_mode``); None if it doesn't exist. Raises OSError."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _describe(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def read_settings(values: Mapping[str, str]) -> Settings:
    """Parse the settings from ``values`` (see :func:`load_environment`).

    SettingsError lists every problem, one sentence on a line, without any secret.
    """
    problems: list[str] = []
    token = values.get("DISCORD_TOKEN", "").strip()
    if not token:
        problems.append(
            "DISCORD_TOKEN is missing. Set it to the bot's token, in the environment or in .env. "
            "README.md says where to find it."
        )
    elif not token.isascii() or any(character.isspace() for character in token):
        problems.append(
            "DISCORD_TOKEN isn't a token: it has characters that no token has. Copy it again from "
            "the developer portal (Bot › Reset Token)."
        )
    postgresql = read_postgresql_address(values)
    database, backups = Path(_DEFAULT_DATABASE), Path()
    if postgresql is None:
        database = read_database_path(values, problems)
        backups = read_backup_folder(values, database, problems)
    api_base = _read_url(values, "DISCORD_API_BASE", ("http", "https"), problems)
    gateway_url = _read_url(values, "DISCORD_GATEWAY_URL", ("ws", "wss"), problems)
    if (api_base is None) != (gateway_url is None) and not problems:
        problems.append("Set both DISCORD_API_BASE and DISCORD_GATEWAY_URL, or neither.")
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
    shards = _read_shards(values, problems)
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
        shards=shards,
        postgresql=postgresql,
    )
