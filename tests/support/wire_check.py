"""Checks recorded traffic against Discord's own API description, if that is available."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["DESCRIPTION_ERRORS", "load_checker", "wire_faults"]

_SHARED = Path(__file__).resolve().parents[3] / "shared"
_CHECK = _SHARED / "tools" / "check_wire.py"
_SPEC = _SHARED / "discord" / "openapi.json"


_Check = Callable[[str, Any], list[str]]
#: In a payload: an id, a nonce of the bot's, and a time as Discord writes it.
_ID = re.compile(r"\b[1-9]\d{16,19}\b")
_NONCE = re.compile(r'(?<="nonce": ")[0-9a-f]{24}(?=")')
_TIME = re.compile(r"\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")

DESCRIPTION_ERRORS = (
    # Reference › Uploading Files: its example has "attachments": [{"id": 0, …}].
    r"request at attachments/N/id: \d+ is not of type 'string'",
    r"request at (data|message)/attachments/N/id: \d+ is not of type 'string'",
    # Reference › Snowflakes: ids are 64-bit integers, and only what Discord sends is always text.
    r"request at message_reference/(guild|channel|message)_id: \d+ is not of type",
    # Reference › Error Messages: the codes of a field's errors are names; the description has
    # integers.
    r"_errors/N/code: '[A-Z0-9_]+' is not of",
    # Permissions: bit sets are text. Application Commands: default_member_permissions is ?string.
    r"default_member_permissions: '\d+' is not of type 'integer'",
    # Message Resource › Message Reference Types: FORWARD is 1; the description knows only 0.
    r"message_reference/type: (0 was expected|1 is not of type 'null')",
)
"""Faults of the API description itself: what it refuses although the documentation has it."""


@functools.cache
def load_checker() -> tuple[ModuleType, Any] | None:
    """The checker and its description of the API; None if they aren't available."""
    if not (_CHECK.is_file() and _SPEC.is_file()):
        return None
    found = importlib.util.spec_from_file_location("check_wire", _CHECK)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    spec = module.Spec(_SPEC)
    spec.faults = _cache_faults(spec.faults)
    return module, spec


def _cache_faults(check: _Check) -> _Check:
    """``check`` with its results cached: most payloads differ only in ids, nonces and times.

    An id or a nonce is replaced by another of the same length, and a time by another of the same
    form: the description asks for nothing else in them.
    """
    known: dict[tuple[str, str], list[str]] = {}

    def faults(pointer: str, value: Any) -> list[str]:
        form = _ID.sub(lambda found: "7" * len(found[0]), json.dumps(value))
        form = _NONCE.sub("7" * 24, form)
        key = pointer, _TIME.sub("2026-12-01T00:00:00.000000+00:00", form)
        if key not in known:
            known[key] = check(pointer, value)
        return known[key]

    return faults


def wire_faults(archive: Path) -> list[str]:
    """The violations of Discord's API description in an HTTP Archive; none without a description.

    Exchanges with an injected fault are left out, and so are the description's own errors.
    """
    checker = load_checker()
    if checker is None:
        return []
    module, spec = checker
    faults: list[str] = []
    for entry in json.loads(archive.read_text(encoding="utf-8"))["log"]["entries"]:
        if entry.get("_injected"):
            continue
        if "_webSocketMessages" in entry:
            frames = [f for f in entry["_webSocketMessages"] if not f.get("_injected")]
            faults += module.check_gateway(spec, frames)
        else:
            faults += module.check_entry(spec, entry)
    return sorted(
        fault
        for fault in set(faults)
        if not any(re.search(pattern, fault) for pattern in DESCRIPTION_ERRORS)
    )
