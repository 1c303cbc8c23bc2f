"""An essay survives serialization to JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from bot.core.essay.serialize import essay_from_json, essay_to_json
from bot.core.read_essay import read_essay
from tests.core.generated_essays import Written, written_essays

HERE = Path(__file__).parents[1] / "essays"


@pytest.mark.parametrize("path", sorted(HERE.iterdir()), ids=lambda path: path.name)
def test_an_essay_comes_back_from_json_as_it_was(path: Path) -> None:
    essay = read_essay(path.read_bytes(), name=path.name)
    assert essay_from_json(json.loads(json.dumps(essay_to_json(essay)))) == essay


@given(written_essays())
def test_so_does_any_generated_essay(written: Written) -> None:
    essay = read_essay(written.markdown, format="markdown")
    assert essay_from_json(json.loads(json.dumps(essay_to_json(essay)))) == essay


def test_an_essay_of_an_archive_of_before_comes_back_without_what_was_read() -> None:
    essay = read_essay("Rye\n\nIt takes a night to make a loaf.", format="text")
    kept = essay_to_json(essay)
    del kept["extracted"]
    assert essay_from_json(kept) == replace(essay, extracted=None)


def test_a_block_of_an_unknown_kind_is_refused() -> None:
    data = essay_to_json(read_essay("T\n\nOne.", format="text"))
    data["body"][0][1]["is"] = "melody"
    with pytest.raises(ValueError, match="melody"):
        essay_from_json(data)
