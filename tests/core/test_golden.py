"""Golden files: the preview of each file in ``essays`` and ``sources`` equals its golden one.

``essays`` are texts that lose no word; ``sources`` have marks that are left out, or aren't text.
``python -m tests.core.test_golden`` writes the golden files again; review the diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.preview import preview_text

HERE = Path(__file__).parent
ESSAYS = sorted([*(HERE / "essays").iterdir(), *(HERE / "sources").iterdir()])


def golden(essay: Path) -> Path:
    return HERE / "golden" / f"{essay.name}.preview"


@pytest.mark.parametrize("essay", ESSAYS, ids=lambda path: path.name)
def test_a_preview_equals_its_golden_file(essay: Path) -> None:
    expected = golden(essay).read_text(encoding="utf-8")
    assert preview_text(essay.read_bytes(), name=essay.name) == expected


if __name__ == "__main__":
    for each in ESSAYS:
        golden(each).write_text(preview_text(each.read_bytes(), name=each.name), encoding="utf-8")
