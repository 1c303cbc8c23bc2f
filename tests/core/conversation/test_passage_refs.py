"""Passage references: which passages a reply is about."""

from __future__ import annotations

import unicodedata

import pytest

from bot.core.conversation.passage_refs import (
    find_quoted_passages,
    find_references,
    may_refer_to_passages,
)

PASSAGES = {
    1: "It takes a night to make a loaf, and most of it is waiting.",
    2: "The dough does not care how busy we are.",
    3: "Rye is slower still, and nobody has ever hurried it.",
}


@pytest.mark.parametrize(
    ("case", "text", "carried", "expected"),
    [
        ("a reply that quotes nothing answers the whole part", "Yes.", (1, 2), (1, 2)),
        ("a quote refers to its passage", "> The dough does not care\nNo?", (1, 2), (2,)),
        ("a quote with small errors does, too", "> the dough doesnt care how busy", (1,), (2,)),
        ("a long quote runs to the end", ">>> Rye is slower still,\nand nobody has", (), (3,)),
        ("a quote of something else doesn't", "> Whatever the weather may bring", (1,), (1,)),
        ("a few letters match too much", "> the", (1,), (1,)),
        (
            "a quote of two paragraphs names both",
            "> It takes a night to make a loaf\n> \n> The dough does not care how busy\nYes",
            (3,),
            (1, 2),
        ),
        (
            "a long quote of two paragraphs, too",
            ">>> It takes a night to make a loaf\n\nThe dough does not care how busy",
            (3,),
            (1, 2),
        ),
        (
            "a paragraph quoted over two lines is one",
            "> The dough does not care\n> how busy we are.",
            (1,),
            (2,),
        ),
        ("a number names a passage", "¶3 is the heart of it", (1,), (3,)),
        ("a range names several", "see ¶1–2", (3,), (1, 2)),
        ("a reversed range names the same", "see ¶2-1", (3,), (1, 2)),
        ("an unknown number names nothing", "¶40", (1,), (1,)),
        ("a huge range is limited", "¶1-9999", (), (1, 2, 3)),
        ("quotes in code don't count", "```\n> The dough does not care\n```", (1,), (1,)),
    ],
)
def test_a_reply_is_about_the_passages_it_quotes_or_names_else_about_the_part(
    case: str, text: str, carried: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert (find_quoted_passages(text, PASSAGES, carried) or carried) == expected, case


def test_a_longer_number_does_not_name_a_passage_by_its_first_digits() -> None:
    assert find_quoted_passages("¶12345", {1234: "Far down."}) == ()
    assert find_quoted_passages("¶1234", {1234: "Far down."}) == (1234,)


def test_only_quotes_and_numbers_need_the_passages() -> None:
    assert not may_refer_to_passages("1 > 0, I should think")
    assert may_refer_to_passages("well\n> The dough")
    assert may_refer_to_passages("is “The dough does not care” true?")
    assert not may_refer_to_passages("I said “no” to it, and it's 6\" long")


ESSAY = {
    1: "It takes a night to make a loaf, and most of it is waiting. See the recipe for details.",
    2: "The dough does not care how busy we are; it rises when it rises, and it falls when we "
    "forget it. That is its whole character.",
    3: "Rye is slower still, and nobody has ever hurried it.",
    4: "Wheat is slower still, and nobody has ever hurried it.",
    5: "“Wait,” my grandmother said, “and it will come to you.” She never said what.",
    6: "パンを焼くには一晩かかる。そのほとんどは待つ時間だ。",
    7: "时间是面包的一部分。没有人能催促它。",
    8: "빵을 굽는 데는 하룻밤이 걸린다. 대부분은 기다림이다.",
    9: "Хлеб не терпит спешки, и в этом его достоинство.",
    10: "الخبز لا يحب العجلة، وهذا سر طعمه.",
    11: "Nobody has ever hurried it: that is what I wanted to say about dough, rye and people.",
    12: "Le café était déjà fermé, et personne n’attendait plus rien de la soirée.",
    13: "रोटी बनाने में एक रात लगती है, और ज़्यादातर समय इंतज़ार का है।",
    14: "ขนมปังต้องใช้เวลาทั้งคืน และส่วนใหญ่คือการรอคอย",
    15: "הלחם אינו סובל חיפזון, וזה כל סודו.",
    16: "Das Brot, sagte sie, „wird nie fertig“, und alle lachten über den Satz.",
    17: "Ψωμί σημαίνει υπομονή, και η υπομονή σημαίνει χρόνο.",
    18: "Step one: mix the flour, the water and the salt, and wait an hour.",
    19: "Step two: fold the flour, the water and the salt, and wait an hour.",
    20: "The cat sat on the mat and looked at me … then it left, as cats do.",
    21: "We don't bake on Sundays — we rest; the oven rests; even the cat rests.",
}
DOUGH = "The dough does not care how busy we are"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Phones: straight quotes become curly, dashes and spaces change, a line is wrapped.
        (f"> {DOUGH}\n\nSo?", (2,)),
        (f">{DOUGH}", (2,)),
        (f"> {DOUGH}\u00a0; it rises when it rises", (2,)),
        ("> the dough does not care how busy we are", (2,)),
        ("> The dough does not\n> care how busy we are", (2,)),
        ("> THE DOUGH DOES NOT CARE", (2,)),
        ("> “Wait”, my grandmother said", (5,)),
        ("> 'Wait,' my grandmother said, 'and it will come", (5,)),
        ("> takes a nigth to make a loaf, and most of it", (1,)),
        # Copy Text copies Markdown.
        ("> The **dough** does *not* care how busy", (2,)),
        ("> See [the recipe](https://example.org/recipe?a=1) for details", (1,)),
        ("> See [the recipe](<https://example.org/a_b>) for details.", (1,)),
        ("> __The dough__ does ~~not~~ care `how` busy", (2,)),
        (f"> -# ¶2\n> {DOUGH}", (2,)),
        (f"> ## {DOUGH}", (2,)),
        (f"> - {DOUGH}", (2,)),
        # Words left out.
        ("> The dough does not care … it falls when we forget it", (2,)),
        ("> The dough does not care ... it falls when we forget it", (2,)),
        ("> The dough does not care […] it falls when we forget it", (2,)),
        ("> The dough does not care [...] That is its whole character", (2,)),
        ("> … it falls when we forget it", (2,)),
        ("> it falls when we forget it …", (2,)),
        ("> It takes a night to make a loaf … Rye is slower still", (1, 3)),
        ("> The dough does not care … whatever else I made up here", (2,)),
        ("> The … it … we", ()),
        # Nested quotes.
        (f"> > {DOUGH}\n> I agree with this", (2,)),
        (f">> {DOUGH}", (2,)),
        (f"> Ann: {DOUGH}", (2,)),
        (f"> {DOUGH}\n> > Rye is slower still, and nobody", (2, 3)),
        # Quotation marks.
        (f"“{DOUGH}”, it says. Does it?", (2,)),
        (f'You write "{DOUGH}" and mean it?', (2,)),
        (f"„{DOUGH}“ – wirklich?", (2,)),
        (f"« {DOUGH} » : vraiment ?", (2,)),
        ("“The dough … it falls when we forget it” is true.", (2,)),
        ("He said “I have never been to the baker's” once.", ()),
        ("“The dough does care how busy you are” would be news.", ()),
        ("“no”, “yes” and “it is”", ()),
        (f"```\n“{DOUGH}”\n```", ()),
        # Other scripts.
        ("> パンを焼くには一晩かかる", (6,)),
        ("「そのほとんどは待つ時間だ」が好き", (6,)),
        ("> 没有人能催促它", (7,)),
        ("“时间是面包的一部分”是对的", (7,)),
        ("> 대부분은 기다림이다", (8,)),
        ("> Хлеб не терпит спешки", (9,)),
        ("«в этом его достоинство» — да", (9,)),
        ("> الخبز لا يحب العجلة", (10,)),
        # Passages that are much alike.
        ("> Rye is slower still, and nobody has ever hurried it.", (3,)),
        ("> Wheat is slower still, and nobody has ever hurried it.", (4,)),
        ("> that is what I wanted to say about dough", (11,)),
        ("> Step one: mix the flour, the water and the salt", (18,)),
        ("> Step two: fold the flour", (19,)),
        ("> Step tow: fold the flour, the water, and the salt", (19,)),
        ("> Step three: bake the flour, the water and the salt, and wait an hour.", ()),
        ("> Oats are slower still, and nobody has ever hurried it.", ()),
        # Accents left out, or typed as marks of their own; invisible characters; punctuation.
        ("> Le cafe etait deja ferme", (12,)),
        (f"> {unicodedata.normalize('NFD', 'Le café était déjà fermé')}", (12,)),
        ("> personne n'attendait plus rien", (12,)),
        ("> \u200bThe dough\u200b does not care", (2,)),
        ("> The\u00addough does not care how busy", (2,)),
        ("> We don’t bake on Sundays -- we rest", (21,)),
        ("> We don't bake on Sundays - we rest", (21,)),
        # Markup around it, and what people write beside it.
        ("> ||The dough does not care||", (2,)),
        ("> \\*The dough\\* does not care", (2,)),
        ("> 1. The dough does not care how busy", (2,)),
        ("> 🍞 The dough does not care how busy 🍞", (2,)),
        (f"> {DOUGH} (Salon, ¶2)", (2,)),
        ("> [The dough] does not care how busy we are", (2,)),
        (f"> > > {DOUGH}", (2,)),
        (f"> Ann said:\n> > {DOUGH}\n> Nonsense, I think it does care\nMe too", (2,)),
        # Two passages on two lines; an ellipsis that the essay has itself.
        (f"> It takes a night to make a loaf.\n> {DOUGH}", (1, 2)),
        ("> and looked at me … then it left", (20,)),
        ("> looked at me... then it left", (20,)),
        ("> ...The dough does not care...", (2,)),
        # Other marks.
        ("‚wird nie fertig, und alle lachten‘ – schön", (16,)),
        ("› und alle lachten über den Satz ‹ mag ich", (16,)),
        ("> Das Brot, sagte sie, »wird nie fertig«", (16,)),
        (f"‘{DOUGH}’ you say.", (2,)),
        ("‘We don’t bake on Sundays’, you say, and I don’t either.", (21,)),
        (f"''{DOUGH}'' you say.", (2,)),
        ("Re: “The dough does not care”\n\n> See the recipe for details", (1, 2)),
        ("I don’t know, and she doesn’t, and it isn’t what the others’ dough does", ()),
        # More scripts.
        ("> रोटी बनाने में एक रात लगती है", (13,)),
        ("> ขนมปังต้องใช้เวลาทั้งคืน", (14,)),
        ("> הלחם אינו סובל חיפזון", (15,)),
        ("> Ψωμί σημαίνει υπομονή", (17,)),
        ("> ΨΩΜΙ ΣΗΜΑΙΝΕΙ ΥΠΟΜΟΝΗ", (17,)),
        # What isn't the essay's.
        ("> I never said that anybody hurried anything at all", ()),
        ("> my dough never cares how busy we are in the bakery on a Monday morning", ()),
    ],
)
def test_a_quote_of_any_shape_refers_to_its_passage_and_no_other(
    text: str, expected: tuple[int, ...]
) -> None:
    assert may_refer_to_passages(text) or not expected
    assert find_quoted_passages(text, ESSAY) == expected


def test_of_passages_with_the_same_words_the_one_in_the_part_is_meant() -> None:
    quote = "> is slower still, and nobody has ever hurried it"
    assert find_quoted_passages(quote, ESSAY, (4, 5)) == (4,)
    assert find_quoted_passages(quote, ESSAY, (1,)) == (3,)


@pytest.mark.parametrize(
    ("text", "exact", "before", "after"),
    [
        (
            "> the DOUGH does not **care**",
            "The dough does not care",
            "",
            " how busy we are; it rises when ",
        ),
        (
            "> see [the recipe](https://example.org)",
            "See the recipe",
            "oaf, and most of it is waiting. ",
            " for details.",
        ),
        (
            "> Le cafe etait deja ferme",
            "Le café était déjà fermé",
            "",
            ", et personne n’attendait plus r",
        ),
        ("> 没有人能催促它", "没有人能催促它", "时间是面包的一部分。", "。"),
        (
            "> takes a nigth to make a loaf, and most of it",
            "takes a night to make a loaf, and most of it",
            "It ",
            " is waiting. See the recipe for ",
        ),
    ],
)
def test_an_anchor_has_the_words_of_the_essay_and_what_is_around_them(
    text: str, exact: str, before: str, after: str
) -> None:
    (anchor,) = find_references(text, ESSAY).anchors
    assert (anchor.exact, anchor.before, anchor.after) == (exact, before, after)
    assert ESSAY[anchor.number][anchor.start : anchor.end] == exact


def test_each_piece_of_a_quote_has_an_anchor_and_each_anchor_is_in_its_passage() -> None:
    text = "> The dough does not care … it falls when we forget it\n\nAnd “Rye is slower still”."
    found = find_references(text, ESSAY)
    assert [one.exact for one in found.anchors] == [
        "The dough does not care",
        "it falls when we forget it",
        "Rye is slower still",
    ]
    assert found.is_exact
    assert all(ESSAY[one.number][one.start : one.end] == one.exact for one in found.anchors)
    assert find_references("See ¶2.", ESSAY).anchors == ()
