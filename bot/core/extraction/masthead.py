"""Find the masthead of an essay by heuristics: title, byline, author, epigraph.

A title is one short line that doesn't end with a full stop. A byline is a line next to the title
with somebody's name (``By Ann Lee``, ``Ann Lee``) or trade (``poet, gardener``). An epigraph is a
quotation before the text, with its source after a dash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from bot.core.essay.blocks import Block, Code, Heading, Mark, Paragraph, Rule, Table, get_block_text
from bot.core.essay.essay import Epigraph
from bot.core.text.length import count_words

__all__ = ["Masthead", "find_epigraph", "find_masthead", "is_name", "parse_author"]

_MAX_TITLE = 160  # characters
_MAX_BYLINE = 120
_DASHES = r"(?:-{2,3}|[—–―‒‐⸺-]|~)"
_BY = regex.compile(
    r"\s*(?:(?:written|words|text|story|posted|an essay)\s+)?"
    r"(?:by|von|par|por|di|door|av|af|от|автор|بقلم|作者|文)(?:\s*[:：]\s*|\s+)(?P<who>\S.*)",
    regex.IGNORECASE | regex.DOTALL,
)
_NAME_WORD = (
    r"(?:\p{Lu}[\p{L}\p{M}'’.-]*|"
    r"(?:de|da|di|du|del|della|der|den|van|von|bin|ibn|al|el|la|le|y|e|zu|af|ten|ter)\b)"
)
_NAME = regex.compile(rf"\p{{Lu}}[\p{{L}}\p{{M}}'’.-]*(?:\s+{_NAME_WORD}){{1,4}}")
_NOT_A_NAME = regex.compile(
    r"\b(?:the|a|an|of|on|in|and|or|why|how|what|when|my|our|your|is|are|to|for|with|chapter|part|"
    r"section|introduction|prologue|preface|note|notes)\b",
    regex.IGNORECASE,
)
# The characters of a credit line; Markdown's marks are not among them.
_CREDIT = regex.compile(r"(?!.*\|\|)[\p{L}\p{M}\p{N}\s.,'’‘“”\"&|·–—-]+")
_ITEMS = regex.compile(r"\s*[,|·&]\s*|\s+(?:and|und|et|y|e)\s+")
_SENTENCE_WORDS = regex.compile(
    r"\b(?:i|you|he|she|it|we|they|there|this|that|these|those|is|are|was|were|be|been|am|has|had|"
    r"have|do|does|did|will|would|can|could|not|but|if|when|while|then|so|because|though)\b",
    regex.IGNORECASE,
)
_FULL_STOP = regex.compile(r"[.。।։۔:;,；：]\s*$")
_QUOTED = regex.compile(
    rf"(?P<open>[“\"«„‟「『‹‘'])(?P<text>.+?)(?P<close>[”\"»“」』›’'])"
    rf"(?:[.,]?\s*{_DASHES}+\s*(?P<source>\S[^\n]{{0,160}})"
    r"|\s+[(（](?P<bracketed>[^()\n]{2,120})[)）])?\s*",
    regex.DOTALL,
)
_SIGNED = regex.compile(
    rf"(?P<text>.+?)\s*\n\s*{_DASHES}+\s*(?P<source>\S[^\n]{{0,160}})", regex.DOTALL
)
_SOURCE = regex.compile(rf"\s*{_DASHES}+\s*(?P<source>\S[^\n]{{0,160}})")
_TRAILING = regex.compile(
    r"(?P<text>.+[.!?…”\"»。！？」』])\s*(?:-{2,3}|[—–―⸺]+)\s*(?P<source>[^\s\d][^\n.]{1,80})"
    r"|(?P<text>.+?)\s+(?:-{2,3}|[—–―⸺]+)\s*(?P<source>[^\s\d][^\n.,;:。，]{1,50})",
    regex.DOTALL,
)
_MAX_UNSIGNED = 60  # words
# Quotation blocks also contain notes about the text: on updates, sources, translations.
_NOTE_WORDS = regex.compile(
    r"\d{4}|https?:|^[\p{L};/ ]{2,20}[:：]|"
    r"\b(?:posts?|blog|article|translat\w+|edit(?:ed|or)?|updated?|"
    r"publish\w*|note|revis\w+|survey|version|newsletter|subscribe|originally|tl;?dr)\b|"
    r"原文|翻译|作者|译者|译文",
    regex.IGNORECASE,
)
_PAIRS = {"“": "”“", '"': '"”', "«": "»", "»": "«", "„": "“”", "‟": "”", "「": "」", "『": "』",
          "‹": "›", "‘": "’", "'": "'’"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Masthead:
    """What was found; ``title_block``: the index of the title's block, if it is one."""

    title: str | None
    title_block: int | None
    byline: str | None
    author: str | None
    epigraph: Epigraph | None


def _get_line(block: Block) -> str | None:
    """The text of a block if it is one short line."""
    if not isinstance(block, Paragraph | Heading) or block.frame.quoted or block.frame.depth:
        return None
    text = get_block_text(block).strip()
    if not text or "\n" in text or len(text) > _MAX_TITLE:
        return None
    return text


def _starts_lower_case(text: str) -> bool:
    letter = regex.search(r"\p{L}", text)
    return letter is not None and letter.group().islower()


def _is_by_line(text: str) -> bool:
    """Whether a line names the writer: "By Ann Lee", but not "By the sea"."""
    by = _BY.fullmatch(text)
    return by is not None and not _starts_lower_case(by["who"])


def _is_title(block: Block) -> bool:
    text = _get_line(block)
    if text is None or len(text.split()) > 20 or not regex.search(r"[\p{L}\p{N}]", text):
        return False
    if isinstance(block, Heading):
        return True
    quoted = _QUOTED.fullmatch(text)
    if _FULL_STOP.search(text) or _is_by_line(text) or regex.match(rf"\s*{_DASHES}", text):
        return False
    return (quoted is None or quoted["source"] is None) and not _starts_lower_case(text)


def is_name(text: str) -> bool:
    """Whether a line is just somebody's full name, of two to five words."""
    return _NAME.fullmatch(text) is not None and not _NOT_A_NAME.search(text)


def _is_trade_list(text: str) -> bool:
    """Whether a line is a few short items like "poet, gardener", and not part of a sentence."""
    items = _ITEMS.split(text)
    return (
        len(text.split()) <= 12
        and all(0 < len(item.split()) <= 5 for item in items)
        and not _SENTENCE_WORDS.search(text)
    )


def _parse_byline(block: Block, *, before: bool = False) -> str | None:
    """The line verbatim if it is a byline; ``before``: it comes before the title."""
    text = _get_line(block)
    if text is None or len(text) > _MAX_BYLINE or isinstance(block, Heading):
        return None
    if _FULL_STOP.search(text) or text.endswith(("?", "!")):
        return None
    if _is_by_line(text):
        return text
    if any(span.link for span in getattr(block, "spans", ())) or not _CREDIT.fullmatch(text):
        return None
    listed = "," in text or "|" in text or "·" in text
    if is_name(text):
        return text
    low = _starts_lower_case(text) and _is_trade_list(text) and (before or listed)
    named = listed and len(text.split()) <= 10 and is_name(regex.split(r"\s*[,|·]\s*", text)[0])
    return text if low or named else None


def parse_author(byline: str | None) -> str | None:
    """The name in a byline, if there is one."""
    if byline is None:
        return None
    by = _BY.fullmatch(byline)
    who = by["who"] if by is not None else byline
    name = regex.split(r"\s*(?:[,|·(（]|\s[—–-]+\s)\s*", who.strip())[0].strip()
    if by is not None:
        return name or None
    return name if is_name(name) else None


def _parse_quotation(text: str) -> Epigraph | None:
    """Parse a text that is entirely a quotation, with or without its source."""
    found = _QUOTED.fullmatch(text.strip())
    if found is None or found["close"] not in _PAIRS[found["open"]]:
        return None
    inner = found["text"]
    if found["open"] == '"' and '"' in inner:
        return None
    source = found["source"] or found["bracketed"]
    return Epigraph(inner.strip(), source.strip() if source else None)


def find_epigraph(blocks: Sequence[Block]) -> Epigraph | None:
    """The epigraph at the start of the blocks after title and byline."""
    if not blocks or isinstance(blocks[0], Code | Table | Rule | Heading):
        return None
    first = blocks[0]
    text = get_block_text(first).strip()
    after = blocks[1] if len(blocks) > 1 else None
    following = get_block_text(after).strip() if isinstance(after, Paragraph) else ""
    if len(text) > 1200 or after is None:
        return None
    whole = _parse_quotation(text)
    signed = _SOURCE.fullmatch(following)
    if whole is not None and whole.source is not None:
        return whole
    if whole is not None and signed is not None:
        return Epigraph(whole.text, signed["source"].strip())
    set_apart = first.frame.quoted or all(
        Mark.ITALIC in span.marks or not span.text.strip() for span in first.spans
    )
    marked = _SIGNED.fullmatch(text)
    if marked is not None and not first.frame.depth:
        inner = _parse_quotation(marked["text"])
        return Epigraph(inner.text if inner else marked["text"].strip(), marked["source"].strip())
    if first.frame.depth:
        return None
    if signed is not None and len(following.split()) <= 20 and (set_apart or len(text) <= 600):
        return Epigraph(whole.text if whole else text, signed["source"].strip())
    if first.frame.quoted:
        return _parse_quoted_run(blocks)
    if whole is not None and len(text.split()) >= 5 and _starts_quotation(following) is False:
        return whole
    return None


def _starts_quotation(text: str) -> bool:
    """Whether a paragraph begins with a quotation too: then the one before it is dialogue."""
    return regex.match(r"\s*[“\"«„「『‘'—–-]", text) is not None


def _parse_quoted_run(blocks: Sequence[Block]) -> Epigraph | None:
    """Parse a block quotation of a few paragraphs, the last of which may be its source."""
    run: list[str] = []
    for block in blocks:
        if not isinstance(block, Paragraph) or not block.frame.quoted:
            break
        run.append(get_block_text(block).strip())
    if len(run) == len(blocks) or sum(len(text) for text in run) > 1200:
        return None
    source: str | None = None
    signed = _SOURCE.fullmatch(run[-1]) if len(run) > 1 else None
    if signed is not None:
        source = signed["source"].strip()
        run.pop()
    text = "\n".join(run)
    inner = _parse_quotation(text)
    if inner is not None:
        return Epigraph(inner.text, source or inner.source)
    trailing = _TRAILING.fullmatch(text) or regex.fullmatch(
        rf"(?P<text>.+[.!?…”\"»])\s*{_DASHES}+\s*(?P<source>[^\s\d][^\n]{{1,80}})",
        text,
        regex.DOTALL,
    )
    if source is None and trailing is not None:
        return Epigraph(trailing["text"].strip(), trailing["source"].strip())
    if source is None and not _is_unsigned_epigraph(blocks[: len(run)], text):
        return None
    return Epigraph(text, source)


def _is_unsigned_epigraph(run: Sequence[Block], text: str) -> bool:
    """Whether a quotation without a source is an epigraph and not a note about the text."""
    linked = any(span.link for b in run if isinstance(b, Paragraph) for span in b.spans)
    return not linked and count_words(text) <= _MAX_UNSIGNED and not _NOTE_WORDS.search(text)


def _find_title(blocks: Sequence[Block], *, literal: bool) -> int | None:
    """The index of the title among the first blocks."""
    head = list(blocks[:6])
    if not literal:
        for place, block in enumerate(head):
            if isinstance(block, Heading) and not block.frame.depth and not block.frame.quoted:
                before = head[:place]
                if (
                    place <= 3
                    and all(_may_precede_title(b) for b in before)
                    and (
                        block.level == 1
                        or place == 0
                        or not (_has_top_heading(blocks) or any(_is_prose(b) for b in before))
                    )
                ):
                    return place
                break
    if not head:
        return None
    if literal and _has_tagline(head):
        return 1
    if _is_title(head[0]) and not isinstance(head[0], Heading):
        # A name and then the title, or the title first.
        if len(head) > 1 and _parse_byline(head[0], before=True) is not None and _is_title(head[1]):
            return 1 if _parse_byline(head[1]) is None else 0
        return 0
    if len(head) > 1 and _parse_byline(head[0], before=True) is not None and _is_title(head[1]):
        return 1
    return None


def _has_tagline(head: Sequence[Block]) -> bool:
    """Whether there is a tagline above the title: two lines like a title, then an explicit byline.

    The title is the line above the byline, unless only the first one is in title case: then the
    second one is a subtitle.
    """
    if len(head) < 4 or not (_is_title(head[0]) and _is_title(head[1])):
        return False
    if not _is_by_line(_get_line(head[2]) or ""):
        return False
    first, second = (_is_title_case(get_block_text(block)) for block in head[:2])
    return second or not first


def _is_title_case(text: str) -> bool:
    """Whether all words but the short ones begin with a capital letter."""
    words = regex.findall(r"\p{L}[\p{L}\p{M}'’]*", text)
    long = [word for place, word in enumerate(words) if not place or len(word) > 4]
    return len(words) > 1 and all(word[0].isupper() for word in [*long, words[-1]])


def _may_precede_title(block: Block) -> bool:
    """Whether a block may come before the title: a byline, date, picture or quotation."""
    if isinstance(block, Rule):
        return True
    return isinstance(block, Paragraph) and len(get_block_text(block)) <= 400


def _is_prose(block: Block) -> bool:
    """Whether a block is already body text: a heading below it is a section's."""
    if not isinstance(block, Paragraph) or block.frame.quoted:
        return False
    text = get_block_text(block).strip()
    emphasised = all(Mark.ITALIC in span.marks or not span.text.strip() for span in block.spans)
    return not emphasised and _parse_quotation(text) is None and _FULL_STOP.search(text) is not None


def _has_top_heading(blocks: Sequence[Block]) -> bool:
    return any(isinstance(block, Heading) and block.level == 1 for block in blocks)


def find_masthead(blocks: Sequence[Block], *, literal: bool, titled: bool) -> Masthead:
    """Find title, byline and epigraph among the first blocks.

    literal: the text has no markup, so a heading is a line like any other
    titled:  the source's metadata names the title, so it isn't searched for
    """
    place = None if titled else _find_title(blocks, literal=literal)
    title = get_block_text(blocks[place]).strip().replace("\n", " ") if place is not None else None
    start = 0 if place is None else place + 1
    byline: str | None = None
    rest = start
    if (place is not None or titled) and rest < len(blocks) - 1:
        subtitled = rest + 2 < len(blocks) and _get_line(blocks[rest]) is not None
        for below in (rest, rest + 1) if subtitled else (rest,):
            if (
                _is_by_line(_get_line(blocks[below]) or "")
                and _parse_byline(blocks[below]) is not None
            ):
                byline = _parse_byline(blocks[below])
                rest = below + 1
                break
    if place and byline is None:
        byline = next(
            (found for b in blocks[:place] if (found := _parse_byline(b, before=True))), None
        )
    if (place is not None or titled) and byline is None and rest < len(blocks) - 1:
        byline = _parse_byline(blocks[rest])
        rest += byline is not None
    epigraph = find_epigraph(blocks[rest:])
    if epigraph is None and rest == start and place is not None and place > 0:
        epigraph = find_epigraph(blocks[: place + 1])
    if epigraph is not None and byline is None and rest == start and rest < len(blocks):
        after = (
            rest
            + 1
            + (epigraph.source is not None and epigraph.source not in get_block_text(blocks[rest]))
        )
        if after < len(blocks) - 1 and _is_by_line(_get_line(blocks[after]) or ""):
            byline = _parse_byline(blocks[after])
    return Masthead(title, place, byline, parse_author(byline), epigraph)
