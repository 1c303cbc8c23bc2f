"""The conversions, readable in review: each essay of ``essays/`` beside its preview in ``golden/``.

``python -m tests.core.test_golden`` writes the previews anew; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.preview import preview_text

HERE = Path(__file__).parent
ESSAYS = sorted((HERE / "essays").iterdir())


def golden(essay: Path) -> Path:
    return HERE / "golden" / f"{essay.name}.preview"


@pytest.mark.parametrize("essay", ESSAYS, ids=lambda path: path.name)
def test_an_essay_is_shown_as_was_agreed(essay: Path) -> None:
    expected = golden(essay).read_text(encoding="utf-8")
    assert preview_text(essay.read_bytes(), name=essay.name) == expected


if __name__ == "__main__":
    for each in ESSAYS:
        golden(each).write_text(preview_text(each.read_bytes(), name=each.name), encoding="utf-8")
