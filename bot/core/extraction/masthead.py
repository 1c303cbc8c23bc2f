"""Find the masthead of an essay by heuristics: title, byline, author, epigraph.

A title is one short line that doesn't end with a full stop. A byline is a line next to the title
with somebody's name (``By Ann Lee``, ``Ann Lee``) or trade (``poet, gardener``). An epigraph is a
quotation before the text, with its source after a dash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from bot.core.essay.blocks import (
    Block,
    Heading,
    Mark,
    Paragraph,
    Rule,
    Span,
    get_block_text,
    get_spans_text,
)
from bot.core.essay.essay import Epigraph
from bot.core.text.name_blocklist import has_words_of_no_name, is_placeholder
from bot.core.text.sentences import split_sentences

__all__ = [
    "Masthead",
    "find_epigraph",
    "find_masthead",
    "is_dateline",
    "is_name",
    "is_salutation",
    "parse_author",
    "strip_title_label",
]

_MAX_TITLE = 160  # characters
_MIN_LONG_LINE = 30  # words of a paragraph that is prose however it ends
_MAX_BYLINE = 120
_DASHES = r"(?:-{2,3}|[—–―‒‐⸺-]|~)"
_BY = regex.compile(
    r"\s*(?:(?:written|words|text|story|posted|an essay)\s+)?"
    r"(?:by|von|par|por|di|door|av|af|от|автор|بقلم|מאת|作者|文)(?:\s*[:：]\s*|\s+)(?P<who>\S.*)",
    regex.IGNORECASE | regex.DOTALL,
)
# Labels of a line that names the writer or the title. They need their colon.
_AUTHOR_LABEL = regex.compile(
    r"\s*(?:authors?|author\(s\)|written by|writer|autor(?:in|a|es|en)?|auteure?s?|autor[ei]|"
    r"verfasser(?:in)?|"
    r"författare|forfatter|kirjoittaja|auteurs?|автор|авторы|yazar|yazan|penulis|tác giả|"
    r"著者|作者|筆者|著|文|撰文|저자|글쓴이|글|المؤلف|الكاتب|بقلم|نویسنده|מאת|מחבר|מחברת)"
    r"(?:\s*[:：]\s*|(?<=文)\s*[・／/]\s*)(?P<who>\S.*)",
    regex.IGNORECASE | regex.DOTALL,
)
# A label that needs somebody's name: "Text: Ann Lee".
_TEXT_LABEL = regex.compile(
    r"\s*(?:text|texte|testo|texto|tekst|words|story|essay|текст|文字|글)\s*[:：]\s*(?P<who>\S.*)",
    regex.IGNORECASE | regex.DOTALL,
)
_TITLE_LABEL = regex.compile(
    r"\s*(?:title|titel|titre|título|titulo|titolo|tytuł|otsikko|название|заглавие|başlık|judul|"
    r"タイトル|題名|題|题目|題目|标题|標題|제목|العنوان|عنوان|כותרת)\s*[:：]\s*(?P<title>\S.*)",
    regex.IGNORECASE | regex.DOTALL,
)
_MONTH = (
    r"(?:(?:jan|feb|f[ée]v|mar|mär|maa|mrt|apr|abr|avr|kwi|ma[iyjg]|mei|jun|jul|jui|giu|lug|"
    r"aug|ago|ao[uû]|sep|set|wrz|oct|okt|out|ott|paź|nov|lis|dec|dez|dic|d[ée]c|gru|gen|ene|sty|"
    r"янв|фев|мар|апр|ма[яй]|июн|июл|авг|сен|окт|ноя|дек|"
    r"ιαν|φεβ|μαρ|απρ|μα[ΐϊίι]|ιουν|ιουλ|αυγ|σεπ|οκτ|νοε|δεκ|"
    r"(?:tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu)kuu)\p{L}*\.?|"
    # Czech, Hungarian, Turkish, Romanian, Ukrainian, Hebrew, Arabic
    r"ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince|"
    r"március|április|május|június|július|szeptember|"
    r"ocak|şubat|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık|"
    r"ianuarie|iunie|iulie|noiembrie|"
    r"січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня|"
    r"יוני|יולי|"
    r"ב?(?:ינואר|פברואר|מר[ץס]|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר)|"
    r"يناير|فبراير|مارس|[أا]بريل|مايو|يونيو|يوليو|[أا]غسطس|سبتمبر|[أا]كتوبر|نوفمبر|ديسمبر)"
)
_YEAR = r"(?:1[4-9]|20)\d\d(?:\s*(?:г\.|г(?:ода)?|року|р\.|r\.|roku))?"
_DAY = r"\d{1,2}(?::?(?:st|nd|rd|th|er|[ae]|го)|\.|º)?"
_DATE = (
    rf"(?:{_DAY}\s+(?:of\s+|de\s+|d['’])?{_MONTH}(?:,?\s+(?:del?\s+)?{_YEAR})?|"
    rf"{_MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?|{_MONTH},?\s+(?:de\s+)?{_YEAR}|"
    rf"(?:1[4-9]|20)\d\d\.?\s+{_MONTH}\s+\d{{1,2}}\.?|"
    r"ngày\s+\d{1,2}\s+tháng\s+\d{1,2}(?:\s+năm\s+\d{4})?|"
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|"
    r"(?:\p{Han}{2})?(?:\d{1,4}|元)\s*[年년]\s*\d{1,2}\s*[月월](?:\s*\d{1,2}\s*[日일])?)"
)
_PLACE = (
    rf"(?:(?!{_MONTH}\s)\p{{Lu}}[\p{{L}}\p{{M}}\s.,'’–—-]{{1,60}}?(?:\s*,\s*|\s+)|"
    rf"(?!{_MONTH}\s)\p{{Lo}}[\p{{Lo}}\p{{M}}\p{{Lm}}]{{0,19}}(?:[，、،,\s]\s*))"
)
_DATELINE = regex.compile(
    rf"\s*(?P<place>{_PLACE})?(?:(?:den|the|le|el|am|an|på|i|on|dnia|dne)\s+)?"
    rf"(?P<date>(?:\p{{L}}{{3,12}}\.?,?\s+(?:the\s+)?)?{_DATE})\s*[.,]?\s*",
    regex.IGNORECASE,
)
# "3 March 2024, Malmö": the place comes last.
_DATE_AND_PLACE = regex.compile(
    rf"\s*(?P<date>(?i:{_DATE}))(?:\s*[,，、،]\s*|\s+(?:à|in|at|aus|en|em|a|w|в)\s+)"
    r"(?P<place>\p{Lu}[\p{L}\p{M}\s.'’-]{1,40})"
    r"|\s*(?P<date>\d{4}\s*[年년]\s*\d{1,2}\s*[月월](?:\s*\d{1,2}\s*[日일])?)[\s、，]*"
    r"(?P<place>\p{Lo}{1,10})\s*",
)
_DATE_AT_EDGE = regex.compile(
    rf"\s*{_DATE}[,.]?\s+|[\s,]+(?:(?:den|the|le|el)\s+)?{_DATE}[.,]?\s*$", regex.IGNORECASE
)
# What dates a letter without a date: "Kyoto, Sunday evening", "Malmö, spring 2024", "London, 1887".
# It is only a dateline above a salutation.
_TIME_WORDS = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|"
    r"mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|"
    r"viernes|sábado|domingo|early|late|morning|noon|afternoon|evening|night|midnight|"
    r"(?:new year|christmas|easter)(?:['’]s)?|eve|day|spring|summer|autumn|fall|winter|frühling|"
    r"frühjahr|sommer|herbst|printemps|été|automne|hiver|primavera|verano|otoño|invierno|"
    r"in|the|at|im|en|the)"
)
_LOOSE_DATELINE = regex.compile(
    rf"\s*(?:(?P<place>\p{{Lu}}[\p{{L}}\p{{M}}.'’-]*(?:\s+\p{{Lu}}[\p{{L}}\p{{M}}.'’-]*){{0,3}})\s*,\s*)?"
    rf"(?P<time>(?i:{_TIME_WORDS}(?:[\s,]+{_TIME_WORDS}){{0,3}}(?:,?\s+{_YEAR})?|{_YEAR}))[.,]?\s*"
)
_MAX_ADDRESS = 10  # words of a letter's address beside its date
_SALUTATION = regex.compile(
    r"\s*(?:(?:my |our )?(?:very )?(?:dear|dearest|beloved)\b|(?:hello|hi|hey|greetings)\b|"
    r"to whom it may|"
    r"to the editors?\b|lieber?\b|liebes\b|liebste\w*\b|"
    r"sehr geehrte\w*\b|(?:mon |ma |mes )?ch(?:er|ère)s?\b|"
    r"(?:mi |meu |minha )?querid[oa]s?\b|estimad[oa]s?\b|apreciad[oa]s?\b|hola\b|"
    r"(?:mi[oa] )?car[oaie]\b|prezad[oa]s?\b|ol[áa]\b|"
    r"carissim[oaie]\b|ciao\b|gentil[ei]\b|egregi\w*\b|kära?\b|kjære\b|kære\b|"
    r"hej\b|hei\b|hyvä\b|rakas\b|beste\b|lieve\b|geachte\b|drog[ia]\b|szanown\w+|kochan\w+|"
    r"vážen\w+|mil[ýáí]\b|drah[ýáí]\b|kedves\b|tisztelt\b|sevgili\b|sayın\b|değerli\b|drag[ăi]\b|"
    r"stimat\w+|дорог\w+|уважаем\w+|мил\w+|шановн\w+|люб(?:ий|а|і)\b|αγαπητ\w+|αξιότιμ\w+|"
    r"亲爱的|親愛的|尊敬的|親愛なる|عزيزي|عزيزتي|사랑하는|친애하는|존경하는)"
    r"[^.?]{0,80}[,:;!،，：！—–-]\s*"
    r"|\s*(?:拝啓|前略|謹啓|拝復|一筆啓上)(?:[\s、，,].{0,40})?\s*"
    r"|\s*(?:사랑하는|친애하는|존경하는)\s.{1,30}(?:에게|께)[,.]?\s*",
    regex.IGNORECASE,
)
_NAME_WORD = (
    r"(?:\p{Lu}[\p{L}\p{M}'’.-]*|"
    r"(?:de|da|di|du|del|della|der|den|van|von|bin|ibn|al|el|la|le|y|e|zu|af|ten|ter)\b)"
)
_NAME = regex.compile(rf"\p{{Lu}}[\p{{L}}\p{{M}}'’.-]*(?:\s+{_NAME_WORD}){{1,4}}")
_NOT_A_NAME = regex.compile(
    r"\b(?:the|a|an|of|on|in|and|or|why|how|what|when|my|our|your|is|are|to|for|with|chapter|part|"
    r"section|introduction|prologue|preface|note|notes)\b",
    regex.IGNORECASE,
)
# What follows a name in a byline: a trade, the date, the reading time.
_AFTER_NAME = regex.compile(
    r"\s*(?:[,;|·/(（]|\s[—–-]+\s)\s*|\s+\d{1,3}[ -]?min(?:ute)?s?\b|"
    r"\s+(?:(?:and|with|&)\s+)?(?:photo(?:graph)?s?|pictures?|illustrations?|illustrated|drawings?|"
    r"translated|translation)\b|"
    r"\s+(?:on|am|le|el|il)\s+(?=.*\d{4})"
)
# The characters of a credit line; Markdown's marks are not among them.
_CREDIT = regex.compile(r"(?!.*\|\|)[\p{L}\p{M}\p{N}\s.,'’‘“”\"&|·–—-]+")
_ITEMS = regex.compile(r"\s*[,|·&]\s*|\s+(?:and|und|et|y|e)\s+")
_SENTENCE_WORDS = regex.compile(
    r"\b(?:i|you|he|she|it|we|they|there|this|that|these|those|is|are|was|were|be|been|am|has|had|"
    r"have|do|does|did|will|would|can|could|not|but|if|when|while|then|so|because|though)\b",
    regex.IGNORECASE,
)
_FULL_STOP = regex.compile(r"[.。।։۔:;,；：]\s*$")
_QUOTED = regex.compile(
    rf"(?P<open>[“\"«„‟「『‹‘'])(?P<text>.+?)(?P<close>[”\"»“」』›’'])"
    rf"(?:[.,]?\s*{_DASHES}+\s*(?P<source>(?=[^\n]*\p{{L}})\S[^\n]{{0,160}})"
    r"|\s+[(（](?P<bracketed>[^()\n]{2,120})[)）])?\s*",
    regex.DOTALL,
)
_SIGNED = regex.compile(
    rf"(?P<text>.+?)\s*\n\s*{_DASHES}+\s*(?P<source>(?=[^\n]*\p{{L}})\S[^\n]{{0,160}})",
    regex.DOTALL,
)
_SOURCE = regex.compile(rf"\s*{_DASHES}+\s*(?P<source>(?=[^\n]*\p{{L}})\S[^\n]{{0,160}})")
_TRAILING = regex.compile(
    r"(?P<text>.+[.!?…”\"»。！？」』])\s*(?:-{2,3}|[—–―⸺]+)\s*(?P<source>[^\s\d][^\n.]{1,80})"
    r"|(?P<text>.+?)\s+(?:-{2,3}|[—–―⸺]+)\s*(?P<source>[^\s\d][^\n.,;:。，]{1,50})",
    regex.DOTALL,
)
# "« The sea is a long road. » Victor Hugo", "The sea is a long road. (Virginia Woolf)"
_NAMED_AFTER = regex.compile(
    r"(?P<text>[“\"«„「『‹].+[”\"»“」』›])\s+(?P<source>\S[^\n]{1,120})"
    r"|(?P<text>.+[.!?…。！？”\"»」』])\s*[(（](?P<bracketed>[^()\n]{2,120})[)）]",
    regex.DOTALL,
)
# A turn of a dialogue, and what interrupts or follows it: "— Again — said he."
_TURN = regex.compile(r"[—–―]\s*\p{L}|[—–―]\s*[¿¡“«\"]")
_INNER_TURN = regex.compile(r"\S[\s,.!?…]*\s?[—–―]\s*\p{Ll}")
# A place in a book: "Isaiah 40:6", "Psalm 103, 15–16".
_CITED = regex.compile(
    rf"(?:[1-3]\s+)?{_NAME_WORD}(?:\s+{_NAME_WORD}){{0,3}},?\s+\d{{1,3}}(?:\s*[:.,]\s*\d{{1,3}})?"
    r"(?:\s*[–-]\s*\d{1,3})?"
)
_MAX_SOURCE = 12  # words of a source that no dash announces
# A quotation's end, after which its source may follow without a dash.
_QUOTATION_END = regex.compile(r"[.!?…。！？][”\"»」』’)\]]*$|[”\"»」』]$")
_PAIRS = {"“": "”“", '"': '"”', "«": "»", "»": "«", "„": "“”", "‟": "”", "「": "」", "『": "』",
          "‹": "›", "‘": "’", "'": "'’"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Masthead:
    """What was found; ``title_block``: the index of the title's block, if it is one."""

    title: str | None
    title_block: int | None
    byline: str | None
    author: str | None
    epigraph: Epigraph | None


def _get_line(block: Block) -> str | None:
    """The text of a block if it is one short line."""
    if not isinstance(block, Paragraph | Heading) or block.frame.quoted or block.frame.depth:
        return None
    text = get_block_text(block).strip()
    if not text or "\n" in text or len(text) > _MAX_TITLE:
        return None
    return text


def _starts_lower_case(text: str) -> bool:
    letter = regex.search(r"\p{L}", text)
    return letter is not None and letter.group().islower()


def _is_by_line(text: str) -> bool:
    """Whether a line names the writer: "By Ann Lee", "Author: ann", but not "By the sea"."""
    label = _AUTHOR_LABEL.fullmatch(text)
    if label is not None:
        return not is_placeholder(label["who"])
    by = _TEXT_LABEL.fullmatch(text)
    if by is not None:
        return is_name(_AFTER_NAME.split(by["who"].strip())[0].strip())
    by = _BY.fullmatch(text)
    return by is not None and not _starts_lower_case(by["who"]) and not is_placeholder(by["who"])


def _is_heading_by_line(block: Block) -> bool:
    """Whether a heading is really the byline: ``## Author: Ann Lee``, ``## by Ann Lee``."""
    if not isinstance(block, Heading):
        return False
    text = get_block_text(block).strip()
    by = _BY.fullmatch(text)
    named = by is not None and is_name(by["who"].strip())
    return len(text) <= _MAX_BYLINE and (named or _AUTHOR_LABEL.fullmatch(text) is not None)


def strip_title_label(title: str) -> tuple[str, bool]:
    """A title without its label (``Title: The Bay``), and whether it had one."""
    found = _TITLE_LABEL.fullmatch(title)
    return (title, False) if found is None else (found["title"].strip(), True)


def is_dateline(text: str, *, placed: bool = False) -> bool:
    """Whether a line is only a date, perhaps after a place; ``placed``: it has a place."""
    if len(text) > _MAX_BYLINE or _is_by_line(text):
        return False
    found = _DATELINE.fullmatch(text) or _DATE_AND_PLACE.fullmatch(text)
    if found is None:
        return False
    place = found["place"] or ""
    # "A letter of 3 March 2024" is no place; "Frankfurt am Main, 3 March 2024" is one.
    if any(word[0].islower() and len(word) > 3 for word in place.split()):
        return False
    return not placed or bool(place)


def _is_dated_address(text: str) -> bool:
    """Whether lines that Markdown has joined are an address and a date of a letter.

    "3 March 2024 Malmö", "12 Harbour Street Malmö 3 March 2024": every word has a capital.
    """
    found = _DATE_AT_EDGE.search(text)
    if found is None or (found.start() and found.end() < len(text)):
        return False
    words = (text[: found.start()] + text[found.end() :]).split()
    return 0 < len(words) <= _MAX_ADDRESS and not any(word[0].islower() for word in words)


def is_salutation(text: str) -> bool:
    """Whether a line greets the receiver of a letter: "Dear Ann,"."""
    return len(text) <= _MAX_BYLINE and _SALUTATION.fullmatch(text) is not None


def _is_title(block: Block) -> bool:
    text = _get_line(block)
    if text is None or len(text.split()) > 20 or not regex.search(r"[\p{L}\p{N}]", text):
        return False
    if isinstance(block, Heading):
        return True
    quoted = _QUOTED.fullmatch(text)
    if is_dateline(text, placed=True) or is_salutation(text):
        return False
    if _FULL_STOP.search(text) or _is_by_line(text) or regex.match(rf"\s*{_DASHES}", text):
        return False
    return (quoted is None or quoted["source"] is None) and not _starts_lower_case(text)


def is_name(text: str) -> bool:
    """Whether a line is just somebody's full name, of two to five words."""
    return (
        _NAME.fullmatch(text) is not None
        and not _NOT_A_NAME.search(text)
        and not has_words_of_no_name(text)
    )


def _is_trade_list(text: str) -> bool:
    """Whether a line is a few short items like "poet, gardener", and not part of a sentence."""
    items = _ITEMS.split(text)
    return (
        len(text.split()) <= 12
        and all(0 < len(item.split()) <= 5 for item in items)
        and not _SENTENCE_WORDS.search(text)
    )


def _parse_byline(block: Block, *, before: bool = False) -> str | None:
    """The line verbatim if it is a byline; ``before``: it comes before the title."""
    text = _get_line(block)
    if text is None or len(text) > _MAX_BYLINE:
        return None
    if isinstance(block, Heading):
        return text if _is_heading_by_line(block) else None
    if is_dateline(text) or is_salutation(text):
        return None
    if _FULL_STOP.search(text) or text.endswith(("?", "!")):
        return None
    if _is_by_line(text):
        return text
    if any(span.link for span in getattr(block, "spans", ())) or not _CREDIT.fullmatch(text):
        return None
    listed = "," in text or "|" in text or "·" in text
    if is_name(text):
        return text
    low = _starts_lower_case(text) and _is_trade_list(text) and (before or listed)
    named = listed and len(text.split()) <= 10 and is_name(regex.split(r"\s*[,|·]\s*", text)[0])
    return text if low or named else None


def parse_author(byline: str | None) -> str | None:
    """The name in a byline, if there is one."""
    if byline is None:
        return None
    by = _AUTHOR_LABEL.fullmatch(byline) or _BY.fullmatch(byline) or _TEXT_LABEL.fullmatch(byline)
    who = by["who"] if by is not None else byline
    name = _AFTER_NAME.split(who.strip())[0].strip()
    if is_placeholder(name):
        return None
    if by is not None:
        return name or None
    return name if is_name(name) else None


def _parse_quotation(text: str) -> Epigraph | None:
    """Parse a text that is entirely a quotation, with or without its source."""
    found = _QUOTED.fullmatch(text.strip())
    if found is None or found["close"] not in _PAIRS[found["open"]]:
        return None
    inner = found["text"]
    if found["open"] == '"' and '"' in inner:
        return None
    source = found["source"] or found["bracketed"]
    return Epigraph(inner.strip(), source.strip() if source else None)


def find_epigraph(blocks: Sequence[Block]) -> Epigraph | None:
    """The epigraph at the start of the blocks after title and byline."""
    if not blocks or not isinstance(blocks[0], Paragraph):
        return None
    first = blocks[0]
    text = get_block_text(first).strip()
    after = blocks[1] if len(blocks) > 1 else None
    following = get_block_text(after).strip() if isinstance(after, Paragraph) else ""
    if len(text) > 1200 or after is None or _is_dialogue(blocks):
        return None
    whole = _parse_quotation(text)
    signed = _SOURCE.fullmatch(following)
    if whole is not None and whole.source is not None:
        return whole
    if whole is not None and signed is not None:
        return Epigraph(whole.text, signed["source"].strip())
    set_apart = first.frame.quoted or all(
        Mark.ITALIC in span.marks or not span.text.strip() for span in first.spans
    )
    marked = _SIGNED.fullmatch(text)
    if marked is not None and not first.frame.depth:
        inner = _parse_quotation(marked["text"])
        return Epigraph(inner.text if inner else marked["text"].strip(), marked["source"].strip())
    if first.frame.depth:
        return None
    if signed is not None and not set_apart and _starts_lower_case(signed["source"]):
        signed = None if _SENTENCE_WORDS.search(signed["source"]) is not None else signed
    if signed is not None and len(following.split()) <= 20 and (set_apart or len(text) <= 600):
        return Epigraph(whole.text if whole else text, signed["source"].strip())
    if first.frame.quoted:
        return _parse_quoted_run(blocks)
    if whole is not None and len(blocks) > 2 and _is_source(after, first):
        return Epigraph(whole.text, following)
    return _parse_source_below(text) if whole is None else None


def _is_dialogue(blocks: Sequence[Block]) -> bool:
    """Whether two of the first paragraphs are turns of a dialogue: each begins with a dash.

    A single one after another paragraph is one if it ends like a sentence, or says who speaks.
    """
    texts = [get_block_text(block).strip() for block in blocks[:3]]
    turns = [text for text in texts if isinstance(text, str) and _TURN.match(text)]
    if len(turns) > 1 or not turns:
        return len(turns) > 1
    return _INNER_TURN.search(turns[0]) is not None or (
        regex.search(r"[.!?…。]$", turns[0]) is not None
        and _SENTENCE_WORDS.search(turns[0]) is not None
    )


def _parse_source_below(text: str) -> Epigraph | None:
    """Parse a quotation in quotation marks whose source is the next line, without a dash."""
    quoted, line, source = text.rpartition("\n")
    whole = _parse_quotation(quoted) if line else None
    if whole is None or whole.source is not None or not _may_be_source(source.strip()):
        return None
    return Epigraph(whole.text, source.strip())


def _parse_quoted_run(blocks: Sequence[Block]) -> Epigraph | None:
    """Parse a block quotation of a few paragraphs, the last of which may be its source."""
    run: list[str] = []
    for block in blocks:
        if not isinstance(block, Paragraph) or not block.frame.quoted:
            break
        run.append(get_block_text(block).strip())
    if len(run) == len(blocks) or sum(len(text) for text in run) > 1200:
        return None
    source: str | None = None
    signed = _SOURCE.fullmatch(run[-1]) if len(run) > 1 else None
    if signed is not None:
        source = signed["source"].strip()
        run.pop()
    if source is None and len(run) > 1 and _is_source(blocks[len(run) - 1], blocks[len(run) - 2]):
        source = run.pop()
    text = "\n".join(run)
    inner = _parse_quotation(text)
    if inner is not None:
        source = source or inner.source
        return Epigraph(inner.text, source) if source is not None else None
    named = _NAMED_AFTER.fullmatch(text)
    if source is None and named is not None:
        who = (named["bracketed"] or named["source"]).strip()
        if _may_be_source(who) and _names_source(who):
            return Epigraph(_strip_quotation_marks(named["text"].strip()), who)
    trailing = _TRAILING.fullmatch(text) or regex.fullmatch(
        rf"(?P<text>.+[.!?…”\"»])\s*{_DASHES}+\s*(?P<source>[^\s\d][^\n]{{1,80}})",
        text,
        regex.DOTALL,
    )
    if source is None and trailing is not None:
        return Epigraph(trailing["text"].strip(), trailing["source"].strip())
    if source is not None:
        return Epigraph(text, source)
    return _parse_undashed(blocks[: len(run)])


def _is_source(block: Block, quotation: Block) -> bool:
    """Whether a paragraph below a quotation names its source, without a dash.

    It is short, unlike a sentence, and set in italics, linked or somebody's name.
    """
    if not isinstance(block, Paragraph) or not isinstance(quotation, Paragraph):
        return False
    text = get_block_text(block).strip()
    if not _may_be_source(text):
        return False
    return _is_set_apart(block.spans, quotation.spans) or _names_source(text)


def _may_be_source(text: str) -> bool:
    return (
        0 < len(text.split()) <= _MAX_SOURCE
        and "\n" not in text
        and len(text) <= _MAX_BYLINE
        and regex.search(r"[.!?…:;。！？]$", text) is None
        and not _starts_lower_case(text)
    )


def _names_source(text: str) -> bool:
    """Whether a line is a name, perhaps with a work or a year after a comma or in brackets."""
    name = regex.split(r"\s*[,(（《]\s*", text)[0].strip()
    if _CITED.fullmatch(text) is not None:
        return True
    return is_name(name) or regex.fullmatch(r"\p{Han}{2,4}(?:《[^》]+》)?", text) is not None


def _is_set_apart(spans: Sequence[Span], quotation: Sequence[Span]) -> bool:
    """Whether spans are all in italics or linked, and the quotation isn't."""
    shown = [span for span in spans if span.text.strip()]
    others = [span for span in quotation if span.text.strip()]
    if shown and all(span.link for span in shown):
        return not any(span.link for span in others)
    slanted = all(Mark.ITALIC in span.marks for span in shown)
    return slanted and not all(Mark.ITALIC in span.marks for span in others)


def _parse_undashed(run: Sequence[Block]) -> Epigraph | None:
    """Parse a quotation that ends with its source on a line of its own, without a dash.

    In Markdown the line break is only a space: then the source is what follows the last sentence.
    """
    last = run[-1] if run else None
    if not isinstance(last, Paragraph):
        return None
    before = [get_block_text(block).strip() for block in run[:-1]]
    text = get_block_text(last).strip()
    upper, line, source = text.rpartition("\n")
    if line and _may_be_source(source) and _names_source(source):
        return Epigraph("\n".join([*before, upper.strip()]), source.strip())
    for place in range(len(last.spans) - 1, 0, -1):
        spans, rest = last.spans[place:], last.spans[:place]
        source, upper = (get_spans_text(part).strip() for part in (spans, rest))
        if not source:
            continue
        if not _may_be_source(source) or not (
            _is_set_apart(spans, rest) and _QUOTATION_END.search(upper) is not None
        ):
            break
        longer = place > 1 and _is_set_apart(last.spans[place - 1 :], last.spans[: place - 1])
        if not longer:
            return Epigraph("\n".join([*before, _strip_quotation_marks(upper)]), source)
    sentences = split_sentences(text)
    source = sentences[-1]
    if len(sentences) > 1 and _may_be_source(source) and _names_source(source):
        upper = text[: -len(source)].strip()
        return Epigraph("\n".join([*before, _strip_quotation_marks(upper)]), source)
    return None


def _strip_quotation_marks(text: str) -> str:
    inner = _parse_quotation(text)
    return inner.text if inner is not None and inner.source is None else text


def _find_title(blocks: Sequence[Block], *, literal: bool) -> int | None:
    """The index of the title among the first blocks."""
    head = list(blocks[:6])
    if not literal:
        for place, block in enumerate(head):
            if not isinstance(block, Heading) or block.frame.depth or block.frame.quoted:
                continue
            if _is_heading_by_line(block) and place + 1 < len(head):
                continue
            before = head[:place]
            if (
                place <= 3
                and all(_may_precede_title(b) for b in before)
                and not _is_section(blocks, place)
            ):
                return place
            break
    if not head:
        return None
    if literal and _has_tagline(head):
        return 1
    dated = next((n for n, b in enumerate(head) if not is_dateline(_get_line(b) or "")), 0)
    if _is_letter_head(head):
        return None
    below = head[dated]
    if dated and not isinstance(below, Heading) and _is_title(below) and not _parse_byline(below):
        return dated  # the date comes before the title
    if _is_title(head[0]) and not isinstance(head[0], Heading):
        # A name and then the title, or the title first.
        if len(head) > 1 and _parse_byline(head[0], before=True) is not None and _is_title(head[1]):
            return 1 if _parse_byline(head[1]) is None else 0
        return 0
    if len(head) > 1 and _parse_byline(head[0], before=True) is not None and _is_title(head[1]):
        # Below a byline, a heading that isn't the only one of its level begins a section.
        return None if isinstance(head[1], Heading) and _is_section(blocks, 1) else 1
    return None


def _is_letter_head(head: Sequence[Block]) -> bool:
    """Whether a letter begins without a title: place, date or address, then the salutation."""
    lines = [_get_line(block) or "" for block in head]
    greeted = next((n for n, line in enumerate(lines) if is_salutation(line)), None)
    if greeted is None or any(isinstance(block, Heading) for block in head[:greeted]):
        return False
    if greeted == 1 and (_is_dated_address(lines[0]) or _LOOSE_DATELINE.fullmatch(lines[0])):
        return True
    if not any(is_dateline(line) for line in lines[:greeted]):
        return False
    if is_dateline(lines[0]):
        return not any(_is_title(b) and not is_dateline(_get_line(b) or "")
                       for b in head[1:greeted])  # fmt: skip
    if regex.search(r"\d", lines[0]):
        return True  # a street
    # A place on a line of its own, above the date.
    return len(lines[0].split()) <= 2 and is_dateline(lines[1]) and not is_dateline(
        lines[1], placed=True
    )  # fmt: skip


def _has_sibling(blocks: Sequence[Block], place: int) -> bool:
    """Whether another heading after the one at ``place`` has its level, or is above it."""
    heading = blocks[place]
    return isinstance(heading, Heading) and any(
        isinstance(block, Heading)
        and block.level <= heading.level
        and not block.frame.quoted
        and not _is_heading_by_line(block)
        for block in blocks[place + 1 :]
    )


def _is_section(blocks: Sequence[Block], place: int) -> bool:
    """Whether the first heading begins a section, so that the title is above it or nowhere."""
    heading, before = blocks[place], blocks[:place]
    if not isinstance(heading, Heading) or not before:
        return False
    lines = [n for n, block in enumerate(before) if _is_title_line(block)]
    siblings = _has_sibling(blocks, place)
    if any(_is_prose(block) for block in before):
        return True
    if heading.level > 1 and _has_top_heading(blocks):
        return True
    # "The garden", "by Ann", then the first heading: the line above the byline is the title.
    signed = any(_is_by_line(_get_line(block) or "") for block in before)
    return bool(lines) and (siblings or signed)


def _is_title_line(block: Block) -> bool:
    """Whether a block that isn't a heading can only be a title: no date, byline or picture."""
    text = _get_line(block)
    if text is None or not isinstance(block, Paragraph) or not _is_title(block):
        return False
    linked = all(span.link is not None or not span.text.strip() for span in block.spans)
    return (
        not linked
        and not is_dateline(text)
        and _parse_byline(block, before=True) is None
        and _QUOTED.fullmatch(text) is None
    )


def _has_tagline(head: Sequence[Block]) -> bool:
    """Whether there is a tagline above the title: two lines like a title, then an explicit byline.

    The title is the line above the byline, unless only the first one is in title case: then the
    second one is a subtitle.
    """
    if len(head) < 4 or not (_is_title(head[0]) and _is_title(head[1])):
        return False
    if not _is_by_line(_get_line(head[2]) or ""):
        return False
    first, second = (_is_title_case(get_block_text(block)) for block in head[:2])
    return second or not first


def _is_title_case(text: str) -> bool:
    """Whether all words but the short ones begin with a capital letter."""
    words = regex.findall(r"\p{L}[\p{L}\p{M}'’]*", text)
    long = [word for place, word in enumerate(words) if not place or len(word) > 4]
    return len(words) > 1 and all(word[0].isupper() for word in [*long, words[-1]])


def _may_precede_title(block: Block) -> bool:
    """Whether a block may come before the title: a byline, date, picture or quotation."""
    if isinstance(block, Rule):
        return True
    return isinstance(block, Paragraph) and len(get_block_text(block)) <= 400


def _is_prose(block: Block) -> bool:
    """Whether a block is already body text: a heading below it is a section's."""
    if not isinstance(block, Paragraph) or block.frame.quoted:
        return False
    text = get_block_text(block).strip()
    if block.frame.depth:
        return True
    emphasised = all(Mark.ITALIC in span.marks or not span.text.strip() for span in block.spans)
    if emphasised or _parse_quotation(text) is not None or is_salutation(text):
        return False
    ended = _FULL_STOP.search(text) or (_QUOTATION_END.search(text) and len(text.split()) > 5)
    return bool(ended) or len(text.split()) >= _MIN_LONG_LINE


def _has_top_heading(blocks: Sequence[Block]) -> bool:
    return any(isinstance(block, Heading) and block.level == 1 for block in blocks)


def find_masthead(blocks: Sequence[Block], *, literal: bool, titled: bool) -> Masthead:
    """Find title, byline and epigraph among the first blocks.

    literal: the text has no markup, so a heading is a line like any other
    titled:  the source's metadata names the title, so it isn't searched for
    """
    place = None if titled else _find_title(blocks, literal=literal)
    title = get_block_text(blocks[place]).strip().replace("\n", " ") if place is not None else None
    start = 0 if place is None else place + 1
    byline: str | None = None
    rest = start
    if (place is not None or titled) and rest < len(blocks) - 1:
        subtitled = rest + 2 < len(blocks) and _get_line(blocks[rest]) is not None
        for below in (rest, rest + 1) if subtitled else (rest,):
            if (
                _is_by_line(_get_line(blocks[below]) or "")
                and _parse_byline(blocks[below]) is not None
            ):
                byline = _parse_byline(blocks[below])
                rest = below + 1
                break
    if place and byline is None:
        byline = next(
            (found for b in blocks[:place] if (found := _parse_byline(b, before=True))), None
        )
    if (place is not None or titled) and byline is None and rest < len(blocks) - 1:
        byline = _parse_byline(blocks[rest])
        rest += byline is not None
    epigraph = find_epigraph(blocks[rest:])
    if epigraph is None and rest == start and place is not None and place > 0:
        epigraph = find_epigraph(blocks[: place + 1])
    if epigraph is not None and byline is None and rest == start and rest < len(blocks):
        after = (
            rest
            + 1
            + (epigraph.source is not None and epigraph.source not in get_block_text(blocks[rest]))
        )
        if after < len(blocks) - 1 and _is_by_line(_get_line(blocks[after]) or ""):
            byline = _parse_byline(blocks[after])
    return Masthead(title, place, byline, parse_author(byline), epigraph)
