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

from bot.core.prompts.local_time import QuietHours, local_moment, quiet_end
from bot.core.prompts.plan import Condition, Fewer, Quiet
from bot.core.text.plural import format_count

__all__ = [
    "PAUSED",
    "QUIET",
    "Decision",
    "Kind",
    "Manners",
    "Send",
    "Situation",
    "Skip",
    "Wait",
    "decide",
]

_DAY = timedelta(days=1)
_MOST_UNANSWERED = 2
_MOST_PUT_OFF = timedelta(days=7)
_SOON = timedelta(minutes=10)

#: Why something waits, or ends, where it has no channel any more.
_DELETED = "its channel was deleted"
#: The reason of what falls due during a pause; a resume within the tolerance takes it back.
PAUSED = "prompts were paused"
#: Why something waits for the end of the quiet hours.
QUIET = "quiet hours"


class Kind(StrEnum):
    """Why a prompt is there: a step of a plan (or an admin's), at once, a nudge, a digest."""

    STEP = "step"
    NOW = "now"
    NUDGE = "nudge"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Manners:
    """What a server asks of prompts. ``tolerance``: how late one may be."""

    zone: ZoneInfo
    quiet: QuietHours | None
    tolerance: timedelta
    paused: bool


@dataclass(frozen=True, slots=True)
class Situation:
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

    kind: Kind
    owed_at: datetime
    turn_from: datetime
    condition: Condition
    anyway: bool
    state: str
    paused: bool
    tried: bool = False
    unwanted: bool = False
    last_written: datetime | None = None
    replies: int = 0
    unanswered: int = 0
    under_way: int = 0
    busy: bool = False
    last_prompt: datetime | None = None
    head_gone: bool = False
    answered: bool = False
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now; at ``expires`` it would be too late."""

    expires: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at ``until``; with ``owed`` it is only owed from then on."""

    until: datetime
    reason: str
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """It will not be sent."""

    reason: str


Decision = Send | Wait | Skip


def decide(case: Situation, manners: Manners, now: datetime) -> Decision:
    """What becomes of a prompt at ``now``; every argument of time is aware."""
    too_late = "it was due while I was away, and is too late now"
    if case.tried:
        too_late = "it could not be sent in time"
    if case.state == "publishing":
        too_late = "the essay was still being published"
    ended = _ended(case, manners)
    if ended is not None:
        return Skip(ended)
    if case.ends_at is not None:
        return Skip(_DELETED) if now >= case.ends_at else Wait(case.ends_at, _DELETED, owed=True)
    if case.kind is Kind.NOW:
        late = now - case.owed_at > manners.tolerance
        return Skip(too_late) if late else Send(case.owed_at + manners.tolerance)
    owed = quiet_end(case.owed_at, manners.quiet, manners.zone) or case.owed_at
    end = quiet_end(now, manners.quiet, manners.zone)
    if (end or now) - owed > manners.tolerance:
        return Skip(too_late)
    if end is not None:
        return Wait(end, QUIET)
    if case.state == "publishing":
        return Wait(now + _SOON, "the essay is still being published")
    if case.kind is Kind.STEP:
        hindrance = _hindrance(case, manners, now)
        if hindrance is not None:
            return hindrance
    return Send(owed + manners.tolerance)


def _ended(case: Situation, manners: Manners) -> str | None:
    """Why there will be no such prompt any more, whatever the hour."""
    if case.state not in ("open", "publishing"):
        return f"the discussion is {case.state}"
    if case.unwanted:
        return "the digest was switched off"
    if (case.paused or manners.paused) and case.kind is not Kind.NOW:
        return PAUSED
    if case.head_gone:
        return "the thread or its first message is gone"
    if case.answered:
        return "the thread was answered"
    return None


def _hindrance(case: Situation, manners: Manners, now: datetime) -> Decision | None:
    if case.unanswered >= _MOST_UNANSWERED:
        return Skip("nobody has answered the last two prompts")
    unmet = _unmet(case, now)
    if unmet is not None:
        return Skip(unmet)
    if case.unanswered + case.under_way >= _MOST_UNANSWERED or (case.busy and not case.anyway):
        # Whether the other will stand, and be answered, is not known yet.
        if now - case.turn_from > _MOST_PUT_OFF:
            return Skip("other prompts of the channel have waited for a week")
        return Wait(now + _SOON, "another prompt is on its way", owed=True)
    if case.last_prompt is None or case.anyway:
        return None
    free = _next_day(case.last_prompt, manners.zone)
    if free <= now:
        return None
    until = quiet_end(free, manners.quiet, manners.zone) or free
    if until - case.turn_from > _MOST_PUT_OFF:
        return Skip("the channel had other prompts on each day of a week")
    return Wait(until, "the channel has had a prompt today", owed=True)


def _unmet(case: Situation, now: datetime) -> str | None:
    """Why the prompt's own condition does not hold, if it does not."""
    match case.condition:
        case Quiet(hours) if case.last_written is not None:
            since = now - case.last_written
            if since < timedelta(hours=hours):
                ago = max(int(since.total_seconds() // 3600), 0)
                return f"somebody wrote {ago} h ago, and it asks for {hours} h of quiet"
        case Fewer(replies) if case.replies >= replies:
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
        free = local_moment(on + _DAY, time(0), zone)
    return free.astimezone(UTC)
