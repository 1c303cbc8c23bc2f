"""With which words a discussion is brought back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.payload import get_signature
from bot.core.prompts.digest import (
    Digest,
    DigestEssay,
    DigestThread,
    OpenQuestion,
    make_digest_text,
)
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
    format_asked,
    make_nudge_text,
    make_prompt_text,
    make_questions_text,
    parse_asked,
)
from bot.core.text.length import count_utf16_units
from bot.core.text.truncate import truncate


def material(*questions: str, asked: str = "", replies: int = 0, **more: object) -> PromptMaterial:
    return PromptMaterial("Slow bread", questions, parse_asked(asked), replies, **more)  # type: ignore[arg-type]


def said(what: PromptContent, about: PromptMaterial) -> PromptText:
    found = make_prompt_text(what, about)
    assert isinstance(found, PromptText)
    return found


def test_the_prompt_asks_the_specific_questions_before_the_bare_one() -> None:
    found = said(
        NextQuestions(3), material("What do you think?", "Would you wait a night?", replies=3)
    )
    assert "> Would you wait a night?" in found.content
    assert "What do you think?" not in found.content
    assert "3 replies so far" in found.content
    assert found.asked == ("1",)


def test_an_essay_that_asks_nothing_gets_the_bare_question_once() -> None:
    assert "> What do you think?" in said(NextQuestions(3), material()).content
    assert make_prompt_text(NextQuestions(3), material(asked="bare")) == NothingToSay(
        "every question of the essay has been asked"
    )


def test_a_question_that_was_asked_is_not_asked_again() -> None:
    about = material("First?", "Second?", "Third?", "Fourth?", asked="0 1 2")
    assert said(NextQuestions(1), about).asked == ("3",)


def test_when_the_specific_questions_are_asked_the_bare_one_is_left() -> None:
    assert said(NextQuestions(1), material("First?", asked="0")).asked == ("bare",)
    about = material("First?", "What do you think?", asked="0")
    assert said(NextQuestions(1), about).asked == ("1",)
    about = material("First?", "What do you think?", asked="0 1")
    assert isinstance(make_prompt_text(NextQuestions(1), about), NothingToSay)


def test_a_bare_question_in_the_essays_own_words_is_kept() -> None:
    assert "> So, what do you think?" in make_questions_text(
        "Slow bread", ["So, what do you think?"], 1
    )


def test_a_long_list_of_questions_is_not_read_out() -> None:
    about = material(*(f"Question {number}?" for number in range(9)))
    assert said(NextQuestions(3), about).content.count("\n> ") == 3


def test_a_question_is_asked_by_its_number() -> None:
    assert "> Second?" in said(NumberedQuestion(2), material("First?", "Second?")).content
    assert make_prompt_text(NumberedQuestion(3), material("First?")) == NothingToSay(
        "the essay has no question 3"
    )


def test_a_passage_is_quoted_with_a_question() -> None:
    found = said(QuotedPassage(4, "Is that so?"), material(passage="Bread\nneeds *time*."))
    assert "¶4" in found.content
    assert "> Bread\n> needs \\*time\\*." in found.content
    assert "Is that so?" in found.content
    assert "What do you think?" in said(QuotedPassage(4, ""), material(passage="Bread.")).content
    assert isinstance(make_prompt_text(QuotedPassage(9, ""), material()), NothingToSay)


def test_an_admins_words_and_the_house_default_are_said() -> None:
    assert "Come **back**." in said(CustomText("Come **back**."), material()).content


@pytest.mark.parametrize("what", [CustomText("Look: ```a"), QuotedPassage(1, "Why ```a")])
def test_a_code_block_that_an_admin_left_open_ends_before_the_last_line(
    what: PromptContent,
) -> None:
    found = said(what, material(passage="A line."))
    assert found.content.count("```") == 2
    assert found.content.splitlines()[-2] == "```"


def test_a_code_block_that_an_admin_closed_stays_as_it_is() -> None:
    assert "Look: ```a``` so\n-#" in said(CustomText("Look: ```a``` so"), material()).content
    assert said(DefaultQuestion(), material("First?")).asked == ("bare",)


def test_a_poll_comes_with_a_line_that_names_the_essay() -> None:
    poll = Poll("Rye or wheat?", ("Rye", "Wheat"))
    found = said(poll, material())
    assert found.poll == poll
    assert "Slow bread" in found.content


def test_the_last_call_names_the_most_alive_thread_without_a_ping() -> None:
    found = said(LastCall(), material(replies=9, busiest_thread=BusiestThread(77, "Ann <@5>", 6)))
    assert "<#77>" in found.content
    assert "Ann \\<@5>" in found.content
    assert "6 messages" in found.content


def test_the_last_call_counts_the_replies_where_no_thread_stands() -> None:
    found = said(LastCall(), material("First?", replies=2))
    assert "Last call for **Slow bread**: 2 replies so far." in found.content
    assert "> First?" in found.content


def test_the_last_call_where_nobody_answered_asks_what_was_not_asked() -> None:
    found = said(LastCall(), material("First?", "Second?", asked="0"))
    assert "> Second?" in found.content
    assert found.asked == ("1",)
    assert "nobody has answered" in said(LastCall(), material("First?", asked="0 bare")).content


def test_a_nudge_quotes_the_point_and_names_its_author() -> None:
    text = make_nudge_text("Connection is what it stands for.\nNot bread.", "Ann")
    assert "> Connection is what it stands for.\n> Not bread." in text
    assert "**Ann**" in text
    assert "no words" in make_nudge_text("", "Ann")


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
        assert count_utf16_units(said(what, about).content) <= 2000
    assert count_utf16_units(make_nudge_text(passage, title)) <= 2000


@given(MARKS, st.integers(2, 400))
def test_a_cut_text_keeps_its_limit_and_its_beginning(text: str, most: int) -> None:
    short = truncate(text, most)
    assert count_utf16_units(short) <= most
    assert short == text or text.startswith(short.removesuffix("…"))


def test_what_was_asked_is_noted_and_read() -> None:
    assert parse_asked(format_asked(("0", "bare"))) == {"0", "bare"}
    assert parse_asked("") == frozenset()


def test_a_digest_with_nothing_to_say_says_nothing() -> None:
    assert make_digest_text(Digest(1, (), (), ())) is None


def test_a_digest_links_discussions_threads_and_open_questions() -> None:
    text = make_digest_text(
        Digest(
            1,
            (DigestEssay("Slow bread", 2, 3, 5), DigestEssay("On *walls*", 2, None, 0)),
            (DigestThread(77, 2),),
            (OpenQuestion("Slow bread", "Who has *time*?", 2, 9),),
        )
    )
    assert text is not None
    assert "Slow bread: 5 replies — https://discord.com/channels/1/2/3" in text
    assert "On \\*walls\\*: new — <#2>" in text
    assert "<#77>: 2 new" in text
    assert "Slow bread: Who has \\*time\\*? — https://discord.com/channels/1/2/9" in text


@pytest.mark.parametrize("count", [1, 12, 50])
def test_a_digest_fits_into_a_message_and_counts_what_does_not(count: int) -> None:
    digest = Digest(
        2**63,
        tuple(DigestEssay("*" * 200, 2**63, 2**63, number) for number in range(count)),
        tuple(DigestThread(2**63, number) for number in range(count)),
        tuple(OpenQuestion("*" * 200, "_" * 2000, 2**63, 2**63) for _ in range(count)),
    )
    text = make_digest_text(digest)
    assert text is not None
    assert count_utf16_units(text) <= 2000
    assert ("more" in text) == (count > 1)


def test_two_polls_of_an_essay_are_told_apart_in_its_channel() -> None:
    sent = [
        {"content": "Back to **Bread**:", "poll": {"question": {"text": text}}}
        for text in ("Rye?", "Wheat?")
    ]
    told = [message | {"content": "Back to **Bread**: ", "embeds": []} for message in sent]
    assert [get_signature(message) for message in told] == [
        get_signature(payload) for payload in sent
    ]
    assert len({get_signature(payload) for payload in sent}) == 2
    assert get_signature({"content": "Back to **Bread**:", "poll": None}) not in map(
        get_signature, sent
    )


def test_in_the_essays_own_thread_nobody_is_promised_a_further_one() -> None:
    for what in (NextQuestions(3), CustomText("So?"), LastCall(), QuotedPassage(1, "So?")):
        there = material("Why bread?", replies=2, passage="It takes a night.", opens_threads=False)
        content = said(what, there).content
        assert "Write here, or reply to this message." in content
        assert "thread" not in content


def test_the_last_call_in_the_essays_own_thread_counts_what_was_said() -> None:
    assert (
        "bread**: 2 replies so far."
        in said(LastCall(), material(replies=2, opens_threads=False)).content
    )
    assert "nobody has answered yet" in said(LastCall(), material(opens_threads=False)).content
