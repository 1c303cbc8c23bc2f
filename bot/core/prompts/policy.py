"""The manners of prompts: whether one that is due is sent, waits or is skipped, and why.

1. What falls due in the server's quiet hours goes out at their end.
2. After two prompts in a row that nobody answered, none in that discussion until someone writes.
3. At most one prompt a day in a channel: 24 hours and a local midnight lie between two. One that
   has to wait for that longer than a week is skipped.
4. A prompt goes out only where its own condition holds at that moment.
5. What was due while the bot was away is sent late within the tolerance, else skipped.
6. Prompts end when the discussion closes; a paused discussion or server gets none. What is due
   while the essay is being published waits for that, within the tolerance.
7. A thread whose first message nobody answered gets one nudge, ever.
8. Where the essay's channel was deleted, prompts wait while its archive is kept, and end with it.

Rules 2, 3 and 4 are about prompts of a plan and those that admins add. Nudges and digests keep to
the others and do not count as prompts; what an admin sends at once only ends with its discussion,
or when it is too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.prompts.local_time import QuietHours, get_quiet_end, local_to_utc
from bot.core.prompts.plan import Condition, FewerReplies, QuietFor
from bot.core.text.plural import format_count

__all__ = [
    "REASON_PAUSED",
    "REASON_QUIET_HOURS",
    "Decision",
    "Postpone",
    "PromptContext",
    "PromptKind",
    "PromptRules",
    "Send",
    "Skip",
    "decide_prompt",
]

_DAY = timedelta(days=1)
_MOST_UNANSWERED = 2
_MOST_PUT_OFF = timedelta(days=7)
_SOON = timedelta(minutes=10)

#: Why something waits, or ends, where it has no channel any more.
_DELETED = "its channel was deleted"
#: The reason of what falls due during a pause; a resume within the tolerance takes it back.
REASON_PAUSED = "prompts were paused"
#: Why something waits for the end of the quiet hours.
REASON_QUIET_HOURS = "quiet hours"


class PromptKind(StrEnum):
    """Why a prompt is there: a step of a plan (or an admin's), at once, a nudge, a digest."""

    STEP = "step"
    NOW = "now"
    NUDGE = "nudge"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class PromptRules:
    """What a server asks of prompts. ``tolerance``: how late one may be."""

    zone: ZoneInfo
    quiet: QuietHours | None
    tolerance: timedelta
    paused: bool


@dataclass(frozen=True, slots=True)
class PromptContext:
    """A prompt and what the archive says around it, at one moment.

    owed_at:        since when it is owed: lateness counts from here
    turn_from:      since when it waits for its turn in the channel
    tried:          it was tried to send it, in vain
    anyway:         an admin asked for it however many prompts the channel has had
    state:          the discussion's; "open" for a digest
    unwanted:       of a digest: the server wants none any more
    last_written:   when a member last wrote in the discussion
    replies:        members' messages in it
    unanswered:     prompts in it that came after the last of these
    under_way:      other prompts in it that are claimed and not sent yet
    busy:           another prompt of the channel is claimed and not sent yet
    last_prompt:    when the channel last had a prompt
    head_gone:      the thread it belongs into, or of a nudge that one's first message, is no more
    answered:       of a nudge: somebody else has written in the thread
    ends_at:        when what its channel held is erased, which was deleted; None where it stands
    """

    kind: PromptKind
    owed_at: datetime
    turn_from: datetime
    condition: Condition
    forced: bool
    state: str
    paused: bool
    attempted: bool = False
    digest_disabled: bool = False
    last_reply_at: datetime | None = None
    replies: int = 0
    unanswered: int = 0
    in_flight: int = 0
    channel_busy: bool = False
    last_prompt_at: datetime | None = None
    thread_deleted: bool = False
    answered: bool = False
    channel_erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now; at ``expires`` it would be too late."""

    expires: datetime


@dataclass(frozen=True, slots=True)
class Postpone:
    """Look again at ``until``; with ``owed`` it is only owed from then on."""

    until: datetime
    reason: str
    resets_lateness: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """It will not be sent."""

    reason: str


Decision = Send | Postpone | Skip


def decide_prompt(case: PromptContext, manners: PromptRules, now: datetime) -> Decision:
    """What becomes of a prompt at ``now``; every argument of time is aware."""
    too_late = "it was due while I was away, and is too late now"
    if case.attempted:
        too_late = "it could not be sent in time"
    if case.state == "publishing":
        too_late = "the essay was still being published"
    ended = _ended(case, manners)
    if ended is not None:
        return Skip(ended)
    if case.channel_erased_at is not None:
        return (
            Skip(_DELETED)
            if now >= case.channel_erased_at
            else Postpone(case.channel_erased_at, _DELETED, resets_lateness=True)
        )
    if case.kind is PromptKind.NOW:
        late = now - case.owed_at > manners.tolerance
        return Skip(too_late) if late else Send(case.owed_at + manners.tolerance)
    owed = get_quiet_end(case.owed_at, manners.quiet, manners.zone) or case.owed_at
    end = get_quiet_end(now, manners.quiet, manners.zone)
    if (end or now) - owed > manners.tolerance:
        return Skip(too_late)
    if end is not None:
        return Postpone(end, REASON_QUIET_HOURS)
    if case.state == "publishing":
        return Postpone(now + _SOON, "the essay is still being published")
    if case.kind is PromptKind.STEP:
        hindrance = _hindrance(case, manners, now)
        if hindrance is not None:
            return hindrance
    return Send(owed + manners.tolerance)


def _ended(case: PromptContext, manners: PromptRules) -> str | None:
    """Why there will be no such prompt any more, whatever the hour."""
    if case.state not in ("open", "publishing"):
        return f"the discussion is {case.state}"
    if case.digest_disabled:
        return "the digest was switched off"
    if (case.paused or manners.paused) and case.kind is not PromptKind.NOW:
        return REASON_PAUSED
    if case.thread_deleted:
        return "the thread or its first message is gone"
    if case.answered:
        return "the thread was answered"
    return None


def _hindrance(case: PromptContext, manners: PromptRules, now: datetime) -> Decision | None:
    if case.unanswered >= _MOST_UNANSWERED:
        return Skip("nobody has answered the last two prompts")
    unmet = _unmet(case, now)
    if unmet is not None:
        return Skip(unmet)
    if case.unanswered + case.in_flight >= _MOST_UNANSWERED or (
        case.channel_busy and not case.forced
    ):
        # Whether the other will stand, and be answered, is not known yet.
        if now - case.turn_from > _MOST_PUT_OFF:
            return Skip("other prompts of the channel have waited for a week")
        return Postpone(now + _SOON, "another prompt is on its way", resets_lateness=True)
    if case.last_prompt_at is None or case.forced:
        return None
    free = _next_day(case.last_prompt_at, manners.zone)
    if free <= now:
        return None
    until = get_quiet_end(free, manners.quiet, manners.zone) or free
    if until - case.turn_from > _MOST_PUT_OFF:
        return Skip("the channel had other prompts on each day of a week")
    return Postpone(until, "the channel has had a prompt today", resets_lateness=True)


def _unmet(case: PromptContext, now: datetime) -> str | None:
    """Why the prompt's own condition does not hold, if it does not."""
    match case.condition:
        case QuietFor(hours) if case.last_reply_at is not None:
            since = now - case.last_reply_at
            if since < timedelta(hours=hours):
                ago = max(int(since.total_seconds() // 3600), 0)
                return f"somebody wrote {ago} h ago, and it asks for {hours} h of quiet"
        case FewerReplies(replies) if case.replies >= replies:
            verb = "is" if case.replies == 1 else "are"
            there = format_count(case.replies, "reply", "replies")
            return f"there {verb} {there}, and it asks for fewer than {replies}"
        case _:
            pass
    return None


def _next_day(last: datetime, zone: ZoneInfo) -> datetime:
    """The first moment that is both 24 hours and a local date later than ``last``."""
    free = last + _DAY
    on = last.astimezone(zone).date()
    if free.astimezone(zone).date() <= on:  # a day of 25 hours
        free = local_to_utc(on + _DAY, time(0), zone)
    return free.astimezone(UTC)
