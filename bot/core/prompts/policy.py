"""Prompt policy: send, postpone or skip a due prompt, with the reason.

1. A prompt that falls due in the server's quiet hours is postponed to their end.
2. After two consecutive prompts that nobody answered, a discussion gets none until someone writes.
3. A channel gets at most one prompt a day: 24 hours and a local midnight lie between two. A prompt
   that would have to wait for more than a week because of that is skipped.
4. A prompt is sent only if its own condition is met at that moment.
5. A prompt that was due while the bot was offline is sent late within the tolerance, else skipped.
6. Prompts end when the discussion closes; a paused discussion or server gets none. A prompt that is
   due while the essay is being published, or another essay is posted in the channel, waits for
   that, within the tolerance.
7. A thread whose first message nobody answered gets one nudge, ever.
8. If the essay's channel was deleted, prompts wait as long as its archive is retained, and are
   skipped when it is erased.

Rules 2, 3 and 4 apply to prompts of a plan and to those that admins add. Nudges and digests follow
the other rules and don't count as prompts. A prompt that an admin sends at once is only skipped if
its discussion has ended or if it is too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.prompts.local_time import QuietHours, get_quiet_end, local_to_utc
from bot.core.prompts.plan import Condition, FewerReplies, QuietFor
from bot.core.text.coded_text import CodedText, make_coded

__all__ = [
    "REASON_OTHER_ESSAY",
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
_MAX_UNANSWERED = 2
_MAX_POSTPONED = timedelta(days=7)
_RETRY_SOON = timedelta(minutes=10)

#: The reason to postpone, and later to skip, what has no channel any more.
_DELETED = make_coded("its-channel-deleted")
#: The reason to skip what falls due during a pause; resuming within the tolerance undoes that.
REASON_PAUSED = make_coded("prompts-paused")
#: The reason to postpone what would come between the parts of another essay.
REASON_OTHER_ESSAY = make_coded("other-essay-posting")
#: The reason to postpone to the end of the quiet hours.
REASON_QUIET_HOURS = make_coded("quiet-hours")
#: The reasons to skip by the state in which a discussion has ended.
_ENDED = {"closed": "discussion-closed", "withdrawn": "discussion-withdrawn"}


class PromptKind(StrEnum):
    """What a prompt is: a step (of a plan, or added by an admin), sent at once, nudge or digest."""

    STEP = "step"
    NOW = "now"
    NUDGE = "nudge"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class PromptRules:
    """A server's settings for prompts. ``tolerance``: how late a prompt may be sent."""

    zone: ZoneInfo
    quiet: QuietHours | None
    tolerance: timedelta
    paused: bool


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What is known of a prompt and of its discussion, thread and channel at one moment.

    late_from:          lateness is counted from here
    queued_since:       since when it waits for its turn in the channel
    forced:             an admin wants it however many prompts the channel has had
    state:              the discussion's state; "open" for a digest
    attempted:          an attempt to send it failed
    digest_disabled:    of a digest: the server has switched digests off
    last_reply_at:      when a member last wrote in the discussion
    replies:            members' messages in the discussion; 0 unless the condition is FewerReplies
    unanswered:         prompts in the discussion after the last of these
    in_flight:          other prompts in the discussion that are claimed and not sent yet
    channel_busy:       another prompt of the channel is claimed and not sent yet
    last_prompt_at:     when the channel last had a prompt
    thread_deleted:     the thread it belongs in, or a nudge's first message, was deleted
    answered:           of a nudge: somebody else has written in the thread
    channel_has_essay:  another essay is being posted in the channel
    channel_erased_at:  when the data of its deleted channel is erased; None if it isn't deleted
    """

    kind: PromptKind
    late_from: datetime
    queued_since: datetime
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
    channel_has_essay: bool = False
    channel_erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now; after ``expires`` it is too late."""

    expires: datetime


@dataclass(frozen=True, slots=True)
class Postpone:
    """Decide again at ``until``. ``resets_lateness``: lateness is counted from then on."""

    until: datetime
    reason: CodedText
    resets_lateness: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """Never send it."""

    reason: CodedText


Decision = Send | Postpone | Skip


def decide_prompt(context: PromptContext, rules: PromptRules, now: datetime) -> Decision:
    """Decide whether to send, postpone or skip a prompt at ``now``; all times are aware."""
    too_late = make_coded("too-late-offline")
    if context.attempted:
        too_late = make_coded("too-late-unsent")
    if context.state == "publishing":
        too_late = make_coded("essay-was-publishing")
    elif context.channel_has_essay:
        too_late = make_coded("other-essay-was-posting")
    ended = _find_end_reason(context, rules)
    if ended is not None:
        return Skip(ended)
    if context.channel_erased_at is not None:
        if now >= context.channel_erased_at:
            return Skip(_DELETED)
        return Postpone(context.channel_erased_at, _DELETED, resets_lateness=True)
    if context.kind is PromptKind.NOW:
        if now - context.late_from > rules.tolerance:
            return Skip(too_late)
        if context.channel_has_essay:
            return Postpone(now + _RETRY_SOON, REASON_OTHER_ESSAY)
        return Send(context.late_from + rules.tolerance)
    first_moment = get_quiet_end(context.late_from, rules.quiet, rules.zone) or context.late_from
    quiet_end = get_quiet_end(now, rules.quiet, rules.zone)
    if (quiet_end or now) - first_moment > rules.tolerance:
        return Skip(too_late)
    if quiet_end is not None:
        return Postpone(quiet_end, REASON_QUIET_HOURS)
    if context.state == "publishing":
        return Postpone(now + _RETRY_SOON, make_coded("essay-publishing"))
    if context.channel_has_essay:
        return Postpone(now + _RETRY_SOON, REASON_OTHER_ESSAY)
    if context.kind is PromptKind.STEP:
        postponed_or_skipped = _apply_channel_rules(context, rules, now)
        if postponed_or_skipped is not None:
            return postponed_or_skipped
    return Send(first_moment + rules.tolerance)


def _find_end_reason(context: PromptContext, rules: PromptRules) -> CodedText | None:
    """Why the prompt must not be sent at any time any more; None if it may."""
    if context.state not in ("open", "publishing"):
        return make_coded(_ENDED.get(context.state, "discussion-unpublished"))
    if context.digest_disabled:
        return make_coded("digest-off")
    if (context.paused or rules.paused) and context.kind is not PromptKind.NOW:
        return REASON_PAUSED
    if context.thread_deleted:
        return make_coded("head-deleted")
    if context.answered:
        return make_coded("thread-answered")
    return None


def _apply_channel_rules(
    context: PromptContext, rules: PromptRules, now: datetime
) -> Decision | None:
    """Rules 2, 3 and 4: why the discussion or the channel gets no such prompt now, if so."""
    if context.unanswered >= _MAX_UNANSWERED:
        return Skip(make_coded("no-replies"))
    unmet = _find_unmet_condition(context, now)
    if unmet is not None:
        return Skip(unmet)
    if context.unanswered + context.in_flight >= _MAX_UNANSWERED or (
        context.channel_busy and not context.forced
    ):
        # It isn't known yet whether the other will be sent, and answered.
        if now - context.queued_since > _MAX_POSTPONED:
            return Skip(make_coded("others-waiting"))
        return Postpone(now + _RETRY_SOON, make_coded("other-being-sent"), resets_lateness=True)
    if context.last_prompt_at is None or context.forced:
        return None
    free = _get_next_day(context.last_prompt_at, rules.zone)
    if free <= now:
        return None
    until = get_quiet_end(free, rules.quiet, rules.zone) or free
    if until - context.queued_since > _MAX_POSTPONED:
        return Skip(make_coded("one-each-day"))
    return Postpone(until, make_coded("one-today"), resets_lateness=True)


def _find_unmet_condition(context: PromptContext, now: datetime) -> CodedText | None:
    """Why the prompt's own condition isn't met; None if it is."""
    match context.condition:
        case QuietFor(hours) if context.last_reply_at is not None:
            since = now - context.last_reply_at
            if since < timedelta(hours=hours):
                ago = max(int(since.total_seconds() // 3600), 0)
                return make_coded("not-quiet", hours=ago, needed=hours)
        case FewerReplies(replies) if context.replies >= replies:
            return make_coded("too-many-replies", count=context.replies, limit=replies)
        case _:
            pass
    return None


def _get_next_day(last: datetime, zone: ZoneInfo) -> datetime:
    """The first moment that is both 24 hours and a local date later than ``last``."""
    free = last + _DAY
    on = last.astimezone(zone).date()
    if free.astimezone(zone).date() <= on:  # a day of 25 hours
        free = local_to_utc(on + _DAY, time(0), zone)
    return free.astimezone(UTC)
