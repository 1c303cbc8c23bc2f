"""Replace tables, which Discord lacks: aligned text in a code block, else labelled rows."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.essay.blocks import Block, Code, Mark, Paragraph, Span, Table, get_spans_text
from bot.core.text.columns import count_columns

__all__ = ["replace_table"]

PHONE_WIDTH = 36
"""Columns of a code block that a phone shows without wrapping."""


def _get_cell_text(spans: Sequence[Span]) -> str:
    return " ".join(get_spans_text(spans).split())


def _align(table: Table) -> Code | None:
    """The table as a code block; None if it is too wide or contains links."""
    rows = [list(row) for row in ((table.header,) if table.header else ()) + table.rows]
    if any(span.link for row in rows for cell in row for span in cell):
        return None
    cells = [[_get_cell_text(cell) for cell in row] for row in rows]
    columns = max((len(row) for row in cells), default=0)
    for row in cells:
        row.extend([""] * (columns - len(row)))
    widths = [max(count_columns(row[column]) for row in cells) for column in range(columns)]
    if sum(widths) + 2 * (columns - 1) > PHONE_WIDTH:
        return None
    lines = [
        "  ".join(
            cell + " " * (width - count_columns(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    ]
    if table.header:
        lines.insert(1, "  ".join("─" * width for width in widths))
    return Code("\n".join(lines), "", table.frame)


def _label_rows(table: Table) -> list[Block]:
    """Each row as a paragraph, each cell on a line after its column's name."""
    result: list[Block] = []
    labels = [_get_cell_text(cell) for cell in table.header]
    if labels and not table.rows:
        result.append(Paragraph((Span(" · ".join(filter(None, labels)), Mark.BOLD),), table.frame))
    filled = {
        column for row in table.rows for column, cell in enumerate(row) if _get_cell_text(cell)
    }
    for number, row in enumerate(table.rows):
        spans: list[Span] = []
        for column, cell in enumerate(row):
            # An entirely empty column is named once, so that its name isn't lost.
            if not _get_cell_text(cell) and (number or column in filled):
                continue
            if spans:
                spans.append(Span("\n"))
            if column < len(labels) and labels[column]:
                spans.append(Span(f"{labels[column]}:", Mark.BOLD))
                spans.append(Span(" "))
            spans.extend(
                Span(span.text.replace("\n", " "), span.marks, span.link, span.code)
                for span in cell
            )
        if spans:
            result.append(Paragraph(tuple(spans), table.frame))
    return result


def replace_table(block: Block) -> list[Block]:
    """The block itself, or the blocks that replace it if it is a table."""
    if not isinstance(block, Table):
        return [block]
    aligned = _align(block)
    return [aligned] if aligned is not None else _label_rows(block)
