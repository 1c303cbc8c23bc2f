"""Serialize an essay to JSON and back, for the database and for the reader process."""

from __future__ import annotations

from typing import Any

from bot.core.essay.blocks import (
    Block,
    Code,
    Frame,
    Heading,
    Mark,
    Paragraph,
    Picture,
    Rule,
    Span,
    Table,
)
from bot.core.essay.essay import BodyBlock, Epigraph, Essay, ExtractedFacts, Passage
from bot.core.text.coded_text import coded_from_json, coded_to_json

__all__ = ["essay_from_json", "essay_to_json"]

_Cells = tuple[tuple[Span, ...], ...]


def _dump_spans(spans: tuple[Span, ...]) -> list[list[Any]]:
    return [[span.text, span.marks.value, span.link, span.code] for span in spans]


def _load_spans(spans: list[list[Any]]) -> tuple[Span, ...]:
    return tuple(Span(text, Mark(marks), link, code) for text, marks, link, code in spans)


def _load_cells(cells: list[Any]) -> _Cells:
    return tuple(_load_spans(cell) for cell in cells)


def _dump_block(block: Block) -> dict[str, Any]:
    frame = block.frame
    out: dict[str, Any] = {
        "is": type(block).__name__.lower(),
        "frame": [frame.quoted, frame.depth, frame.marker, frame.group],
    }
    match block:
        case Paragraph():
            out["spans"] = _dump_spans(block.spans)
        case Heading():
            out |= {"level": block.level, "spans": _dump_spans(block.spans)}
        case Code():
            out |= {"text": block.text, "language": block.language}
        case Table():
            out["header"] = [_dump_spans(cell) for cell in block.header]
            out["rows"] = [[_dump_spans(cell) for cell in row] for row in block.rows]
        case Picture():
            out |= {
                "source": block.source,
                "alt": block.alt,
                "caption": _dump_spans(block.caption),
                "file": block.file,
                "size": block.size,
                "linked": block.linked,
            }
        case Rule():
            pass
    return out


def _load_block(data: dict[str, Any]) -> Block:
    frame = Frame(*data["frame"])
    match data["is"]:
        case "paragraph":
            return Paragraph(_load_spans(data["spans"]), frame)
        case "heading":
            return Heading(data["level"], _load_spans(data["spans"]), frame)
        case "code":
            return Code(data["text"], data["language"], frame)
        case "table":
            rows = tuple(_load_cells(row) for row in data["rows"])
            return Table(_load_cells(data["header"]), rows, frame)
        case "rule":
            return Rule(frame)
        case "picture":
            return Picture(
                data["source"],
                data["alt"],
                _load_spans(data["caption"]),
                frame,
                file=data["file"],
                size=data["size"],
                linked=data["linked"],
            )
        case kind:
            raise ValueError(f"no block is called {kind!r}")


def _dump_epigraph(epigraph: Epigraph | None) -> list[Any] | None:
    return None if epigraph is None else [epigraph.text, epigraph.source]


def _load_epigraph(data: list[Any] | None) -> Epigraph | None:
    return None if data is None else Epigraph(*data)


def _dump_extracted(extracted: ExtractedFacts | None) -> dict[str, Any] | None:
    if extracted is None:
        return None
    return {
        "title": extracted.title,
        "byline": extracted.byline,
        "author": extracted.author,
        "epigraph": _dump_epigraph(extracted.epigraph),
        "has_explicit_title": extracted.has_explicit_title,
        "title_line": None if extracted.title_line is None else _dump_block(extracted.title_line),
        "title_line_index": extracted.title_line_index,
    }


def _load_extracted(data: dict[str, Any] | None) -> ExtractedFacts | None:
    if data is None:
        return None
    return ExtractedFacts(
        title=data["title"],
        byline=data["byline"],
        author=data["author"],
        epigraph=_load_epigraph(data["epigraph"]),
        has_explicit_title=data["has_explicit_title"],
        title_line=None if data["title_line"] is None else _load_block(data["title_line"]),
        title_line_index=data["title_line_index"],
    )


def essay_to_json(essay: Essay) -> dict[str, Any]:
    """The whole essay as plain lists, dictionaries, strings and numbers."""
    return {
        "title": essay.title,
        "byline": essay.byline,
        "author": essay.author,
        "epigraph": _dump_epigraph(essay.epigraph),
        "source_url": essay.source_url,
        "date": essay.date,
        "language": essay.language,
        "cover_image": essay.cover_image,
        "words": essay.words,
        "reading_minutes": essay.reading_minutes,
        "questions": list(essay.questions),
        "postscript": essay.postscript,
        "passages": [passage.text for passage in essay.passages],
        "body": [[placed.passage, _dump_block(placed.block)] for placed in essay.body],
        "notes": [coded_to_json(note) for note in essay.notes],
        "extracted": _dump_extracted(essay.extracted),
        "cover_file": essay.cover_file,
        "is_cover_chosen": essay.is_cover_chosen,
    }


def essay_from_json(data: dict[str, Any]) -> Essay:
    """Reverse of ``essay_to_json``. Raises KeyError or ValueError for any other JSON."""
    return Essay(
        title=data["title"],
        byline=data["byline"],
        author=data["author"],
        epigraph=_load_epigraph(data["epigraph"]),
        source_url=data["source_url"],
        date=data["date"],
        language=data["language"],
        cover_image=data["cover_image"],
        words=data["words"],
        reading_minutes=data["reading_minutes"],
        questions=tuple(data["questions"]),
        postscript=data["postscript"],
        passages=tuple(Passage(n, text) for n, text in enumerate(data["passages"], 1)),
        body=tuple(BodyBlock(_load_block(block), passage) for passage, block in data["body"]),
        notes=tuple(coded_from_json(note) for note in data["notes"]),
        extracted=_load_extracted(data.get("extracted")),  # older rows have none of these
        cover_file=data.get("cover_file"),
        is_cover_chosen=data.get("is_cover_chosen", False),
    )
