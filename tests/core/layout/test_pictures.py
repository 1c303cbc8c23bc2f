"""Pictures in messages: each ends with its pictures, their captions are its last lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cli.preview import preview
from bot.core.essay.blocks import Picture
from bot.core.essay.essay import Essay
from bot.core.layout.layout import lay_out
from bot.core.layout.parts import Part
from bot.core.read_essay import read_essay
from bot.core.text.length import count_utf16_units

A, B = "https://a.example/a.png", "https://a.example/b.png"
SENTENCE = "The ferry leaves at ten past six, and then there is no other. "


def essay(markdown: str) -> Essay:
    return read_essay(f"---\ntitle: Kept apart\n---\n\n{markdown}", format="markdown")


def parts(markdown: str, *, linked: bool = False) -> tuple[Part, ...]:
    """The parts of an essay; ``linked``: none of its pictures could be fetched."""
    read = essay(markdown)
    body = tuple(
        replace(one, block=replace(one.block, linked=linked or one.block.linked))
        if isinstance(one.block, Picture)
        else one
        for one in read.body
    )
    return lay_out(replace(read, body=body)).parts


def in_short(found: tuple[Part, ...]) -> list[tuple[str, list[str]]]:
    return [
        (part.content, [one.source.rpartition("/")[2] for one in part.pictures]) for part in found
    ]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (f"One.\n\n![]({A})\n\nTwo.", [("One.", ["a.png"]), ("Two.", [])]),
        (f"![]({A})\n\nTwo.", [("", ["a.png"]), ("Two.", [])]),
        (f"One.\n\n![]({A} 'c')\n\nTwo.", [("One.\n-# c", ["a.png"]), ("Two.", [])]),
        (f"One.\n\n![]({A})\n\n![]({B})", [("One.", ["a.png", "b.png"])]),
        (
            f"One.\n\n![]({A} 'c')\n![]({B} 'd')\n\nTwo.",
            [("One.\n-# c\n-# d", ["a.png", "b.png"]), ("Two.", [])],
        ),
        (f"# H\n\n![]({A})\n\nTwo.", [("# H", ["a.png"]), ("Two.", [])]),
        (
            f"- one\n- two\n\n  ![]({A})\n- three",
            [("- one\n- two", ["a.png"]), ("- three", [])],
        ),
        (
            f"1. one\n2. two\n\n   ![]({A})\n3. three",
            [("1. one\n2. two", ["a.png"]), ("3. three", [])],
        ),
        (f"> one\n>\n> ![]({A} 'c')", [("> one\n-# c", ["a.png"])]),
    ],
)
def test_a_message_ends_with_its_pictures(
    markdown: str, expected: list[tuple[str, list[str]]]
) -> None:
    assert in_short(parts(markdown)) == expected


def test_a_gallery_has_ten_pictures_at_most_and_24_mib() -> None:
    pictures = "\n\n".join(f"![]({A}?{number})" for number in range(23))
    assert [len(part.pictures) for part in parts(f"One.\n\n{pictures}")] == [10, 10, 3]
    read = essay(f"One.\n\n{pictures}")
    large = tuple(
        replace(one, block=replace(one.block, size=7 * 1024 * 1024))
        if isinstance(one.block, Picture)
        else one
        for one in read.body
    )
    found = lay_out(replace(read, body=large)).parts
    assert [len(part.pictures) for part in found] == [3] * 7 + [2]


def test_captions_get_room_in_the_message_of_their_picture() -> None:
    caption = "word " * 60
    for count in range(24, 34):
        found = parts(f"{SENTENCE * count}\n\n![]({A} '{caption}')\n\nEnd.")
        (pictured,) = [part for part in found if part.pictures]
        assert pictured.content.endswith(f"\n-# {caption.strip()}")
        assert "The ferry" in pictured.content
        assert max(count_utf16_units(part.content) for part in found) <= 2_000


def test_the_description_is_the_alt_text_of_at_most_1024_characters() -> None:
    alt = "word " * 300
    found = preview(f"One.\n\n![{alt}]({A})\n\nTwo.", "markdown")
    (shown,) = found["messages"][0]["attachments"]
    assert shown["source"] == A
    assert 1_000 < len(shown["description"]) <= 1_024
    assert found["messages"][1]["attachments"] == []
    assert not any("previews" in message for message in found["messages"])


def test_a_picture_that_cannot_be_uploaded_is_a_link_with_the_only_preview() -> None:
    text = (
        "See [it](https://b.example), https://c.example/x and <https://d.example>.\n\n"
        f"![A cat]({A} 'By [Ann](https://e.example)')\n\nAfter [it](https://b.example)."
    )
    one, other = parts(text, linked=True)
    assert one.content == (
        "See [it](<https://b.example>), <https://c.example/x> and <https://d.example>.\n\n"
        f"[A cat]({A})\n-# By \\[Ann](<https://e.example>)"
    )
    assert one.previews
    assert one.attached == ()
    assert other.content == "After [it](https://b.example)."


@pytest.mark.parametrize(
    ("alt", "content"),
    [
        ("", A),
        ("see https://b.example", f"see <https://b.example>\n{A}"),
        ("an \\[ odd one", f"an \\[ odd one\n{A}"),
    ],
)
def test_the_link_to_a_picture_is_one_that_discord_shows_a_preview_of(
    alt: str, content: str
) -> None:
    assert parts(f"![{alt}]({A})", linked=True)[0].content == content


def test_a_video_is_a_link_with_a_preview_in_the_preview_of_an_essay() -> None:
    page = (
        "<p>See <a href='https://b.example'>b</a>.</p><iframe src='https://v.example/1'></iframe>"
    )
    found = preview(f"# A title\n\n{page}\n\nEnd.", "markdown")
    first = found["messages"][0]
    assert first["content"] == "See [b](<https://b.example>).\n\nhttps://v.example/1"
    assert (first["previews"], first["attachments"]) == (True, [])


@pytest.mark.parametrize("linked", [False, True])
def test_messages_with_pictures_are_no_longer_than_others(linked: bool) -> None:
    link = "[`x`_*y*](https://a.example/" + "_" * 300 + ")"
    for size in (40, 600, 1_990, 4_000):
        text = f"{('*word* ' * (size // 7)).strip()}\n\n{link}\n\n"
        alt, title = "a_b " * 90, "c\\*d " * 100
        markdown = f"{text}![{alt}]({A} '{title}')\n\n" * 6
        for part in parts(markdown, linked=linked):
            assert count_utf16_units(part.content) <= 2_000
            assert part.content or part.pictures


def test_numbers_of_passages_leave_pictures_out() -> None:
    read = essay(f"One.\n\n![]({A})\n\nTwo.")
    contents = [part.content for part in lay_out(read, numbered=True).parts]
    assert contents == ["-# ¶1\nOne.", "-# ¶2\nTwo."]
