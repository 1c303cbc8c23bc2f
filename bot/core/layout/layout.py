"""An essay laid out over messages: pure, and linear in its length.

Cuts are made between blocks; where a block would leave a message too empty, or fits none, between
its sentences; then clauses, words, and at last grapheme clusters. Each part is whole in itself.

The closing question stays in the part where the essay has it, and is asked once more as a message
of its own, so that there is something short to reply to: the essay's own closing questions, or
"What do you think?", in its language, where it has none. It is not asked again where the last part
ends with it already, a few words aside: the same words twice in a row would be no invitation.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.essay.blocks import Block, Code, Heading, Paragraph, Rule, block_text
from bot.core.essay.default_question import default_question, language_of
from bot.core.essay.essay import Essay, Layout, Part, Place
from bot.core.extraction.questions import without_marks
from bot.core.layout.inline import LONGEST_LINK
from bot.core.layout.markdown import render_block
from bot.core.layout.split import Item, cut_item, item_of, piece_of, shown_piece
from bot.core.layout.tables import without_tables
from bot.core.text.escape import escape, escape_line_start
from bot.core.text.length import count_words, utf16_units

__all__ = [
    "LIMIT",
    "Packer",
    "asked_at_end",
    "closing_question",
    "evened",
    "items_of",
    "lay_out",
    "lost_links",
]

LIMIT = 2_000
"""UTF-16 units of a message's content (docs: Messages Resource › Create Message)."""

_FEW_WORDS = 10  # behind a question that still ends the essay
_FULL = 0.75  # a part this full may end before a block that does not fit
_STUB = 500  # units: a last part below this is evened out with the one before


def _separator(before: Block, after: Block) -> str:
    one, other = before.frame, after.frame
    if one.group and one.group == other.group and not isinstance(before, Code):
        # A further paragraph of the same item stands apart from the first.
        return "\n" if other.marker or isinstance(after, Code) else "\n\n"
    if isinstance(before, Heading) and one.quoted == other.quoted:
        return "\n"
    if one.quoted and other.quoted:
        return "\n> \n"
    return "\n\n"


class Packer:
    """Takes one part after another from a row of items."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._rendered: dict[int, tuple[str, int]] = {}

    def _whole(self, number: int, offset: int, room: int) -> tuple[str, int] | None:
        """The rest of an item from ``offset`` on and its units; None where it cannot fit."""
        item = self._items[number]
        if item.length - offset > room:
            return None  # Markdown is never shorter than what it shows
        if offset:
            text = piece_of(item, offset, item.length)
            return text, utf16_units(text)
        if number not in self._rendered:
            text = item.lead + render_block(item.block)
            self._rendered[number] = (text, utf16_units(text))
        return self._rendered[number]

    def take(self, start: Place, limit: int) -> tuple[Part, Place]:
        """The fullest good part from ``start`` on, and where the next one starts."""
        number, offset = start
        texts: list[str] = []
        taken: list[int] = []  # items
        sizes: list[int] = []
        used = 0
        while number < len(self._items):
            item = self._items[number]
            gap = _separator(self._items[number - 1].block, item.block) if texts else ""
            room = limit - used - len(gap)
            whole = self._whole(number, offset, room)
            if whole is not None and whole[1] <= room:
                text, size = whole
                cut = None
            else:
                alone = all(isinstance(self._items[n].block, Heading) for n in taken)
                if not alone and used >= limit * _FULL:
                    break
                fits_next = self._fits(number, offset, limit)
                cut = cut_item(item, offset, room, finest=alone, gently=fits_next)
                if cut is None:
                    if texts:
                        break
                    raise AssertionError("a cut between code points always fits")
                text = piece_of(item, offset, cut[0])
                size = utf16_units(text)
            texts.append(gap + text)
            sizes.append(size + len(gap))
            taken.append(number)
            used += size + len(gap)
            if cut is not None and cut[1] < item.length:
                offset = cut[1]
                break
            number, offset = number + 1, 0
        else:
            return self._part(texts, taken, start, (number, 0)), (number, 0)
        # A heading, or a break between sections, belongs with what follows.
        while offset == 0 and len(taken) > 1 and self._leads(taken[-1]) and start[0] != taken[-1]:
            number = taken.pop()
            texts.pop()
        return self._part(texts, taken, start, (number, offset)), (number, offset)

    def _leads(self, number: int) -> bool:
        return isinstance(self._items[number].block, Heading | Rule)

    def _fits(self, number: int, offset: int, limit: int) -> bool:
        whole = self._whole(number, offset, limit)
        return whole is not None and whole[1] <= limit

    def _part(self, texts: Sequence[str], taken: Sequence[int], start: Place, end: Place) -> Part:
        numbers = dict.fromkeys(
            passage for n in taken if (passage := self._items[n].passage) is not None
        )
        return Part("".join(texts), tuple(numbers), (start, end))

    def between(self, start: Place, end: Place) -> Part:
        """The part that goes from one place to another, however long."""
        texts: list[str] = []
        taken: list[int] = []
        number, offset = start
        while (number, offset) < end:
            item = self._items[number]
            stop = end[1] if number == end[0] else item.length
            gap = _separator(self._items[number - 1].block, item.block) if texts else ""
            whole = not offset and stop == item.length
            text = (
                item.lead + render_block(item.block) if whole else shown_piece(item, offset, stop)
            )
            texts.append(gap + text)
            taken.append(number)
            number, offset = number + 1, 0
        return self._part(texts, taken, start, end)

    def all_from(self, start: Place, limit: int) -> list[tuple[Place, Part]]:
        """All parts from a place on, each with where it starts."""
        parts: list[tuple[Place, Part]] = []
        place = start
        while place[0] < len(self._items):
            part, following = self.take(place, limit)
            parts.append((place, part))
            place = following
        return parts


def evened(
    packer: Packer, parts: list[tuple[Place, Part]], most: int = LIMIT
) -> list[tuple[Place, Part]]:
    """The parts with a last one that is no stub: the last two share what they hold."""
    if len(parts) < 2:
        return parts
    sizes = [utf16_units(part.content) for _, part in parts[-2:]]
    if sizes[1] >= _STUB:
        return parts
    half = sum(sizes) // 2
    for limit in (half + 50, half + 200, half + 400, half + 600, half + 800):
        if limit >= most:
            break
        again = packer.all_from(parts[-2][0], limit)
        if len(again) == 2 and utf16_units(again[-1][1].content) > sizes[1]:
            return parts[:-2] + again
    return parts


def closing_question(questions: Sequence[str], language: str | None = None) -> str:
    """The message that asks the closing question, as Discord Markdown; as many as it can hold.

    language: of the default question, where there are no others; see ``language_of``
    """
    default = default_question(language)
    lines: list[str] = []
    for question in questions or (default,):
        line = "\n".join(escape_line_start(escape(row)) for row in question.split("\n"))
        if utf16_units("\n".join([*lines, line])) > LIMIT:
            break
        lines.append(line)
    return "\n".join(lines) or default


def _asks_already(essay: Essay, parts: Sequence[Part]) -> bool:
    """Whether the last part ends with the closing questions, or all but so.

    A signature, a word of thanks or a short footnote may stand behind them, no postscript.
    """
    if not essay.questions or not parts:
        return False
    asked = "".join(without_marks(essay.questions[-1]).split())
    behind = 0  # words
    carried = set(parts[-1].passages)
    for passage in reversed(essay.passages):
        if passage.number not in carried or behind > _FEW_WORDS:
            return False
        text = without_marks(passage.text)
        dense = "".join(text.split())
        place = dense.rfind(asked)
        if place >= 0:
            rest = dense[place + len(asked) :]
            behind += _words_at_end(text, rest)
            return behind == 0 or (essay.postscript is None and behind <= _FEW_WORDS)
        behind += count_words(text)
    return False


def _words_at_end(text: str, dense: str) -> int:
    """The words of the end of a text that is ``dense`` without its white space."""
    place = len(text)
    left = len(dense)
    while left:
        place -= 1
        left -= not text[place].isspace()
    return count_words(text[place:])


def lost_links(essay: Essay) -> tuple[str, ...]:
    """A note about addresses that no message has room for."""
    addresses = {
        span.link
        for placed in essay.body
        if isinstance(placed.block, Paragraph | Heading)
        for span in placed.block.spans
        if span.link is not None and utf16_units(span.link) > LONGEST_LINK
    }
    if not addresses:
        return ()
    return (f"Links too long for a message are shown as their text: {len(addresses)}.",)


def items_of(essay: Essay, *, numbered: bool = False) -> list[Item]:
    """What an essay's messages are made of, in order; see :func:`lay_out`."""
    items: list[Item] = []
    shown: int | None = None
    for placed in essay.body:
        for block in without_tables(placed.block):
            if not isinstance(block, Rule) and not block_text(block).strip():
                continue
            lead = ""
            if numbered and placed.passage != shown and not isinstance(block, Heading | Rule):
                quote = "> " if block.frame.quoted else ""
                lead = f"{quote}-# ¶{placed.passage}\n"
                shown = placed.passage
            items.append(item_of(block, placed.passage, lead))
    while items and isinstance(items[-1].block, Rule):
        items.pop()
    return items


def lay_out(essay: Essay, *, numbered: bool = False) -> Layout:
    """The essay's messages.

    Each part has at most 2,000 UTF-16 units, not empty; an essay of a title alone has no parts.

    numbered: ¶ numbers are shown small above each passage
    """
    packer = Packer(items_of(essay, numbered=numbered))
    parts = [part for _, part in evened(packer, packer.all_from((0, 0), LIMIT))]
    return Layout(tuple(parts), asked_at_end(essay, parts), lost_links(essay))


def asked_at_end(essay: Essay, parts: Sequence[Part]) -> str | None:
    """The closing question as a message of its own; None where the last part ends with it."""
    if _asks_already(essay, parts):
        return None
    return closing_question(essay.questions, language_of(essay))
