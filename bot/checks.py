"""Health checks of ``/doctor`` and ``python -m bot doctor``: all is well, or what to do.

``/doctor`` speaks the language of the admin who uses it. What only the command line shows (backups,
disk, versions) is in English.
"""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from itertools import groupby
from pathlib import Path

from bot.core.shards import Shards
from bot.core.text.locale_format import format_number
from bot.core.text.plural import format_count
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.discord_api import required_permissions
from bot.discord_api.gateway_limits import GatewayLimits
from bot.discord_api.required_permissions import Permission, join_names
from storage.db.backups import Backup
from storage.db.errors import SQLITE_VERSION
from storage.db.processes import Process
from storage.essays.deleted_messages import EssayWithDeletions
from storage.servers.diagnostics import PendingCounts, Problem, UsedChannel

__all__ = [
    "RECENT_FAILURES",
    "REPORT_INTERVAL",
    "Finding",
    "check_backups",
    "check_channel",
    "check_deleted_messages",
    "check_disk_space",
    "check_pending_work",
    "check_processes",
    "check_shards",
    "find_data_loss_risk",
    "get_salon_version",
    "get_versions",
    "group_by_channel",
]

#: How long a failure is reported.
RECENT_FAILURES = timedelta(days=7)
#: How often a process on PostgreSQL reports that it runs.
REPORT_INTERVAL = timedelta(seconds=5)
#: Without a report for longer than this, a process hangs or has lost the database.
_MAX_SILENCE = timedelta(seconds=30)
#: From the longest, with their names.
_UNITS = (
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
    (timedelta(seconds=1), "second"),
)
_MAX_BACKUP_AGE = timedelta(hours=49)
#: Bytes that must be free on the disk, beside the space for two more copies of the archive.
_MIN_FREE_SPACE = 200 * 1024 * 1024
_MAX_PROBLEMS = 10
#: Discord recommends a shard for 1,000 servers and requires one for 2,500 (docs: Gateway ›
#: Sharding, which names the second number only).
_MAX_RECOMMENDATION = 2
#: Environment variables of hosts that recreate the file system at each deploy, with the host's name
#: and its way to a persistent disk.
_HOSTS = {
    "DYNO": ("Heroku", "Run Salon elsewhere, or keep backups off the host."),
    "RAILWAY_ENVIRONMENT": ("Railway", "Attach a volume."),
    "RENDER": ("Render", "Attach a disk."),
    "FLY_APP_NAME": ("Fly.io", "Attach a volume."),
    "KUBERNETES_SERVICE_HOST": ("Kubernetes", "Mount a persistent volume."),
}
_IN_MEMORY = frozenset(("tmpfs", "ramfs"))
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: what was checked, whether it is all right, and what to do."""

    subject: str
    is_ok: bool
    text: str


def group_by_channel(used: Sequence[UsedChannel]) -> list[list[UsedChannel]]:
    """All uses of each channel, so that it is checked once; ``used``: sorted by channel."""
    grouped = groupby(used, lambda place: (place.server_id, place.channel_id))
    return [list(uses) for _key, uses in grouped]


def check_channel(
    uses: Sequence[UsedChannel],
    name: str | None,
    holds: Callable[[Permission], bool],
    *,
    forum: bool,
) -> Finding:
    """Whether the bot has the permissions for everything it uses a channel for.

    ``uses``: those of one channel. ``name``: None if the channel was deleted.
    """
    about = _("channel {channel}", channel=name or uses[0].channel_id)
    if name is None:
        text = _(
            "was deleted. Choose another one in /setup, or withdraw the essays that were posted "
            "there."
        )
        return Finding(about, False, text)
    needed = {permission: None for use in uses for permission in _get_needed(use, forum=forum)}
    missing = [permission for permission in needed if not holds(permission)]
    if not missing:
        return Finding(about, True, _("all permissions are there"))
    text = ngettext(
        "{permissions} is missing. Allow it for Salon in the channel's permissions.",
        "{permissions} are missing. Allow them for Salon in the channel's permissions.",
        len(missing),
        permissions=join_names(missing),
    )
    return Finding(about, False, text)


def _get_needed(place: UsedChannel, *, forum: bool) -> tuple[Permission, ...]:
    """The permissions for one use of a channel."""
    if place.use == "notices":
        return required_permissions.TO_ALERT
    style = "forum" if forum else place.use
    optional = required_permissions.get_optional(
        style, moves=place.moves, polls=False, pins=place.pins
    )
    return (*required_permissions.get_required_to_host(style), *optional)


def check_pending_work(
    found: Sequence[Problem], waits: PendingCounts, name: Callable[[Problem], str]
) -> list[Finding]:
    """Failed and pending work. ``name`` says where a problem is."""
    findings = [
        Finding(_count_work(problem), False, _describe_problem(problem, name(problem)))
        for problem in found[:_MAX_PROBLEMS]
    ]
    if len(found) > _MAX_PROBLEMS:
        text = ngettext(
            "{count} more problem like these",
            "{count} more problems like these",
            len(found) - _MAX_PROBLEMS,
        )
        findings.append(Finding(_("more"), False, text))
    text = _(
        "messages to send: {messages}, threads to open: {threads}, edits to make: {edits}, "
        "prompts planned: {prompts}",
        messages=format_number(waits.messages),
        threads=format_number(waits.threads),
        edits=format_number(waits.edits),
        prompts=format_number(waits.prompts),
    )
    return [*findings, Finding(_("queue"), True, text)]


def _count_work(problem: Problem) -> str:
    """How much work a problem is about: "3 messages"."""
    match problem.kind:
        case "prompt":
            return ngettext("{count} prompt", "{count} prompts", problem.count)
        case "thread":
            return ngettext("{count} thread", "{count} threads", problem.count)
        case "edit":
            return ngettext("{count} edit", "{count} edits", problem.count)
        case "move":
            return ngettext("{count} moved reply", "{count} moved replies", problem.count)
        case _other:
            return ngettext("{count} message", "{count} messages", problem.count)


def _describe_problem(problem: Problem, place: str) -> str:
    if not problem.reason:
        if problem.failed:
            return _("failed in {place}, for an unknown reason", place=place)
        return _("waiting in {place}, for an unknown reason", place=place)
    if problem.failed:
        return _("failed in {place}: {reason}", place=place, reason=problem.reason)
    return _("waiting in {place}: {reason}", place=place, reason=problem.reason)


def check_deleted_messages(found: Sequence[EssayWithDeletions]) -> list[Finding]:
    """Essays of which messages were deleted in Discord."""
    return [
        Finding(
            _("essay {number}", number=essay.discussion_id),
            False,
            ngettext(
                "{count} message of “{title}” was deleted. Press *Restore* in `/essay show` to "
                "post it again.",
                "{count} messages of “{title}” were deleted. Press *Restore* in `/essay show` to "
                "post them again.",
                essay.count,
                title=escape_title(essay.title),
            ),
        )
        for essay in found
    ]


def check_shards(chosen: Shards | None, limits: GatewayLimits) -> Finding:
    """Whether the shards are enough and may connect; ``chosen``: None for the recommended ones."""
    count = limits.shards if chosen is None else chosen.count
    needed = count if chosen is None else len(chosen.ids)
    if limits.remaining < needed:
        minutes = max(1, limits.reset_after // timedelta(minutes=1))
        return Finding(
            "shards",
            False,
            f"Discord allows {limits.remaining} more connections in the next {minutes} minutes, "
            f"and Salon needs {needed}. Don't restart it until then.",
        )
    if count * _MAX_RECOMMENDATION < limits.shards:
        return Finding(
            "shards",
            False,
            f"SALON_SHARDS is {chosen}, and Discord recommends {limits.shards}. Leave the setting "
            "out, or raise it before Discord refuses the connection.",
        )
    if count == limits.shards:
        return Finding("shards", True, f"{chosen or count}, as Discord recommends")
    return Finding("shards", True, f"{chosen}; Discord recommends {limits.shards}")


def check_processes(processes: Sequence[Process], running: Shards | None) -> list[Finding]:
    """Which processes serve an archive on PostgreSQL, and whether a shard is served by none.

    ``running``: the shards whose locks are held; None if no process runs.
    """
    if running is None:
        return []
    found: list[Finding] = []
    listed: set[int] = set()
    newest_first = sorted(processes, key=lambda one: one.last_seen)
    for one in newest_first:
        held = one.shards.ids & running.ids if one.shards.count == running.count else frozenset()
        if held - listed:
            found.append(_describe_process(one))
            listed |= held
    for shard_id in sorted(running.ids - listed):
        text = "its process has just started, or can't report to the database"
        found.append(Finding(f"shard {shard_id}", False, text))
    for missing in _split_into_ranges(frozenset(range(running.count)) - running.ids, running):
        text = f"no process serves them. Start one with SALON_SHARDS={missing}."
        last = next((one for one in newest_first if one.shards.ids & missing.ids), None)
        if last is not None and last.shards.count == running.count:
            text += f" One on {last.host} did until {_format_age(last.last_seen)} ago."
        found.append(Finding(f"shards {missing}", False, text))
    return found


def _split_into_ranges(ids: frozenset[int], total: Shards) -> list[Shards]:
    """Shards of the same total in ranges without gaps, as ``SALON_SHARDS`` takes them."""
    ranges: list[list[int]] = []
    for shard_id in sorted(ids):
        if not ranges or ranges[-1][-1] != shard_id - 1:
            ranges.append([])
        ranges[-1].append(shard_id)
    return [total.select(one) for one in ranges]


def _describe_process(one: Process) -> Finding:
    where = f"{one.host} (process {one.pid}), Salon {one.version}"
    about = f"shards {one.shards}" if one.shards.count > 1 else "process"
    if one.last_seen > _MAX_SILENCE:
        text = (
            f"{where}: it hasn't reported for {_format_age(one.last_seen)}, but holds its locks. "
            "If it hangs, restart it."
        )
        return Finding(about, False, text)
    connected = sum(state.connected for state in one.states.values())
    servers = sum(state.servers for state in one.states.values())
    known = [state.latency for state in one.states.values() if state.latency is not None]
    text = f"{where}, running for {_format_age(one.runs_for)}; {format_count(servers, 'server')}"
    if known:
        text += f", latency {round(1000 * max(known))} ms"
    away = [str(shard_id) for shard_id, state in one.states.items() if not state.connected]
    if not one.states or not connected:
        return Finding(about, False, f"{text}; not connected to Discord")
    if away:
        return Finding(about, False, f"{text}; not connected: shard {', '.join(away)}")
    return Finding(about, True, f"{text}; connected")


def _format_age(age: timedelta) -> str:
    for unit, name in _UNITS:
        if age >= unit:
            return format_count(age // unit, name)
    return format_count(0, "second")


def check_backups(newest: Backup | None, folder: Path, now: datetime) -> Finding:
    """Whether the newest backup is at most two days old."""
    if newest is None:
        return Finding(
            "backups",
            False,
            f"there is none in {folder}. The bot makes one a day while it runs; "
            "`python -m bot backup` makes one now.",
        )
    summary = f"the newest was made at {newest.at:%Y-%m-%d %H:%M} UTC, in {folder}"
    if now - newest.at > _MAX_BACKUP_AGE:
        return Finding(
            "backups",
            False,
            f"{summary}. Is the bot running? `python -m bot backup` makes one now.",
        )
    return Finding("backups", True, summary)


def check_disk_space(free: int, database: int) -> Finding:
    """Whether there is space for the archive to grow and for copies of it; sizes in bytes."""
    summary = f"{free / 1024**3:.1f} GB free"
    if free < _MIN_FREE_SPACE + 2 * database:
        return Finding(
            "disk",
            False,
            f"{summary}. Free some space: the archive grows, and backups are copies of it.",
        )
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
        return f"{folder} is in memory ({kind}) and is lost at a restart. Choose another folder."
    for variable, (host, remedy) in _HOSTS.items():
        if variable in environment and (point == Path("/") or variable == "DYNO"):
            return f"{host} deletes {folder} at each deploy. {remedy}"
    if point == Path("/") and any(mark.exists() for mark in marks):
        return (
            f"{folder} is inside the container and is lost with it. Mount a volume, and set "
            "SALON_DATABASE to a file on it."
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


def get_salon_version() -> str:
    """The version of Salon; "?" if the installation doesn't say it."""
    project = Path(__file__).parents[1] / "pyproject.toml"
    try:
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, ValueError):
        return "?"


def get_versions() -> str:
    """The versions of Salon, Python, discord.py and SQLite."""
    return (
        f"Salon {get_salon_version()}, Python {platform.python_version()}, "
        f"discord.py {metadata.version('discord.py')}, SQLite {SQLITE_VERSION}"
    )
