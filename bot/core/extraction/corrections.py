"""Corrections of an essay's title, byline, epigraph and closing question in a form.

A field holds less than an essay may have: what the admin leaves unchanged isn't truncated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.essay.essay import Epigraph, Essay
from bot.core.extraction.title import retitle
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = [
    "FIELD_LIMITS",
    "Corrections",
    "apply_corrections",
    "carry_over_corrections",
    "get_form_values",
    "list_corrected_facts",
    "set_author_names",
]


@dataclass(frozen=True, slots=True)
class Corrections:
    """The form's values; "" removes a fact, except the title."""

    title: str
    byline: str
    epigraph: str
    epigraph_source: str
    closing: str


#: UTF-16 units of each field.
FIELD_LIMITS = {
    "title": 500,
    "byline": 500,
    "epigraph": 1500,
    "source": 200,
    "closing": 1000,
    "authors": 300,
}


def get_form_values(essay: Essay, closing: str | None) -> Corrections:
    """The form's values before any correction.

    ``closing``: the closing question that an admin chose. Without a byline, the author is shown in
    its place, as on the card.
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
    """Apply the form's values to an essay and its closing question; UserError without a title.

    May take a while: call it in a thread.
    """
    shown, epigraph = get_form_values(essay, closing), essay.epigraph
    if not entered.title.strip():
        raise UserError(_("An essay needs a title. Nothing was changed."))
    if not _is_same(entered.title, shown.title):
        essay = retitle(essay, entered.title)
    if not _is_same(entered.byline, shown.byline):
        from bot.core.extraction.masthead import parse_author  # takes 4 MB, and 0.3 s

        byline = entered.byline.strip() or None
        # If the author was shown in its place, the author is replaced too.
        stays = byline is not None and (essay.byline is not None or (essay.author or "") in byline)
        author = essay.author if stays else None
        if author is not None and author == parse_author(essay.byline):
            author = parse_author(byline)  # the card would show the name of the old byline too
        essay = replace(essay, byline=byline, author=author)
    text = entered.epigraph.strip()
    source: str | None = entered.epigraph_source.strip() or None
    if epigraph is not None and _is_same(entered.epigraph, shown.epigraph):
        text = epigraph.text
    if epigraph is not None and _is_same(entered.epigraph_source, shown.epigraph_source):
        source = epigraph.source
    essay = replace(essay, epigraph=Epigraph(text, source) if text else None)
    if not _is_same(entered.closing, shown.closing):
        closing = entered.closing.strip() or None
    return essay, closing


def set_author_names(essay: Essay, entered: str) -> Essay:
    """Set the names of an essay's authors, as one line; "" removes them."""
    if _is_same(entered, truncate(essay.author or "", FIELD_LIMITS["authors"])):
        return essay
    return replace(essay, author=" ".join(entered.split()) or None)


def list_corrected_facts(essay: Essay) -> list[str]:
    """Which facts an admin has corrected: "title", "byline", "epigraph"."""
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
    """Carry the corrections of an essay's old text over to its new text.

    titled: the new text was submitted with a title of its own

    Where the new text itself says something else than the old text did, the new text wins. A title
    that was only guessed doesn't count. May take a while: call it in a thread.
    """
    if old.is_cover_chosen:
        new = replace(
            new, cover_image=old.cover_image, cover_file=old.cover_file, is_cover_chosen=True
        )
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


def _is_same(one: str, other: str) -> bool:
    """Whether only white space differs, which clients may change."""
    return one.split() == other.split()
