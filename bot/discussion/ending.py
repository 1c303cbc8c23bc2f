"""What stands at the end of an essay: the closing questions and the postscript.

A closing question is put to the reader where the essay ends. Going back from the end (postscript
and footnotes aside), the questions of the last paragraph count if it ends with them, and so do
paragraphs and list items before it that hold nothing else. An invitation to answer ("Tell me in
the comments."), a signature or a note about the writer may follow them. A list under "Questions
for discussion" counts after the middle, or where the essay ends with it. A question that the text
goes on to answer is rhetorical and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from bot.discussion.blocks import Block, Code, Heading, Mark, Paragraph, Rule, Table, block_text
from bot.discussion.sentences import sentences

__all__ = ["find_ending", "is_question"]

_POSTSCRIPT = regex.compile(
    r"\s*(?:(?:P\.?\s?){1,3}S(?:\.\s?|\s*[:,—–-]+|\s+(?=\p{Lu}))|"
    r"(?:[Pp]ost[ -]?[Ss]cript(?:um)?)(?:\s*[.:—–-]|\s*$))"
)
_QUESTION = regex.compile(r"[?？؟;⁇⁈፧՞][!?！？‽]*[)\]）]*\s*$|‽[)\]）]*\s*$")
_INVITATION = regex.compile(
    r"\b(?:comments?|let (?:me|us) know|tell (?:me|us)|share|reply|replies|respond|write (?:to )?"
    r"(?:me|us)|discuss|hear (?:from you|your|what you)|love to hear|your (?:thoughts|answers?|"
    r"stor(?:y|ies)|views?)|over to you|kommentare?|schreib\w* (?:mir|uns)|sag\w* (?:mir|uns)|"
    r"commentaires?|dites-(?:moi|nous)|comentarios?|cu[ée]nta(?:me|nos))\b|コメント|评论|留言",
    regex.IGNORECASE,
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
_SIGNATURE = regex.compile(r"[-—–―~]+\s*(?:\p{Lu}\S*\s*){1,5}")
_LONGEST_NOTE = 80  # words
_LONGEST_INVITATION = 25  # words


def is_question(sentence: str) -> bool:
    """Whether a sentence ends as a question, other than a quoted one."""
    if sentence.rstrip().endswith((")", "]", "）")) and sentence[:1] not in "([（":
        return False  # an aside asks, not the sentence
    return _QUESTION.search(sentence) is not None


def _postscript_start(blocks: Sequence[Block]) -> int | None:
    """Where the postscript begins: a block that says so, near the end."""
    start: int | None = None
    for place in range(len(blocks) - 1, max(-1, len(blocks) - 9), -1):
        block = blocks[place]
        if isinstance(block, Paragraph | Heading) and _POSTSCRIPT.match(block_text(block)):
            start = place
    return start or None


def _trailing_questions(text: str) -> tuple[list[str], bool, bool]:
    """The questions a paragraph ends with; whether it holds nothing else; whether it invites."""
    rest = sentences(text)
    invites = False
    if rest and not is_question(rest[-1]) and _invites(rest[-1]) and len(rest) > 1:
        invites = True
        rest = rest[:-1]
    found: list[str] = []
    while rest and is_question(rest[-1]):
        found.insert(0, rest.pop())
    return found, bool(found) and not rest, invites


def _invites(text: str) -> bool:
    return len(text.split()) <= _LONGEST_INVITATION and _INVITATION.search(text) is not None


def _discussion_list(blocks: Sequence[Block]) -> tuple[int, list[str]] | None:
    """The questions under a line that announces them, and where that line stands."""
    for place in range(len(blocks) - 1, -1, -1):
        block = blocks[place]
        if not isinstance(block, Paragraph | Heading):
            continue
        text = block_text(block).strip()
        if not _DISCUSSION.fullmatch(text):
            continue
        found: list[str] = []
        end = len(blocks)
        for number, following in enumerate(blocks[place + 1 :], place + 1):
            end = number
            if isinstance(following, Heading | Code | Table | Rule):
                break
            item = block_text(following).strip()
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


def find_ending(blocks: Sequence[Block]) -> tuple[tuple[str, ...], str | None]:
    """The closing questions in order, and the postscript as it reads (None: none)."""
    start = _postscript_start(blocks)
    postscript: str | None = None
    body = list(blocks)
    if start is not None:
        tail = list(blocks[start:])
        asked: list[Block] = []
        while (
            len(tail) > 1
            and _trailing_questions(block_text(tail[-1]))[1]
            and not (_POSTSCRIPT.match(block_text(tail[-1])))
        ):
            asked.insert(0, tail.pop())
        for place, block in enumerate(tail):
            if place and isinstance(block, Heading | Code | Table | Rule):
                tail = tail[:place]
                break
        postscript = "\n\n".join(filter(None, (block_text(block).strip() for block in tail)))
        body = [*blocks[:start], *asked]
    while body and isinstance(body[-1], Rule):
        body.pop()
    listed = _discussion_list(body)
    if listed is not None:
        place, questions = listed
        before = _closing(body[:place])
        return tuple(dict.fromkeys([*before, *questions])), postscript or None
    return tuple(dict.fromkeys(_closing(body))), postscript or None


def _is_aside(block: Block) -> bool:
    """Whether a last block is a signature, or a note about the writer in italics."""
    if not isinstance(block, Paragraph):
        return False
    text = block_text(block).strip()
    if _SIGNATURE.fullmatch(text):
        return True
    italic = all(Mark.ITALIC in span.marks or not span.text.strip() for span in block.spans)
    return italic and len(text.split()) <= _LONGEST_NOTE and not is_question(text)


def _closing(body: Sequence[Block]) -> list[str]:
    body = list(body)
    while len(body) > 1 and isinstance(body[-1], Paragraph | Rule):
        if not isinstance(body[-1], Rule) and not _is_aside(body[-1]):
            break
        body.pop()
    found: list[str] = []
    place = len(body) - 1
    skipped = 0
    while place >= 0:
        block = body[place]
        if isinstance(block, Rule):
            if not found:
                place -= 1
                continue
            break
        if isinstance(block, Code | Table):
            break
        text = block_text(block).strip()
        questions, whole, _ = _trailing_questions(text)
        if isinstance(block, Heading) and not found:
            break
        if not questions:
            if found or skipped or not _invites(text):
                break
            skipped += 1
            place -= 1
            continue
        if found and not whole:
            # A paragraph that only ends with a question before the closing ones: part of the body.
            break
        found = [_bare(question) for question in questions] + found
        if not whole:
            break
        place -= 1
    return found
