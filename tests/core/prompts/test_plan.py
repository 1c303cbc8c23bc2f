"""Plans and times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.prompts.local_time import QuietHours, WeeklyTime
from bot.core.prompts.parse_time import parse_quiet_hours, parse_time
from bot.core.prompts.plan import (
    DEFAULT_PLAN,
    Always,
    CustomText,
    DefaultQuestion,
    FewerReplies,
    LastCall,
    NextQuestions,
    NumberedQuestion,
    Poll,
    PromptContent,
    QuietFor,
    QuotedPassage,
    Step,
    format_plan,
    parse_clock,
    parse_condition,
    parse_content,
    parse_plan,
    parse_step,
    schedule_steps,
)
from bot.core.text.timestamps import format_timestamp
from bot.core.text.truncate import truncate_lines
from bot.errors import UserError

BERLIN = ZoneInfo("Europe/Berlin")
#: A Friday, ten in the morning in Berlin; two days later the clock jumps.
NOW = datetime(2026, 3, 27, 9, tzinfo=UTC)


def test_the_plan_that_comes_with_salon_asks_after_1_3_and_7_days() -> None:
    plan = parse_plan(DEFAULT_PLAN)
    days = [timedelta(days=number) for number in (1, 3, 7)]
    assert [step.when for step in plan] == days
    assert [step.condition for step in plan] == [Always(), QuietFor(24), Always()]
    assert [step.content for step in plan] == [NextQuestions(3), NextQuestions(1), LastCall()]
    assert schedule_steps(plan, NOW, BERLIN) == tuple(NOW + wait for wait in days)


@pytest.mark.parametrize(
    ("line", "step"),
    [
        (
            "after 3 days, if quiet for 24 hours: next question",
            Step(timedelta(days=3), QuietFor(24), NextQuestions(1)),
        ),
        ("Thursday 18:00: last call", Step(WeeklyTime(3, time(18)), Always(), LastCall())),
        ("thu 6 pm: default", Step(WeeklyTime(3, time(18)), Always(), DefaultQuestion())),
        (
            "daily 07:30, if fewer than 5 replies: question 2",
            Step(WeeklyTime(None, time(7, 30)), FewerReplies(5), NumberedQuestion(2)),
        ),
        (
            "in 90 minutes: passage ¶4: Is that so: really?",
            Step(timedelta(minutes=90), Always(), QuotedPassage(4, "Is that so: really?")),
        ),
        ("2 weeks: text: Come, read; stay.", None),
        ("after 36 hours: poll: Rye? | yes | no", None),
    ],
)
def test_a_step_is_read_and_written_the_same(line: str, step: Step | None) -> None:
    found = parse_step(line)
    if step is not None:
        assert found == step
    assert parse_step(str(found)) == found


def test_a_plan_may_stand_on_one_line_and_its_words_hold_semicolons() -> None:
    plan = parse_plan("after 1 day: text: Come; stay; read. ; Sunday 18:00: last call")
    assert [str(step) for step in plan] == [
        "after 1 day: text: Come; stay; read.",
        "Sunday 18:00: last call",
    ]
    assert parse_plan("none") == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("after 3 days", "says not what to ask"),
        ("sometime: questions", "no time of a plan"),
        ("25:00: questions", "no time of a plan"),
        ("after 900 days: questions", "longer than a year"),
        ("after 99999999999999999999 days: questions", "longer than a year"),
        ("after 1 day, if the moon is full: questions", "no condition"),
        ("after 1 day, if quiet for 0 hours: questions", "no condition"),
        ("after 1 day: dance", "nothing I can say"),
        ("after 1 day: question 0", "numbered from 1"),
        ("after 1 day: poll: one | answer", "2 to 10 answers"),
        ("after 1 day: poll: | a | b", "question has 1 to 300"),
        ("after 1 day: poll: q | a | " + "b" * 56, "answer has 1 to 55"),
        ("after 1 day: text: " + "x" * 1501, "at most 1500"),
        ("after 1 day: passage 1: " + "x" * 501, "at most 500"),
    ],
)
def test_a_step_that_cannot_be_understood_is_refused_with_a_sentence(line: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse_step(line)


@pytest.mark.parametrize(
    "line",
    [
        "after 1 day: text: Come back; in an hour, or daily; Sunday is fine.",
        "after 1 day: text: One; two \\ three; 4",
    ],
)
def test_a_semicolon_of_the_words_is_written_with_a_backslash(line: str) -> None:
    escaped = line.replace(";", "\\;")
    (step,) = parse_plan(escaped)
    assert str(step) == line
    assert parse_plan(format_plan([step, step])) == (step, step)


@pytest.mark.parametrize("text", ["none", "None", " NONE "])
def test_a_plan_of_nothing_is_asked_for_by_name(text: str) -> None:
    assert parse_plan(text) == ()
    assert parse_plan(format_plan(())) == ()


@pytest.mark.parametrize("text", ["", "   ", ";", "\n;\n"])
def test_a_blank_plan_is_refused_and_says_how_to_have_none(text: str) -> None:
    with pytest.raises(UserError, match="“none” for no prompts, or “default”"):
        parse_plan(text)


@pytest.mark.parametrize(
    "line",
    [
        "x" * 4000,
        "x" * 4000 + ": questions",
        "after 1 day, " + "x" * 4000 + ": questions",
        "after 1 day: " + "x" * 4000,
        "after " + "9" * 4000 + " days: questions",
        "after 1 day: question " + "9" * 4000,
    ],
)
def test_a_long_faulty_line_is_quoted_in_short(line: str) -> None:
    with pytest.raises(UserError) as refusal:
        parse_plan(line)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("what", ["question 12345678901", "passage 100000: Why?"])
def test_a_number_that_no_essay_has_is_refused_and_not_cut(what: str) -> None:
    with pytest.raises(UserError, match="No essay has"):
        parse_content(what)


def test_a_plan_has_at_most_twenty_steps() -> None:
    with pytest.raises(UserError, match="at most 20"):
        parse_plan("\n".join(["after 1 day: default"] * 21))


def test_a_weekly_step_comes_after_publishing_and_after_the_step_before_it() -> None:
    plan = parse_plan("Thursday 18:00: questions\nThursday 18:00: last call\nafter 1 day: default")
    local = [moment.astimezone(BERLIN) for moment in schedule_steps(plan, NOW, BERLIN)]
    assert [f"{moment:%d %b %H:%M}" for moment in local] == [
        "02 Apr 18:00",
        "09 Apr 18:00",
        "28 Mar 10:00",
    ]


@pytest.mark.parametrize(
    "what",
    [
        NextQuestions(3),
        NextQuestions(1),
        NumberedQuestion(4),
        QuotedPassage(2, ""),
        QuotedPassage(2, "Why: so?"),
        CustomText("A line.\nAnother: one | two."),
        Poll("Rye?", ("yes", "no")),
        LastCall(),
        DefaultQuestion(),
    ],
)
def test_what_is_said_is_written_and_read_the_same(what: PromptContent) -> None:
    assert parse_content(str(what)) == what


@pytest.mark.parametrize("condition", [Always(), QuietFor(7), FewerReplies(3)])
def test_a_condition_is_written_and_read_the_same(
    condition: Always | QuietFor | FewerReplies,
) -> None:
    assert parse_condition(str(condition)) == condition
    assert parse_condition("always") == Always()


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("Thursday 18:00", "2026-04-02 18:00"),
        ("friday at 6pm", "2026-03-27 18:00"),
        ("tomorrow 9am", "2026-03-28 09:00"),
        ("2026-04-01 18:00", "2026-04-01 18:00"),
        ("1 April 18:00", "2026-04-01 18:00"),
        ("1.4.2026 18:00", "2026-04-01 18:00"),
        ("noon", "2026-03-27 12:00"),
        ("sunday", "2026-03-29 12:00"),
        ("9:00", "2026-03-28 09:00"),
        ("tomorrow midnight", "2026-03-28 00:00"),
        ("29 March 2:30", "2026-03-29 03:00"),
        ("in 3 days", "2026-03-30 11:00"),
        ("in 90 minutes", "2026-03-27 11:30"),
        ("2 weeks", "2026-04-10 11:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, local: str) -> None:
    meant = parse_time(text, NOW, BERLIN)
    assert f"{meant.at.astimezone(BERLIN):%Y-%m-%d %H:%M}" == local
    assert (meant.local is None) == text.startswith(("in ", "2 weeks"))


@pytest.mark.parametrize("text", ["", "5", "soon", "31 Feb", "x" * 101, "yesterday", "3 days ago"])
def test_a_time_that_is_none_or_past_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_time(text, NOW, BERLIN)


def test_a_time_in_ten_years_is_refused() -> None:
    with pytest.raises(UserError, match="two years"):
        parse_time("2036-01-01 10:00", NOW, BERLIN)


@pytest.mark.parametrize("text", ["22:00-08:00", "22:00 – 8:00", "10 pm to 8 am", "10pm until 8am"])
def test_quiet_hours_are_read_as_people_write_them(text: str) -> None:
    assert parse_quiet_hours(text) == QuietHours(time(22), time(8))


def test_no_quiet_hours_and_no_hours_at_all() -> None:
    assert parse_quiet_hours("none") is None
    for text in ("22:00", "night", "8:00-8:00", "25:00-26:00"):
        with pytest.raises(UserError):
            parse_quiet_hours(text)


def test_a_step_without_a_wait_is_written_in_minutes() -> None:
    assert str(parse_step("after 0 days: default")) == "after 0 minutes: default"


@pytest.mark.parametrize("text", ["13 pm", "0 am", "24:00", "12:60"])
def test_a_time_of_day_that_no_clock_shows_is_none(text: str) -> None:
    assert parse_clock(text) is None


def test_a_list_says_how_much_of_it_does_not_fit() -> None:
    assert truncate_lines(["one", "two"]) == "one\ntwo"
    text = truncate_lines(["x" * 100] * 50)
    assert text.endswith("-# … and 31 more lines.")
    assert len(text) <= 2000
    assert format_timestamp(NOW, "R") == "<t:1774602000:R>"
