"""The preview as JSON, whose keys others rely on, and as text."""

from __future__ import annotations

import json

from bot.cli.preview import preview, preview_text, render_json, render_text
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay

TEXT = "By the sea\n\nby Ann Lee\n\n“All flesh is grass.” — Isaiah\n\nBody.\n\nWhy?\n\nPS. Done."


def test_the_object_has_the_agreed_keys_and_types() -> None:
    found = json.loads(json.dumps(preview(TEXT, "text", "sea.txt")))
    assert set(found) == {
        "title", "byline", "author", "epigraph", "source_url", "words", "reading_minutes",
        "questions", "postscript", "passages", "messages", "notes",
    }  # fmt: skip
    assert found["epigraph"] == {"text": "All flesh is grass.", "source": "Isaiah"}
    assert found["questions"] == ["Why?"]
    assert found["postscript"] == "PS. Done."
    assert [passage["number"] for passage in found["passages"]] == [1, 2, 3, 4, 5]
    assert found["messages"][0]["passages"] == [3, 4, 5]
    assert found["messages"][-1] == {"content": "Why?", "passages": [], "attachments": []}


def test_title_byline_and_epigraph_are_in_no_message_but_everything_else_is() -> None:
    found = preview(TEXT, "text")
    assert found["messages"][0]["content"] == "Body.\n\nWhy?\n\nPS. Done."
    for piece in ("By the sea", "by Ann Lee", "All flesh"):
        assert not any(piece in message["content"] for message in found["messages"])


def test_words_are_counted_and_chinese_by_characters() -> None:
    assert preview("A Title\n\nOne two-fold it's three.", "text")["words"] == 4
    assert preview("标题\n\n我们总是在赶路。", "text")["words"] == 7


def test_the_text_form_reads_from_the_title_to_the_notes() -> None:
    shown = preview_text(TEXT, "text")
    places = [shown.index(piece) for piece in ("By the sea", "by Ann Lee", "All flesh", "Body.")]
    assert places == sorted(places)


def test_the_text_form_ends_with_the_notes() -> None:
    shown = preview_text("# T\n\n[a](/b)", "markdown")
    assert shown.rstrip().split("\n")[-1].startswith("Note: Links that lead nowhere")


def test_a_note_of_the_reading_and_one_of_the_layout_are_listed_once_each() -> None:
    far = f"https://a.example/{'x' * 2_500}"
    essay = read_essay(f"# T\n\n[a](/b) [c]({far})", format="markdown")
    layout = lay_out(essay)
    assert not set(essay.notes) & set(layout.notes)
    assert render_json(essay, layout)["notes"] == [
        *map(str, essay.notes),
        *map(str, layout.notes),
    ]
    assert len(essay.notes) == len(layout.notes) == 1
    assert render_text(essay, layout).count("Note: ") == 2
