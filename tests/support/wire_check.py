"""Checks recorded traffic against Discord's own API description, if that is available."""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["load_checker", "wire_faults"]

_SHARED = Path(__file__).resolve().parents[3] / "shared"
_CHECK = _SHARED / "tools" / "check_wire.py"
_SPEC = _SHARED / "discord" / "openapi.json"


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
    return module, module.Spec(_SPEC)


def wire_faults(archive: Path) -> list[str]:
    """The violations of Discord's API description in an HTTP Archive; none without a description.

    Exchanges with an injected fault are left out.
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
    return sorted(set(faults))
