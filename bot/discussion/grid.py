"""A table while its rows are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.discussion.blocks import Block, Frame, Paragraph, Span, Table, tidy_spans

__all__ = ["Grid"]


@dataclass(slots=True)
class Grid:
    """Rows of cells; ``cell`` is the one being read, None between cells.

    heads: for each row, whether all its cells are headings
    """

    rows: list[list[tuple[Span, ...]]] = field(default_factory=list)
    heads: list[bool] = field(default_factory=list)
    cell: list[Span] | None = None

    def begin_row(self) -> None:
        """A new row, of headings until a cell that is none begins."""
        self.rows.append([])
        self.heads.append(True)

    def begin_cell(self, *, heading: bool) -> None:
        """A new cell, in a row of its own if none has begun."""
        if not self.rows:
            self.begin_row()
        if not heading:
            self.heads[-1] = False
        self.cell = []

    def end_cell(self) -> None:
        """The cell's text is complete."""
        if self.cell is not None:
            self.rows[-1].append(tidy_spans(self.cell))
            self.cell = None

    def add(self, spans: tuple[Span, ...]) -> bool:
        """Adds text to the cell, on a line of its own; False if no cell is open."""
        if self.cell is None:
            return False
        self.cell += [Span("\n"), *spans] if self.cell else list(spans)
        return True

    def blocks(self, frame: Frame) -> list[Block]:
        """The table; or its cells as paragraphs, where it is there only to place things."""
        pairs = [(row, head) for row, head in zip(self.rows, self.heads, strict=True) if any(row)]
        if not pairs:
            return []
        if len(pairs) == 1 or max(len(row) for row, _ in pairs) == 1:
            return [Paragraph(cell, frame) for row, _ in pairs for cell in row if cell]
        header = tuple(pairs.pop(0)[0]) if pairs[0][1] else ()
        return [Table(header, tuple(tuple(row) for row, _ in pairs), frame)]
