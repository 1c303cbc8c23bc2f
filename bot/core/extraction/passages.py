"""Number an essay's blocks as passages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.essay.blocks import Block, Picture, Rule, get_block_text
from bot.core.essay.essay import BodyBlock, Passage

__all__ = ["number_passages"]


def number_passages(blocks: Sequence[Block]) -> tuple[tuple[BodyBlock, ...], tuple[Passage, ...]]:
    """Number the blocks' passages: a list is one passage, and so is each other block."""
    body: list[BodyBlock] = []
    texts: list[list[str]] = []
    group = 0
    for block in blocks:
        text = get_block_text(block)
        if isinstance(block, Rule | Picture) or not text.strip():
            if isinstance(block, Rule | Picture):
                body.append(BodyBlock(block, None))
            continue
        if not block.frame.group or block.frame.group != group:
            texts.append([])
        group = block.frame.group
        texts[-1].append(text)
        body.append(BodyBlock(block, len(texts)))
    passages = tuple(Passage(n, "\n".join(lines)) for n, lines in enumerate(texts, 1))
    return tuple(body), passages
