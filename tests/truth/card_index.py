"""What the index on the card has to say after a play: the numbers of the archive as exported."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["find_wrong_index"]

_NUMBERS = re.compile(r"\*\*(\d+) (?:person|people) · (\d+) (?:reply|replies)")


def find_wrong_index(
    world: dict[str, Any], exported: dict[str, Any], card_id: str | None
) -> list[str]:
    """What is wrong with the numbers on the card; nothing where the card was deleted."""
    present = [one for one in exported["replies"] if not one["deleted"]]
    wanted = (len({one["author"]["id"] for one in present}), len(present))
    for message in world["messages"]:
        if message["id"] != card_id or message["deleted"]:
            continue
        text = json.dumps(message["components"], ensure_ascii=False)
        shown = _NUMBERS.search(text)
        found = (0, 0) if shown is None else (int(shown[1]), int(shown[2]))
        if found != wanted:
            return [f"the card shows {found} people and replies, which should be {wanted}"]
    return []
