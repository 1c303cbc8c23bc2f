"""Find an essay's closing questions and its postscript.

A closing question is asked at the end of the essay. Going back from the end (without postscript and
footnotes), the questions that the last paragraph ends with count, and so do paragraphs and list
items before it that contain nothing else. An invitation to answer ("Tell me in the comments."),
thanks, a signature or a note about the writer may follow them. A list under "Questions for
discussion" counts in the second half of the essay, or if the essay ends with it. A question that
the text goes on to answer is rhetorical and doesn't count, nor does one that a speaker's label
precedes, in an interview.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import regex

from bot.core.essay.blocks import Block, Code, Heading, Mark, Paragraph, Rule, Table, get_block_text
from bot.core.extraction.sign_off import is_courtesy, strip_end_matter, strip_sign_off
from bot.core.text.questions import addresses_reader, is_question, strip_note_marks
from bot.core.text.sentences import split_sentences

__all__ = ["find_closing_questions"]

_POSTSCRIPT = regex.compile(
    r"\s*(?:(?:P\.?-?\s?){1,3}S(?:\.\s?|\s*[:,—–-]+|\s*(?:\n|$)|"
    r"\s+(?=\p{Lu}|[“\"‘']|(?:a|an|and|as|for|here|if|in|it|my|of|on|that|the|this|to|we)\b)|"
    r"(?<=PS)\s+(?=\p{Ll})(?!(?:is|was|are|were|has|had|can|will|does|games?)\b))|"
    r"(?:[Pp]\.-?\s?){1,3}s(?:\.\s?|\s*[:,—–-]+|\s)|p{1,3}s\s*[.:—–-]+(?=\s)|"
    r"(?:[Pp]ost[ -]?[Ss]cript(?:um)?)(?:\s*[.:—–-]|\s*(?:\n|$))|追伸(?!\p{Han})|"
    r"(?:又及|附记|附記|附言|追記|추신)\s*[:：.。]|(?:З\.?\s?Ы\.?|Постскриптум)\s*[.:—–-]?\s)"
)
_DISCUSSION_HEADING = regex.compile(
    r"(?:(?:some |a few |further )?questions? (?:for|to) (?:\w+ )?"
    r"(?:discuss(?:ion)?|reflect(?:ion)?|"
    r"consider(?:ation)?|think about|ponder|answer|you|readers?|the reader|comments?)|"
    r"(?:discussion|reading group|reader|book club|reflection|closing) questions?|"
    r"questions?(?: to you)?|(?:for|points for|topics for) discussion|"
    r"fragen(?: zur diskussion)?|questions? pour (?:la )?discussion|preguntas(?: para (?:el debate|"
    r"la discusi[óo]n|reflexionar))?|讨论问题|討論問題|思考题|ディスカッション)\s*[:：.]?",
    regex.IGNORECASE,
)


def _is_postscript_label(block: Block) -> bool:
    """Whether a block is only the label of a postscript ("PS")."""
    text = get_block_text(block).strip()
    found = _POSTSCRIPT.match(text)
    return found is not None and found.end() == len(text)


def _find_postscript(blocks: Sequence[Block]) -> int | None:
    """The index of the block that begins the postscript, near the end."""
    start: int | None = None
    for place in range(len(blocks) - 1, max(-1, len(blocks) - 9), -1):
        block = blocks[place]
        if isinstance(block, Paragraph | Heading) and _POSTSCRIPT.match(
            get_block_text(block).strip()
        ):
            if place == len(blocks) - 1 and _is_postscript_label(block):
                continue  # initials, not a postscript
            start = place
    return start or None


_SPEAKER = regex.compile(
    r"\s*(?:(?P<label>\p{Lu}[\p{L}\p{M}\p{N}.'’-]*(?:\s+[\p{L}\p{M}.'’-]+){0,3}|[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}ー]{1,8})"
    r"\s*[:：](?!//)\s*(?=\S|$)"
    # "Q. Where?", "ANN — Where?", "[Ann] Where?"
    r"|(?P<label>\p{Lu}{1,3})[.)．]\s+(?=\S)"
    r"|(?P<label>\p{Lu}[\p{Lu}\p{M}.'’-]+(?:\s+[\p{Lu}\p{M}.'’-]+){0,2})\s*[—–―-]+\s+(?=\S)"
    r"|[\[【〈](?P<label>\p{L}[\p{L}\p{M}\p{N} .'’-]{0,30})[\]】〉]\s*(?=\S))"
)
_MAX_LABEL = 40  # characters of a speaker's name


def _get_speaker(block: Block) -> tuple[str, bool] | None:
    """The label before a turn of an interview ("Ann:", bold "Ann"), and whether it is alone."""
    if not isinstance(block, Paragraph | Heading):
        return None
    text = get_block_text(block).strip()
    found = _SPEAKER.match(text)
    if found is not None and len(found["label"]) <= _MAX_LABEL:
        return found["label"].casefold(), found.end() == len(text)
    bold = ""
    for span in block.spans:
        if Mark.BOLD not in span.marks:
            break
        bold += span.text
    label = bold.strip().rstrip(":：")
    if not isinstance(block, Paragraph) or not 0 < len(label) <= _MAX_LABEL or "\n" in label:
        return None
    if len(label.split()) > 4 or is_question(label) or regex.search(r"[.!?…]$", label):
        return None
    return label.casefold(), bold.strip() == text


def _find_spoken(blocks: Sequence[Block]) -> list[bool]:
    """For each block, whether a speaker's label precedes its text: then it's a turn."""
    asked = _find_bold_questions(blocks)
    if any(asked):
        return asked
    labels = [_get_speaker(block) for block in blocks]
    counts = Counter(label[0] for label in labels if label is not None)
    speakers = {
        name
        for name, count in counts.items()
        if count > 1 or (name in _Q_AND_A and any(o in counts for o in _Q_AND_A if o != name))
    }
    if len(speakers) < 2:
        return [False] * len(blocks)
    spoken: list[bool] = []
    alone = False
    for label in labels:
        own = label is not None and label[0] in speakers
        spoken.append(own or alone)
        alone = own and label is not None and label[1]
    return spoken


def _find_bold_questions(blocks: Sequence[Block]) -> list[bool]:
    """The turns of an interview whose questions are set in bold and whose answers aren't.

    All False unless two such questions are answered.
    """
    asks = [_is_bold_question(block) for block in blocks]
    answered = [
        place
        for place in range(len(blocks) - 1)
        if asks[place] and isinstance(blocks[place + 1], Paragraph) and not asks[place + 1]
    ]
    spoken = [False] * len(blocks)
    if len(answered) < 2:
        return spoken
    for place in answered:
        spoken[place] = True
        for following in range(place + 1, len(blocks)):
            if asks[following] or not isinstance(blocks[following], Paragraph):
                break
            # After the answer the writer may turn to the reader.
            last = following == len(blocks) - 1 and following > place + 1
            spoken[following] = not (last and addresses_reader(get_block_text(blocks[following])))
    return spoken


def _is_bold_question(block: Block) -> bool:
    return (
        isinstance(block, Paragraph)
        and not block.frame.depth
        and is_question(get_block_text(block).strip())
        and all(Mark.BOLD in span.marks or not span.text.strip() for span in block.spans)
    )


_Q_AND_A = frozenset(
    ("q", "a", "question", "answer", "frage", "antwort", "pregunta", "respuesta", "interviewer",
     "问", "答", "問", "记者", "記者")
)  # fmt: skip


def _get_trailing_questions(text: str) -> tuple[list[str], bool]:
    """The questions a paragraph ends with (before a courtesy), and whether it is only these."""
    rest = split_sentences(strip_note_marks(text))
    while len(rest) > 1 and is_courtesy(rest[-1]):
        rest.pop()
    found: list[str] = []
    while rest and is_question(rest[-1]):
        found.insert(0, rest.pop())
    return found, bool(found) and not rest


def _find_discussion_questions(blocks: Sequence[Block]) -> tuple[int, list[str]] | None:
    """The questions under a heading like "Questions for discussion", and that heading's index."""
    for place in range(len(blocks) - 1, -1, -1):
        block = blocks[place]
        if not isinstance(block, Paragraph | Heading):
            continue
        text = get_block_text(block).strip()
        if not _DISCUSSION_HEADING.fullmatch(text):
            continue
        found: list[str] = []
        end = len(blocks)
        for number, following in enumerate(blocks[place + 1 :], place + 1):
            end = number
            if isinstance(following, Heading | Code | Table | Rule):
                break
            item = get_block_text(following).strip()
            lines = item.split("\n")
            if all(_strip_list_marker(line) for line in lines) and len(lines) > 1:
                found.extend(_strip_list_marker(line) for line in lines)
            elif is_question(item) or (
                item and (following.frame.depth or _strip_list_marker(item) != item)
            ):
                found.append(_strip_list_marker(item))
            else:
                break
            end = number + 1
        if found and (place >= len(blocks) // 2 or end == len(blocks)):
            return place, found
    return None


def _strip_list_marker(line: str) -> str:
    """Remove the bullet or number of a plain-text list item."""
    return regex.sub(r"^\s*(?:[-*+•–—]|\(?[0-9]{1,2}[.)])\s+", "", line).strip()


def find_closing_questions(
    blocks: Sequence[Block], *, author: str | None = None
) -> tuple[tuple[str, ...], str | None]:
    """The closing questions in order, and the postscript verbatim, or None.

    author: the writer's name, if known: the essay may be signed with it
    """
    ended = strip_end_matter(blocks)
    if _find_postscript(ended) is not None or _find_postscript(blocks) is None:
        blocks = ended  # else the postscript is below the notes
    start = _find_postscript(blocks)
    postscript: str | None = None
    body = list(blocks)
    if start is not None:
        tail = list(blocks[start:])
        asked: list[Block] = []
        least = 2 if _is_postscript_label(tail[0]) else 1  # blocks of the postscript itself
        while (
            len(tail) > least
            and _get_trailing_questions(get_block_text(tail[-1]))[1]
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
    listed = _find_discussion_questions(body)
    if listed is not None:
        place, questions = listed
        before = _find_questions_at_end(body[:place], author)
        return tuple(dict.fromkeys([*before, *questions])), postscript or None
    return tuple(dict.fromkeys(_find_questions_at_end(body, author))), postscript or None


def _find_questions_at_end(body: Sequence[Block], author: str | None) -> list[str]:
    found: list[str] = []
    spoken = _find_spoken(body)
    kept = strip_sign_off(body, author)
    for place in range(len(kept) - 1, -1, -1):
        block = kept[place]
        if isinstance(block, Code | Table | Rule) or spoken[place]:
            break
        questions, whole = _get_trailing_questions(get_block_text(block).strip())
        if not questions or (found and not whole):
            # A paragraph before the closing questions that merely ends with one is body text.
            break
        found = [_strip_list_marker(question) for question in questions] + found
        if not whole:
            break
    return found
