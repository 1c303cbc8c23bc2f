"""Which essays get prompts: those that are open, or will be."""

from __future__ import annotations

from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.errors import UserError
from storage.prompts.listings import EssayChoice

__all__ = ["refuse_ended", "refuse_unless_open"]


def refuse_ended(essay: EssayChoice) -> None:
    """Raise UserError for an essay that gets no more prompts."""
    title = escape_title(essay.title)
    if essay.state == "closed":
        raise UserError(_("“{title}” is closed. It gets no more prompts.", title=title))
    if essay.state == "withdrawn":
        raise UserError(_("“{title}” is withdrawn. It gets no more prompts.", title=title))


def refuse_unless_open(essay: EssayChoice) -> None:
    """Raise UserError for an essay to which no prompt can be sent at this moment."""
    refuse_ended(essay)
    if essay.state != "open":
        raise UserError(
            _(
                "“{title}” isn't published yet. Only open essays get prompts.",
                title=escape_title(essay.title),
            )
        )
