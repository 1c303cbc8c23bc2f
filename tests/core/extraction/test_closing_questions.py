"""Closing questions and postscripts."""

from __future__ import annotations

import pytest

from bot.core.essay.essay import Essay
from bot.core.essay.source_format import Format
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay

START = "On Asking\n\nWhy do we ask? Because we want to know.\n\nAn answer is a door that closes."


def read(ending: str, start: str = START) -> Essay:
    return read_essay(f"{start}\n\n{ending}", format="text")


def test_the_question_at_the_end_is_the_closing_one() -> None:
    assert read("What would you ask?").questions == ("What would you ask?",)


def test_questions_before_it_count_in_paragraphs_of_their_own() -> None:
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
def test_a_postscript_is_found_and_kept_verbatim(sign: str) -> None:
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
def test_words_with_the_same_beginning_are_no_postscript(text: str) -> None:
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


@pytest.mark.parametrize("written", ["text", "markdown"])
@pytest.mark.parametrize(
    "farewell",
    [
        "Rosa Lindqvist",
        "Your daughter,\nRosa",
        "Your daughter,\n\nRosa",
        "With love, Rosa",
        "Best\n\nRosa",
        "Yours truly,\n\nR. L.",
        "— Rosa",
        "Rosa Lindqvist\n\nLisbon, 3 May 2024",
        "12 May 2024",
        "Yours sincerely,\nDr. Rosa M. Lindqvist Jr.",
        "#mending #asking",
        "If you like what you read, subscribe to the letter.",
        "I would be glad to hear your view.\n\nThank you for reading!",
        "I would be glad to hear your view. Thank you for reading!",
        "Until next week!\n\nRosa Lindqvist",
        "Thanks to Ben Amsel and Li Na for reading drafts of this.",
        "The End",
        "🌱",
        "[1] The needle was hers.\n\n[2] So was the thread.",
        "Notes\n\n[1] The needle was hers.",
    ],
)
def test_a_farewell_takes_no_question_back(farewell: str, written: Format) -> None:
    source = f"# On Asking\n\nAn answer closes.\n\nWhat would you mend?\n\n{farewell}"
    essay = read_essay(source, format=written)
    assert essay.questions == ("What would you mend?",)
    # With ten words after it, it is directly above already.
    behind = " ".join(farewell.split()).removeprefix("— ")
    assert (lay_out(essay).closing is None) == (len(behind.split()) <= 10)


@pytest.mark.parametrize(
    "answer",
    [
        "Nothing",
        "It ended in 1999",
        "Nothing at all,\nI knew",
        "Thanks to her, I knew.",
        "A needle and a thread",
        "See?\n\nYou would not.",
        "- Rosa Lindqvist",
        "> Rosa Lindqvist",
        "## Rosa Lindqvist",
        "Rosa Lindqvist\nsat down and wept because she had no thread.",
        "One,\nTwo,\nThree,\nFour,\nFive,\nSix",
    ],
)
def test_an_answer_is_no_farewell(answer: str) -> None:
    source = f"# On Asking\n\nAn answer closes.\n\nWhat would she mend?\n\n{answer}"
    assert read_essay(source, format="markdown").questions == ()


def test_the_first_name_alone_signs_where_the_essay_names_its_writer() -> None:
    essay = read_essay("On Asking\n\nby Rosa Lindqvist\n\nBody.\n\nWhat is yours?\n\nRosa")
    assert essay.questions == ("What is yours?",)


def test_a_note_that_begins_with_the_writers_name_may_follow_the_questions() -> None:
    after = "Rosa Lindqvist mends nets and sentences in Lisbon."
    essay = read_essay(f"On Asking\n\nby Rosa Lindqvist\n\nBody.\n\nWhat is yours?\n\n{after}")
    assert essay.questions == ("What is yours?",)
    assert read(f"What is hers?\n\n{after}").questions == ()


def test_a_long_footnote_lets_the_question_be_asked_again() -> None:
    note = "It was hers, " * 15
    essay = read_essay(f"# T\n\nBody.\n\nWhy?[^1]\n\n[^1]: {note}and not mine.", format="markdown")
    assert essay.questions == ("Why?",)
    assert lay_out(essay).closing == "Why?"


@pytest.mark.parametrize(
    "ending",
    [
        "What would you ask? 🤔",
        "What would you ask?🤔🙏🏽",
        "What would you ask? :)",
        "What would you ask?[^1]\n\n[^1]: Anything.",
        "What would you ask[^1]?\n\n[^1]: Anything.",
        "What would you ask?¹",
        "What would you ask? [1]",
    ],
)
def test_signs_and_footnotes_at_a_question_leave_it_a_question(ending: str) -> None:
    essay = read_essay(f"# T\n\nBody.\n\nYou know mine. {ending}", format="markdown")
    assert essay.questions == ("What would you ask?",)
    assert lay_out(essay).closing is None


def test_a_question_between_signs_keeps_its_words() -> None:
    assert read("Ready? 😀 Then what?").questions == ("Ready?", "Then what?")
    assert read("Which? 🍎 or 🍐?").questions == ("Which?", "🍎 or 🍐?")


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize("text", ["The door was green.", "the door was green.", "Was it green?"])
@pytest.mark.parametrize("sign", ["PS", "P.S.", "PPS", "Postscript", "追伸"])
def test_a_postscript_may_begin_under_its_sign(sign: str, between: str, text: str) -> None:
    essay = read(f"What would you ask?\n\n{sign}{between}{text}")
    assert essay.postscript == f"{sign}{between}{text}"
    assert essay.questions == ("What would you ask?",)


def test_initials_at_the_very_end_are_no_postscript() -> None:
    essay = read("What would you ask?\n\nYours,\n\nPS")
    assert (essay.postscript, essay.questions) == (None, ("What would you ask?",))


@pytest.mark.parametrize(
    "sentence", ["あなたはどう思いますか。", "私たちは急ぎすぎていないだろうか"]
)
def test_a_japanese_question_needs_no_question_mark(sentence: str) -> None:
    essay = read_essay(f"静けさ\n\n静けさにはいろいろある。\n\n{sentence}", format="text")
    assert essay.questions == (sentence,)
    assert lay_out(essay).closing is None


@pytest.mark.parametrize(
    "sentence", ["朝は静か。", "来るかどうか。", "本とか紙とか。", "またいつか。"]
)
def test_not_every_japanese_ending_in_ka_asks(sentence: str) -> None:
    essay = read_essay(f"静けさ\n\n静けさにはいろいろある。\n\n{sentence}", format="text")
    assert essay.questions == ()


def test_a_semicolon_asks_in_greek_alone() -> None:
    assert read("Τι νομίζεις;").questions == ("Τι νομίζεις;",)
    assert read("There is more;").questions == ()


def test_a_heading_at_the_end_may_ask() -> None:
    essay = read_essay("# T\n\nBody.\n\n## What is yours?\n\nTell me below.", format="markdown")
    assert essay.questions == ("What is yours?",)


@pytest.mark.parametrize(
    ("tail", "asked"),
    [
        ("Tell me.", None),
        ("Please do tell me in the comments below, or by letter, if you would.", "Why?"),
    ],
)
def test_a_few_words_in_the_paragraph_of_the_question_do_not_hide_it(
    tail: str, asked: str | None
) -> None:
    essay = read(f"I have told mine. Why? {tail}")
    assert (essay.questions, lay_out(essay).closing) == (("Why?",), asked)


def test_a_first_name_alone_signs_where_the_reader_was_asked() -> None:
    assert read("What would you ask?\n\nRosa").questions == ("What would you ask?",)
    assert read("What would you ask? 🤔\n\nRosa").questions == ("What would you ask?",)
    assert read("What would she ask?\n\nRosa").questions == ()
    assert read_essay("# T\n\nBody.\n\n---\n\nRosa", format="markdown").questions == ()
    assert read("What would you ask?\n\nNothing").questions == ()


def test_a_picture_or_a_link_alone_may_follow_the_questions() -> None:
    link = "[![A needle](https://a.example/n.png)](https://a.example/more)"
    for after in (link, "![A needle](https://a.example/n.png)"):
        essay = read_essay(f"# T\n\nBody.\n\nWhat is lost?\n\n{after}", format="markdown")
        assert essay.questions == ("What is lost?",)
    essay = read_essay("# T\n\nBody.\n\n[What is lost?](https://a.example/q)", format="markdown")
    assert essay.questions == ("What is lost?",)


def test_several_footnotes_at_a_question_leave_it_a_question() -> None:
    essay = read_essay(
        "# T\n\nBody.\n\nWhat is lost?[^1][^2]\n\n[^1]: Not all.\n\n[^2]: Not yet.",
        format="markdown",
    )
    assert essay.questions == ("What is lost?",)


@pytest.mark.parametrize("many", ["?" * 50_000, "? " * 5_000 + "x", "?" + " 🤔" * 3_000])
def test_a_long_row_of_signs_costs_no_more_than_its_length(many: str) -> None:
    essay = read(f"You know mine. What is yours{many}")
    assert (essay.questions == ()) == many.endswith("x")


ASKED = "# On Asking\n\nBody.\n\nAn answer is a door.\n\nWhat would you ask?\n\n"


@pytest.mark.parametrize(
    "after",
    [
        "## Footnotes\n\n1. One is enough.\n2. Is two?",
        "## Footnotes\n\nOne is enough.\n\nIs two?",
        "## References\n\nLee, A. (1911). *Who asks?*",
        "**Notes**\n\n[1] Is one enough?",
        "**Notes**\n\n1. Is one enough?",
        "Notes:\n\n1\\. Is one enough?",
        "---\n\n<sup>1</sup> One note.\n\n<sup>2</sup> Another?",
        "---\n\n† Some say so.",
        "> **Note**\n>\n> This was written at night.",
        "## Acknowledgements\n\nBo and Cy have been at my side for all of it.",
        "## Thanks\n\nBo.\n\n## Notes\n\n1. Is one enough?",
    ],
)
def test_notes_and_thanks_may_follow_the_closing_question(after: str) -> None:
    essay = read_essay(ASKED + after, format="markdown")
    assert essay.questions == ("What would you ask?",)


@pytest.mark.parametrize("heading", ["## Notes", "**Notes**", "Notes"])
@pytest.mark.parametrize("note", ["1. Is one enough?", "[1] Is one enough?", "¹ Is one enough?"])
def test_a_question_in_a_note_is_no_closing_question(heading: str, note: str) -> None:
    source = f"# On Asking\n\nBody.\n\nAn answer is a door.\n\n{heading}\n\n{note}"
    assert read_essay(source, format="markdown").questions == ()


def test_a_section_called_notes_may_be_the_essay() -> None:
    source = "# On Asking\n\n## Notes\n\nNothing is certain.\n\nWhat would you ask?"
    assert read_essay(source, format="markdown").questions == ("What would you ask?",)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("**Q:**", "**A:**"),
        ("Q:", "A:"),
        ("Interviewer:", "Ann Lee:"),
        ("**Ann**", "**Bo**"),
        ("**Ann**\n\n", "**Bo**\n\n"),
        ("记者：", "林远："),
        ("インタビュアー：", "林："),
        ("Q.", "A."),
        ("**Q.**", "**A.**"),
        ("ANN —", "BO LEE —"),
        ("\\[Ann]", "\\[Bo]"),
    ],
)
def test_the_turns_of_an_interview_are_no_closing_questions(first: str, second: str) -> None:
    turns = (
        f"{first} Who are you?\n\n{second} A baker.\n\n"
        f"{first} Would you do it again?\n\n{second} Who would not?"
    )
    assert read_essay(f"# Talk\n\n{turns}", format="markdown").questions == ()
    essay = read_essay(f"# Talk\n\n{turns}\n\nWhat would you have asked?", format="markdown")
    assert essay.questions == ("What would you have asked?",)


def test_one_label_makes_no_interview() -> None:
    assert read("My question: what would you ask?").questions == (
        "My question: what would you ask?",
    )


@pytest.mark.parametrize("sign", ["p.s.", "p.s. –", "ps:", "ps.", "p.p.s.", "P.s.", "p. s."])
def test_a_postscript_may_be_in_small_letters(sign: str) -> None:
    essay = read(f"What would you ask?\n\n{sign} bring boots.")
    assert essay.postscript == f"{sign} bring boots."
    assert essay.questions == ("What would you ask?",)


@pytest.mark.parametrize("text", ["ps aux lists them.", "psst, he said.", "pst: it is late."])
def test_small_letters_alone_are_no_postscript(text: str) -> None:
    assert read(text).postscript is None


def test_a_postscript_below_the_notes_is_found() -> None:
    essay = read_essay(f"{ASKED}## Notes\n\n1. One.\n\nPS. It was green.", format="markdown")
    assert essay.postscript == "PS. It was green."


BAY = "# The bay\n\nIt was wet all spring.\n\nWhat would you have done?\n\n"


@pytest.mark.parametrize(
    "end",
    [
        "---\n\n\\* See the log.",
        "> [!NOTE] About this text\n> It first appeared in Rye.",
        "> **About**\n>\n> Ann is a baker.",
        "## Further reading\n\n- [The sea](https://a.example)",
        "**Quellen**\n\n- Lee: Das Meer",
        "### Литература\n\n- Ли: Море",
        "## 参考資料\n\n- 海",
        "## المراجع\n\n- البحر",
        "N.B. Bring boots.",
        "Editor's note: it first appeared in Rye.",
        "**Update:** it was fixed.",
        "Hinweis: Zuerst in Rye erschienen.",
    ],
)
def test_what_is_beside_the_essay_may_follow_the_question(end: str) -> None:
    essay = read_essay(BAY + end, format="markdown")
    assert essay.questions == ("What would you have done?",)


@pytest.mark.parametrize(
    "end",
    ["Note the date.", "The sea.", "Update your maps, please, before you go.", "psst, be quiet."],
)
def test_a_sentence_after_the_question_is_the_texts(end: str) -> None:
    assert read_essay(BAY + end, format="markdown").questions == ()


@pytest.mark.parametrize(
    "postscript",
    [
        "PS bring boots",
        "З.Ы. Сапоги.",
        "又及：带靴子。",
        "추신: 장화.",
        "P. S. Сапоги.",
        "ps: bring boots",
    ],
)
def test_a_postscript_may_be_written_in_other_ways(postscript: str) -> None:
    essay = read_essay(BAY + postscript, format="markdown")
    assert (essay.questions, essay.postscript) == (("What would you have done?",), postscript)


def test_an_essay_that_ends_with_a_sentence_about_a_console_has_no_postscript() -> None:
    assert read_essay(BAY + "PS is short for it.", format="markdown").postscript is None


TALK = "# Talk\n\n**Where did you grow up?**\n\nBy the sea.\n\n**What is next?**\n\n"


@pytest.mark.parametrize(
    ("end", "questions"),
    [
        ("Who knows?", ()),
        ("A boat.\n\nOr two. Why not?", ()),
        ("A boat.\n\n**And now?**\n\nWho knows?", ()),
        ("A boat.\n\nSo he says. What would you ask him?", ("What would you ask him?",)),
        ("A boat.\n\n**And what do you think?**", ("And what do you think?",)),
    ],
)
def test_an_interview_with_its_questions_in_bold_asks_no_reader(
    end: str, questions: tuple[str, ...]
) -> None:
    assert read_essay(TALK + end, format="markdown").questions == questions
