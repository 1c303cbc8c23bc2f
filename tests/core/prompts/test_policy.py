"""Prompt policy as a table: which prompts are sent, postponed or skipped, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.prompts.local_time import QuietHours
from bot.core.prompts.plan import Always, Condition, FewerReplies, QuietFor
from bot.core.prompts.policy import (
    REASON_PAUSED,
    Decision,
    Postpone,
    PromptContext,
    PromptKind,
    PromptRules,
    Send,
    Skip,
    decide_prompt,
)
from bot.core.text.coded_text import make_coded

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(8))
HOUR = timedelta(hours=1)
#: A Wednesday at noon in Berlin.
NOON = datetime(2026, 6, 3, 10, tzinfo=UTC)
RULES = PromptRules(BERLIN, NIGHT, 12 * HOUR, paused=False)
AWAY = Skip(make_coded("too-late-offline"))
TODAY = make_coded("one-today")


def case(
    due: datetime = NOON,
    *,
    kind: PromptKind = PromptKind.STEP,
    condition: Condition = Always(),  # noqa: B008 - frozen
    forced: bool = False,
    state: str = "open",
    paused: bool = False,
    last_reply_at: datetime | None = None,
    replies: int = 0,
    unanswered: int = 0,
    in_flight: int = 0,
    channel_busy: bool = False,
    attempted: bool = False,
    digest_disabled: bool = False,
    last_prompt_at: datetime | None = None,
    thread_deleted: bool = False,
    answered: bool = False,
    channel_erased_at: datetime | None = None,
) -> PromptContext:
    return PromptContext(
        kind=kind,
        late_from=due,
        queued_since=due,
        condition=condition,
        forced=forced,
        state=state,
        paused=paused,
        last_reply_at=last_reply_at,
        replies=replies,
        unanswered=unanswered,
        in_flight=in_flight,
        channel_busy=channel_busy,
        attempted=attempted,
        digest_disabled=digest_disabled,
        last_prompt_at=last_prompt_at,
        thread_deleted=thread_deleted,
        answered=answered,
        channel_erased_at=channel_erased_at,
    )


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


SEND = Send(NOON + 12 * HOUR)
TABLE: list[tuple[str, PromptContext, datetime, Decision]] = [
    ("due, and no rule against it", case(), NOON, SEND),
    (
        "quiet hours begin",
        case(berlin(3, 22)),
        berlin(3, 22),
        Postpone(berlin(4, 8), make_coded("quiet-hours")),
    ),
    (
        "deep in the night",
        case(berlin(4, 3)),
        berlin(4, 3),
        Postpone(berlin(4, 8), make_coded("quiet-hours")),
    ),
    ("quiet hours end", case(berlin(4, 8)), berlin(4, 8), Send(berlin(4, 20))),
    (
        "a minute before quiet hours",
        case(berlin(3, 21, 59)),
        berlin(3, 21, 59),
        Send(berlin(4, 9, 59)),
    ),
    (
        "due in quiet hours, decided after them: late only from their end",
        case(berlin(3, 23)),
        berlin(4, 19),
        Send(berlin(4, 20)),
    ),
    ("due in quiet hours, offline until too late", case(berlin(3, 23)), berlin(4, 21), AWAY),
    ("due by day, offline until quiet hours, too late at their end", case(), berlin(3, 23), AWAY),
    (
        "due in the evening, offline until quiet hours, in time at their end",
        case(berlin(3, 21)),
        berlin(3, 23),
        Postpone(berlin(4, 8), make_coded("quiet-hours")),
    ),
    ("an hour late", case(), NOON + HOUR, SEND),
    ("a week late", case(), NOON + timedelta(days=7), AWAY),
    ("the discussion closed", case(state="closed"), NOON, Skip(make_coded("discussion-closed"))),
    (
        "the discussion withdrawn",
        case(state="withdrawn"),
        NOON,
        Skip(make_coded("discussion-withdrawn")),
    ),
    (
        "the essay is still being published",
        case(state="publishing"),
        NOON,
        Postpone(NOON + timedelta(minutes=10), make_coded("essay-publishing")),
    ),
    (
        "the essay is still being published when it is too late",
        case(state="publishing"),
        NOON + 13 * HOUR,
        Skip(make_coded("essay-was-publishing")),
    ),
    ("the discussion paused", case(paused=True), NOON, Skip(REASON_PAUSED)),
    ("one unanswered prompt", case(unanswered=1), NOON, SEND),
    (
        "two unanswered prompts",
        case(unanswered=2),
        NOON,
        Skip(make_coded("no-replies")),
    ),
    (
        "two unanswered prompts, and an admin forces it",
        case(unanswered=2, forced=True),
        NOON,
        Skip(make_coded("no-replies")),
    ),
    (
        "one unanswered, another in flight in the same channel",
        case(unanswered=1, in_flight=1, channel_busy=True),
        NOON,
        Postpone(NOON + HOUR / 6, make_coded("other-being-sent"), resets_lateness=True),
    ),
    (
        "a prompt of another essay in flight in the same channel",
        case(channel_busy=True),
        NOON,
        Postpone(NOON + HOUR / 6, make_coded("other-being-sent"), resets_lateness=True),
    ),
    (
        "another in flight in the same channel, and an admin forces it",
        case(channel_busy=True, forced=True),
        NOON,
        SEND,
    ),
    (
        "one unanswered, another in flight, and an admin forces it",
        case(unanswered=1, in_flight=1, channel_busy=True, last_prompt_at=NOON, forced=True),
        NOON,
        Postpone(NOON + HOUR / 6, make_coded("other-being-sent"), resets_lateness=True),
    ),
    (
        "the condition is quiet, and the last reply",
        case(condition=QuietFor(24), last_reply_at=NOON - 5 * HOUR),
        NOON,
        Skip(make_coded("not-quiet", hours=5, needed=24)),
    ),
    ("quiet long enough", case(condition=QuietFor(24), last_reply_at=NOON - 24 * HOUR), NOON, SEND),
    ("nobody ever wrote", case(condition=QuietFor(24)), NOON, SEND),
    (
        "somebody writes right now, by a clock ahead of ours",
        case(condition=QuietFor(24), last_reply_at=NOON + timedelta(seconds=2)),
        NOON,
        Skip(make_coded("not-quiet", hours=0, needed=24)),
    ),
    (
        "as many replies as the condition's limit",
        case(condition=FewerReplies(5), replies=5),
        NOON,
        Skip(make_coded("too-many-replies", count=5, limit=5)),
    ),
    ("fewer replies than the limit", case(condition=FewerReplies(5), replies=4), NOON, SEND),
    (
        "another prompt in the channel an hour ago",
        case(last_prompt_at=NOON - HOUR),
        NOON,
        Postpone(NOON + 23 * HOUR, TODAY, resets_lateness=True),
    ),
    ("another prompt a day ago", case(last_prompt_at=NOON - 24 * HOUR), NOON, SEND),
    (
        "a day after another prompt, in quiet hours",
        case(last_prompt_at=NOON - 24 * HOUR + 11 * HOUR),
        NOON,
        Postpone(berlin(4, 8), TODAY, resets_lateness=True),
    ),
    (
        "another prompt today, and an admin forces it",
        case(last_prompt_at=NOON, forced=True),
        NOON,
        SEND,
    ),
    (
        "at once, although paused and unanswered",
        case(kind=PromptKind.NOW, unanswered=9, paused=True),
        NOON,
        SEND,
    ),
    (
        "at once, in quiet hours",
        case(berlin(3, 23), kind=PromptKind.NOW),
        berlin(3, 23),
        Send(berlin(4, 11)),
    ),
    (
        "at once, and the discussion closed before it could be sent",
        case(kind=PromptKind.NOW, state="closed"),
        NOON + HOUR,
        Skip(make_coded("discussion-closed")),
    ),
    (
        "at once, failing for longer than the tolerance",
        case(kind=PromptKind.NOW, attempted=True),
        NOON + 13 * HOUR,
        Skip(make_coded("too-late-unsent")),
    ),
    (
        "failed until too late",
        case(attempted=True),
        NOON + 48 * HOUR,
        Skip(make_coded("too-late-unsent")),
    ),
    (
        "a digest that was switched off",
        case(kind=PromptKind.DIGEST, digest_disabled=True),
        NOON,
        Skip(make_coded("digest-off")),
    ),
    ("a nudge of an unanswered thread", case(kind=PromptKind.NUDGE), NOON, SEND),
    (
        "a nudge after unanswered prompts, in a channel with a prompt today",
        case(kind=PromptKind.NUDGE, unanswered=5, last_prompt_at=NOON),
        NOON,
        SEND,
    ),
    (
        "a nudge in quiet hours",
        case(berlin(3, 23), kind=PromptKind.NUDGE),
        berlin(3, 23),
        Postpone(berlin(4, 8), make_coded("quiet-hours")),
    ),
    (
        "a nudge of an answered thread",
        case(kind=PromptKind.NUDGE, answered=True),
        NOON,
        Skip(make_coded("thread-answered")),
    ),
    (
        "a nudge of a deleted thread",
        case(kind=PromptKind.NUDGE, thread_deleted=True),
        NOON,
        Skip(make_coded("head-deleted")),
    ),
    (
        "a nudge in a closed discussion",
        case(kind=PromptKind.NUDGE, state="closed"),
        NOON,
        Skip(make_coded("discussion-closed")),
    ),
    (
        "a prompt of a deleted channel",
        case(channel_erased_at=NOON + 24 * HOUR),
        NOON,
        Postpone(NOON + 24 * HOUR, make_coded("its-channel-deleted"), resets_lateness=True),
    ),
    (
        "at once, in a deleted channel",
        case(kind=PromptKind.NOW, channel_erased_at=NOON + 24 * HOUR),
        NOON,
        Postpone(NOON + 24 * HOUR, make_coded("its-channel-deleted"), resets_lateness=True),
    ),
    (
        "a prompt of a deleted channel whose data is erased",
        case(channel_erased_at=NOON),
        NOON,
        Skip(make_coded("its-channel-deleted")),
    ),
    (
        "a closed discussion in a deleted channel",
        case(state="closed", channel_erased_at=NOON + 24 * HOUR),
        NOON,
        Skip(make_coded("discussion-closed")),
    ),
    ("a digest beside a prompt", case(kind=PromptKind.DIGEST, last_prompt_at=NOON), NOON, SEND),
]


@pytest.mark.parametrize(
    ("context", "now", "decision"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_prompt_is_sent_postponed_or_skipped(
    context: PromptContext, now: datetime, decision: Decision
) -> None:
    assert decide_prompt(context, RULES, now) == decision


def test_a_prompt_is_sent_up_to_the_last_moment_of_the_tolerance() -> None:
    day = replace(RULES, quiet=None)
    assert decide_prompt(case(), day, NOON + 12 * HOUR) == SEND
    assert decide_prompt(case(), day, NOON + 12 * HOUR + timedelta(milliseconds=1)) == AWAY


def test_a_paused_server_gets_only_what_an_admin_sends_at_once() -> None:
    paused = replace(RULES, paused=True)
    for kind in (PromptKind.STEP, PromptKind.NUDGE, PromptKind.DIGEST):
        assert decide_prompt(case(kind=kind), paused, NOON) == Skip(REASON_PAUSED)
    assert decide_prompt(case(kind=PromptKind.NOW), paused, NOON) == SEND


def test_a_prompt_postponed_by_the_channel_for_more_than_a_week_is_skipped() -> None:
    waiting = case(NOON - timedelta(days=6, hours=1), last_prompt_at=NOON - HOUR)
    on = decide_prompt(replace(waiting, late_from=NOON), RULES, NOON)
    assert on == Postpone(NOON + 23 * HOUR, TODAY, resets_lateness=True)
    longer = replace(waiting, queued_since=NOON - timedelta(days=6, hours=2), late_from=NOON)
    assert decide_prompt(longer, RULES, NOON) == Skip(make_coded("one-each-day"))


def test_a_prompt_blocked_by_others_of_its_essay_for_a_week_is_skipped() -> None:
    waiting = case(NOON - timedelta(days=8), unanswered=1, in_flight=1, forced=True)
    assert decide_prompt(replace(waiting, late_from=NOON), RULES, NOON) == Skip(
        make_coded("others-waiting")
    )


def test_on_a_day_of_25_hours_two_prompts_are_still_on_two_dates() -> None:
    # 25 October 2026 in Berlin: 00:10, and 24 hours later it is 23:10 of the same date.
    last = datetime(2026, 10, 25, 0, 10, tzinfo=BERLIN).astimezone(UTC)
    now = last + 24 * HOUR
    rules = replace(RULES, quiet=None)
    found = decide_prompt(case(now, last_prompt_at=last), rules, now)
    midnight = datetime(2026, 10, 26, tzinfo=BERLIN).astimezone(UTC)
    assert found == Postpone(midnight, TODAY, resets_lateness=True)


def test_a_prompt_postponed_for_another_is_sent_at_that_moment() -> None:
    waiting = case(last_prompt_at=NOON - HOUR)
    postponed = decide_prompt(waiting, RULES, NOON)
    assert isinstance(postponed, Postpone)
    assert postponed.resets_lateness
    again = replace(waiting, late_from=postponed.until)
    assert decide_prompt(again, RULES, postponed.until) == Send(postponed.until + 12 * HOUR)
