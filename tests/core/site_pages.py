"""Web pages as site builders make them, around articles written for these tests.

Each page has what such sites put around an article: menus, sign-up cards, related posts, comments,
share buttons, cookie notices, footers. The article's own text is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

__all__ = ["ARTICLES", "BUILDERS", "Article", "make_page"]


@dataclass(frozen=True, slots=True)
class Article:
    """``text``: every word that belongs to it, in order; ``body``: its HTML."""

    title: str
    author: str
    body: str
    text: str


def _article(title: str, author: str, *blocks: tuple[str, str]) -> Article:
    """An article of blocks, each its HTML and its text."""
    return Article(
        title,
        author,
        "\n".join(markup for markup, _ in blocks),
        "\n".join([title, *(text for _, text in blocks)]),
    )


def _p(text: str) -> tuple[str, str]:
    return f"<p>{text}</p>", text


def _h2(text: str) -> tuple[str, str]:
    return f"<h2>{text}</h2>", text


def _list(tag: str, *items: str) -> tuple[str, str]:
    return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>", "\n".join(items)


def _quote(text: str) -> tuple[str, str]:
    return f"<blockquote><p>{text}</p></blockquote>", text


def _figure(alt: str, caption: str) -> tuple[str, str]:
    picture = f'<img src="https://cdn.example/p.jpg" alt="{alt}">'
    return (
        f"<figure>{picture}<figcaption>{caption}</figcaption></figure>",
        f"{alt}\n{caption}",
    )


ARTICLES = (
    _article(
        "The bay at night",
        "Ida Holm",
        _p(
            "The bay is dark from October on, and the boats carry lamps that nobody on the shore "
            "can count. My grandfather claimed there were forty, and that he knew each by its sway."
        ),
        _p(
            "I went out with the ferry in November to see whether he was right. The captain, who "
            "has a low opinion of grandfathers, switched off the deck lights so that I could try."
        ),
        _h2("What the lamps are for"),
        _p(
            "They are not for seeing. A lamp on a mast blinds the man below it, and what it shows "
            "the others is only that somebody is there. It is a kind of speech, and a short one."
        ),
        _quote("A boat without a lamp is a rock that moves."),
        _p("That is what the harbour master says, and he has been hit by two of them."),
        _list(
            "ul",
            "White means a boat at anchor.",
            "Red means its left side.",
            "Green means its right, or a man who has bought the wrong glass.",
        ),
        _h2("Forty"),
        _p(
            "We counted forty-one. The captain said that one of them was the moon, which was low "
            "and had a sway of its own because we had one. So he was right, in his way."
        ),
        _p("How many lamps do you see from where you are?"),
    ),
    _article(
        "Why the bakery closed",
        "Omar Haddad",
        _p("It closed on a Tuesday, without a sign in the window."),
        _p(
            "For eleven years I had bought the same loaf there, from the same hands, and it had "
            "never occurred to me that a loaf needs a rent, two apprentices and a sack of flour "
            "that had doubled in price since the spring."
        ),
        _figure("An empty shelf", "The shelf on the last morning, at ten."),
        _p(
            "The owner told me the figures later, on a bench. An oven that is lit at two in the "
            "morning burns what a flat burns in a week. The loaf would have had to cost what a "
            "small lunch costs, and he was ashamed to write that on the board."
        ),
        _h2("What a street loses"),
        _p(
            "First the smell, which I had taken for the weather. Then the queue, in which people "
            "who don't know each other learned each other's dogs. Then the reason to get up."
        ),
        _list(
            "ol",
            "The shoemaker moved his hours.",
            "The kiosk stopped selling milk.",
            "The bench was taken away, since nobody sat there.",
        ),
        _p("I bake now, badly. The neighbours are kind about it, and one of them brought flour."),
        _p("What closed in your street, and who noticed?"),
    ),
    _article(
        "Letters that arrive late",
        "Nora Vik",
        _p(
            "A letter reached me in March that was posted in the year I was born. It had been "
            "behind a sorting frame, and the office that found it sent it on with an apology."
        ),
        _p(
            "It was for the people who had lived here before us. I read it, and I am not proud of "
            "that. It said that the train would be on time, and that somebody should bring a coat."
        ),
        _p(
            "I have thought about the coat since. Either they brought one without being told, or "
            "somebody stood at a station in the cold and drew the wrong conclusion about a friend."
        ),
        _quote("We regret the delay and any inconvenience it may have caused."),
        _p(
            "There is a duty in old letters that I can't name. You can't answer them and you can't "
            "throw them away. Mine is in the hall, above the hooks, where the coats are."
        ),
        _p(
            "I asked at the station, which is a restaurant now. The cook said that coats are left "
            "there every winter, and that in spring he gives them to whoever comes in shivering."
        ),
        _p("Would you have opened it?"),
        _p("PS. The stamp was worth more than the house's first door."),
    ),
)

_COOKIES = (
    '<div id="cookie-banner" class="cookie-notice"><p>We use cookies to improve your experience. '
    "By continuing you accept our privacy policy.</p><button>Accept all</button>"
    "<button>Manage settings</button></div>"
)
_MENU = (
    '<nav class="site-nav"><ul><li><a href="/">Home</a></li><li><a href="/about/">About</a></li>'
    '<li><a href="/archive/">Archive</a></li><li><a href="/contact/">Contact</a></li></ul></nav>'
)
_OTHER = (
    ("Seven ways to fold a map", "Maps fold one way, and it is never the way you try at first."),
    ("The chair that squeaked", "Oil helped for a day; then it was the floor after all."),
    ("A short history of the doormat", "It says welcome to shoes and to nobody else."),
)


def _make_cards() -> str:
    return "".join(
        f'<article class="post-card"><a href="/p/{number}"><h3>{title}</h3></a>'
        f'<p class="excerpt">{excerpt}</p><span>4 min read</span></article>'
        for number, (title, excerpt) in enumerate(_OTHER)
    )


def _make_links() -> str:
    return "".join(f'<li><a href="/p/{n}">{title}</a></li>' for n, (title, _) in enumerate(_OTHER))


FOLDER = Path(__file__).with_name("site_pages")
BUILDERS = sorted(path.stem for path in FOLDER.glob("*.html"))


def make_page(builder: str, article: Article) -> str:
    """The page of a site builder with an article."""
    template = Template((FOLDER / f"{builder}.html").read_text("utf-8"))
    return template.substitute(
        title=article.title,
        author=article.author,
        body=article.body,
        menu=_MENU,
        cookies=_COOKIES,
        cards=_make_cards(),
        links=_make_links(),
    )
