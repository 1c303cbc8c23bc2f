"""The form in which an admin corrects title, byline, epigraph and closing question."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.core.essay.essay import Essay
from bot.core.extraction.corrections import FIELD_LIMITS, Corrections, get_form_values
from bot.core.text.translate import gettext as _
from cogs.ui.forms import SubmittedForm, make_text_field

__all__ = ["make_correction_fields", "read_corrections_form"]


def make_correction_fields(essay: Essay, closing: str | None) -> list[ui.Label[Any]]:
    """The fields, with what was found in the essay; ``closing``: the question an admin chose."""
    shown = get_form_values(essay, closing)
    return [
        make_text_field(
            "title", _("Title"), shown.title, most=FIELD_LIMITS["title"], required=True
        ),
        make_text_field("byline", _("Byline"), shown.byline, most=FIELD_LIMITS["byline"]),
        make_text_field(
            "epigraph", _("Epigraph"), shown.epigraph, most=FIELD_LIMITS["epigraph"], long=True
        ),
        make_text_field(
            "source",
            _("Source of the epigraph"),
            shown.epigraph_source,
            most=FIELD_LIMITS["source"],
        ),
        make_text_field(
            "closing",
            _("Closing question"),
            shown.closing,
            most=FIELD_LIMITS["closing"],
            long=True,
            description=_("One per line. Empty: the essay's own."),
        ),
    ]


def read_corrections_form(entered: SubmittedForm) -> Corrections:
    """The corrections that were entered in the form."""
    texts = entered.texts
    return Corrections(
        title=texts["title"],
        byline=texts["byline"],
        epigraph=texts["epigraph"],
        epigraph_source=texts["source"],
        closing=texts["closing"],
    )
