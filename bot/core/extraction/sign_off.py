"""Detect thanks, signatures, notes about the writer and footnotes after the closing question.

Also invitations to answer ("Tell me in the comments."), goodbyes, and ornaments. A signature may
have a valediction ("Your son," above "Peter").
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from bot.core.essay.blocks import Block, Heading, Mark, Paragraph, Rule, get_block_text
from bot.core.extraction.masthead import is_name
from bot.core.text.questions import addresses_reader, is_question, strip_note_marks
from bot.core.text.sentences import split_sentences

__all__ = ["is_courtesy", "strip_end_matter", "strip_sign_off"]

_INVITATION = regex.compile(
    r"\b(?:comments?|let (?:me|us) know|tell (?:me|us)|share|reply|replies|respond|write (?:to )?"
    r"(?:me|us)|discuss|hear (?:from you|your|what you)|love to hear|your (?:thoughts|answers?|"
    r"stor(?:y|ies)|views?)|over to you|kommentare?|schreib\w* (?:mir|uns)|sag\w* (?:mir|uns)|"
    r"commentaires?|dites-(?:moi|nous)|comentarios?|cu[ée]nta(?:me|nos))\b|コメント|评论|留言",
    regex.IGNORECASE,
)
# "Thanks to somebody" may be an answer ("Who taught me? Thanks to her, I know."), unless it says
# what for.
_THANKS = regex.compile(
    r"(?:(?:and|so|with|as always|again|once more|many|my|a big|big|special),?\s+)*"
    r"(?:thank(?:s| you)\b(?!\s+to\b)|(?:vielen |herzlichen )?dank(?:e)?\b|merci\b|"
    r"(?:muchas )?gracias\b|obrigad[oa]\b|grazie\b|спасибо\b|谢谢|感谢|謝謝|ありがとう)",
    regex.IGNORECASE,
)
_THANKS_FOR_HELP = regex.compile(
    r"(?:many |special |my )?thanks? to\b.*\bfor\s+(?:\w+\s+){0,4}(?:reading|comment\w*|feedback|"
    r"suggest\w+|drafts?|help\w*|discuss\w*|edit\w*|translat\w+|advice)\b",
    regex.IGNORECASE | regex.DOTALL,
)
_GOODBYE = regex.compile(
    r"(?:until (?:next|then|soon)|till next|see you\b|talk (?:to you )?soon|take care\b|good ?bye|"
    r"farewell|so long\b|stay (?:well|safe|tuned|curious)|be well\b|cheers\b|"
    r"happy \w+ing\b|have a (?:good|great|nice|lovely|wonderful)\b|"
    r"bis (?:bald|zum nächsten)|à (?:bientôt|la prochaine)|hasta (?:pronto|la próxima)|"
    r"the end\b|fin\b|ende\b|\(?完\)?|终|完)",
    regex.IGNORECASE,
)
_VALEDICTION = regex.compile(
    r"(?:(?:all |my |our |with |much |lots of )?(?:best|love|regards|cheers|thanks|warmly|hugs|"
    r"sincerely|respectfully|gratefully|faithfully|truly|yours|peace)"
    r"(?:\s+(?:wishes|regards|and \w+|truly|sincerely|faithfully|ever|always|as ever))?|"
    r"(?:mit )?(?:herzlichen? |freundlichen |liebe |viele )?grüßen?|herzlichst|cordialement|"
    r"bien à (?:vous|toi)|amicalement|un abrazo|saludos|un saludo|atentamente)\s*[,!.，]?",
    regex.IGNORECASE,
)
# If the lines are one paragraph, only the comma separates a valediction from the name.
_POSSESSIVE_CLOSING = regex.compile(
    r"(?:yours?|with|from|dein\w*|eur\w*|ihr\w*|votre|ton|tu|su)\b(?:\s+\w+){0,4}",
    regex.IGNORECASE,
)
_DASHED = regex.compile(r"[-—–―~]+\s*(?:\p{Lu}\S*+\s*+){1,5}+")
_DATE = regex.compile(r"(?:^|(?<=[\s,]))(?:\d{1,2}\.?\s+)?(?:\p{Lu}\p{L}+\.?,?\s+)?"
                      r"(?:\d{1,2},?\s+)?(?:19|20)\d\d$")  # fmt: skip
_PLACE = regex.compile(r"(?:\p{Lu}[\p{L}\p{M}'’.-]*+[\s,]*+){0,5}+")
_LEADING_DASH = regex.compile(r"^[-—–―~]+\s*")
_INITIALS = regex.compile(r"(?:\p{Lu}\.?\s?){1,3}")
_FIRST_NAMES = regex.compile(r"\p{Lu}[\p{L}\p{M}'’.-]+(?:(?:\s+(?:and|und|et|y|&)\s+|\s+)"
                             r"\p{Lu}[\p{L}\p{M}'’.-]*){0,4}")  # fmt: skip
_IDEOGRAPHS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}·・ ]{1,8}")
_SENTENCE_END = regex.compile(r"[.!?…:;。！？：；؟]\s*$")
_ABBREVIATED = regex.compile(r"(?:\b\p{Lu}|\b(?:[JS]r|Dr|Ph\.?D|M\.?[AD]|Esq|etc))\.$")

_NO_WORDS = regex.compile(r"[^\p{L}\p{N}]*|(?:#\w+\s*)+")  # hashtags count as no words
_PROMOTION = regex.compile(
    r"\b(?:subscribe|newsletter|follow me|sign up|abonn\w+)\b", regex.IGNORECASE
)
_FIRST_NAME = regex.compile(r"\p{Lu}[\p{Ll}\p{M}'’-]{1,20}")
_ONE_WORD_ANSWER = regex.compile(
    r"(?:yes|no|not|none|nothing|never|nobody|nowhere|maybe|perhaps|always|everything|everyone|"
    r"anything|all|exactly|probably|me|us|them|ja|nein|nichts|niemand|vielleicht|oui|non|rien|"
    r"jamais|sí|nada|nunca|quizás?)",
    regex.IGNORECASE,
)

_NOTE = regex.compile(
    r"\s*(?:\[\^?(?:\d{1,3}|[*†‡§]|[a-z])\]:?\s+\S|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}[.):]?\s*\S|[†‡§]+\s*\S|\*{1,3}[^\s*][^*]*\Z)"
)
# A note under a heading of notes, where also plain numbers and bullets count.
_LISTED_NOTE = regex.compile(r"\s*(?:\(?\d{1,3}[.):]?|[-–—•*])\s+\S")
_NOTES_HEADING = regex.compile(
    r"(?:(?P<sure>(?:foot|end)notes?|notes? and (?:references|sources)|references|bibliography|"
    r"works cited|further reading|see also|related reading|anmerkungen|fu(?:ß|ss)noten|"
    r"einzelnachweise|literatur(?:verzeichnis|hinweise)?|quellenverzeichnis|(?:zum )?weiterlesen|"
    r"notes? de bas de page|références|bibliogra(?:ph|f)ie|pour aller plus loin|notas al pie|"
    r"notas de rodapé|referencias|referências|bibliograf[íi]a|para saber más|riferimenti|fotnoter|"
    r"källor|kilder|bronnen|voetnoten|przypisy|źródła|poznámky|примечания|сноски|литература|"
    r"источники|примітки|джерела|脚注|註釋|注释|註解|参考文献|参考资料|参考資料|參考資料|引用文献|각주|주석|"
    r"참고 ?문헌|הערות(?: שוליים)?|مراجع|المراجع|هوامش|الهوامش)|"
    r"notes?|sources|links|quellen|noten|notas|note|noter|註|注|注記|附注)?\s*[:：]?",
    regex.IGNORECASE,
)
_CREDITS_HEADING = regex.compile(
    r"(?:acknowledge?ments?|thanks|thank you|credits|danksagung|dank|remerciements|agradecimientos|"
    r"about the author|about the writer|über (?:den autor|die autorin)|致谢|謝辞)\s*[:：.!]?",
    regex.IGNORECASE,
)
# What begins a paragraph beside the essay: "N.B. …", "Editor's note: …", "Update: …".
_ASIDE_LABEL = regex.compile(
    r"(?:n\.\s?b\.|nota bene|(?:editor['’]?s |author['’]?s )?note|ed\. note|disclaimer|"
    r"disclosure|update|correction|erratum|hinweis|anmerkung|nachtrag|korrektur|remarque|"
    r"note de (?:l['’]auteur|la rédaction)|nota(?: del autor| del editor)?|aviso)"
    r"(?!\w)\s*[:：.)—–-]?\s",
    regex.IGNORECASE,
)
_NOTA_BENE = regex.compile(r"n\.\s?b\.|nota bene\b", regex.IGNORECASE)
_COLON = regex.compile(r"[^\s:：]+(?:\s[^\s:：]+){0,3}\s*[:：]")
_STARRED = regex.compile(r"\*\s+\S")
_MAX_CALLOUT_TITLE = 60  # characters
_MAX_CREDITS = 150  # words under a heading of thanks
_CALLOUTS = regex.compile(
    r"(?:note|info|tip|important|warning|caution|thanks|acknowledge?ments?|attention|todo)",
    regex.IGNORECASE,
)

_MAX_NOTE = 80  # words of a note about the writer, or of thanks to helpers
_MAX_INVITATION = 25  # words
_MAX_LINE_WORDS = 8  # words of a line of a signature: a name, a place, a date, a trade
_MAX_LINE_LENGTH = 100  # characters of such a line
_MAX_LINES = 5
_MAX_BLOCKS = 6


def _is_invitation(text: str) -> bool:
    """Whether a sentence or a short paragraph asks the reader to answer."""
    return len(text.split()) <= _MAX_INVITATION and _INVITATION.search(text) is not None


def is_courtesy(sentence: str) -> bool:
    """Whether a sentence invites an answer, thanks, says goodbye, or has no words."""
    if is_question(sentence):
        return False
    if _NO_WORDS.fullmatch(sentence) or _is_invitation(sentence):
        return True
    words = len(sentence.split())
    return (
        (words <= _MAX_INVITATION and _PROMOTION.search(sentence) is not None)
        or (words <= _MAX_NOTE and _THANKS_FOR_HELP.match(sentence) is not None)
        or (words <= _MAX_INVITATION and _THANKS.match(sentence) is not None)
        or (words <= _MAX_LINE_WORDS and _GOODBYE.match(sentence) is not None)
    )


def _is_note_about_writer(block: Paragraph, author: str | None) -> bool:
    """Whether a paragraph is a note about the writer: in italics, or starting with the name."""
    text = get_block_text(block).strip()
    if len(text.split()) > _MAX_NOTE or is_question(text):
        return False
    if all(Mark.ITALIC in span.marks or not span.text.strip() for span in block.spans):
        return True
    return author is not None and " " in author and text.startswith(f"{author} ")


def _get_lines(block: Block) -> list[str] | None:
    """The lines of a block that could be a signature."""
    if not isinstance(block, Paragraph) or block.frame.depth or block.frame.quoted:
        return None
    return [line.strip() for line in get_block_text(block).split("\n") if line.strip()]


def _is_author_name(line: str, author: str | None) -> bool:
    """Whether a line is the author's name or a part of it."""
    name = (author or "").casefold()
    own = line.strip("-—–―~ .").casefold()
    return bool(own) and (own == name or own in regex.split(r"[\s,]+", name))


def _is_signature(line: str) -> bool:
    """Whether a line under a valediction can be a signature."""
    names = _FIRST_NAMES.fullmatch(line) or _INITIALS.fullmatch(line) or _IDEOGRAPHS.fullmatch(line)
    return names is not None


def _is_sign_off(lines: Sequence[str], author: str | None) -> bool:
    if not 0 < len(lines) <= _MAX_LINES or max(map(len, lines)) > _MAX_LINE_LENGTH:
        return False
    if len(lines) == 1 and (_DASHED.fullmatch(lines[0]) or _is_author_name(lines[0], author)):
        return True
    for line in lines:
        ended = _SENTENCE_END.search(line) and not _ABBREVIATED.search(line)
        if len(line.split()) > _MAX_LINE_WORDS or (ended and not _VALEDICTION.fullmatch(line)):
            return False
    first, *others = (_LEADING_DASH.sub("", line) for line in lines)
    undated = _DATE.sub("", first)
    if undated != first and not others and _PLACE.fullmatch(undated):
        return True  # place and date of writing
    if is_name(undated.rstrip(" ,")) or _is_author_name(first, author):
        return True
    if others:
        parts = first.endswith((",", "，", "、")) or _VALEDICTION.fullmatch(first) is not None
        return parts and _is_signature(others[0])
    before, comma, name = first.partition(",")
    parting = _VALEDICTION.fullmatch(before) or _POSSESSIVE_CLOSING.fullmatch(before)
    return bool(comma) and parting is not None and _is_signature(name.strip())


def _is_aside(block: Block, author: str | None) -> bool:
    if isinstance(block, Rule):
        return True
    if not isinstance(block, Paragraph):
        return False
    text = get_block_text(block).strip()
    linked = all(span.link is not None or not span.text.strip() for span in block.spans)
    if linked and not is_question(text):
        return True  # a picture, or a link to read on
    if _is_labelled_aside(text):
        return True
    return _is_note_about_writer(block, author) or all(
        is_courtesy(one) for one in split_sentences(text)
    )


def _is_labelled_aside(text: str) -> bool:
    """Whether a short paragraph is a note beside the essay: "N.B. …", "Update: …"."""
    found = _ASIDE_LABEL.match(text)
    return (
        found is not None
        and len(text.split()) <= _MAX_NOTE
        and not is_question(text)
        # "Note the date" is a sentence; "Note: the date" is a label.
        and (_NOTA_BENE.match(text) is not None or _COLON.match(text) is not None)
    )


def strip_end_matter(blocks: Sequence[Block]) -> list[Block]:
    """Remove what is set apart after the end: sections of notes and thanks, callouts, footnotes."""
    kept = list(blocks)
    for _ in range(_MAX_BLOCKS):
        count = len(kept)
        kept = _strip_footnotes(_strip_section(_strip_callout(kept)))
        while len(kept) > 1 and isinstance(kept[-1], Rule):
            kept.pop()
        if len(kept) == count:
            break
    return kept


def _strip_section(blocks: list[Block]) -> list[Block]:
    """Remove the last section if its heading says that it is notes or thanks."""
    for place in range(len(blocks) - 1, 0, -1):
        block = blocks[place]
        if isinstance(block, Rule):
            continue
        if not _is_heading_like(block):
            continue
        text = get_block_text(block).strip()
        notes = _NOTES_HEADING.fullmatch(text) if text else None
        credited = _CREDITS_HEADING.fullmatch(text)
        if notes is None and credited is None:
            if isinstance(block, Heading):
                return blocks
            continue
        section = [one for one in blocks[place + 1 :] if not isinstance(one, Rule)]
        if notes is not None and not section:
            return blocks[:place]  # the notes are links' targets, which are read apart
        if notes is not None and section:
            marked = _is_note(section[0], listed=True)
            return blocks[:place] if notes["sure"] or marked else blocks
        if credited is not None and section:
            words = sum(len(get_block_text(one).split()) for one in section)
            asks = is_question(get_block_text(section[-1]).strip())
            return blocks[:place] if words <= _MAX_CREDITS and not asks else blocks
        if isinstance(block, Heading):
            return blocks
    return blocks


def _is_heading_like(block: Block) -> bool:
    """Whether a block is a heading, or a paragraph of one bold or labelled line."""
    if isinstance(block, Heading):
        return True
    if not isinstance(block, Paragraph) or block.frame.depth or block.frame.quoted:
        return False
    text = get_block_text(block).strip()
    return len(text) <= _MAX_LINE_LENGTH and "\n" not in text


def _is_note(block: Block, *, listed: bool) -> bool:
    """Whether a block is a typed footnote; ``listed``: it may also be an item of a list."""
    text = get_block_text(block)
    if listed and (block.frame.depth > 0 or _LISTED_NOTE.match(text)):
        return True
    return isinstance(block, Paragraph) and _NOTE.match(text) is not None


def _strip_callout(blocks: list[Block]) -> list[Block]:
    """Remove a callout at the end: a quotation below a label like "Note"."""
    place = len(blocks)
    while place > 1 and blocks[place - 1].frame.quoted:
        place -= 1
        block = blocks[place]
        bold = isinstance(block, Paragraph) and all(
            Mark.BOLD in span.marks or not span.text.strip() for span in block.spans
        )
        label = get_block_text(block).strip()
        if not bold or is_question(label):
            continue
        titled = place + 1 < len(blocks) and len(label) <= _MAX_CALLOUT_TITLE
        if _CALLOUTS.fullmatch(label) or (
            titled and not is_question(get_block_text(blocks[-1]).strip())
        ):
            return blocks[:place]
    return blocks


def _strip_footnotes(blocks: list[Block]) -> list[Block]:
    """Remove the footnotes at the end of a text, with their heading or the rule above them."""
    count = len(blocks)
    while count > 1 and (
        _is_note(blocks[count - 1], listed=False) or _is_starred_note(blocks, count - 1)
    ):
        count -= 1
    if count == len(blocks):
        return blocks
    while count > 1 and isinstance(blocks[count - 1], Rule | Heading | Paragraph):
        if not _NOTES_HEADING.fullmatch(get_block_text(blocks[count - 1]).strip()):
            break
        count -= 1
    return blocks[:count]


def _is_starred_note(blocks: Sequence[Block], place: int) -> bool:
    """Whether a paragraph is a note directly below a rule: "* See the log."."""
    text = get_block_text(blocks[place]).strip()
    return (
        isinstance(blocks[place], Paragraph)
        and isinstance(blocks[place - 1], Rule)
        and _STARRED.match(text) is not None
        and not is_question(text)
    )


def strip_sign_off(body: Sequence[Block], author: str | None) -> list[Block]:
    """Remove the sign-off after the last question; at least one block is left.

    author: the writer's name, if known
    """
    kept = strip_end_matter(body)
    for _ in range(_MAX_BLOCKS):
        count = next((n for n in (3, 2, 1) if _ends_with_signature(kept, n, author)), 0)
        if not count and len(kept) > 1 and _is_aside(kept[-1], author):
            count = 1
        if not count:
            break
        del kept[-count:]
    return kept


def _ends_with_signature(blocks: Sequence[Block], count: int, author: str | None) -> bool:
    """Whether the last ``count`` blocks are a signature."""
    if len(blocks) <= count:
        return False
    lines: list[str] = []
    for block in blocks[-count:]:
        own = _get_lines(block)
        if own is None:
            return False
        lines += own
    if (
        len(lines) == 1
        and _FIRST_NAME.fullmatch(lines[0])
        and not _ONE_WORD_ANSWER.fullmatch(lines[0])
    ):
        # A single word may be a name or an answer; after a question to the reader it is a name.
        before = split_sentences(strip_note_marks(get_block_text(blocks[-count - 1])))
        asked = before[-1] if before else ""
        if is_question(asked) and addresses_reader(asked):
            return True
    return _is_sign_off(lines, author)
