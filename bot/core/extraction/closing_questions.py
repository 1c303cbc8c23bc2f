"""What stands at the end of an essay: the closing questions and the postscript.

A closing question is put to the reader where the essay ends. Going back from the end (postscript
and footnotes aside), the questions of the last paragraph count if it ends with them, and so do
paragraphs and list items before it that hold nothing else. An invitation to answer ("Tell me in
the comments."), thanks, a signature or a note about the writer may follow them. A list under
"Questions for discussion" counts after the middle, or where the essay ends with it. A question
that the text goes on to answer is rhetorical and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from bot.core.essay.blocks import Block, Code, Heading, Paragraph, Rule, Table, get_block_text
from bot.core.extraction.sign_off import is_courtesy, strip_sign_off
from bot.core.text.questions import is_question, strip_note_marks
from bot.core.text.sentences import split_sentences

__all__ = ["find_closing_questions"]

_POSTSCRIPT = regex.compile(
    r"\s*(?:(?:P\.?-?\s?){1,3}S(?:\.\s?|\s*[:,—–-]+|\s*(?:\n|$)|"
    r"\s+(?=\p{Lu}|[“\"‘']|(?:a|an|and|as|for|here|if|in|it|my|of|on|that|the|this|to|we)\b))|"
    r"(?:[Pp]ost[ -]?[Ss]cript(?:um)?)(?:\s*[.:—–-]|\s*(?:\n|$))|追伸(?!\p{Han}))"
)
_DISCUSSION = regex.compile(
    r"(?:(?:some |a few |further )?questions? (?:for|to) (?:\w+ )?"
    r"(?:discuss(?:ion)?|reflect(?:ion)?|"
    r"consider(?:ation)?|think about|ponder|answer|you|readers?|the reader|comments?)|"
    r"(?:discussion|reading group|reader|book club|reflection|closing) questions?|"
    r"questions?(?: to you)?|(?:for|points for|topics for) discussion|"
    r"fragen(?: zur diskussion)?|questions? pour (?:la )?discussion|preguntas(?: para (?:el debate|"
    r"la discusi[óo]n|reflexionar))?|讨论问题|討論問題|思考题|ディスカッション)\s*[:：.]?",
    regex.IGNORECASE,
)


def _is_lone_sign(block: Block) -> bool:
    """Whether a block says no more than that a postscript begins."""
    text = get_block_text(block).strip()
    found = _POSTSCRIPT.match(text)
    return found is not None and found.end() == len(text)


def _postscript_start(blocks: Sequence[Block]) -> int | None:
    """Where the postscript begins: a block that says so, near the end."""
    start: int | None = None
    for place in range(len(blocks) - 1, max(-1, len(blocks) - 9), -1):
        block = blocks[place]
        if isinstance(block, Paragraph | Heading) and _POSTSCRIPT.match(
            get_block_text(block).strip()
        ):
            if place == len(blocks) - 1 and _is_lone_sign(block):
                continue  # somebody's initials
            start = place
    return start or None


def _trailing_questions(text: str) -> tuple[list[str], bool]:
    """The questions a paragraph ends with, a farewell aside; whether it holds nothing else."""
    rest = split_sentences(strip_note_marks(text))
    while len(rest) > 1 and is_courtesy(rest[-1]):
        rest.pop()
    found: list[str] = []
    while rest and is_question(rest[-1]):
        found.insert(0, rest.pop())
    return found, bool(found) and not rest


def _discussion_list(blocks: Sequence[Block]) -> tuple[int, list[str]] | None:
    """The questions under a line that announces them, and where that line stands."""
    for place in range(len(blocks) - 1, -1, -1):
        block = blocks[place]
        if not isinstance(block, Paragraph | Heading):
            continue
        text = get_block_text(block).strip()
        if not _DISCUSSION.fullmatch(text):
            continue
        found: list[str] = []
        end = len(blocks)
        for number, following in enumerate(blocks[place + 1 :], place + 1):
            end = number
            if isinstance(following, Heading | Code | Table | Rule):
                break
            item = get_block_text(following).strip()
            lines = item.split("\n")
            if all(_bare(line) for line in lines) and len(lines) > 1:
                found.extend(_bare(line) for line in lines)
            elif is_question(item) or (item and (following.frame.depth or _bare(item) != item)):
                found.append(_bare(item))
            else:
                break
            end = number + 1
        if found and (place >= len(blocks) // 2 or end == len(blocks)):
            return place, found
    return None


def _bare(line: str) -> str:
    """A question without the bullet or number that a plain text gives it."""
    return regex.sub(r"^\s*(?:[-*+•–—]|\(?[0-9]{1,2}[.)])\s+", "", line).strip()


def find_closing_questions(
    blocks: Sequence[Block], *, author: str | None = None
) -> tuple[tuple[str, ...], str | None]:
    """The closing questions in order, and the postscript as it reads (None: none).

    author: who wrote, where that is known: the essay may be signed so
    """
    start = _postscript_start(blocks)
    postscript: str | None = None
    body = list(blocks)
    if start is not None:
        tail = list(blocks[start:])
        asked: list[Block] = []
        least = 2 if _is_lone_sign(tail[0]) else 1  # blocks that are the postscript
        while (
            len(tail) > least
            and _trailing_questions(get_block_text(tail[-1]))[1]
            and not (_POSTSCRIPT.match(get_block_text(tail[-1])))
        ):
            asked.insert(0, tail.pop())
        for place, block in enumerate(tail):
            if place and isinstance(block, Heading | Code | Table | Rule):
                tail = tail[:place]
                break
        postscript = "\n\n".join(filter(None, (get_block_text(block).strip() for block in tail)))
        body = [*blocks[:start], *asked]
    while body and isinstance(body[-1], Rule):
        body.pop()
    listed = _discussion_list(body)
    if listed is not None:
        place, questions = listed
        before = _closing(body[:place], author)
        return tuple(dict.fromkeys([*before, *questions])), postscript or None
    return tuple(dict.fromkeys(_closing(body, author))), postscript or None


def _closing(body: Sequence[Block], author: str | None) -> list[str]:
    found: list[str] = []
    for block in reversed(strip_sign_off(body, author)):
        if isinstance(block, Code | Table | Rule):
            break
        questions, whole = _trailing_questions(get_block_text(block).strip())
        if not questions or (found and not whole):
            # A paragraph that only ends with a question before the closing ones is of the body.
            break
        found = [_bare(question) for question in questions] + found
        if not whole:
            break
    return found
