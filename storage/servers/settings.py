"""What the admins of a server chose: zone, quiet hours, plan, nudges, digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.clock import to_milliseconds
from bot.core.prompts.local_time import QuietHours, WeeklyTime, find_zone, local_to_utc
from bot.core.prompts.plan import DEFAULT_PLAN
from bot.core.prompts.policy import REASON_QUIET_HOURS, PromptRules
from storage.db.writer import Transaction

__all__ = [
    "ServerSettings",
    "begin",
    "read",
    "register",
    "set_digest",
    "set_notices_channel",
    "set_nudges",
    "set_plan",
    "set_quiet_hours",
    "set_tolerance",
    "set_zone",
]


_NO_NUDGES = "nudges were switched off"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server chose, or the defaults.

    plan:             as admins write it; None for the plan that comes with Salon
    nudge_after:      how long a thread stays unanswered before its nudge; None for no nudges
    tolerance:        how late a prompt may be
    digest:           when the digest comes; None for none
    notices_channel:  where admins are told of problem
    channel:          where essays go; None for where the command is given
    style:            'threads' for one a reply, 'thread' for one an essay
    numbered:         whether passages show their numbers
    loose:            what becomes of a channel's message that replies to nothing: 'leave' or 'join'
    bring:            how a reply comes into its thread: 'link' or 'move'
    """

    zone_name: str
    zone: ZoneInfo
    quiet: QuietHours | None
    plan: str | None
    nudge_after: timedelta | None
    tolerance: timedelta
    paused: bool
    digest_channel: int | None
    digest: WeeklyTime | None
    notices_channel: int | None
    channel: int | None
    style: str
    numbered: bool
    loose: str
    bring: str

    @property
    def prompt_rules(self) -> PromptRules:
        """What the deciding needs of it."""
        return PromptRules(self.zone, self.quiet, self.tolerance, self.paused)

    @property
    def plan_text(self) -> str:
        """The plan that holds, as admins write it."""
        return DEFAULT_PLAN if self.plan is None else self.plan


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


_DEFAULTS = ServerSettings(
    zone_name="UTC",
    zone=ZoneInfo("UTC"),
    quiet=None,
    plan=None,
    nudge_after=timedelta(hours=48),
    tolerance=timedelta(hours=12),
    paused=False,
    digest_channel=None,
    digest=None,
    notices_channel=None,
    channel=None,
    style="threads",
    numbered=False,
    loose="leave",
    bring="link",
)


async def register(tx: Transaction, server_id: int, name: str, now_ms: int) -> None:
    """Know of a server, before anything of it is kept."""
    await tx.run(
        """
        INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, :now)
        ON CONFLICT (id) DO NOTHING
        """,
        {"id": server_id, "name": name, "now": now_ms},
    )


async def read(tx: Transaction, server_id: int) -> ServerSettings:
    """A server's choices; the defaults where it made none."""
    row = await tx.row(
        """
        SELECT time_zone, quiet_from, quiet_until, plan, nudge_hours, tolerance_hours,
               prompts_paused_at, digest_channel_id, digest_weekday, digest_minute,
               alerts_channel_id, channel_id, style, show_passage_numbers, plain_messages,
                   channel_replies
        FROM server_settings WHERE server_id = :server_id
        """,
        {"server_id": server_id},
    )
    if row is None:
        return _DEFAULTS
    quiet = None
    if row["quiet_from"] is not None:
        quiet = QuietHours(_time(row["quiet_from"]), _time(row["quiet_until"]))
    digest = None
    if row["digest_channel_id"] is not None:
        digest = WeeklyTime(row["digest_weekday"], _time(row["digest_minute"]))
    return ServerSettings(
        zone_name=row["time_zone"],
        zone=ZoneInfo(row["time_zone"]),
        quiet=quiet,
        plan=row["plan"],
        nudge_after=timedelta(hours=row["nudge_hours"]) if row["nudge_hours"] else None,
        tolerance=timedelta(hours=row["tolerance_hours"]),
        paused=row["prompts_paused_at"] is not None,
        digest_channel=row["digest_channel_id"],
        digest=digest,
        notices_channel=row["alerts_channel_id"],
        channel=row["channel_id"],
        style=row["style"],
        numbered=bool(row["show_passage_numbers"]),
        loose=row["plain_messages"],
        bring=row["channel_replies"],
    )


async def begin(tx: Transaction, server_id: int) -> None:
    """Have a row for what the server's admins choose."""
    await tx.run(
        """
        INSERT INTO server_settings (server_id) VALUES (:server_id)
        ON CONFLICT (server_id) DO NOTHING
        """,
        {"server_id": server_id},
    )


async def set_zone(tx: Transaction, server_id: int, name: str, now: datetime) -> None:
    """The server's IANA zone; what was planned for a time on the wall moves with it.

    Raises UserError for a name that is none. What would have been due by now comes now.
    """
    zone = find_zone(name)
    await begin(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET time_zone = :time_zone WHERE server_id = :server_id",
        {"server_id": server_id, "time_zone": zone.key},
    )
    for row in await tx.rows(
        """
        SELECT id, local_at FROM prompts
        WHERE server_id = :server_id AND state = 'planned' AND local_at IS NOT NULL
            AND planned_for > :now
        """,
        {"server_id": server_id, "now": to_milliseconds(now)},
    ):
        wall = datetime.fromisoformat(row["local_at"])
        moment = max(local_to_utc(wall.date(), wall.time(), zone), now)
        await tx.run(
            """
            UPDATE prompts SET planned_for = :at, late_from = :at, due_at = :at, queued_since =
                NULL,
                reason = NULL
            WHERE id = :id
            """,
            {"id": row["id"], "at": to_milliseconds(moment)},
        )
    await _look_again(tx, server_id, now)


async def set_quiet_hours(
    tx: Transaction, server_id: int, quiet: QuietHours | None, now: datetime
) -> None:
    """The server's quiet hours; what waited for the end of others is looked at again."""
    await begin(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings SET quiet_from = :start, quiet_until = :until
        WHERE server_id = :server_id
        """,
        {
            "server_id": server_id,
            "start": None if quiet is None else _minutes(quiet.start),
            "until": None if quiet is None else _minutes(quiet.end),
        },
    )
    await _look_again(tx, server_id, now)


async def _look_again(tx: Transaction, server_id: int, now: datetime) -> None:
    """What waits for the end of quiet hours is looked at now, and was not late until now."""
    await tx.run(
        """
        UPDATE prompts SET due_at = :now, late_from = :now
        WHERE server_id = :server_id AND state = 'planned' AND reason = :quiet AND due_at > :now
        """,
        {"server_id": server_id, "quiet": REASON_QUIET_HOURS, "now": to_milliseconds(now)},
    )


async def set_plan(tx: Transaction, server_id: int, plan: str | None) -> None:
    """The plan of essays published from now on, as :func:`parse_plan` parses it; None: ours."""
    await begin(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET plan = :plan WHERE server_id = :server_id",
        {"server_id": server_id, "plan": plan},
    )


async def set_nudges(tx: Transaction, server_id: int, hours: int, now: datetime) -> None:
    """After how many hours a thread without an answer is nudged; 0 for never.

    Nudges that are planned move with it: one that would have been due by now comes now. 0 skips
    them; what is to come by another setting is planned again.
    """
    await begin(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET nudge_hours = :hours WHERE server_id = :server_id",
        {"server_id": server_id, "hours": hours},
    )
    row = {
        "server_id": server_id,
        "after": hours * 3_600_000,
        "now": to_milliseconds(now),
        "off": _NO_NUDGES,
    }
    if not hours:
        await tx.run(
            """
            UPDATE prompts SET state = 'skipped', reason = :off, decided_at = :now
            WHERE server_id = :server_id AND kind = 'nudge' AND state = 'planned'
            """,
            row,
        )
        return
    await tx.run(
        """
        UPDATE prompts SET state = 'planned', reason = NULL, decided_at = NULL
        WHERE server_id = :server_id AND kind = 'nudge' AND state = 'skipped' AND reason = :off
            AND (SELECT written_at FROM replies WHERE id = prompts.thread_id) + :after > :now
        """,
        row,
    )
    await tx.run(
        """
        UPDATE prompts SET planned_for = at, late_from = at, due_at = at
        FROM (
            SELECT id AS head,
                   CASE WHEN written_at + :after > :now THEN written_at + :after ELSE :now END AS at
            FROM replies WHERE server_id = :server_id
        ) AS heads
        WHERE heads.head = prompts.thread_id AND prompts.server_id = :server_id
            AND kind = 'nudge' AND state = 'planned' AND blocked_since IS NULL
        """,
        row,
    )


async def set_tolerance(tx: Transaction, server_id: int, hours: int) -> None:
    """How many hours late a prompt may be."""
    await begin(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET tolerance_hours = :hours WHERE server_id = :server_id",
        {"server_id": server_id, "hours": hours},
    )


async def set_digest(
    tx: Transaction, server_id: int, channel_id: int | None, when: WeeklyTime | None
) -> None:
    """Where and when the digest comes; storage.prompts.digest plans it."""
    await begin(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings SET digest_channel_id = :channel_id, digest_weekday = :weekday,
            digest_minute = :minute
        WHERE server_id = :server_id
        """,
        {
            "server_id": server_id,
            "channel_id": None if when is None else channel_id,
            "weekday": None if when is None else when.weekday,
            "minute": None if when is None else _minutes(when.at),
        },
    )


async def set_notices_channel(tx: Transaction, server_id: int, channel_id: int | None) -> None:
    """Where the server's admins are told of problem."""
    await begin(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings SET alerts_channel_id = :channel_id WHERE server_id = :server_id
        """,
        {"server_id": server_id, "channel_id": channel_id},
    )
