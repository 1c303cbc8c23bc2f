"""Build a table from HTML rows and cells; layout tables become plain blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.essay.blocks import (
    Block,
    Frame,
    Heading,
    Paragraph,
    Picture,
    Rule,
    Span,
    Table,
    collapse_white_space,
    get_block_text,
)

__all__ = ["TableBuilder"]

_MAX_CELL = 600  # characters: a cell with more is text in a layout table
_MAX_BLOCKS = 4
_MAX_SPAN = 65_534  # rows (HTML: 4.9.11 Attributes common to td and th elements)
_MAX_COLUMNS = 50
_MAX_CELLS = 20_000


@dataclass(slots=True)
class TableBuilder:
    """Rows of cells, each a list of blocks; ``cell`` is the open one, None between cells.

    spans: for each cell, how many rows and columns it covers
    covers: the rows and columns of the open cell
    heads: for each row, whether all of its cells are <th>
    """

    rows: list[list[list[Block]]] = field(default_factory=list)
    spans: list[list[tuple[int, int]]] = field(default_factory=list)
    heads: list[bool] = field(default_factory=list)
    cell: list[Block] | None = None
    covers: tuple[int, int] = (1, 1)

    def begin_row(self) -> None:
        """Start a row."""
        self.rows.append([])
        self.spans.append([])
        self.heads.append(True)

    def begin_cell(self, *, heading: bool, rows: int = 1, columns: int = 1) -> None:
        """Start a cell; starts a row first if there is none.

        rows, columns: how many it covers; 0 rows: all that follow
        """
        if not self.rows:
            self.begin_row()
        if not heading:
            self.heads[-1] = False
        self.cell = []
        self.covers = rows or _MAX_SPAN, max(1, columns)

    def end_cell(self) -> None:
        """Finish the open cell."""
        if self.cell is not None:
            self.rows[-1].append(self.cell)
            self.spans[-1].append(self.covers)
            self.cell = None

    def build(self, frame: Frame) -> list[Block]:
        """The table; or the blocks in its cells, if it is only there for the page's layout."""
        pairs = [(row, head) for row, head in zip(self.rows, self.heads, strict=True) if any(row)]
        if not pairs:
            return []
        cells = [cell for row, _ in pairs for cell in row]
        pictured = [cell for cell in cells if any(isinstance(one, Picture) for one in cell)]
        pictures = [one for cell in pictured for one in cell if isinstance(one, Picture)]
        if (
            (pictured and 2 * len(pictured) >= sum(map(bool, cells)))  # a grid of pictures
            or len(pairs) == 1
            or max(len(row) for row, _ in pairs) == 1
            or any(len(cell) > _MAX_BLOCKS or _count_characters(cell) > _MAX_CELL for cell in cells)
        ):
            return [block for cell in cells for block in cell]
        rows = [
            (tuple(_join_blocks(cell) for cell in row), head)
            for row, head in zip(self._spread(), self.heads, strict=True)
            if any(row)
        ]
        header = rows.pop(0)[0] if rows[0][1] else ()
        return [Table(header, tuple(row for row, _ in rows), frame), *pictures]

    def _spread(self) -> list[list[list[Block]]]:
        """The rows with each cell repeated in the rows that it covers, under its column."""
        if all(span == (1, 1) for row in self.spans for span in row):
            return self.rows
        below: dict[int, tuple[int, list[Block]]] = {}  # by column: rows to come, and the cell
        spread: list[list[list[Block]]] = []
        count = 0
        for row, spans in zip(self.rows, self.spans, strict=True):
            cells: list[list[Block]] = []
            following: dict[int, tuple[int, list[Block]]] = {}

            def fill(
                cells: list[list[Block]] = cells,
                following: dict[int, tuple[int, list[Block]]] = following,
                above: dict[int, tuple[int, list[Block]]] = below,
            ) -> None:
                while len(cells) in above:
                    left, cell = above[len(cells)]
                    if left > 1:
                        following[len(cells)] = (left - 1, cell)
                    cells.append(cell)

            for cell, (rows, columns) in zip(row, spans, strict=True):
                fill()
                for number in range(min(columns, _MAX_COLUMNS)):
                    if rows > 1:
                        following[len(cells)] = (rows - 1, [] if number else cell)
                    cells.append([] if number else cell)
            fill()
            count += len(cells)
            if count > _MAX_CELLS:
                return self.rows  # no table of an essay's
            spread.append(cells)
            below = following
        return spread


def _count_characters(cell: Sequence[Block]) -> int:
    return sum(len(get_block_text(block)) for block in cell)


def _join_blocks(cell: Sequence[Block]) -> tuple[Span, ...]:
    """The blocks of a cell as the lines of one text."""
    spans: list[Span] = []
    for block in cell:
        if isinstance(block, Rule | Picture):
            continue
        if spans:
            spans.append(Span("\n"))
        if isinstance(block, Paragraph | Heading):
            spans.extend(block.spans)
        else:
            spans.append(Span(get_block_text(block)))
    return collapse_white_space(spans)
