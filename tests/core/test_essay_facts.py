"""Title, author, epigraph, closing questions and postscript of the texts in ``essay_facts.toml``.

``python -m tests.core.test_essay_facts`` prints precision and recall of each field, and what is
wrong.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.core.essay.essay import Essay
from bot.core.read_essay import read_essay

TEXTS = tomllib.loads(Path(__file__).with_name("essay_facts.toml").read_text("utf-8"))["text"]
FIELDS = ("title", "author", "epigraph", "questions", "postscript")
NO_TITLE = "Untitled text"  # from the file's name
LEAST = 0.98  # of precision and recall


def read_facts(essay: Essay) -> dict[str, Any]:
    epigraph = essay.epigraph
    return {
        "title": essay.title if essay.title != NO_TITLE else None,
        "author": essay.author,
        "epigraph": [epigraph.text, epigraph.source] if epigraph is not None else None,
        "questions": list(essay.questions) or None,
        "postscript": essay.postscript,
    }


def measure() -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Precision and recall of each field, and a sentence about each wrong value."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    wrong: list[str] = []
    for text in TEXTS:
        source = text["source"].strip() + "\n"
        facts = read_facts(read_essay(source, format=text["format"], name="untitled-text"))
        for field in FIELDS:
            expected = text.get(field)
            found[field] += facts[field] is not None
            wanted[field] += expected is not None
            right[field] += facts[field] is not None and facts[field] == expected
            if facts[field] != expected:
                wrong.append(f"{text['name']}: {field} {facts[field]!r}, not {expected!r}")
    return {
        field: (right[field] / found[field], right[field] / wanted[field]) for field in FIELDS
    }, wrong


def test_the_table_has_at_least_sixty_texts_of_different_names() -> None:
    assert len({text["name"] for text in TEXTS}) == len(TEXTS) >= 60


def test_the_facts_of_the_texts_are_found(record_property: Callable[[str, object], None]) -> None:
    measured, wrong = measure()
    for field, (precision, recall) in measured.items():
        record_property(field, f"precision {precision:.3f}, recall {recall:.3f}")
    assert all(min(shares) >= LEAST for shares in measured.values()), (measured, wrong)


if __name__ == "__main__":
    shares, problems = measure()
    for name, (precision, recall) in shares.items():
        print(f"{name:10}  precision {precision:.3f}  recall {recall:.3f}")  # noqa: T201
    print(*problems, sep="\n")  # noqa: T201
