"""Local times and quiet hours in every time zone, around each clock change of 2026 to 2031."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.prompts.local_time import (
    QuietHours,
    WeeklyTime,
    find_zone,
    get_quiet_end,
    local_to_utc,
)
from bot.errors import UserError

FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones())
DAY, HALF = timedelta(days=1), timedelta(minutes=30)
#: Local times and quiet hours at which clocks are moved, and some at which they are not.
TIMES = tuple(time(hour, minute) for hour in (0, 1, 2, 3, 12, 22, 23) for minute in (0, 30, 59))
QUIET = (
    QuietHours(time(22), time(8)),
    QuietHours(time(0), time(2, 30)),
    QuietHours(time(2, 30), time(3, 30)),
    QuietHours(time(23, 30), time(0, 30)),
    QuietHours(time(12), time(23, 30)),
)


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    found = moment.astimezone(zone).utcoffset()
    assert found is not None
    return found


@cache
def changes(name: str) -> tuple[date, ...]:
    """The local dates, from 2026 to 2031, around which the zone's clock changes."""
    zone = ZoneInfo(name)
    found, moment = set(), FROM
    while moment < TO:
        after = moment + DAY
        if offset(moment, zone) != offset(after, zone):
            found |= {moment.astimezone(zone).date(), after.astimezone(zone).date()}
        moment = after
    return tuple(sorted(found))


def around(name: str) -> Iterator[list[date]]:
    """Runs of local dates, from two days before to two days after each change."""
    run: list[date] = []
    for change in changes(name):
        for ahead in range(-2, 3):
            on = change + ahead * DAY
            if run and on <= run[-1]:
                continue
            if run and on != run[-1] + DAY:
                yield run
                run = []
            run.append(on)
    if run:
        yield run


def is_shown(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the zone's clock ever shows this local time."""
    shown = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return shown.replace(tzinfo=None) == wall


@cache
def sample() -> tuple[str, ...]:
    """Of all zones whose clock is moved in these years one for each way in which it is moved.

    Two zones move alike if they are as far from UTC at every half hour of every such date.
    """
    kinds: dict[tuple[object, ...], str] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        kind = tuple(
            (on, *(offset(datetime.combine(on, time(0), UTC) + n * HALF, zone) for n in range(48)))
            for on in changes(name)
        )
        if kind:
            kinds.setdefault(kind, name)
    return tuple(sorted(kinds.values()))


@pytest.mark.slow
def test_a_local_time_happens_once_on_each_local_date_in_every_zone() -> None:
    seen = 0
    for name in sample():
        zone = ZoneInfo(name)
        for run in around(name):
            for at in TIMES:
                moments = [local_to_utc(on, at, zone) for on in run]
                assert all(one < other for one, other in pairwise(moments)), (name, at)
                assert [m.astimezone(zone).date() for m in moments] == run, (name, at)
                for on, moment in zip(run, moments, strict=True):
                    wall = datetime.combine(on, at)
                    if is_shown(wall, zone):
                        shown = moment.astimezone(zone)
                        assert shown.replace(tzinfo=None) == wall, (name, wall)
                        assert shown.fold == 0, "the first of two"
                    seen += 1
    assert seen > 10_000


@pytest.mark.slow
def test_no_step_is_sent_in_quiet_hours_or_twice_on_a_date_in_any_zone() -> None:
    for name in sample():
        zone = ZoneInfo(name)
        for run in around(name):
            for at in TIMES[::4]:
                for quiet in QUIET:
                    due = [local_to_utc(on, at, zone) for on in run]
                    out = [get_quiet_end(moment, quiet, zone) or moment for moment in due]
                    for moment, sent in zip(due, out, strict=True):
                        assert sent >= moment
                        assert sent - moment < timedelta(hours=26)
                        shown = sent.astimezone(zone).time()
                        assert not is_quiet(shown, quiet), (name, moment, quiet)
                    assert out == sorted(out), (name, at, quiet)
                    assert len(set(out)) == len(out), (name, at, quiet)


def is_quiet(shown: time, quiet: QuietHours) -> bool:
    """Whether a minute is quiet, independent of the code under test."""
    minute = shown.hour * 60 + shown.minute
    start = quiet.start.hour * 60 + quiet.start.minute
    length = (quiet.end.hour * 60 + quiet.end.minute - start) % 1440
    return (minute - start) % 1440 < length


def test_quiet_hours_end_at_the_first_minute_that_is_not_quiet_in_any_zone() -> None:
    for name in sample():
        zone = ZoneInfo(name)
        for change in changes(name)[:4]:
            start = datetime.combine(change, time(0), UTC)
            for quiet in QUIET[1:]:
                end = get_quiet_end(start, quiet, zone)
                if end is None:
                    assert not is_quiet(start.astimezone(zone).time(), quiet)
                    continue
                before = start
                while before < end:
                    assert is_quiet(before.astimezone(zone).time(), quiet), (name, start, quiet)
                    before += timedelta(minutes=1)


@pytest.mark.parametrize("weekday", [None, 0, 3, 6])
def test_a_weekly_time_happens_in_order_on_its_weekday_in_every_zone(weekday: int | None) -> None:
    weekly = WeeklyTime(weekday, time(2, 30))
    for name in sample():
        zone = ZoneInfo(name)
        for change in changes(name)[:3]:
            moment = datetime.combine(change, time(0), UTC) - 8 * DAY
            dates = []
            for _ in range(4):
                after = weekly.next_after(moment, zone)
                assert after > moment
                dates.append(after.astimezone(zone).date())
                moment = after
            step = DAY if weekday is None else 7 * DAY
            assert all(other - one == step for one, other in pairwise(dates)), (name, dates)


@given(
    st.sampled_from(ZONES),
    st.integers(int(FROM.timestamp()), int(TO.timestamp())),
    st.times(),
    st.times(),
)
def test_quiet_hours_always_end_at_a_time_outside_of_them(
    name: str, seconds: int, start: time, until: time
) -> None:
    quiet = QuietHours(start.replace(microsecond=0), until.replace(microsecond=0))
    zone = ZoneInfo(name)
    now = datetime.fromtimestamp(seconds, UTC)
    end = get_quiet_end(now, quiet, zone)
    if end is None:
        assert not quiet.contains(now.astimezone(zone).time())
    else:
        assert end > now
        assert not quiet.contains(end.astimezone(zone).time())


def test_a_skipped_time_happens_right_after_the_jump() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    jumped = local_to_utc(date(2026, 3, 29), time(2, 30), berlin)
    assert jumped == datetime(2026, 3, 29, 1, tzinfo=UTC)
    # Nuuk jumps from 23:00 to the next date, so half past eleven comes the minute before.
    nuuk = ZoneInfo("America/Nuuk")
    before = local_to_utc(date(2026, 3, 28), time(23, 30), nuuk)
    assert f"{before.astimezone(nuuk):%Y-%m-%d %H:%M}" == "2026-03-28 22:59"


def test_quiet_hours_that_begin_when_they_end_are_none() -> None:
    quiet = QuietHours(time(8), time(8))
    assert get_quiet_end(datetime(2026, 1, 1, 8, tzinfo=UTC), quiet, ZoneInfo("UTC")) is None


def test_a_zone_is_found_in_any_case_and_an_unknown_one_is_refused() -> None:
    assert find_zone("europe/berlin").key == "Europe/Berlin"
    assert find_zone("EUROPE/BERLIN").key == "Europe/Berlin"
    assert find_zone("America/New York").key == "America/New_York"
    odd = ("localtime", "posixrules", "Factory", "posix/UTC", "right/UTC", "Europe", "zone.tab")
    for name in ("Mars/Olympus", "../etc/passwd", "", "/etc/localtime", *odd):
        with pytest.raises(UserError, match="know the time zone"):
            find_zone(name)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("fraction", [1, 400_000, 999_999])
@pytest.mark.parametrize("ahead", [1, 5, 30, 47])
@pytest.mark.parametrize("month", [3, 10])
def test_fractions_of_a_second_before_a_clock_change_do_not_matter(
    fraction: int, ahead: int, month: int
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    moved = {3: datetime(2026, 3, 29, 1, tzinfo=UTC), 10: datetime(2026, 10, 25, 1, tzinfo=UTC)}
    moment = moved[month] - timedelta(hours=ahead)
    always = QuietHours(time(4), time(3, 30))
    later = moment + timedelta(microseconds=fraction)
    assert get_quiet_end(later, always, zone) == get_quiet_end(moment, always, zone) is not None
