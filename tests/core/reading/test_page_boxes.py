"""What a site puts around and into an article, which title and author it has, and walls."""

from __future__ import annotations

import pytest

from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from bot.core.reading.page_author import is_plausible_author
from bot.errors import UnreadableEssay
from tests.core.reading.test_web_page import STORY

PARAGRAPHS = [f"{piece}</p>" for piece in STORY.split("</p>")[:3]]
NAV = "<nav><a href='/'>Home</a> <a href='/x'>About</a></nav>"
HEAD = "<title>On Mending - Small Hours</title><meta name=author content='Ann Lee'>"


def shown(body: str, head: str = HEAD) -> str:
    essay = read_essay(f"<html><head>{head}</head><body>{body}</body></html>", name="a.html")
    return "\n\n".join(part.content for part in lay_out(essay).parts)


def author_of(head: str, byline: str = "", after: str = "") -> str | None:
    page = f"<html><head><title>On Mending</title>{head}</head><body><article>"
    page += f"<h1>On Mending</h1>{byline}{STORY}</article>{after}</body></html>"
    return read_essay(page, name="a.html").author


PLAIN = shown(f"<article><h1>On Mending</h1>{STORY}</article>")


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize(
    "box",
    [
        (
            "<div class='subscription-widget-wrap'><p>Thanks for reading Small Hours! Subscribe "
            "for "
            "free to receive new posts and support my work.</p><button>Subscribe</button></div>"
        ),
        "<p class='button-wrapper'><a href='/s'><span>Subscribe now</span></a></p>",
        (
            "<div class='kg-card kg-signup-card'><h2>Sign up for Small Hours</h2><p>A letter about "
            "mending, once a month, and nothing else at all.</p></div>"
        ),
        (
            "<div class='gh-post-upgrade-cta'><h2>This post is for paying subscribers only</h2>"
            "<p>Upgrade now to continue reading.</p></div>"
        ),
        "<p>This post is for paid subscribers</p><p>Already a paid subscriber? <a>Sign in</a></p>",
        (
            "<div><h3>Most read</h3><ol><li><a href='/1'>Ten coats that you should buy before the "
            "winter</a></li><li><a href='/2'>Why the needle is back in the news</a></li></ol></div>"
        ),
        (
            "<section><h4>You may like</h4><div><a href='/1'>Ten coats that you should buy before "
            "the winter comes</a><p>A summary of the ten coats.</p></div></section>"
        ),
        "<h3>Trending now</h3><ul><li><a href='/1'>Ten coats to buy before winter</a></li></ul>",
        (
            "<div class='comments-area'><h3>3 Comments</h3><div><p>First! What a lovely article "
            "this "
            "is, and I read it twice this morning.</p></div></div>"
        ),
        "<section><h2>Leave a reply</h2><p>Your email address will not be published.</p></section>",
        "<p class='button-wrapper'><a class='button' href='/s'>Share Small Hours</a></p>",
        "<p class='tags'>Tags: <a href='/t'>sea</a>, <a href='/u'>needle</a></p>",
        "<div class='ad'>Advertisement</div>",
        "<p>Anzeige</p>",
        "<p><a href='/x'>Read more: Ten coats to buy before winter</a></p>",
        "<p>À lire aussi : <a href='/x'>Dix manteaux à acheter avant cet hiver</a></p>",
    ],
)
def test_a_sites_boxes_in_an_article_are_left_out(box: str, place: int) -> None:
    story = "".join([*PARAGRAPHS[:place], box, *PARAGRAPHS[place:]])
    assert shown(f"<article><h1>On Mending</h1>{story}</article>") == PLAIN


@pytest.mark.parametrize("place", [0, 3])
def test_the_strip_of_writer_date_and_buttons_is_left_out(place: int) -> None:
    strip = (
        "<div><div><a>Ann Lee</a></div><span>·</span><div><p><a>Follow</a></p></div>"
        "<p>5 min read</p><span>·</span><p>Mar 3, 2024</p></div><p>--</p><p>2</p>"
        "<div>Listen</div><div>Share</div>"
    )
    story = "".join([*PARAGRAPHS[:place], strip, *PARAGRAPHS[place:]])
    assert shown(f"<article><h1>On Mending</h1>{story}</article>") == PLAIN


@pytest.mark.parametrize(
    "own",
    [
        "<h2>Listen</h2><p>Listen</p>",
        "<p>Please subscribe to the view that <span>listen</span> is a verb.</p>",
        "<section><h2>Related work</h2><p>Others have written of mending before me.</p></section>",
        "<p>The comments of my grandfather were few, and they were kind ones.</p>",
        "<p>Read more, my mother said, and she meant that we should buy less.</p>",
        "<p>See also: the <a href='/x'>note</a> on darning that I wrote last winter.</p>",
        "<p class='tags'>The tags on the coats said where they had been made, and by whom.</p>",
    ],
)
@pytest.mark.parametrize("place", [1, 3])
def test_the_articles_own_words_that_are_like_a_sites_stay(own: str, place: int) -> None:
    story = "".join([*PARAGRAPHS[:place], own, *PARAGRAPHS[place:]])
    text = shown(f"<article><h1>On Mending</h1>{story}</article>")
    words = own.replace("<", " <").replace(">", "> ").split()
    assert all(word in text for word in words if "<" not in word and ">" not in word)


@pytest.mark.parametrize(
    "body",
    [
        (
            "<h1>We value your privacy</h1><p>We and our 842 partners use cookies to store and "
            "access "
            "information on a device.</p><button>Accept all</button>"
        ),
        (
            "<div class='x'><p>This website uses cookies. Read our privacy policy or accept "
            "all.</p></div>"
        ),
        (
            "<h1>On Mending</h1><p>This post is for paid subscribers</p><a href='/s'>Subscribe</a>"
            "<p>Already a paid subscriber? <a>Sign in</a></p>"
        ),
        "<h1>On Mending</h1><p>Subscribe to continue reading</p><p>Become a member today.</p>",
        "<p>You need to enable JavaScript to run this app.</p>",
        (
            "<h2>Ihre Privatsphäre ist uns wichtig</h2><p>Wir und unsere 842 Partner speichern "
            "Cookies auf Ihrem Gerät.</p><button>Alle akzeptieren</button>"
        ),
        (
            "<p>Nous et nos 842 partenaires utilisons des cookies. Vous pouvez tout accepter ou "
            "gérer vos préférences.</p>"
        ),
        "<p>Usamos cookies. Puedes aceptar todas o cambiar tu privacidad.</p>",
        "<p>当サイトはクッキーを使用しています。プライバシーポリシーに同意してください。</p>",
        "<p>Bitte aktiviere JavaScript, um diese Seite zu sehen.</p>",
        "<h1>Über das Flicken</h1><p>Dieser Artikel ist nur für Abonnenten.</p>",
        "<h1>Réparer</h1><p>Cet article est réservé aux abonnés.</p>",
    ],
)
def test_a_wall_alone_is_refused_with_what_to_do(body: str) -> None:
    with pytest.raises(UnreadableEssay, match=r"(?i)paste the text"):
        shown(body)


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Biscuits</h1><p>I accept that my cookies are burnt, and I eat them by the window.</p>",
        (
            "<h1>Walls</h1><p>They asked me to subscribe, and I asked them to mend my coat "
            "instead, "
            "since it was raining and the sleeve was open to the elbow.</p>"
        ),
        (
            "<h1>Kekse</h1><p>Zum Datenschutz sagte mein Großvater nur, dass er die Keksdose "
            "abschließe, und den Schlüssel trug er am Hals.</p>"
        ),
    ],
)
def test_a_short_essay_that_speaks_of_such_things_is_no_wall(body: str) -> None:
    assert len(shown(body, "<title>x</title>")) > 60


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (
            (
                "<title>The bay at night - Sea Club</title>"
                "<meta property='og:title' content='Press releases'>"
            ),
            "<h1>Press releases</h1><article><h2>The bay at night</h2>{}</article>",
        ),
        (
            "<title>The bay at night | Sea Club</title>",
            "<div><h1>Press releases</h1><h2>The bay at night</h2>{}</div>",
        ),
        (
            (
                "<title>Sea Club: The bay at night</title>"
                "<meta property='og:site_name' content='Sea Club'>"
            ),
            "<h1>Sea Club</h1><div><h2>The bay at night</h2>{}</div>",
        ),
        (
            (
                "<title>Sea Club</title><meta property='og:title' content='The bay at night'>"
                "<meta property='og:site_name' content='Sea Club'>"
            ),
            "<h1>Sea Club</h1><article><h1>The bay at night</h1>{}</article>",
        ),
        ("<title>The bay at night</title>", "<article><h3>The bay at night</h3>{}</article>"),
    ],
)
def test_the_title_is_the_articles_heading_that_the_page_names(head: str, body: str) -> None:
    page = f"<html><head>{head}</head><body>{NAV}{body.format(STORY)}</body></html>"
    essay = read_essay(page, name="a.html")
    assert essay.title == "The bay at night"
    assert "The bay at night" not in [passage.text for passage in essay.passages]


@pytest.mark.parametrize("between", ["", STORY])
def test_without_a_title_element_a_section_is_no_title(between: str) -> None:
    page = (
        f"<html><body>{NAV}<p>My garden</p><p>by Ann Lee</p>{between}<h1>The soil</h1>{STORY}"
        "<h1>The seed</h1><p>It is small.</p></body></html>"
    )
    essay = read_essay(page, name="a.html")
    assert (essay.title, essay.author) == ("My garden", "Ann Lee")
    assert {"The soil", "The seed"} <= {passage.text for passage in essay.passages}


@pytest.mark.parametrize(
    "name",
    ["Found This Helpful", "Username", "LWN.net Logo", "作者", "Admin", "Www X Com", "By",
     "Editorial Team", "3 min read", "ann@example.org", "@ann", "https://a.example/ann",
     "Posted In",
     "Guest Author", "管理员", "The Staff", "Reporter", "Rédaction", "编辑部"],
)  # fmt: skip
def test_what_is_no_name_is_no_author(name: str) -> None:
    assert not is_plausible_author(name, declared=True)
    assert author_of(f'<meta name="author" content="{name}">') is None


@pytest.mark.parametrize(
    "name",
    ["Ann Lee", "J. R. R. Tolkien", "Ludwig van Beethoven", "Ta-Nehisi Coates", "Ann O'Neil Jr.",
     "林远", "山田 太郎", "محمد علي", "Gwern"],
)  # fmt: skip
@pytest.mark.parametrize(
    "mark",
    [
        '<meta name="author" content="{}">',
        (
            '<script type="application/ld+json">{{"@type": "BlogPosting", "author": '
            '{{"@type": "Person", "name": "{}"}}}}</script>'
        ),
    ],
)
def test_a_declared_name_is_the_author(name: str, mark: str) -> None:
    assert author_of(mark.format(name)) == name


@pytest.mark.parametrize(
    "byline",
    [
        "<a rel='author' href='/ann'>Ann Lee</a>",
        "<p class='byline'>By Ann Lee</p>",
        "<span itemprop='author'>Ann Lee</span>",
        "<div class='post-author'>Posted by Ann Lee</div>",
    ],
)
def test_a_byline_element_names_the_author(byline: str) -> None:
    comments = "<div class='comments'><p class='author'>Bo Ray</p></div>"
    assert author_of("", byline, comments) == "Ann Lee"


@pytest.mark.parametrize(
    ("base", "link", "target"),
    [
        ("https://o.example/d/", "x.html", "https://o.example/d/x.html"),
        ("/d/", "x.html", "https://a.example/d/x.html"),
        ("d/", "../x.html", "https://a.example/b/x.html"),
        ("", "x.html", "https://a.example/b/x.html"),
        ("https://o.example/d/", "/x", "https://o.example/x"),
    ],
)
def test_relative_links_follow_the_pages_base(base: str, link: str, target: str) -> None:
    page = (
        f"<html><head><base href='{base}'><title>T</title>"
        "<link rel=canonical href='https://a.example/canon/'></head>"
        f"<body><h1>T</h1>{STORY}<p>See <a href='{link}'>the other one</a> there.</p></body></html>"
    )
    essay = read_essay(page, name="a.html", address="https://a.example/b/c")
    text = "\n".join(part.content for part in lay_out(essay).parts)
    assert f"[the other one]({target})" in text


POEM = ["o sea", "o bay", "o night", "o light"]
LONG = "This was written in a small boat on a very long night, when nobody at all was listening."


@pytest.mark.parametrize(
    "poem", ["<p>{}</p>".format("<br>".join(POEM)), "".join(f"<p>{line}</p>" for line in POEM)]
)
@pytest.mark.parametrize("box", ["{}", "<div>{}</div>"])
@pytest.mark.parametrize("first", [True, False])
def test_verse_in_short_lines_beside_a_long_one_is_kept(poem: str, box: str, first: bool) -> None:
    parts = [box.format(poem), box.format(f"<p>{LONG}</p>")]
    body = "".join(parts if first else parts[::-1])
    text = shown(f"{NAV}<h1>Small</h1>{body}", "<title>Small</title>")
    assert all(line in text for line in [*POEM, LONG])


@pytest.mark.parametrize("title", ["Small", "o sea"])
@pytest.mark.parametrize("body", ["<p>o sea</p>", "o sea", "<h1>o sea</h1><p>o bay</p>"])
def test_a_page_of_short_lines_is_no_empty_essay(title: str, body: str) -> None:
    assert shown(body, f"<title>{title}</title>").strip()


@pytest.mark.parametrize(
    "line",
    [
        "<div class='read-more'>Posted by Ann Lee on Fri 02 December 2022</div>",
        "<p>By <a href='/ann'>Ann Lee</a>, 3 May 2024</p>",
        "<p>Veröffentlicht von Ann Lee am 3. Mai 2024</p>",
        "<p>Par Ann Lee, le 3 mai 2024</p>",
        "<div><span>Written by Ann Lee</span> <span>4 min read</span></div>",
        "<p>Publicado por Ann Lee el 3 de mayo de 2024</p>",
    ],
)
def test_a_line_that_says_by_whom_and_when_names_the_author(line: str) -> None:
    assert author_of("", line) == "Ann Lee"


@pytest.mark.parametrize(
    "line",
    [
        "<p>Posted by Admin on 3 May 2024</p>",
        "<p>Written by hand in 2022</p>",
        "<p>By the sea in May of 2024</p>",
        "<p>By noon on 3 May 2024</p>",
        "<div class='comment'><p>Posted by Bob Ray on 3 May 2024</p></div>",
    ],
)
def test_a_line_that_names_nobody_is_no_author(line: str) -> None:
    assert author_of("", line) is None
