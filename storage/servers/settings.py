"""The settings of a server: what its admins chose in ``/setup`` and ``/prompts``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from bot.core.prompts.local_time import QuietHours, WeeklyTime
from bot.core.prompts.plan import DEFAULT_PLAN
from bot.core.prompts.policy import PromptRules
from storage.db.writer import Transaction

__all__ = [
    "DEFAULT_NUDGE_HOURS",
    "ServerSettings",
    "get_settings",
    "make_row",
    "register_server",
    "set_alerts_channel",
    "set_answer_forms",
    "set_books",
    "set_channel",
    "set_channel_replies",
    "set_digest",
    "set_notifications",
    "set_nudge_hours",
    "set_plain_messages",
    "set_plan",
    "set_proxy_apps",
    "set_quiet_hours",
    "set_show_passage_numbers",
    "set_style",
    "set_time_zone",
    "set_tolerance",
]


#: Hours after which an unanswered thread is nudged, where admins chose nothing.
DEFAULT_NUDGE_HOURS = 48


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of a server, the defaults where its admins chose nothing.

    plan:                  as admins write it; None for the default plan
    nudge_after:           how long a thread is unanswered before its nudge; None for no nudges
    tolerance:             how late a prompt may be sent
    digest:                when the digest is sent; None for none
    alerts_channel:        where admins are alerted; None for nowhere
    channel:               where essays are posted; None for where the command is given
    style:                 'threads' for one a reply, 'thread' for one an essay
    show_passage_numbers:  whether passages show their numbers
    plain_messages:        a channel message that isn't a reply: 'leave' it, or let it 'join'
    channel_replies:       a channel reply that belongs in a thread: 'link' to it, or 'move'
    answer_forms:          whether members can answer with a form
    proxy_apps:            the apps whose webhook messages count as members' messages
    books:                 who may make books: 'members' (of what they may read), or 'admins'
    language:              of what is posted for the whole server; None for its Discord locale
    ping_role:             the role that cards mention; None for nobody
    pins_cards:            whether cards are pinned while their discussions are open
    tells_followers:       whether essays are announced to followers of an announcement channel
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
    alerts_channel: int | None
    channel: int | None
    style: str
    show_passage_numbers: bool
    plain_messages: str
    channel_replies: str
    proxy_apps: tuple[int, ...] = ()
    books: str = "members"
    answer_forms: bool = True
    language: str | None = None
    ping_role: int | None = None
    pins_cards: bool = False
    tells_followers: bool = False

    def saves_plain_messages(self, channel_id: int) -> bool:
        """Whether messages in a channel that answer nothing join its newest open essay.

        They do in the channel chosen for essays; if none is chosen, wherever there is an essay.
        """
        return self.plain_messages == "join" and self.channel in (None, channel_id)

    @property
    def prompt_rules(self) -> PromptRules:
        """The settings that the prompt policy uses."""
        return PromptRules(self.zone, self.quiet, self.tolerance, self.paused)

    @property
    def plan_text(self) -> str:
        """The plan in use, as admins write it."""
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
    nudge_after=timedelta(hours=DEFAULT_NUDGE_HOURS),
    tolerance=timedelta(hours=12),
    paused=False,
    digest_channel=None,
    digest=None,
    alerts_channel=None,
    channel=None,
    style="threads",
    show_passage_numbers=False,
    plain_messages="leave",
    channel_replies="link",
)


async def register_server(tx: Transaction, server_id: int, name: str, now_ms: int) -> None:
    """Add a server that isn't known yet; rows of all other tables refer to it."""
    await tx.run(
        """
        INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, :now)
        ON CONFLICT (id) DO NOTHING
        """,
        {"id": server_id, "name": name, "now": now_ms},
    )


async def get_settings(tx: Transaction, server_id: int) -> ServerSettings:
    """A server's settings; the defaults if it has none."""
    row = await tx.row(
        """
        SELECT time_zone, quiet_from, quiet_until, plan, nudge_hours, tolerance_hours,
               prompts_paused_at, digest_channel_id, digest_weekday, digest_minute,
               alerts_channel_id, channel_id, style, show_passage_numbers, plain_messages,
                   channel_replies, answer_forms, proxy_apps, books, language,
               ping_role_id, pins_cards, tells_followers
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
        alerts_channel=row["alerts_channel_id"],
        channel=row["channel_id"],
        style=row["style"],
        show_passage_numbers=bool(row["show_passage_numbers"]),
        plain_messages=row["plain_messages"],
        channel_replies=row["channel_replies"],
        answer_forms=bool(row["answer_forms"]),
        proxy_apps=tuple(int(one) for one in row["proxy_apps"].split()),
        books=row["books"],
        language=row["language"],
        ping_role=row["ping_role_id"],
        pins_cards=bool(row["pins_cards"]),
        tells_followers=bool(row["tells_followers"]),
    )


async def make_row(tx: Transaction, server_id: int) -> None:
    """Create the row of a server's settings unless it exists."""
    await tx.run(
        """
        INSERT INTO server_settings (server_id) VALUES (:server_id)
        ON CONFLICT (server_id) DO NOTHING
        """,
        {"server_id": server_id},
    )


async def set_time_zone(tx: Transaction, server_id: int, zone: ZoneInfo) -> None:
    """Set the IANA time zone of a server's local times."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET time_zone = :time_zone WHERE server_id = :server_id",
        {"server_id": server_id, "time_zone": zone.key},
    )


async def set_quiet_hours(tx: Transaction, server_id: int, quiet: QuietHours | None) -> None:
    """Set the quiet hours; None for none."""
    await make_row(tx, server_id)
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


async def set_plan(tx: Transaction, server_id: int, plan: str | None) -> None:
    """Set the plan of essays published from now on (:func:`parse_plan`); None: the default."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET plan = :plan WHERE server_id = :server_id",
        {"server_id": server_id, "plan": plan},
    )


async def set_nudge_hours(tx: Transaction, server_id: int, hours: int) -> None:
    """Set after how many hours an unanswered thread is nudged; 0 for never."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET nudge_hours = :hours WHERE server_id = :server_id",
        {"server_id": server_id, "hours": hours},
    )


async def set_tolerance(tx: Transaction, server_id: int, hours: int) -> None:
    """Set how many hours late a prompt may be sent."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET tolerance_hours = :hours WHERE server_id = :server_id",
        {"server_id": server_id, "hours": hours},
    )


async def set_digest(
    tx: Transaction, server_id: int, channel_id: int | None, when: WeeklyTime | None
) -> None:
    """Set where and when the digest is sent; None for no digest."""
    await make_row(tx, server_id)
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


async def set_alerts_channel(tx: Transaction, server_id: int, channel_id: int | None) -> None:
    """Set the channel in which admins are alerted; None for none."""
    await make_row(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings SET alerts_channel_id = :channel_id WHERE server_id = :server_id
        """,
        {"server_id": server_id, "channel_id": channel_id},
    )


async def set_channel(tx: Transaction, server_id: int, channel_id: int | None) -> None:
    """Set the channel for essays; None: the one in which the command is given."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET channel_id = :channel_id WHERE server_id = :server_id",
        {"server_id": server_id, "channel_id": channel_id},
    )


async def set_style(tx: Transaction, server_id: int, style: str) -> None:
    """Set the style: 'threads', one for each reply, or 'thread', one for the essay."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET style = :style WHERE server_id = :server_id",
        {"server_id": server_id, "style": style},
    )


async def set_show_passage_numbers(tx: Transaction, server_id: int, shown: bool) -> None:
    """Set whether essays show the numbers of their passages."""
    await make_row(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings
        SET show_passage_numbers = :show_passage_numbers
        WHERE server_id = :server_id
        """,
        {"server_id": server_id, "show_passage_numbers": int(shown)},
    )


async def set_plain_messages(tx: Transaction, server_id: int, choice: str, now_ms: int) -> None:
    """Set what to do with a channel message that isn't a reply: 'leave' it, or let it 'join'.

    Only messages written from now on join the newest open essay.
    """
    await make_row(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings SET plain_messages = :plain_messages,
            plain_messages_since = CASE WHEN plain_messages = :plain_messages THEN
                plain_messages_since ELSE :now END
        WHERE server_id = :server_id
        """,
        {"server_id": server_id, "plain_messages": choice, "now": now_ms},
    )


async def set_proxy_apps(tx: Transaction, server_id: int, apps: Collection[int]) -> None:
    """Set the apps whose webhook messages count as members' messages."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET proxy_apps = :proxy_apps WHERE server_id = :server_id",
        {"server_id": server_id, "proxy_apps": " ".join(str(app) for app in sorted(apps))},
    )


async def set_answer_forms(tx: Transaction, server_id: int, allowed: bool) -> None:
    """Set whether members can answer with a form."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET answer_forms = :allowed WHERE server_id = :server_id",
        {"server_id": server_id, "allowed": int(allowed)},
    )


async def set_channel_replies(tx: Transaction, server_id: int, choice: str) -> None:
    """Set what to do with a channel reply that belongs in a thread: 'link' or 'move'."""
    await make_row(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings
        SET channel_replies = :channel_replies
        WHERE server_id = :server_id
        """,
        {"server_id": server_id, "channel_replies": choice},
    )


async def set_language(tx: Transaction, server_id: int, language: str | None) -> None:
    """Set the language of alerts, digest and greeting; None: the server's Discord locale."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET language = :language WHERE server_id = :server_id",
        {"server_id": server_id, "language": language},
    )


async def set_books(tx: Transaction, server_id: int, choice: str) -> None:
    """Set who may make books: 'members' (of what they may read), or 'admins'."""
    await make_row(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET books = :books WHERE server_id = :server_id",
        {"server_id": server_id, "books": choice},
    )


async def set_notifications(
    tx: Transaction,
    server_id: int,
    *,
    ping_role: int | None,
    pins_cards: bool,
    tells_followers: bool,
) -> None:
    """Set whom the cards of new drafts mention, and what is done once an essay is published."""
    await make_row(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings SET ping_role_id = :ping_role_id, pins_cards = :pins_cards,
            tells_followers = :tells_followers
        WHERE server_id = :server_id
        """,
        {
            "server_id": server_id,
            "ping_role_id": ping_role,
            "pins_cards": int(pins_cards),
            "tells_followers": int(tells_followers),
        },
    )
