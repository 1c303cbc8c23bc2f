"""The button that posts deleted messages of an essay again, below an alert or an answer."""

from __future__ import annotations

from typing import Any

from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop

__all__ = ["RESTORE", "RESTORE_BUTTON_KIND", "RESTORE_LABEL", "make_restore_components"]

#: Parts of the custom id, ``salon:deleted:restore:N`` with the discussion's number.
RESTORE_BUTTON_KIND, RESTORE = "deleted", "restore"
RESTORE_LABEL = gettext_noop("Restore")

_ROW, _BUTTON, _PRIMARY = 1, 2, 1  # docs: Component Reference


def make_restore_components(discussion_id: int) -> list[dict[str, Any]]:
    """The button as the components of a message."""
    button = {
        "type": _BUTTON,
        "style": _PRIMARY,
        "label": _(RESTORE_LABEL),
        "custom_id": f"salon:{RESTORE_BUTTON_KIND}:{RESTORE}:{discussion_id}",
    }
    return [{"type": _ROW, "components": [button]}]
