"""An essay as JSON and back, to be kept or to be handed from one process to another."""

from __future__ import annotations

from typing import Any

from bot.core.essay.blocks import Block, Code, Frame, Heading, Mark, Paragraph, Rule, Span, Table
from bot.core.essay.essay import BodyBlock, Epigraph, Essay, ExtractedFacts, Passage

__all__ = ["essay_from_json", "essay_to_json"]

_Cells = tuple[tuple[Span, ...], ...]


def _spans_out(spans: tuple[Span, ...]) -> list[list[Any]]:
    return [[span.text, span.marks.value, span.link, span.code] for span in spans]


def _spans_in(spans: list[list[Any]]) -> tuple[Span, ...]:
    return tuple(Span(text, Mark(marks), link, code) for text, marks, link, code in spans)


def _cells_in(cells: list[Any]) -> _Cells:
    return tuple(_spans_in(cell) for cell in cells)


def _block_out(block: Block) -> dict[str, Any]:
    frame = block.frame
    out: dict[str, Any] = {
        "is": type(block).__name__.lower(),
        "frame": [frame.quoted, frame.depth, frame.marker, frame.group],
    }
    match block:
        case Paragraph():
            out["spans"] = _spans_out(block.spans)
        case Heading():
            out |= {"level": block.level, "spans": _spans_out(block.spans)}
        case Code():
            out |= {"text": block.text, "language": block.language}
        case Table():
            out["header"] = [_spans_out(cell) for cell in block.header]
            out["rows"] = [[_spans_out(cell) for cell in row] for row in block.rows]
        case Rule():
            pass
    return out


def _block_in(data: dict[str, Any]) -> Block:
    frame = Frame(*data["frame"])
    match data["is"]:
        case "paragraph":
            return Paragraph(_spans_in(data["spans"]), frame)
        case "heading":
            return Heading(data["level"], _spans_in(data["spans"]), frame)
        case "code":
            return Code(data["text"], data["language"], frame)
        case "table":
            rows = tuple(_cells_in(row) for row in data["rows"])
            return Table(_cells_in(data["header"]), rows, frame)
        case "rule":
            return Rule(frame)
        case kind:
            raise ValueError(f"no block is called {kind!r}")


def _epigraph_out(epigraph: Epigraph | None) -> list[Any] | None:
    return None if epigraph is None else [epigraph.text, epigraph.source]


def _epigraph_in(data: list[Any] | None) -> Epigraph | None:
    return None if data is None else Epigraph(*data)


def _extracted_out(extracted: ExtractedFacts | None) -> dict[str, Any] | None:
    if extracted is None:
        return None
    return {
        "title": extracted.title,
        "byline": extracted.byline,
        "author": extracted.author,
        "epigraph": _epigraph_out(extracted.epigraph),
        "has_explicit_title": extracted.has_explicit_title,
        "title_line": None if extracted.title_line is None else _block_out(extracted.title_line),
        "title_line_index": extracted.title_line_index,
    }


def _extracted_in(data: dict[str, Any] | None) -> ExtractedFacts | None:
    if data is None:
        return None
    return ExtractedFacts(
        title=data["title"],
        byline=data["byline"],
        author=data["author"],
        epigraph=_epigraph_in(data["epigraph"]),
        has_explicit_title=data["has_explicit_title"],
        title_line=None if data["title_line"] is None else _block_in(data["title_line"]),
        title_line_index=data["title_line_index"],
    )


def essay_to_json(essay: Essay) -> dict[str, Any]:
    """Plain lists, dictionaries, strings and numbers that hold the whole essay."""
    return {
        "title": essay.title,
        "byline": essay.byline,
        "author": essay.author,
        "epigraph": _epigraph_out(essay.epigraph),
        "source_url": essay.source_url,
        "date": essay.date,
        "language": essay.language,
        "cover_image": essay.cover_image,
        "words": essay.words,
        "reading_minutes": essay.reading_minutes,
        "questions": list(essay.questions),
        "postscript": essay.postscript,
        "passages": [passage.text for passage in essay.passages],
        "body": [[placed.passage, _block_out(placed.block)] for placed in essay.body],
        "notes": list(essay.notes),
        "extracted": _extracted_out(essay.extracted),
    }


def essay_from_json(data: dict[str, Any]) -> Essay:
    """The essay that ``essay_to_json`` was given. Raises KeyError or ValueError for others."""
    return Essay(
        title=data["title"],
        byline=data["byline"],
        author=data["author"],
        epigraph=_epigraph_in(data["epigraph"]),
        source_url=data["source_url"],
        date=data["date"],
        language=data["language"],
        cover_image=data["cover_image"],
        words=data["words"],
        reading_minutes=data["reading_minutes"],
        questions=tuple(data["questions"]),
        postscript=data["postscript"],
        passages=tuple(Passage(n, text) for n, text in enumerate(data["passages"], 1)),
        body=tuple(BodyBlock(_block_in(block), passage) for passage, block in data["body"]),
        notes=tuple(data["notes"]),
        extracted=_extracted_in(data.get("extracted")),  # older rows have none
    )
