"""Recognise the boxes that sites put into an article, by their names, headings and sentences.

Sign-up cards, paywall notices, lists of other articles, comments, and the strip with writer, date
and buttons below a title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.core.essay.blocks import Block, Heading, Paragraph, Picture, get_block_text
from bot.core.text.translate import gettext_noop

__all__ = [
    "drop_byline_strip",
    "find_wall",
    "is_advertisement",
    "is_control",
    "is_link_to_other_reading",
    "is_named_box",
    "is_named_link_box",
    "is_other_reading",
]

# Names of boxes that no article's own text is in, whatever an extractor says.
_BOX_NAMES = re.compile(
    r"(?:^|[\s_-])(?:kg-signup-card|kg-cta-card|gh-(?:subscribe|signup|post-upgrade-cta|comments)[\w-]*|"
    r"subscription-widget[\w-]*|subscribe-(?:widget|prompt|form|box|footer|dialog|cta)[\w-]*|"
    r"signup-(?:form|box|card|cta)|sign-up-(?:form|box|card)|newsletter-(?:form|signup|box|cta|promo)|"
    r"email-(?:signup|capture|form)|mc_embed[\w-]*|paywall[\w-]*|regwall|gated-content-cta|"
    r"piano-[\w-]+|tp-(?:modal|container)[\w-]*|"
    r"cookie-?(?:banner|notice|consent|bar|law[\w-]*|wall)|cky-[\w-]+|onetrust[\w-]*|gdpr[\w-]*|"
    r"most-?(?:read|popular|viewed|shared|commented)|popular-?(?:posts|articles|stories)|trending[\w-]*|"
    r"you-?(?:may|might)(?:-?also)?-?like|related-?(?:posts|articles|stories|content|links|news)|"
    r"recommended-?(?:posts|articles|stories)|more-?(?:from|stories|posts|articles|on)|recirc[\w-]*|"
    r"read-?(?:next|more-posts)|further-?reading-?box|outbrain|taboola[\w-]*|jp-relatedposts|"
    r"comments?-?(?:area|section|list|form|thread|wrapper|container|respond|box)|commentlist|respond|"
    r"disqus[\w-]*|isso-thread|utterances|giscus|remark42|hyvor-talk|"
    r"share-?(?:buttons?|bar|tools|links|dialog)|social-?share|sharedaddy|addtoany[\w-]*|a2a_kit)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
# The heading of a box with other articles, comments or a form.
_BOX_HEADING = re.compile(
    r"(?:the )?most (?:read|popular|viewed|shared|commented|discussed)(?: (?:articles|stories|"
    r"posts|now))?|"
    r"(?:now )?trending(?: (?:now|today|stories|articles|posts|topics))?|popular (?:posts|"
    r"articles|stories|now)|"
    r"you (?:may|might)(?: also)? (?:like|enjoy|be interested in)|"
    r"(?:related|recommended|similar|latest|recent|more|other|featured) "
    r"(?:posts?|articles?|stories|story|news|content|reading)(?: .{0,30})?|"
    r"recommended(?: for you)?|"
    r"(?:read|up|what to read) next|more (?:from|by|in|on|like this)\b.{0,40}|more for you|related|"
    r"keep reading|continue reading|editor['’]?s['’]? picks|don['’]t miss|"
    r"(?:\d+ )?(?:comments?|responses?|replies|thoughts on .{1,80})(?: ?\(?\d*\)?)?|"
    r"leave a (?:reply|comment)|"
    r"join the (?:conversation|discussion)|post a comment|discussion about this post|"
    r"(?:sign up|subscribe)(?: (?:for|to) .{1,60})?|newsletter|get (?:the|our) newsletter|"
    r"meistgelesen|das könnte (?:sie|dich) auch interessieren|(?:ähnliche|weitere|"
    r"verwandte) (?:artikel|beiträge)|"
    r"(?:articles?|posts?) (?:similaires|liés|recommandés)|à lire aussi|lire aussi|les plus lus|"
    r"lo más (?:leído|visto)|(?:artículos|entradas|noticias) relacionad[oa]s|te puede interesar|"
    r"人気記事|関連記事|おすすめ記事|相关文章|相關文章|推荐阅读|热门文章|猜你喜欢|评论|コメント",
    re.IGNORECASE,
)
# A whole element that is a button or a notice.
_CONTROL = re.compile(
    r"(?:subscribe|subscribed|sign (?:up|in)|log ?in|register|share|share this (?:post|article|"
    r"page)?|"
    r"follow(?:ing)?|listen|save|like|likes|reply|comment|leave a comment|copy link|tweet|email|"
    r"print|"
    r"clap|bookmark|upgrade(?: to paid)?|get (?:the )?app|open in app|member-only story|join now|"
    r"start writing|"
    r"give a gift subscription|gift subscription|read more|listen to (?:this )?(?:article|post|"
    r"story)|"
    r"see all from .{1,40}|advertisement|sponsored|loading\.{0,3})(?: now| here| today|"
    r" for free)?[.!]?|"
    r"type your email(?:…|\.{3})?|(?:enter )?your email(?: address)?(?:…|\.{3})?|"
    r"this (?:post|article|story|content|page|newsletter) is (?:only )?for (?:paid|paying|"
    r"premium|registered )?"
    r"\s?(?:subscribers|members)(?: only)?[.!]?|"
    r"(?:already (?:a |have an? )?(?:paid |free )?(?:subscriber|member|account)\?)(?: ?(?:sign|"
    r"log) in\.?)?|"
    r"(?:subscribe|sign up|upgrade|become a (?:paid )?(?:member|"
    r"subscriber))(?: now)? to (?:continue|keep|unlock|read)\b.{0,80}|"
    r"(?:continue|keep) reading with a .{1,60}|"
    r"(?:thanks for reading .{1,80}[!.] )?subscribe (?:for free )?to receive new posts(?: and "
    r"support (?:my|our) work)?[.!]?|"
    r".{1,80} is a reader-supported publication\. .{1,200}|"
    r"by subscribing,? (?:i|you) agree .{1,200}|no spam\. unsubscribe (?:any ?time|at any time)\.?",
    re.IGNORECASE,
)
_ADVERTISEMENT = re.compile(
    r"(?:advertisement|sponsored(?: content)?|anzeige|werbung|publicité|publicidad|pubblicità|"
    r"publicidade|advertentie|annons|reklama|реклама|広告|广告|廣告|광고)[.:]?",
    re.IGNORECASE,
)
# A paragraph that is nothing but a link to another article.
_READ_MORE = re.compile(
    r"(?:read (?:more|also|next|on)|see also|more|related|also read|lesen sie (?:auch|mehr)|"
    r"lies auch|mehr(?: zum thema)?|siehe auch|(?:à )?lire aussi|lea también|lee también|leer más|"
    r"leggi anche|leia (?:também|mais)|lees ook|läs (?:också|även|mer)|читайте также|"
    r"あわせて読みたい|関連記事|延伸阅读|相关阅读|関連)\s*[:：|–—-]\s*\S.{0,150}",
    re.IGNORECASE,
)
# Names of boxes that are the site's if nearly all of their text is links.
_LINK_BOX_NAMES = re.compile(
    r"(?:^|\s)(?:(?:post-?|entry-?|article-?)?(?:tags?|tag-?links|cat-?links|categories|labels)|"
    r"button-?wrapper|btn-?wrapper|wp-block-buttons?|cta|cta-?button)(?:\s|$)",
    re.IGNORECASE,
)
_STRIP_LINE = re.compile(
    r"(?:·|•|\||--|—|-)|follow(?:ing)?|listen|share|save|subscribe|more|\d+ ?(?:k|m)?|"
    r"\d{1,3} ?min(?:ute)?s?(?: |-)read|member-only story|"
    r"published in|(?:published|posted|updated)(?: on| in)? ?.{0,60}|top highlight|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:, \d{4})?|"
    r"\d{1,3} (?:hours?|days?|weeks?|months?|years?) ago|\d+ (?:comments?|likes?|views?|shares?|"
    r"claps?)",
    re.IGNORECASE,
)
_STRIP_CONTROL = re.compile(
    r"follow(?:ing)?|listen|share|save|subscribe|\d{1,3} ?min(?:ute)?s?(?: |-)read|"
    r"member-only story|"
    r"published in|--|\d+ (?:comments?|likes?|claps?)", re.IGNORECASE)  # fmt: skip
_STRIP_SEPARATOR = re.compile(r"\s*[·•|]\s*")
_READING_TIME = re.compile(r"\d{1,3} ?min(?:ute)?s?(?: |-)read", re.IGNORECASE)
_COOKIES = re.compile(
    r"\bcookies?\b|\bcookie-filer|\bpliki? cookie|クッキー|쿠키|\bкуки\b|\bcookie|файл\w+ cookie",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\bwe use\b|\b(?:web)?site uses\b|\bour (?:\d+ )?partners\b|\bwe and our\b|"
    r"store and/?(?:or )?access|"
    r"\bconsent\b|privacy policy|your privacy|personal data|(?:accept|reject|allow) all|"
    r"(?:cookie|manage|privacy) (?:settings|preferences|policy)|third[ -]part(?:y|ies)|"
    # German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish
    r"\bwir und unsere\b|unsere (?:\d+ )?partner|privatsphäre|personenbezogene|einwilligung|"
    r"datenschutz\w*|alle (?:cookies )?(?:akzeptieren|ablehnen)|einstellungen verwalten|"
    r"nos (?:\d+ )?partenaires|vie privée|données personnelles|consentement|"
    r"tout (?:accepter|refuser)|"
    r"gérer (?:vos|mes) (?:préférences|choix)|nuestros (?:\d+ )?socios|(?:tu|su) privacidad|"
    r"datos personales|consentimiento|(?:aceptar|rechazar) tod[ao]s?|"
    r"nostri (?:\d+ )?partner|tua privacy|dati personali|consenso|(?:accetta|rifiuta) tutt[oi]|"
    r"(?:nossos|os) (?:\d+ )?parceiros|sua privacidade|dados pessoais|aceitar tod[ao]s|"
    r"onze (?:\d+ )?partners|jouw privacy|uw privacy|persoonsgegevens|toestemming|"
    r"alles accepteren|våra (?:\d+ )?partner|personuppgifter|samtycke|acceptera alla|"
    r"(?:nasi|nasze) partner\w*|dane osobowe|prywatnoś\w+|"
    # Japanese, Chinese, Korean, Russian
    r"個人情報|プライバシー|同意(?:する|して)|すべて(?:許可|同意)|隐私|隱私|接受(?:所有|全部)|同意并|"
    r"개인정보|모두 (?:동의|허용)|"
    r"персональн\w+ данн\w+|конфиденциальност\w+|принять все|согласи\w+",
    re.IGNORECASE,
)
_SCRIPTS = re.compile(
    r"(?:enable|requires?|turn on|activate)\s+(?:javascript|js)\b|javascript (?:is|to be|must be) "
    r"(?:disabled|enabled|required)|"
    r"checking (?:your browser|if the site connection)|"
    r"verify(?:ing)? (?:that )?you are (?:a )?human|"
    r"are you a robot|unusual traffic|access denied|"
    r"(?:aktivieren sie|bitte aktiviere) (?:bitte )?javascript|activez (?:le )?javascript|"
    r"(?:active|habilite|activa) (?:el )?javascript|abilita(?:re)? javascript|"
    r"javascript を有効|启用 ?javascript|啟用 ?javascript|включите javascript",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(?:(?:post|article|story|content|page) is (?:only )?for (?:paid|paying|premium|"
    r"registered)?\s?"
    r"(?:subscribers|members)|(?:subscribe|sign (?:up|in)|log in|register|upgrade)(?: now)? to "
    r"(?:continue|keep|read|unlock|view)|to (?:continue|keep) reading|"
    r"already a (?:paid )?(?:subscriber|member)\?|"
    r"(?:nur|exklusiv) für (?:abonnent\w*|mitglieder)|"
    r"(?:réservée?|exclusif) aux abonnés|abonnez-vous pour (?:lire|continuer)|"
    r"(?:solo|exclusivo) para (?:suscriptores|socios)|suscr[ií]bete para (?:leer|seguir)|"
    r"riservato agli abbonati|(?:só|somente) para assinantes|alleen voor abonnees|"
    r"会員限定|続きを読むには|仅限(?:订阅者|会员)|僅限(?:訂閱者|會員)|только для подписчиков)",
    re.IGNORECASE,
)
_MAX_WALL = 150  # words of a page that is nothing but a wall
_MAX_REST = 20  # words beside a paywall's notice that are no essay
_MAX_HEADING = 90  # characters
_STRIP_BLOCKS = 16  # blocks below the title where the strip can be

COOKIE_WALL = gettext_noop(
    "This page shows only a question about cookies, not the essay. Open it in a browser, then "
    "paste the text or upload the saved page."
)
SCRIPT_WALL = gettext_noop(
    "This page shows its text only in a browser. Open it there, then paste the text or upload "
    "the saved page."
)
PAYWALL = gettext_noop(
    "This page shows only a notice for subscribers, not the essay. Paste the text if you may "
    "publish it."
)


def is_named_box(element: Any) -> bool:
    """Whether an element is named like a box that isn't the article's."""
    return _BOX_NAMES.search(f"{element.get('class') or ''} {element.get('id') or ''}") is not None


def is_other_reading(text: str) -> bool:
    """Whether a heading announces other articles, comments or a sign-up form."""
    text = text.strip(" :：…»>›\n")
    return len(text) <= _MAX_HEADING and _BOX_HEADING.fullmatch(text) is not None


def is_named_link_box(element: Any) -> bool:
    """Whether an element is named like a line of tags or a button; it is one if it is all links."""
    return _LINK_BOX_NAMES.search(element.get("class") or "") is not None


def is_advertisement(text: str) -> bool:
    """Whether an element's whole text announces an advertisement."""
    return len(text) <= _MAX_HEADING and _ADVERTISEMENT.fullmatch(text.strip()) is not None


def is_link_to_other_reading(text: str) -> bool:
    """Whether a linked paragraph leads to another article: "Read more: The other bay"."""
    return len(text) <= 2 * _MAX_HEADING and _READ_MORE.fullmatch(text.strip()) is not None


def is_control(text: str) -> bool:
    """Whether an element's whole text is a button or a notice to subscribe."""
    return len(text) <= 300 and _CONTROL.fullmatch(text) is not None


def find_wall(whole: str, kept: str, title: str | None) -> str | None:
    """The sentence for the user if a page is nothing but a wall before the essay, else None.

    whole, kept: the article's text before and after boxes were dropped
    """
    if len(whole.split()) > _MAX_WALL:
        return None
    hints = {found[0].casefold() for found in _CONSENT.finditer(whole)}
    if _COOKIES.search(whole) and len(hints) > 1:
        return COOKIE_WALL
    if _SCRIPTS.search(whole):
        return SCRIPT_WALL
    rest = len(kept.split()) - len((title or "").split())
    return PAYWALL if _PAYWALL.search(whole) and rest <= _MAX_REST else None


def drop_byline_strip(blocks: Sequence[Block], author: str | None) -> list[Block]:
    """Drop the strips of writer, date, minutes and buttons near the title and at the end.

    Their lines are short blocks in a row; at least two of them are buttons or numbers of a site.
    """
    start = next((n for n, block in enumerate(blocks[:4]) if isinstance(block, Heading)), 0)
    top = _find_strip(blocks, range(start, min(len(blocks), start + _STRIP_BLOCKS)), author)
    lowest = max(start, len(blocks) - _STRIP_BLOCKS)
    end = _find_strip(blocks, range(len(blocks) - 1, lowest, -1), author)
    return [block for place, block in enumerate(blocks) if place not in top | end]


def _find_strip(blocks: Sequence[Block], places: range, author: str | None) -> set[int]:
    strip: set[int] = set()
    controls = 0
    for place in places:
        block = blocks[place]
        if isinstance(block, Heading):
            if strip:
                break
            continue
        if isinstance(block, Picture):
            continue
        if not isinstance(block, Paragraph):
            break
        lines = [line.strip() for line in get_block_text(block).split("\n")]
        if all(_is_strip_line(line, author) for line in lines):
            strip.add(place)
            parts = [part for line in lines for part in _STRIP_SEPARATOR.split(line)]
            controls += sum(_STRIP_CONTROL.fullmatch(part) is not None for part in parts)
            # The reading time is a site's even if its buttons were dropped already.
            controls += any(_READING_TIME.fullmatch(part) for part in parts)
        elif strip or places.step < 0 or len(" ".join(lines)) > _MAX_HEADING:
            break
    return strip if controls > 1 else set()


def _is_strip_line(line: str, author: str | None) -> bool:
    parts = [part.strip() for part in _STRIP_SEPARATOR.split(line) if part.strip()]
    return all(
        _STRIP_LINE.fullmatch(part) is not None
        or (author is not None and part.casefold() in author.casefold())
        for part in parts
    )
