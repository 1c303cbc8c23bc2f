"""Preview how an essay would be posted, as text or JSON, without Discord."""

from __future__ import annotations

from typing import Any

from bot.core.essay.essay import Essay
from bot.core.essay.source_format import Format
from bot.core.layout.layout import lay_out
from bot.core.layout.parts import Layout, Part
from bot.core.layout.pictures import describe
from bot.core.read_essay import read_essay
from bot.core.text.coded_text import CodedText
from bot.core.text.plural import format_count

__all__ = ["preview", "preview_text", "render_json", "render_text"]


def _collect_notes(essay: Essay, layout: Layout) -> tuple[CodedText, ...]:
    return (*essay.notes, *layout.notes)


def render_json(essay: Essay, layout: Layout) -> dict[str, Any]:
    """The object that ``preview --json`` prints; other programs rely on its keys."""
    messages: list[dict[str, Any]] = [
        {
            "content": part.content,
            "passages": list(part.passages),
            "attachments": [
                {"source": picture.source, "description": describe(picture)}
                for picture in part.attached
            ],
        }
        | ({"previews": True} if part.previews else {})
        for part in layout.parts
    ]
    if layout.closing is not None:
        messages.append({"content": layout.closing, "passages": [], "attachments": []})
    epigraph = essay.epigraph
    return {
        "title": essay.title,
        "byline": essay.byline,
        "author": essay.author,
        "epigraph": epigraph and {"text": epigraph.text, "source": epigraph.source},
        "source_url": essay.source_url,
        "words": essay.words,
        "reading_minutes": essay.reading_minutes,
        "questions": list(essay.questions),
        "postscript": essay.postscript,
        "passages": [{"number": p.number, "text": p.text} for p in essay.passages],
        "messages": messages,
        "notes": [str(note) for note in _collect_notes(essay, layout)],
    }


def _render_part(part: Part) -> str:
    """A message's content, then a line for each of its pictures."""
    shown = [
        f"[Picture: {describe(picture)} ({picture.source})]"
        if picture.alt
        else f"[Picture: {picture.source}]"
        for picture in part.attached
    ]
    return "\n".join(filter(None, (part.content, *shown)))


def render_text(essay: Essay, layout: Layout) -> str:
    """The card's facts, then the messages, separated by lines."""
    head = [essay.title]
    head += [credit for credit in (essay.byline or essay.author,) if credit]
    if essay.epigraph is not None:
        head += [f"> {line}" for line in essay.epigraph.text.split("\n")]
        head += [f"> — {source}" for source in (essay.epigraph.source,) if source]
    head += [address for address in (essay.source_url,) if address]
    messages = [_render_part(part) for part in layout.parts]
    if layout.closing is not None:
        messages.append(layout.closing)
    minutes, words = (
        format_count(essay.reading_minutes, "minute"),
        format_count(essay.words, "word"),
    )
    head.append(f"{minutes} to read, {words}, {format_count(len(messages), 'message')}")
    pieces = ["\n".join(head), *messages]
    notes = _collect_notes(essay, layout)
    if notes:
        pieces.append("\n".join(f"Note: {note}" for note in notes))
    line = "\n\n" + "─" * 40 + "\n\n"
    return line.join(pieces) + "\n"


def preview(data: bytes | str, format: Format = "auto", name: str | None = None) -> dict[str, Any]:  # noqa: A002
    """What ``preview --json`` prints. Raises UnreadableEssay for what isn't text."""
    essay = read_essay(data, format=format, name=name)
    return render_json(essay, lay_out(essay))


def preview_text(data: bytes | str, format: Format = "auto", name: str | None = None) -> str:  # noqa: A002
    """What ``preview`` prints. Raises UnreadableEssay for what isn't text."""
    essay = read_essay(data, format=format, name=name)
    return render_text(essay, lay_out(essay))
