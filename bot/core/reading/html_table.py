"""Build a table from HTML rows and cells; layout tables become plain blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.essay.blocks import (
    Block,
    Frame,
    Heading,
    Paragraph,
    Rule,
    Span,
    Table,
    collapse_white_space,
    get_block_text,
)

__all__ = ["TableBuilder"]

_MAX_CELL = 600  # characters: a cell with more is text in a layout table
_MAX_BLOCKS = 4


@dataclass(slots=True)
class TableBuilder:
    """Rows of cells, each a list of blocks; ``cell`` is the open one, None between cells.

    heads: for each row, whether all of its cells are <th>
    """

    rows: list[list[list[Block]]] = field(default_factory=list)
    heads: list[bool] = field(default_factory=list)
    cell: list[Block] | None = None

    def begin_row(self) -> None:
        """Start a row."""
        self.rows.append([])
        self.heads.append(True)

    def begin_cell(self, *, heading: bool) -> None:
        """Start a cell; starts a row first if there is none."""
        if not self.rows:
            self.begin_row()
        if not heading:
            self.heads[-1] = False
        self.cell = []

    def end_cell(self) -> None:
        """Finish the open cell."""
        if self.cell is not None:
            self.rows[-1].append(self.cell)
            self.cell = None

    def build(self, frame: Frame) -> list[Block]:
        """The table; or the blocks in its cells, if it is only there for the page's layout."""
        pairs = [(row, head) for row, head in zip(self.rows, self.heads, strict=True) if any(row)]
        if not pairs:
            return []
        cells = [cell for row, _ in pairs for cell in row]
        if (
            len(pairs) == 1
            or max(len(row) for row, _ in pairs) == 1
            or any(len(cell) > _MAX_BLOCKS or _count_characters(cell) > _MAX_CELL for cell in cells)
        ):
            return [block for cell in cells for block in cell]
        rows = [(tuple(_join_blocks(cell) for cell in row), head) for row, head in pairs]
        header = rows.pop(0)[0] if rows[0][1] else ()
        return [Table(header, tuple(row for row, _ in rows), frame)]


def _count_characters(cell: Sequence[Block]) -> int:
    return sum(len(get_block_text(block)) for block in cell)


def _join_blocks(cell: Sequence[Block]) -> tuple[Span, ...]:
    """The blocks of a cell as the lines of one text."""
    spans: list[Span] = []
    for block in cell:
        if isinstance(block, Rule):
            continue
        if spans:
            spans.append(Span("\n"))
        if isinstance(block, Paragraph | Heading):
            spans.extend(block.spans)
        else:
            spans.append(Span(get_block_text(block)))
    return collapse_white_space(spans)
