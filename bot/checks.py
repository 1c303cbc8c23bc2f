"""Health checks of ``/doctor`` and ``python -m bot doctor``: all is well, or what to do."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from bot.core.text.plural import format_count
from bot.core.text.titles import escape_title
from bot.discord_api import required_permissions
from bot.discord_api.required_permissions import Permission, join_names
from storage.db.backups import Backup
from storage.db.errors import SQLITE_VERSION
from storage.essays.deleted_messages import EssayWithDeletions
from storage.servers.diagnostics import PendingCounts, Problem, UsedChannel

__all__ = [
    "RECENT_FAILURES",
    "Finding",
    "check_backups",
    "check_channel",
    "check_deleted_messages",
    "check_disk_space",
    "check_pending_work",
    "find_data_loss_risk",
    "get_versions",
]

#: How long a failure is reported.
RECENT_FAILURES = timedelta(days=7)
_MAX_BACKUP_AGE = timedelta(hours=49)
#: Bytes that must be free on the disk, beside the space for two more copies of the archive.
_MIN_FREE_SPACE = 200 * 1024 * 1024
#: What a kind of problem is called here, singular and plural.
_NOUNS = {
    "message": ("post", "posts"),
    "edit": ("errand", "errands"),
    "move": ("moved reply", "moved replies"),
}
_MAX_PROBLEMS = 10
#: Environment variables of hosts that recreate the file system at each deploy, with the host's name
#: and its way to a persistent disk.
_HOSTS = {
    "DYNO": ("Heroku", "an add-on is no file: run Salon elsewhere, or keep backups off the host"),
    "RAILWAY_ENVIRONMENT": ("Railway", "attach a volume"),
    "RENDER": ("Render", "attach a disk"),
    "FLY_APP_NAME": ("Fly.io", "attach a volume"),
    "KUBERNETES_SERVICE_HOST": ("Kubernetes", "mount a persistent volume"),
}
_IN_MEMORY = frozenset(("tmpfs", "ramfs"))
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: what was checked, whether it is all right, and what to do."""

    subject: str
    is_ok: bool
    text: str


def check_channel(
    place: UsedChannel,
    name: str | None,
    holds: Callable[[Permission], bool],
    *,
    forum: bool,
    me: str = "Salon",
) -> Finding:
    """Whether the bot has the permissions it needs in a channel in use.

    ``name``: None if the channel was deleted. ``me``: whom to give the missing permissions.
    """
    about = f"channel {name or place.channel_id}"
    if name is None:
        return Finding(
            about,
            False,
            "it was deleted: choose another one in /setup, or withdraw the essays that were in it",
        )
    style = "forum" if forum else place.use
    if place.use == "notices":
        used: tuple[Permission, ...] = required_permissions.TO_ALERT
    else:
        after = required_permissions.get_optional(style, moves=place.moves, polls=False)
        used = (*required_permissions.get_required_to_host(style), *after)
    missing = [right for right in used if not holds(right)]
    if not missing:
        return Finding(about, True, "everything that is needed is there")
    return Finding(about, False, f"give {me} {join_names(missing)} there")


def check_pending_work(
    found: Sequence[Problem], waits: PendingCounts, name: Callable[[Problem], str]
) -> list[Finding]:
    """Failed and pending work. ``name`` says where a problem is."""
    findings = [
        Finding(
            format_count(problem.count, *_NOUNS.get(problem.kind, (problem.kind,))),
            False,
            f"{'failed' if problem.failed else 'waiting'} in {name(problem)}: "
            f"{problem.reason or 'no reason is known'}",
        )
        for problem in found[:_MAX_PROBLEMS]
    ]
    if len(found) > _MAX_PROBLEMS:
        findings.append(
            Finding(
                "more", False, f"{format_count(len(found) - _MAX_PROBLEMS, 'trouble')} like these"
            )
        )
    under_way = (
        f"{format_count(waits.messages, 'post')}, {format_count(waits.threads, 'thread')} and "
        f"{format_count(waits.edits, 'edit')} on their way, "
        f"{format_count(waits.prompts, 'prompt')} to come"
    )
    return [*findings, Finding("outbox", True, under_way)]


def check_deleted_messages(found: Sequence[EssayWithDeletions]) -> list[Finding]:
    """Essays of which messages were deleted in Discord."""
    return [
        Finding(
            f"essay {essay.discussion_id}",
            False,
            f"{format_count(essay.count, 'message')} of “{escape_title(essay.title)}” "
            f"{'was' if essay.count == 1 else 'were'} deleted: press *Restore* in "
            f"`/essay show` to post {'it' if essay.count == 1 else 'them'} again",
        )
        for essay in found
    ]


def check_backups(newest: Backup | None, folder: Path, now: datetime) -> Finding:
    """Whether the newest backup is at most two days old."""
    if newest is None:
        return Finding(
            "backups",
            False,
            f"there is none in {folder}: the bot makes one a day while it runs, and "
            "`python -m bot backup` makes one now",
        )
    summary = f"the newest is of {newest.at:%Y-%m-%d %H:%M} UTC, in {folder}"
    if now - newest.at > _MAX_BACKUP_AGE:
        return Finding(
            "backups", False, f"{summary}: is the bot running? `python -m bot backup` makes one now"
        )
    return Finding("backups", True, summary)


def check_disk_space(free: int, database: int) -> Finding:
    """Whether there is space for the archive to grow and for copies of it; sizes in bytes."""
    summary = f"{free / 1024**3:.1f} GB free"
    if free < _MIN_FREE_SPACE + 2 * database:
        return Finding("disk", False, f"{summary}: make room, for the archive grows and is copied")
    return Finding("disk", True, summary)


def find_data_loss_risk(
    folder: Path,
    environment: Mapping[str, str],
    mounts: str,
    marks: Sequence[Path] = _CONTAINER_MARKS,
) -> str:
    """Why the files in a folder will be lost at the next deploy or restart; "" if they won't.

    ``mounts``: the table of mounted file systems, one on a line, as in Linux's
    ``/proc/self/mounts``; ``marks``: files that exist only in a container.
    """
    point, kind = _find_mount(folder, mounts)
    if kind in _IN_MEMORY:
        return f"{folder} lies in memory ({kind}) and is lost at a restart: choose another folder"
    for variable, (host, remedy) in _HOSTS.items():
        if variable in environment and (point == Path("/") or variable == "DYNO"):
            return f"{host} throws {folder} away at each deploy: {remedy}"
    if point == Path("/") and any(mark.exists() for mark in marks):
        return (
            f"{folder} lies inside the container and is lost with it: mount a volume there, and "
            "have SALON_DATABASE name a file in it"
        )
    return ""


def _find_mount(folder: Path, mounts: str) -> tuple[Path, str]:
    """The mount point and the type of the file system that a folder is on."""
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, fields[2]
    return best, kind


def get_versions() -> str:
    """The versions of Salon, Python, discord.py and SQLite."""
    project = Path(__file__).parents[1] / "pyproject.toml"
    try:
        salon = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, KeyError, ValueError):
        salon = "?"
    return (
        f"Salon {salon}, Python {platform.python_version()}, "
        f"discord.py {metadata.version('discord.py')}, SQLite {SQLITE_VERSION}"
    )
