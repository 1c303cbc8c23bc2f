"""Holds recorded traffic against Discord's own description of its API, where that is at hand."""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["wire_faults"]

_SHARED = Path(__file__).resolve().parents[3] / "shared"
_CHECK = _SHARED / "tools" / "check_wire.py"
_SPEC = _SHARED / "discord" / "openapi.json"


@functools.cache
def _checker() -> tuple[ModuleType, Any] | None:
    if not (_CHECK.is_file() and _SPEC.is_file()):
        return None
    found = importlib.util.spec_from_file_location("check_wire", _CHECK)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module, module.Spec(_SPEC)


def wire_faults(archive: Path) -> list[str]:
    """What in an HTTP Archive does not fit Discord's description; nothing where that is missing.

    What was struck by a fault made on purpose is left out.
    """
    checker = _checker()
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
    return sorted(set(faults))
