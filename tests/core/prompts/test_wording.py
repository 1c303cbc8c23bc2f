"""The text of prompts, nudges and last calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.prompts.plan import (
    CustomText,
    DefaultQuestion,
    LastCall,
    NextQuestions,
    NumberedQuestion,
    Poll,
    PromptContent,
    QuotedPassage,
)
from bot.core.prompts.wording import (
    BusiestThread,
    NothingToSay,
    PromptMaterial,
    PromptText,
    make_nudge_text,
    make_prompt_text,
    make_questions_text,
)
from bot.core.text.coded_text import make_coded
from bot.core.text.length import count_utf16_units


def material(*questions: str, asked: str = "", replies: int = 0, **more: object) -> PromptMaterial:
    return PromptMaterial("Slow bread", questions, frozenset(asked.split()), replies, **more)  # type: ignore[arg-type]


def make_text(what: PromptContent, about: PromptMaterial) -> PromptText:
    found = make_prompt_text(what, about)
    assert isinstance(found, PromptText)
    return found


def test_a_prompt_asks_the_essays_own_questions_before_the_default_one() -> None:
    found = make_text(
        NextQuestions(3), material("What do you think?", "Would you wait a night?", replies=3)
    )
    assert "> Would you wait a night?" in found.content
    assert "What do you think?" not in found.content
    assert "3 replies so far" in found.content
    assert found.asked == ("1",)


def test_an_essay_without_questions_gets_the_default_question_once() -> None:
    assert "> What do you think?" in make_text(NextQuestions(3), material()).content
    assert make_prompt_text(NextQuestions(3), material(asked="bare")) == NothingToSay(
        make_coded("all-asked")
    )


def test_a_question_that_was_asked_is_not_asked_again() -> None:
    about = material("First?", "Second?", "Third?", "Fourth?", asked="0 1 2")
    assert make_text(NextQuestions(1), about).asked == ("3",)


def test_the_default_question_follows_the_essays_own() -> None:
    assert make_text(NextQuestions(1), material("First?", asked="0")).asked == ("bare",)
    about = material("First?", "What do you think?", asked="0")
    assert make_text(NextQuestions(1), about).asked == ("1",)
    about = material("First?", "What do you think?", asked="0 1")
    assert isinstance(make_prompt_text(NextQuestions(1), about), NothingToSay)


def test_a_default_question_in_the_essays_own_wording_is_kept() -> None:
    assert "> So, what do you think?" in make_questions_text(
        "Slow bread", ["So, what do you think?"], 1
    )


def test_a_prompt_asks_at_most_three_questions() -> None:
    about = material(*(f"Question {number}?" for number in range(9)))
    assert make_text(NextQuestions(3), about).content.count("\n> ") == 3


def test_a_question_is_asked_by_its_number() -> None:
    assert "> Second?" in make_text(NumberedQuestion(2), material("First?", "Second?")).content
    assert make_prompt_text(NumberedQuestion(3), material("First?")) == NothingToSay(
        make_coded("no-question", number=3)
    )


def test_a_passage_is_quoted_with_a_question() -> None:
    found = make_text(QuotedPassage(4, "Is that so?"), material(passage="Bread\nneeds *time*."))
    assert "¶4" in found.content
    assert "> Bread\n> needs \\*time\\*." in found.content
    assert "Is that so?" in found.content
    assert (
        "What do you think?" in make_text(QuotedPassage(4, ""), material(passage="Bread.")).content
    )
    assert isinstance(make_prompt_text(QuotedPassage(9, ""), material()), NothingToSay)


def test_an_admins_text_is_used_as_it_is() -> None:
    assert "Come **back**." in make_text(CustomText("Come **back**."), material()).content


@pytest.mark.parametrize("what", [CustomText("Look: ```a"), QuotedPassage(1, "Why ```a")])
def test_an_open_code_block_is_closed_before_the_last_line(
    what: PromptContent,
) -> None:
    found = make_text(what, material(passage="A line."))
    assert found.content.count("```") == 2
    assert found.content.splitlines()[-2] == "```"


def test_a_closed_code_block_stays_as_it_is() -> None:
    assert "Look: ```a``` so\n-#" in make_text(CustomText("Look: ```a``` so"), material()).content
    assert make_text(DefaultQuestion(), material("First?")).asked == ("bare",)


def test_a_poll_has_a_line_that_names_the_essay() -> None:
    poll = Poll("Rye or wheat?", ("Rye", "Wheat"))
    found = make_text(poll, material())
    assert found.poll == poll
    assert "Slow bread" in found.content


def test_the_last_call_links_the_busiest_thread_without_a_ping() -> None:
    found = make_text(
        LastCall(), material(replies=9, busiest_thread=BusiestThread(77, "Ann <@5>", 6))
    )
    assert "<#77>" in found.content
    assert "Ann \\<@5>" in found.content
    assert "6 messages" in found.content


def test_the_last_call_without_a_thread_counts_the_replies() -> None:
    found = make_text(LastCall(), material("First?", replies=2))
    assert "Last call for **Slow bread**: 2 replies so far." in found.content
    assert "> First?" in found.content


def test_the_last_call_without_replies_asks_the_remaining_questions() -> None:
    found = make_text(LastCall(), material("First?", "Second?", asked="0"))
    assert "> Second?" in found.content
    assert found.asked == ("1",)
    assert (
        "Be the first to reply."
        in make_text(LastCall(), material("First?", asked="0 bare")).content
    )


def test_a_nudge_quotes_the_first_message_and_names_its_author() -> None:
    text = make_nudge_text("Connection is what it stands for.\nNot bread.", "Ann")
    assert "> Connection is what it stands for.\n> Not bread." in text
    assert "**Ann**" in text
    assert "no words" in make_nudge_text("", "Ann")


def test_a_nudge_shows_the_mentioned_by_name_and_no_marks() -> None:
    text = make_nudge_text("**Would** <@7> wait?", "Ann", {7: "Dev"})
    assert text.startswith("> Would @Dev wait?\n")


MARKS = st.text(alphabet="*_`~|[\\<@ab \n\U0001f35e>#", max_size=3000)


@given(MARKS, st.lists(MARKS, max_size=5), MARKS)
def test_no_prompt_is_longer_than_a_message(title: str, questions: list[str], passage: str) -> None:
    about = PromptMaterial(
        title, tuple(questions), frozenset(), 10**6, passage, BusiestThread(2**63, title, 10**6)
    )
    longest: tuple[PromptContent, ...] = (
        NextQuestions(3),
        QuotedPassage(10**6, "x" * 500),
        CustomText("x" * 1500),
        LastCall(),
        DefaultQuestion(),
    )
    for what in longest:
        assert count_utf16_units(make_text(what, about).content) <= 2000
    assert count_utf16_units(make_nudge_text(passage, title)) <= 2000


def test_a_prompt_in_the_essays_own_thread_does_not_promise_another_thread() -> None:
    for what in (NextQuestions(3), CustomText("So?"), LastCall(), QuotedPassage(1, "So?")):
        there = material("Why bread?", replies=2, passage="It takes a night.", opens_threads=False)
        content = make_text(what, there).content
        assert "Write here, or reply to this message." in content
        assert "thread" not in content


def test_the_last_call_in_the_essays_own_thread_counts_the_replies() -> None:
    assert (
        "bread**: 2 replies so far."
        in make_text(LastCall(), material(replies=2, opens_threads=False)).content
    )
    assert "Be the first to reply." in make_text(LastCall(), material(opens_threads=False)).content
