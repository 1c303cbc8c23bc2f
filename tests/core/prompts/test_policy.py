"""The manners of prompts, as a table: what is sent, waits or is skipped, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.prompts.local_time import QuietHours
from bot.core.prompts.plan import Always, Condition, Fewer, Quiet
from bot.core.prompts.policy import (
    PAUSED,
    Decision,
    Kind,
    Manners,
    Send,
    Situation,
    Skip,
    Wait,
    decide,
)

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(8))
HOUR = timedelta(hours=1)
#: A Wednesday at noon in Berlin.
NOON = datetime(2026, 6, 3, 10, tzinfo=UTC)
MANNERS = Manners(BERLIN, NIGHT, 12 * HOUR, paused=False)
AWAY = Skip("it was due while I was away, and is too late now")
TODAY = "the channel has had a prompt today"


def case(
    due: datetime = NOON,
    *,
    kind: Kind = Kind.STEP,
    condition: Condition = Always(),  # noqa: B008 - frozen
    anyway: bool = False,
    state: str = "open",
    paused: bool = False,
    last_written: datetime | None = None,
    replies: int = 0,
    unanswered: int = 0,
    under_way: int = 0,
    busy: bool = False,
    tried: bool = False,
    unwanted: bool = False,
    last_prompt: datetime | None = None,
    head_gone: bool = False,
    answered: bool = False,
    ends_at: datetime | None = None,
) -> Situation:
    return Situation(
        kind=kind,
        owed_at=due,
        turn_from=due,
        condition=condition,
        anyway=anyway,
        state=state,
        paused=paused,
        last_written=last_written,
        replies=replies,
        unanswered=unanswered,
        under_way=under_way,
        busy=busy,
        tried=tried,
        unwanted=unwanted,
        last_prompt=last_prompt,
        head_gone=head_gone,
        answered=answered,
        ends_at=ends_at,
    )


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


SEND = Send(NOON + 12 * HOUR)
TABLE: list[tuple[str, Situation, datetime, Decision]] = [
    ("due, and nothing against it", case(), NOON, SEND),
    ("quiet hours begin", case(berlin(3, 22)), berlin(3, 22), Wait(berlin(4, 8), "quiet hours")),
    ("deep in the night", case(berlin(4, 3)), berlin(4, 3), Wait(berlin(4, 8), "quiet hours")),
    ("quiet hours end", case(berlin(4, 8)), berlin(4, 8), Send(berlin(4, 20))),
    (
        "a minute before quiet hours",
        case(berlin(3, 21, 59)),
        berlin(3, 21, 59),
        Send(berlin(4, 9, 59)),
    ),
    (
        "due in the night, looked at after it: only late from its end on",
        case(berlin(3, 23)),
        berlin(4, 19),
        Send(berlin(4, 20)),
    ),
    ("due in the night, and away until too late", case(berlin(3, 23)), berlin(4, 21), AWAY),
    ("due by day, away until the night, too late at its end", case(), berlin(3, 23), AWAY),
    (
        "due in the evening, away into the night, in time at its end",
        case(berlin(3, 21)),
        berlin(3, 23),
        Wait(berlin(4, 8), "quiet hours"),
    ),
    ("an hour late", case(), NOON + HOUR, SEND),
    ("a week late", case(), NOON + timedelta(days=7), AWAY),
    ("the discussion closed", case(state="closed"), NOON, Skip("the discussion is closed")),
    (
        "the discussion withdrawn",
        case(state="withdrawn"),
        NOON,
        Skip("the discussion is withdrawn"),
    ),
    (
        "the essay is still being published",
        case(state="publishing"),
        NOON,
        Wait(NOON + timedelta(minutes=10), "the essay is still being published"),
    ),
    (
        "the essay is still being published when it is too late",
        case(state="publishing"),
        NOON + 13 * HOUR,
        Skip("the essay was still being published"),
    ),
    ("the discussion paused", case(paused=True), NOON, Skip(PAUSED)),
    ("one prompt nobody answered", case(unanswered=1), NOON, SEND),
    (
        "two prompts nobody answered",
        case(unanswered=2),
        NOON,
        Skip("nobody has answered the last two prompts"),
    ),
    (
        "two prompts nobody answered, and an admin asks for one anyway",
        case(unanswered=2, anyway=True),
        NOON,
        Skip("nobody has answered the last two prompts"),
    ),
    (
        "one nobody answered, another on its way in the same channel",
        case(unanswered=1, under_way=1, busy=True),
        NOON,
        Wait(NOON + HOUR / 6, "another prompt is on its way", owed=True),
    ),
    (
        "a prompt of another essay on its way in the same channel",
        case(busy=True),
        NOON,
        Wait(NOON + HOUR / 6, "another prompt is on its way", owed=True),
    ),
    (
        "another on its way in the same channel, and an admin asks for one anyway",
        case(busy=True, anyway=True),
        NOON,
        SEND,
    ),
    (
        "one nobody answered, another on its way, and an admin asks for one anyway",
        case(unanswered=1, under_way=1, busy=True, last_prompt=NOON, anyway=True),
        NOON,
        Wait(NOON + HOUR / 6, "another prompt is on its way", owed=True),
    ),
    (
        "quiet is asked for, and somebody wrote",
        case(condition=Quiet(24), last_written=NOON - 5 * HOUR),
        NOON,
        Skip("somebody wrote 5 h ago, and it asks for 24 h of quiet"),
    ),
    ("quiet long enough", case(condition=Quiet(24), last_written=NOON - 24 * HOUR), NOON, SEND),
    ("quiet since ever", case(condition=Quiet(24)), NOON, SEND),
    (
        "somebody writes at this very moment, by a clock ahead of ours",
        case(condition=Quiet(24), last_written=NOON + timedelta(seconds=2)),
        NOON,
        Skip("somebody wrote 0 h ago, and it asks for 24 h of quiet"),
    ),
    (
        "as many replies as asked for fewer than",
        case(condition=Fewer(5), replies=5),
        NOON,
        Skip("there are 5 replies, and it asks for fewer than 5"),
    ),
    ("fewer replies", case(condition=Fewer(5), replies=4), NOON, SEND),
    (
        "another prompt in the channel an hour ago",
        case(last_prompt=NOON - HOUR),
        NOON,
        Wait(NOON + 23 * HOUR, TODAY, owed=True),
    ),
    ("another prompt a day ago", case(last_prompt=NOON - 24 * HOUR), NOON, SEND),
    (
        "a day after another prompt it is night",
        case(last_prompt=NOON - 24 * HOUR + 11 * HOUR),
        NOON,
        Wait(berlin(4, 8), TODAY, owed=True),
    ),
    ("an admin asks for it anyway", case(last_prompt=NOON, anyway=True), NOON, SEND),
    ("at once, whatever holds", case(kind=Kind.NOW, unanswered=9, paused=True), NOON, SEND),
    (
        "at once, in the night",
        case(berlin(3, 23), kind=Kind.NOW),
        berlin(3, 23),
        Send(berlin(4, 11)),
    ),
    (
        "at once, and the discussion closed before it could be sent",
        case(kind=Kind.NOW, state="closed"),
        NOON + HOUR,
        Skip("the discussion is closed"),
    ),
    (
        "at once, and in vain for longer than the tolerance",
        case(kind=Kind.NOW, tried=True),
        NOON + 13 * HOUR,
        Skip("it could not be sent in time"),
    ),
    (
        "tried in vain until too late",
        case(tried=True),
        NOON + 48 * HOUR,
        Skip("it could not be sent in time"),
    ),
    (
        "a digest that was switched off",
        case(kind=Kind.DIGEST, unwanted=True),
        NOON,
        Skip("the digest was switched off"),
    ),
    ("a nudge of an unanswered thread", case(kind=Kind.NUDGE), NOON, SEND),
    (
        "a nudge beside prompts nobody answered, in a channel with a prompt today",
        case(kind=Kind.NUDGE, unanswered=5, last_prompt=NOON),
        NOON,
        SEND,
    ),
    (
        "a nudge in the night",
        case(berlin(3, 23), kind=Kind.NUDGE),
        berlin(3, 23),
        Wait(berlin(4, 8), "quiet hours"),
    ),
    (
        "a nudge of an answered thread",
        case(kind=Kind.NUDGE, answered=True),
        NOON,
        Skip("the thread was answered"),
    ),
    (
        "a nudge of a thread that is gone",
        case(kind=Kind.NUDGE, head_gone=True),
        NOON,
        Skip("the thread or its first message is gone"),
    ),
    (
        "a nudge in a closed discussion",
        case(kind=Kind.NUDGE, state="closed"),
        NOON,
        Skip("the discussion is closed"),
    ),
    (
        "a prompt of a channel that was deleted",
        case(ends_at=NOON + 24 * HOUR),
        NOON,
        Wait(NOON + 24 * HOUR, "its channel was deleted", owed=True),
    ),
    (
        "what an admin sends at once into a channel that was deleted",
        case(kind=Kind.NOW, ends_at=NOON + 24 * HOUR),
        NOON,
        Wait(NOON + 24 * HOUR, "its channel was deleted", owed=True),
    ),
    (
        "a prompt of a channel whose archive is erased",
        case(ends_at=NOON),
        NOON,
        Skip("its channel was deleted"),
    ),
    (
        "a closed discussion in a channel that was deleted",
        case(state="closed", ends_at=NOON + 24 * HOUR),
        NOON,
        Skip("the discussion is closed"),
    ),
    ("a digest beside a prompt", case(kind=Kind.DIGEST, last_prompt=NOON), NOON, SEND),
]


@pytest.mark.parametrize(
    ("situation", "now", "decision"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_manners(situation: Situation, now: datetime, decision: Decision) -> None:
    assert decide(situation, MANNERS, now) == decision


def test_the_tolerance_holds_to_its_last_moment() -> None:
    day = replace(MANNERS, quiet=None)
    assert decide(case(), day, NOON + 12 * HOUR) == SEND
    assert decide(case(), day, NOON + 12 * HOUR + timedelta(milliseconds=1)) == AWAY


def test_a_paused_server_gets_nothing_but_what_an_admin_sends() -> None:
    paused = replace(MANNERS, paused=True)
    for kind in (Kind.STEP, Kind.NUDGE, Kind.DIGEST):
        assert decide(case(kind=kind), paused, NOON) == Skip(PAUSED)
    assert decide(case(kind=Kind.NOW), paused, NOON) == SEND


def test_a_prompt_that_the_channel_puts_off_for_more_than_a_week_is_skipped() -> None:
    waiting = case(NOON - timedelta(days=6, hours=1), last_prompt=NOON - HOUR)
    on = decide(replace(waiting, owed_at=NOON), MANNERS, NOON)
    assert on == Wait(NOON + 23 * HOUR, TODAY, owed=True)
    longer = replace(waiting, turn_from=NOON - timedelta(days=6, hours=2), owed_at=NOON)
    assert decide(longer, MANNERS, NOON) == Skip(
        "the channel had other prompts on each day of a week"
    )


def test_a_prompt_that_others_of_its_essay_keep_back_for_a_week_is_skipped() -> None:
    waiting = case(NOON - timedelta(days=8), unanswered=1, under_way=1, anyway=True)
    assert decide(replace(waiting, owed_at=NOON), MANNERS, NOON) == Skip(
        "other prompts of the channel have waited for a week"
    )


def test_on_the_day_of_25_hours_two_prompts_still_stand_on_two_dates() -> None:
    # 25 October 2026 in Berlin: 00:10, and 24 hours later it is 23:10 of the same date.
    last = datetime(2026, 10, 25, 0, 10, tzinfo=BERLIN).astimezone(UTC)
    now = last + 24 * HOUR
    manners = replace(MANNERS, quiet=None)
    found = decide(case(now, last_prompt=last), manners, now)
    midnight = datetime(2026, 10, 26, tzinfo=BERLIN).astimezone(UTC)
    assert found == Wait(midnight, TODAY, owed=True)


def test_a_prompt_that_has_waited_its_turn_is_sent_at_the_moment_it_waited_for() -> None:
    waiting = case(last_prompt=NOON - HOUR)
    put_off = decide(waiting, MANNERS, NOON)
    assert isinstance(put_off, Wait)
    assert put_off.owed
    again = replace(waiting, owed_at=put_off.until)
    assert decide(again, MANNERS, put_off.until) == Send(put_off.until + 12 * HOUR)
