"""Pictures in messages: which go into one message, and the lines that belong to them.

Discord shows attachments and link previews below a message's content, so a message ends with its
pictures: up to ``limits.FILES`` that follow each other, which its clients show as a gallery. Their
captions are its last lines. What has no copy to upload is a link with its preview.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.core import limits
from bot.core.essay.blocks import Block, Frame, Paragraph, Picture, Span
from bot.core.essay.essay import Essay
from bot.core.layout.inline_markdown import MAX_LINK, render_inline
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.escape import escape_url, has_url
from bot.core.text.length import count_utf16_units
from bot.core.text.truncate import truncate

__all__ = ["describe", "group_pictures", "link_pictures", "render_pictures", "split_picture"]

_MAX_LINK_TEXT = 300  # characters of the text of a link to a picture
_MAX_NAMED, _MOST_NAMED = 120, 5  # characters of an address in a note, and addresses
#: What the note about pictures says: with all their names, and with the first ones.
_MAX_CAPTIONS = 1_000  # units of all captions of a message; then the next picture starts another


def link_pictures(essay: Essay) -> Essay:
    """The essay with the pictures that have no copy shown as links, and a note about them.

    What is inside the essay's file has no address: its description is shown in its place.
    """
    missing = [
        one.block.source
        for one in essay.body
        if isinstance(one.block, Picture) and not (one.block.file or one.block.linked)
    ]
    if not missing:
        return essay
    body = tuple(
        replace(one, block=replace(one.block, linked=not one.block.file))
        if isinstance(one.block, Picture)
        else one
        for one in essay.body
    )
    return replace(essay, body=body, notes=(*essay.notes, *_list_missing(missing)))


def _list_missing(sources: Sequence[str]) -> list[CodedText]:
    notes = []
    for left_out, code in ((False, "note-pictures-linked"), (True, "note-pictures-unreadable")):
        some = [one for one in sources if one.startswith(("http://", "https://")) != left_out]
        if some:
            names = ", ".join(truncate(one, _MAX_NAMED) for one in some[:_MOST_NAMED])
            more = len(some) - _MOST_NAMED
            if more > 0:
                notes.append(make_coded(f"{code}-more", names=names, more=more))
            else:
                notes.append(make_coded(code, names=names))
    return notes


def describe(picture: Picture) -> str:
    """A picture's description for people who can't see it: its alt text, shortened if need be."""
    return truncate(picture.alt, limits.DESCRIPTION)


def _is_on_the_web(picture: Picture) -> bool:
    return picture.source.startswith(("http://", "https://"))


def _split_lines(spans: Iterable[Span]) -> list[list[Span]]:
    lines: list[list[Span]] = [[]]
    for span in spans:
        for place, text in enumerate(span.text.split("\n")):
            if place:
                lines.append([])
            if text:
                lines[-1].append(Span(text, span.marks, span.link, span.code))
    return [line for line in lines if line]


def _render_caption(picture: Picture, *, quiet: bool) -> list[str]:
    lines = _split_lines(picture.caption)
    return [f"-# {render_inline(line, line_start=False, quiet=quiet)}" for line in lines]


def _render_link(picture: Picture) -> list[str]:
    """The link that Discord shows a preview of; only the words if there is no such address."""
    address = escape_url(picture.source)
    if not _is_on_the_web(picture) or count_utf16_units(address) > MAX_LINK:
        return [render_inline((Span(picture.alt),))] if picture.alt else []
    if not picture.alt:
        return [address]
    if has_url(picture.alt):
        return [render_inline((Span(picture.alt),), quiet=True), address]
    shown = render_inline((Span(picture.alt, link=picture.source),))
    if shown.endswith(f"]({address})"):
        return [shown]
    return [render_inline((Span(picture.alt),)), address]


def render_pictures(pictures: Sequence[Picture], *, quiet: bool = False) -> str:
    """The Markdown that belongs to the pictures of a message: links, then captions.

    quiet: links in captions show no previews
    """
    lines = [line for one in pictures if one.linked for line in _render_link(one)]
    lines += [line for one in pictures for line in _render_caption(one, quiet=quiet)]
    return "\n".join(lines)


def split_picture(picture: Picture) -> list[Block]:
    """A picture, and paragraphs of what is too long for the lines that belong to it."""
    blocks: list[Block] = []
    if picture.linked and len(picture.alt) > _MAX_LINK_TEXT:
        blocks.append(Paragraph((Span(picture.alt),), picture.frame))
        picture = replace(picture, alt="")
    if count_utf16_units(render_pictures([picture], quiet=True)) <= _MAX_CAPTIONS:
        return [*blocks, picture]
    caption = Paragraph(picture.caption, Frame(picture.frame.quoted))
    return [*blocks, replace(picture, caption=()), *([caption] if picture.caption else [])]


def group_pictures(pictures: Sequence[Picture]) -> list[tuple[Picture, ...]]:
    """Pictures that follow each other, as the galleries of one message each."""
    groups: list[list[Picture]] = []
    # A link without an address or words shows nothing.
    pictures = [one for one in pictures if not one.linked or render_pictures([one])]
    captions = size = 0
    for picture in pictures:
        added = count_utf16_units(render_pictures([picture], quiet=True)) + 1
        last = groups[-1] if groups else None
        if (
            last is None
            or len(last) == limits.FILES
            or last[0].linked != picture.linked
            or captions + added > _MAX_CAPTIONS
            or size + picture.size > limits.PICTURES_BYTES
        ):
            groups.append([])
            captions = size = 0
        groups[-1].append(picture)
        captions += added
        size += picture.size
    return [tuple(group) for group in groups]
