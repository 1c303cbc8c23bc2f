"""Find the blocks that the opening card shows whole, so that the parts don't repeat them.

Only byline and epigraph are looked for, as the text itself has them. What an admin has changed on
the card beyond its spelling, and what the card shortens, stays in the parts.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.essay.blocks import Block, Heading, Paragraph, Picture, Rule, get_block_text
from bot.core.essay.essay import Epigraph, Essay
from bot.core.layout.card import get_credit, shows_byline_whole, shows_epigraph_whole
from bot.core.text.similar import contains_line, split_words

__all__ = ["find_blocks_on_card"]

_MAX_BLOCKS = 12  # at the start of an essay, among which byline and epigraph are
_MAX_EPIGRAPH_BLOCKS = 6
_MAX_LENGTH = 1_500  # characters of such a block
# Words before a name that say no more than the card does.
_BY = frozenset(("by", "von", "par", "por", "di", "door", "av", "af"))


def find_blocks_on_card(essay: Essay) -> frozenset[int]:
    """The indexes in the essay's body of what the card shows whole."""
    blocks = [one.block for one in essay.body[:_MAX_BLOCKS]]
    texts = [n for n, block in enumerate(blocks) if not isinstance(block, Rule | Picture)]
    if not texts:
        return frozenset()
    shown = _find_byline(essay, blocks) | _find_epigraph(essay, blocks)
    # A rule below what is on the card would be the first thing of a part.
    for place, block in enumerate(blocks):
        if isinstance(block, Rule) and place and shown.issuperset(range(place)):
            shown = shown | {place}
    return shown


def _is_plain(block: Block) -> bool:
    """Whether a block says no more than its text, as the card shows it."""
    return (
        isinstance(block, Paragraph | Heading)
        and not block.frame.depth
        and len(get_block_text(block)) <= _MAX_LENGTH
        and not any(span.link or span.code for span in block.spans)
    )


def _find_byline(essay: Essay, blocks: Sequence[Block]) -> frozenset[int]:
    credit = get_credit(essay)
    written = essay if essay.extracted is None else essay.extracted
    if not credit or not shows_byline_whole(essay):
        return frozenset()
    lines = [split_words(line) for line in (written.byline, written.author) if line]
    for place, block in enumerate(blocks):
        words = split_words(get_block_text(block)) if _is_plain(block) else []
        unsigned = words[1:] if words and words[0] in _BY else words
        if not words or not (words in lines or unsigned in lines):
            continue
        if place + 1 == len(essay.body):
            break  # a signature
        line = get_block_text(block) if words in lines else " ".join(unsigned)
        shown = any(
            contains_line(said, line) for said in (credit, essay.byline, essay.author) if said
        )
        return frozenset({place}) if shown else frozenset()
    return frozenset()


def _get_words(epigraph: Epigraph) -> list[str]:
    return split_words(f"{epigraph.text}\n{epigraph.source or ''}")


def _find_epigraph(essay: Essay, blocks: Sequence[Block]) -> frozenset[int]:
    written = essay.epigraph if essay.extracted is None else essay.extracted.epigraph
    if essay.epigraph is None or written is None or not shows_epigraph_whole(essay.epigraph):
        return frozenset()
    wanted = _get_words(written)
    if not contains_line(" ".join(_get_words(essay.epigraph)), " ".join(wanted)):
        return frozenset()
    for start in range(len(blocks)):
        words: list[str] = []
        for place in range(start, min(len(blocks), start + _MAX_EPIGRAPH_BLOCKS)):
            if not _is_plain(blocks[place]):
                break
            words += split_words(get_block_text(blocks[place]))
            if words == wanted and place + 1 < len(essay.body):
                return frozenset(range(start, place + 1))
            if words != wanted[: len(words)]:
                break
    return frozenset()
