"""The changes of the archive that are written in the source, told as a run tells them."""

from __future__ import annotations

import ast
import re

from tests.faults.sites import ROOT
from tests.faults.statements import told

__all__ = ["SELDOM", "Change", "in_the_source"]

#: A file of the house, a line in it, and the statement that stands there.
Change = tuple[str, int, str]

_CHANGE = re.compile(r"(INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|REPLACE INTO|WITH \w+)\b")
#: The steps that lead to today's tables, and what is done to a copy before it is put in place.
_NOT_THE_WRITERS = ("migrate.py", "restore.py")

#: Changes that no scene comes to, by their beginnings, and why.
SELDOM = {
    "UPDATE submissions SET content_hash = NULL": (
        "an essay has to be handed in again between a kill and the start's taking up of the first"
    ),
    "UPDATE prompts SET state = 'skipped', reason = 'the discussion is withdrawn'": (
        "a sweep sends what it plans, unless the bot ends between the two"
    ),
    "UPDATE prompts SET state = 'skipped', planned_message_id = NULL, decided_at = :at,"
    " reason = 'the next": ("a digest has to be refused every hour for a week"),
}


def in_the_source() -> dict[str, Change]:
    """Each change that the writer can be given, by what a run tells of it.

    A text that stands at two places is one change.
    """
    found: dict[str, Change] = {}
    for folder in ("bot", "cogs", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.is_relative_to(ROOT / "bot" / "emulator"):
                continue
            if any(path.match(other) for other in _NOT_THE_WRITERS):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    plain = " ".join(node.value.split())
                    if _CHANGE.match(plain):
                        found[told(plain)] = (str(path.relative_to(ROOT)), node.lineno, plain)
    return found
