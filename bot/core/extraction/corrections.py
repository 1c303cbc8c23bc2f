"""What was found in an essay, as a form shows it to an admin and takes it back.

A form's fields hold less than an essay may: what was left as it was shown stays whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.essay.essay import Epigraph, Essay
from bot.core.extraction.title import retitle
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = [
    "FIELD_LIMITS",
    "Corrections",
    "apply_corrections",
    "carry_over_corrections",
    "get_form_values",
    "list_corrected_facts",
]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What an admin puts in place of what was found; "" takes it away, but for the title."""

    title: str
    byline: str
    epigraph: str
    epigraph_source: str
    closing: str


#: UTF-16 units that a field holds.
FIELD_LIMITS = {"title": 500, "byline": 500, "epigraph": 1500, "source": 200, "closing": 1000}


def get_form_values(essay: Essay, closing: str | None) -> Corrections:
    """What the fields hold before anything is corrected.

    ``closing``: the closing question an admin chose. Where there is no byline, the author stands
    in its place, as on the card.
    """
    epigraph = essay.epigraph
    return Corrections(
        title=truncate(essay.title, FIELD_LIMITS["title"]),
        byline=truncate(essay.byline or essay.author or "", FIELD_LIMITS["byline"]),
        epigraph="" if epigraph is None else truncate(epigraph.text, FIELD_LIMITS["epigraph"]),
        epigraph_source=truncate((epigraph and epigraph.source) or "", FIELD_LIMITS["source"]),
        closing=truncate(closing or "", FIELD_LIMITS["closing"]),
    )


def apply_corrections(
    essay: Essay, closing: str | None, entered: Corrections
) -> tuple[Essay, str | None]:
    """The essay and its closing question with what was entered; UserError without a title."""
    shown, epigraph = get_form_values(essay, closing), essay.epigraph
    if not entered.title.strip():
        raise UserError("An essay needs a title. Nothing was changed.")
    if not _same(entered.title, shown.title):
        essay = retitle(essay, entered.title)
    if not _same(entered.byline, shown.byline):
        byline = entered.byline.strip() or None
        # What stood in its place goes with it.
        stays = byline is not None and (essay.byline is not None or (essay.author or "") in byline)
        essay = replace(essay, byline=byline, author=essay.author if stays else None)
    text = entered.epigraph.strip()
    source: str | None = entered.epigraph_source.strip() or None
    if epigraph is not None and _same(entered.epigraph, shown.epigraph):
        text = epigraph.text
    if epigraph is not None and _same(entered.epigraph_source, shown.epigraph_source):
        source = epigraph.source
    essay = replace(essay, epigraph=Epigraph(text, source) if text else None)
    if not _same(entered.closing, shown.closing):
        closing = entered.closing.strip() or None
    return essay, closing


def list_corrected_facts(essay: Essay) -> list[str]:
    """What of an essay an admin gave, in the place of what was read: title, byline, epigraph."""
    extracted = essay.extracted
    if extracted is None:
        return []
    facts = (
        ("title", essay.title, extracted.title),
        ("byline", (essay.byline, essay.author), (extracted.byline, extracted.author)),
        ("epigraph", essay.epigraph, extracted.epigraph),
    )
    return [name for name, now, before in facts if now != before]


def carry_over_corrections(old: Essay, new: Essay, *, titled: bool) -> Essay:
    """A new text of an essay, with what an admin had given for the old one.

    titled: the new text was handed in with a title of its own

    Where the new text says something else than the old text did, its writer has seen to that, and
    it holds. A title that is only guessed says nothing.
    """
    was, now = old.extracted, new.extracted
    if was is None or now is None:
        return new
    facts = list_corrected_facts(old)
    if "title" in facts and not titled and (now.title == was.title or not now.has_explicit_title):
        new = retitle(new, old.title)
    says = (now.byline, now.author)
    if "byline" in facts and says in ((was.byline, was.author), (None, None)):
        new = replace(new, byline=old.byline, author=old.author)
    if "epigraph" in facts and now.epigraph in (was.epigraph, None):
        new = replace(new, epigraph=old.epigraph)
    return new


def _same(one: str, other: str) -> bool:
    """Whether nothing but white space differs, of which clients change some."""
    return one.split() == other.split()
