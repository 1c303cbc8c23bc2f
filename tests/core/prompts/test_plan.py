"""Prompt plans: parsing, formatting and scheduling."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.prompts.local_time import WeeklyTime
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
    parse_command_content,
    parse_condition,
    parse_content,
    parse_plan,
    parse_step,
    schedule_steps,
)
from bot.core.text.translate import use_language
from bot.errors import UserError

BERLIN = ZoneInfo("Europe/Berlin")
#: A Friday, ten in the morning in Berlin; two days later the clock jumps.
NOW = datetime(2026, 3, 27, 9, tzinfo=UTC)


def test_the_default_plan_asks_after_1_3_and_7_days() -> None:
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
def test_a_formatted_step_is_parsed_into_the_same_step(line: str, step: Step | None) -> None:
    found = parse_step(line)
    if step is not None:
        assert found == step
    assert parse_step(str(found)) == found


def test_a_plan_can_be_on_one_line_and_its_texts_can_contain_semicolons() -> None:
    plan = parse_plan("after 1 day: text: Come; stay; read. ; Sunday 18:00: last call")
    assert [str(step) for step in plan] == [
        "after 1 day: text: Come; stay; read.",
        "Sunday 18:00: last call",
    ]
    assert parse_plan("none") == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("after 3 days", "doesn't say what to post"),
        ("sometime: questions", "understand the time"),
        ("25:00: questions", "understand the time"),
        ("after 900 days: questions", "longer than a year"),
        ("after 99999999999999999999 days: questions", "longer than a year"),
        ("after 1 day, if the moon is full: questions", "understand the condition"),
        ("after 1 day, if quiet for 0 hours: questions", "understand the condition"),
        ("after 1 day: dance", "can't post"),
        ("after 1 day: question 0", "numbered from 1"),
        ("after 1 day: poll: one | answer", "2 to 10 answers"),
        ("after 1 day: poll: | a | b", "question needs 1 to 300"),
        ("after 1 day: poll: q | a | " + "b" * 56, "needs 1 to 55"),
        ("after 1 day: text: " + "x" * 1501, "1500 characters are the limit"),
        ("after 1 day: passage 1: " + "x" * 501, "500 characters are the limit"),
    ],
)
def test_a_step_that_is_not_understood_is_refused_with_a_sentence(line: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse_step(line)


@pytest.mark.parametrize(
    "line",
    [
        "after 1 day: text: Come back; in an hour, or daily; Sunday is fine.",
        "after 1 day: text: One; two \\ three; 4",
    ],
)
def test_a_semicolon_in_a_text_is_written_with_a_backslash(line: str) -> None:
    escaped = line.replace(";", "\\;")
    (step,) = parse_plan(escaped)
    assert str(step) == line
    assert parse_plan(format_plan([step, step])) == (step, step)


@pytest.mark.parametrize("text", ["none", "None", " NONE "])
def test_a_plan_without_steps_is_called_none(text: str) -> None:
    assert parse_plan(text) == ()
    assert parse_plan(format_plan(())) == ()


@pytest.mark.parametrize("text", ["", "   ", ";", "\n;\n"])
def test_a_blank_plan_is_refused_with_how_to_write_none(text: str) -> None:
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
def test_a_long_faulty_line_is_quoted_truncated(line: str) -> None:
    with pytest.raises(UserError) as refusal:
        parse_plan(line)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("what", ["question 12345678901", "passage 100000: Why?"])
def test_a_number_that_no_essay_can_have_is_refused_and_not_truncated(what: str) -> None:
    with pytest.raises(UserError, match="No essay has"):
        parse_content(what)


def test_a_plan_has_at_most_twenty_steps() -> None:
    with pytest.raises(UserError, match="at most 20"):
        parse_plan("\n".join(["after 1 day: default"] * 21))


def test_a_weekly_step_is_due_after_publishing_and_after_the_step_before() -> None:
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
def test_formatted_content_is_parsed_into_the_same_content(what: PromptContent) -> None:
    assert parse_content(str(what)) == what


@pytest.mark.parametrize("condition", [Always(), QuietFor(7), FewerReplies(3)])
def test_a_formatted_condition_is_parsed_into_the_same_condition(
    condition: Always | QuietFor | FewerReplies,
) -> None:
    assert parse_condition(str(condition)) == condition
    assert parse_condition("always") == Always()


def test_a_wait_of_zero_is_written_in_minutes() -> None:
    assert str(parse_step("after 0 days: default")) == "after 0 minutes: default"


@pytest.mark.parametrize("text", ["13 pm", "0 am", "24:00", "12:60"])
def test_a_time_that_no_clock_shows_is_not_parsed(text: str) -> None:
    assert parse_clock(text) is None


@pytest.mark.parametrize(
    ("written", "posted"),
    [
        ("So, what about rye?", CustomText("So, what about rye?")),
        ("Passage by passage: where did it lose you?", None),
        ("Note: 10:30 tomorrow!", None),
        ("last call", LastCall()),
        ("text: last call", CustomText("last call")),
        ("text:\nSo,\nwhat about rye?", CustomText("So,\nwhat about rye?")),
        ("text: text: rye", CustomText("text: rye")),
        ("question 2", NumberedQuestion(2)),
        ("Question everything, even this.", None),
        ("Questions for you all", None),
        ("Passage 4 is the one I like best.", None),
        ("Poll everybody you know!", None),
        ("Last call for rye bread!", None),
        ("Message 3: did you read it?", None),
        ("One\ntwo", None),
    ],
)
def test_a_command_takes_plain_words(written: str, posted: object) -> None:
    assert parse_command_content(written) == (posted or CustomText(written))


@pytest.mark.parametrize(
    "written",
    [
        *("", " \n ", "last cal", "next qestion", "poll: only a question", "passage 0", "text:"),
        *("question2", "question #2", "question 2?", "question 2: why?", "qestion 2", "pasage 4"),
        *("“next question”", '"question 2"', "pol: Rye? | Yes | No", "poll", "Text", "Questions?"),
    ],
)
def test_a_command_refuses_what_is_almost_a_keyword(written: str) -> None:
    with pytest.raises(UserError):
        parse_command_content(written)


@pytest.mark.parametrize(
    "written",
    [
        "nächste Frage",
        "Fragen",
        "„letzter Aufruf“",
        "Frage 2",
        "Absatz 4: warum?",
        "Umfrage: Gehen? | Ja | Nein",
    ],
)
def test_a_command_refuses_a_keyword_as_its_answers_show_it_in_german(written: str) -> None:
    with use_language("de"), pytest.raises(UserError, match="„next question“"):
        parse_command_content(written)
    assert parse_command_content(written) == CustomText(written)


def test_german_words_of_an_admins_own_are_posted_as_they_are() -> None:
    with use_language("de"):
        for written in ("Die nächste Frage: wohin?", "Fragenkatalog", "Was steht in Absatz 4?"):
            assert parse_command_content(written) == CustomText(written)
