"""An essay's blocks as HTML that is also well-formed XML, for the book."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from markupsafe import Markup

from bot.core.essay.blocks import Block, Code, Heading, Mark, Paragraph, Picture, Rule, Span, Table
from bot.core.essay.essay import BodyBlock
from bot.library.message_html import make_clean
from bot.library.web_addresses import make_mail_address, make_web_address

__all__ = ["ShowPicture", "render_blocks"]

#: The address under which a picture of the archive is shown; None if the book doesn't have it.
ShowPicture = Callable[[str], str | None]

_TAGS = {
    Mark.BOLD: "strong",
    Mark.ITALIC: "em",
    Mark.UNDERLINE: "u",
    Mark.STRIKE: "s",
}
_MAX_DEPTH = 6


def render_blocks(blocks: Iterable[BodyBlock], show_picture: ShowPicture) -> Markup:
    """Render a run of blocks; each passage has an anchor ``pN``."""
    lines: list[str] = []
    quoted = False
    for one in blocks:
        if one.block.frame.quoted != quoted:
            quoted = not quoted
            lines.append("<blockquote>" if quoted else "</blockquote>")
        lines.append(_render(one.block, one.passage, show_picture))
    if quoted:
        lines.append("</blockquote>")
    return Markup("\n".join(lines))  # noqa: S704 - every text in it is escaped


def _render(block: Block, passage: int | None, show_picture: ShowPicture) -> str:
    mark = "" if passage is None else f' data-passage="{passage}"'
    frame = block.frame
    if frame.depth:
        sign = frame.marker.replace("- ", "• ").strip()
        depth = min(frame.depth, _MAX_DEPTH)
        shown = f'<span class="marker">{_escape(sign)}</span>' if sign else ""
        inner = _render_inner(block, "", show_picture)
        return f'<div class="item d{depth}"{mark}>{shown}<div>{inner}</div></div>'
    return _render_inner(block, mark, show_picture)


def _render_inner(block: Block, mark: str, show_picture: ShowPicture) -> str:
    match block:
        case Paragraph():
            return f'<p dir="auto"{mark}>{_render_spans(block.spans)}</p>'
        case Heading():
            # The essay's title is the first level.
            level = min(block.level + 1, 6)
            return f'<h{level} dir="auto"{mark}>{_render_spans(block.spans)}</h{level}>'
        case Code():
            return f"<pre{mark}><code>{_escape(block.text)}</code></pre>"
        case Rule():
            return '<hr class="rule" />'
        case Table():
            return _render_table(block, mark)
        case Picture():
            return _render_picture(block, mark, show_picture)


def _render_table(table: Table, mark: str) -> str:
    def row(cells: Sequence[tuple[Span, ...]], tag: str) -> str:
        shown = "".join(f"<{tag}>{_render_spans(cell)}</{tag}>" for cell in cells)
        return f"<tr>{shown or '<td></td>'}</tr>"

    head = f"<thead>{row(table.header, 'th')}</thead>" if table.header else ""
    body = "".join(row(cells, "td") for cells in table.rows)
    body = f"<tbody>{body}</tbody>" if body else ""
    if not head and not body:
        return ""
    return f'<div class="table"{mark}><table>{head}{body}</table></div>'


def _render_picture(picture: Picture, mark: str, show_picture: ShowPicture) -> str:
    address = show_picture(picture.file) if picture.file else None
    caption = _render_spans(picture.caption)
    if address is not None:
        shown = f'<img src="{_escape(address)}" alt="{_escape(picture.alt)}" />'
    else:
        label = _escape(picture.alt or "Picture")
        shown = f'<p class="left-out">[{label}]</p>'
        source = make_web_address(picture.source)
        if source is not None:
            shown = f'<p class="left-out"><a href="{_escape(source)}">[{label}]</a></p>'
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"<figure{mark}>{shown}{caption}</figure>"


def _render_spans(spans: Iterable[Span]) -> str:
    return "".join(_render_span(span) for span in spans)


def _render_span(span: Span) -> str:
    shown = _escape(span.text).replace("\n", "<br />")
    if span.code:
        shown = f"<code>{shown}</code>"
    for mark, tag in _TAGS.items():
        if mark in span.marks:
            shown = f"<{tag}>{shown}</{tag}>"
    address = span.link and (make_web_address(span.link) or make_mail_address(span.link))
    if address:
        shown = f'<a href="{_escape(address)}">{shown}</a>'
    return shown


def _escape(text: str) -> str:
    return escape(make_clean(text))
