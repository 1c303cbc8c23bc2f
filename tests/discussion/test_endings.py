"""Closing questions and postscripts."""

from __future__ import annotations

import pytest

from bot.discussion.essay import Essay
from bot.discussion.reading import read_essay

START = "On Asking\n\nWhy do we ask? Because we want to know.\n\nAn answer is a door that closes."


def read(ending: str, start: str = START) -> Essay:
    return read_essay(f"{start}\n\n{ending}", format="text")


def test_the_question_at_the_end_is_the_closing_one() -> None:
    assert read("What would you ask?").questions == ("What would you ask?",)


def test_questions_before_it_count_where_they_stand_alone() -> None:
    essay = read("What do you think?\n\nWould you ask first? If so, whom?")
    assert essay.questions == ("What do you think?", "Would you ask first?", "If so, whom?")


def test_questions_that_end_the_last_paragraph_count_without_what_is_before_them() -> None:
    assert read("I have told you mine. What is yours?").questions == ("What is yours?",)


@pytest.mark.parametrize(
    "ending",
    [
        "I have said my piece.",
        "And is that not enough? It is.",
        "“Is that all?” she asked.",
        "So what? Exactly so.",
        "There are no answers in it (or are there?)",
    ],
)
def test_rhetorical_questions_are_not_closing_ones(ending: str) -> None:
    assert read(ending).questions == ()


@pytest.mark.parametrize(
    "after",
    [
        "Tell me in the comments.",
        "\n\nLet me know below.",
        "\n\n— Maria",
        "\n\n* * *",
    ],
)
def test_an_invitation_or_a_signature_may_follow_them(after: str) -> None:
    assert read(f"What would you ask? {after}").questions == ("What would you ask?",)


def test_a_note_about_the_writer_in_italics_may_follow_them() -> None:
    essay = read_essay(
        "# On Asking\n\nBody.\n\nWhat would you ask?\n\n---\n\n*Maria Okafor writes about grass.*",
        format="markdown",
    )
    assert essay.questions == ("What would you ask?",)


@pytest.mark.parametrize(
    "heading", ["Questions for discussion", "Discussion questions:", "Questions"]
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_list_of_questions_for_discussion_counts(heading: str, between: str) -> None:
    items = between.join(("1. What would you ask?", "2. Whom?", "3. Describe when."))
    assert read(f"{heading}\n\n{items}").questions == (
        "What would you ask?",
        "Whom?",
        "Describe when.",
    )


def test_a_markdown_list_under_such_a_heading_counts_with_the_question_before_it() -> None:
    essay = read_essay(
        "# On Asking\n\nBody.\n\nWhat is yours?\n\n## Questions for discussion\n\n- Whom?\n- When?",
        format="markdown",
    )
    assert essay.questions == ("What is yours?", "Whom?", "When?")


def test_questions_in_other_scripts_are_questions() -> None:
    assert read("你怎么看？你害怕吗？").questions == ("你怎么看？", "你害怕吗？")
    assert read("ما رأيك؟").questions == ("ما رأيك؟",)


@pytest.mark.parametrize("sign", ["PS.", "P.S.", "PS:", "P. S.", "PS —", "Postscript:"])
def test_a_postscript_is_found_and_kept_as_it_reads(sign: str) -> None:
    essay = read(f"What would you ask?\n\n{sign} The door was green.")
    assert essay.postscript == f"{sign} The door was green."
    assert essay.questions == ("What would you ask?",)


def test_several_postscripts_are_one() -> None:
    essay = read("What would you ask?\n\nP.S. It was green.\n\nP.P.S. It still is.")
    assert essay.postscript == "P.S. It was green.\n\nP.P.S. It still is."


def test_a_question_behind_the_postscript_is_the_closing_one() -> None:
    essay = read("PS. The door was green.\n\nWhat would you ask?")
    assert essay.postscript == "PS. The door was green."
    assert essay.questions == ("What would you ask?",)


@pytest.mark.parametrize(
    "text", ["PSA tests are not the subject.", "Psalms were sung.", "PS5 owners know."]
)
def test_words_that_begin_alike_are_no_postscript(text: str) -> None:
    assert read(text).postscript is None


def test_front_matter_may_name_the_questions() -> None:
    essay = read_essay(
        "---\ntitle: T\nquestions:\n- First?\n- Second?\n---\n\nBody.", format="markdown"
    )
    assert essay.questions == ("First?", "Second?")


def test_a_postscript_ends_where_something_else_begins() -> None:
    essay = read_essay(
        "# T\n\nBody.\n\nPS. One.\n\nAnd two.\n\n---\n\nAbout us.", format="markdown"
    )
    assert essay.postscript == "PS. One.\n\nAnd two."


def test_a_discussion_list_in_one_paragraph_or_before_more_text_counts() -> None:
    essay = read("Questions for discussion\n\n- Who?\n- Why?\n\nThank you for reading all of it.")
    assert essay.questions == ("Who?", "Why?")


def test_a_heading_that_announces_questions_with_none_below_is_only_a_heading() -> None:
    essay = read_essay("# T\n\nBody.\n\n## Questions\n\nThere are none.", format="markdown")
    assert essay.questions == ()


def test_code_or_a_table_at_the_end_asks_nothing() -> None:
    essay = read_essay("# T\n\nWhy?\n\n```\nx?\n```", format="markdown")
    assert essay.questions == ()


def test_an_invitation_of_its_own_may_follow_the_questions() -> None:
    assert read("What would you ask?\n\nShare your thoughts with us.").questions == (
        "What would you ask?",
    )
