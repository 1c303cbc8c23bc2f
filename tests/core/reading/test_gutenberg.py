"""Reading the files of Project Gutenberg: their header and licence are no part of the text."""

from __future__ import annotations

import pytest

from bot.core.essay.source_format import Format
from bot.core.read_essay import read_essay

HEADER = (
    "The Project Gutenberg EBook of The Bay, by Ann Lee\n\n"
    "This eBook is for the use of anyone anywhere at no cost.\n\n"
    "Title: The Bay\n\nAuthor: Ann Lee\n\nLanguage: Swedish\n\n"
)
TEXT = "THE BAY\n\nThe water is grey. It has been for days.\n\nNobody sails."
LICENCE = "Updated editions will replace the previous one.\n\nYou agree to this licence."
OF = "OF THE PROJECT GUTENBERG EBOOK THE BAY"
MARKERS = [
    (f"*** START {OF} ***", f"*** END {OF} ***"),
    (f"***START {OF}***", f"***END {OF}***"),
    (f"*** START {OF.replace('THE', 'THIS', 1)} ***", "End of the Project Gutenberg EBook of it"),
    (f"*** START {OF[:-4]}\nBAY ***", f"*** END {OF}"),
    ("*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04*END*", "End of Project Gutenberg's it"),
]


@pytest.mark.parametrize(("start", "end"), MARKERS)
@pytest.mark.parametrize("form", ["text", "auto", "markdown", "html"])
def test_the_text_is_between_the_markers(start: str, end: str, form: Format) -> None:
    source = f"{HEADER}{start}\n\n\n{TEXT}\n\n{end}\n\n{LICENCE}"
    if form == "html":
        paragraphs = "".join(f"<p>{one}</p>" for one in source.split("\n\n"))
        source = f"<html><head><title>The Bay</title></head><body>{paragraphs}</body></html>"
    essay = read_essay(source, format=form)
    assert (essay.title, essay.author, essay.language) == ("The Bay", "Ann Lee", "sv")
    assert [passage.text for passage in essay.passages] == TEXT.split("\n\n")[1:]


def test_an_essay_that_quotes_a_marker_is_read_whole() -> None:
    source = f"On markers\n\nA line says so.\n\n*** START of it ***\n\n{LICENCE}"
    essay = read_essay(source, format="text")
    assert "*** START of it ***" in [passage.text for passage in essay.passages]
