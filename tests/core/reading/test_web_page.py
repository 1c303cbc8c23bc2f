"""Reading the article and metadata of a web page."""

from __future__ import annotations

import pytest

from bot.core.essay.essay import UnreadableEssay
from bot.core.layout.layout import lay_out
from bot.core.read_essay import guess_format, read_essay

STORY = (
    "<p>A torn sleeve is a question, and there are only three answers to it: you throw the coat "
    "away, you pretend that nothing is wrong, or you sit down by the window with a needle.</p>"
    "<p>The third takes an evening. It is slow, it is visible, and it says to whoever looks at "
    "you that somebody thought the coat was worth an evening of somebody's time.</p>"
    "<p>My grandfather mended nets, my mother mended clocks, and I mend sentences for a living, "
    "which is the easiest of the three, since a sentence does not mind it.</p>"
)
PAGE = f"""<!DOCTYPE html><html lang="en"><head>
<title>On Mending | The Small Hours</title>
<meta property="og:title" content="On Mending | The Small Hours">
<meta name="author" content="Rosa Lindqvist">
<link rel="canonical" href="https://small.example/on-mending">
<meta property="og:image" content="https://small.example/needle.jpg">
<script>var words = "of a script";</script><style>p {{ color: black }}</style></head>
<body><nav><ul><li><a href="/">Home</a></li>
<li><a href="/about">About this place</a></li></ul></nav>
<div class="share-buttons"><a href="/t">Share this with your friends</a></div>
<main><article><h1>On Mending</h1>{STORY}
<ul><li>needle<ul><li>with a long eye</li></ul></li><li>thread</li></ul>
<pre><code class="language-text">knit 2
  purl 2</code></pre>
<p>See <a href="/darning">the note</a>. What have you mended?</p></article></main>
<aside class="related"><h3>You may also like</h3><a href="/x">Ten coats to buy now</a></aside>
<div class="comments"><p>First! What a lovely article this is, I read it twice.</p></div>
<footer><p>Copyright 2024 The Small Hours. All rights reserved by us.</p></footer>
</body></html>"""


def shown(page: str) -> str:
    return "\n".join(part.content for part in lay_out(read_essay(page, name="a.html")).parts)


def test_a_page_names_title_author_source_language_and_cover() -> None:
    essay = read_essay(PAGE, name="a.html")
    assert (essay.title, essay.author, essay.language) == ("On Mending", "Rosa Lindqvist", "en")
    assert essay.source_url == "https://small.example/on-mending"
    assert essay.cover_image == "https://small.example/needle.jpg"
    assert essay.questions == ("What have you mended?",)


def test_the_name_of_the_site_is_no_title_though_it_is_a_heading_and_in_the_title() -> None:
    long = "On Mending and Other Ways of Sitting Still for an Evening"
    page = PAGE.replace("<body>", "<body><h1><a href='/'>The Small Hours</a></h1>")
    page = page.replace("<h1>On Mending</h1>", f"<h2>{long}</h2>").replace(
        "On Mending |", f"{long} |"
    )
    assert read_essay(page, name="a.html").title.startswith(long)
    assert read_essay(PAGE.replace("<nav>", "<h1>The Small Hours</h1><nav>")).title == "On Mending"


def test_the_article_is_kept_with_its_lists_code_and_links() -> None:
    text = shown(PAGE)
    assert "- needle\n  - with a long eye\n- thread" in text
    assert "```text\nknit 2\n  purl 2\n```" in text
    assert "[the note](https://small.example/darning)" in text
    assert all(start in text for start in ("A torn sleeve", "The third takes", "My grandfather"))


@pytest.mark.parametrize(
    "beside",
    ["About this place", "Share this", "Ten coats", "lovely article", "of a script", "black"],
)
def test_boilerplate_around_the_article_is_left_out(beside: str) -> None:
    assert beside not in shown(PAGE)


def test_a_page_of_a_few_words_is_read_completely() -> None:
    assert shown("<html><body><p>One.</p><p>Two, <b>three</b>.</p></body></html>") == (
        "One.\n\nTwo, **three**."
    )


def test_tags_that_are_not_closed_lose_no_word() -> None:
    page = (
        "<html><body><h1>Zero</h1><p>One<p>Two <b>three<p>Four<ul><li>five<li>six</ul>seven"
        "</body></html>"
    )
    assert shown(page) == "One\n\nTwo **three**\n\nFour\n\n- five\n- six\n\nseven"


def test_a_superscript_footnote_number_gets_brackets() -> None:
    page = (
        "<html><body><h1>Zero</h1><p>One<sup><a href='#fn1'>1</a></sup> and x<sup>2</sup>.</p>"
        "<ol><li id='fn1'>A note. <a href='#fnref1'>↩</a></li></ol></body></html>"
    )
    assert shown(page) == "One\\[1] and x².\n\n\\[1] A note."


def test_html_is_recognized_by_its_content() -> None:
    assert guess_format("<!doctype html><p>x") == "html"
    assert guess_format("<p>One.</p>\n<p>Two.</p>\n<p>Three.</p>") == "html"
    assert guess_format("# One\n\nTwo.") == "markdown"
    assert guess_format("I <3 you. 1 < 2 > 0.\n\nYes.") == "text"


def test_a_page_without_words_is_refused_with_a_sentence() -> None:
    with pytest.raises(UnreadableEssay, match="no text"):
        read_essay("<html><head><script>var a = 1;</script></head><body></body></html>")


def within(box: str, *, head: str = "") -> str:
    """A page with ``box`` in the middle of its article."""
    first, second, third = (f"{piece}</p>" for piece in STORY.split("</p>")[:3])
    return (
        f"<html><head><title>On Mending</title>{head}</head><body><article><h1>On Mending</h1>"
        f"{first}{second}{box}{third}</article></body></html>"
    )


@pytest.mark.parametrize(
    "box",
    [
        "<div hidden><p>Nobody sees this.</p></div>",
        "<div style='display: none'><p>Nobody sees this.</p></div>",
        "<p style='visibility:hidden'>Nobody sees this.</p>",
        "<nav><p>Nobody sees this.</p></nav>",
        "<div role='navigation'><p>Nobody sees this.</p></div>",
        "<div class='share-box sharing'><p>Nobody sees this.</p></div>",
        "<div id='post-tags'><p>Nobody sees this.</p></div>",
        "<ul><li><a href='/x'>Nobody sees this.</a><li><a href='/y'>Nor this one.</a></ul>",
        "<footer><a href='/x'>Nobody sees this.</a> <a href='/y'>Nor this one.</a></footer>",
        "<svg><title>Nobody sees this.</title></svg>",
    ],
)
def test_what_is_hidden_in_an_article_or_beside_it_is_left_out(box: str) -> None:
    text = shown(within(box))
    assert "Nobody" not in text
    assert all(start in text for start in ("A torn sleeve", "The third takes", "My grandfather"))


@pytest.mark.parametrize(
    "box",
    [
        "<div class='text'><p>Somebody reads this.</p></div>",
        "<blockquote class='promo'>Somebody reads this.</blockquote>",
        "<footer>Somebody reads this, in small letters.</footer>",
        "<ul><li>Somebody</li><li>reads</li></ul>",
    ],
)
def test_small_things_in_an_article_stay(box: str) -> None:
    assert "Somebody" in shown(within(box))


def test_addresses_that_are_none_are_no_cover() -> None:
    head = (
        "<meta property='og:image' content='http://[x'><meta property='og:url' content='mailto:a'>"
    )
    essay = read_essay(within("", head=head), name="a.html", address="https://a.example/e")
    assert essay.cover_image is None
    assert essay.source_url == "https://a.example/e"


def test_a_page_nested_too_deeply_for_a_tree_is_read_completely() -> None:
    depth = 3_000
    page = f"<html><body>{'<div>' * depth}<p>At the bottom.</p>{'</div>' * depth}</body></html>"
    assert shown(page) == "At the bottom."


def test_a_page_that_is_one_comment_of_words_is_refused() -> None:
    with pytest.raises(UnreadableEssay, match="no text"):
        read_essay("<html><!-- words --></html>", name="a.html")


def test_paragraphs_separated_by_line_breaks_are_kept() -> None:
    lines = "<br><br>".join(
        f"The sentence that is number {n} of them all stands here." for n in range(9)
    )
    text = shown(f"<html><body><font>{lines}</font></body></html>")
    assert text.count("\n\n") == 8
    assert "number 8" in text


def test_a_lead_in_a_box_of_its_own_belongs_to_the_article_and_its_neighbours_do_not() -> None:
    lead = (
        "For a hundred years nobody in this street threw a coat away, and then, within one winter, "
        "everybody did; this is what happened to the needles."
    )
    more = "".join(
        f"<p>On evening number {n} the window was dark by five, and the needle went in and out of "
        "the sleeve until there was more thread in it than sleeve.</p>"
        for n in range(12)
    )
    page = (
        "<html><head><title>On Mending</title></head><body><div class='post-content'>"
        f"<div class='top'><h1>On Mending</h1><p>{lead}</p><ul><li><a href='/1'>Another story "
        f"about boats</a></li></ul></div><div class='text'>{STORY}{more}</div></div></body></html>"
    )
    text = shown(page)
    assert text.startswith("For a hundred years nobody")
    assert "A torn sleeve" in text
    assert "boats" not in text


def test_boilerplate_around_paragraphs_separated_by_line_breaks_is_left_out() -> None:
    body = (STORY * 3).replace("</p><p>", "<br><br>").replace("<p>", "").replace("</p>", "")
    page = (
        "<html><head><title>On Mending</title></head><body>"
        "<div id='menu'><a href='/'>Home</a> <a href='/old'>Everything from last year</a></div>"
        f"<div id='text'>{body}</div>"
        "<div id='footer'>All rights reserved by The Small Hours since 1986.</div></body></html>"
    )
    text = shown(page)
    assert all(start in text for start in ("A torn sleeve", "The third takes", "My grandfather"))
    assert "last year" not in text
    assert "All rights" not in text


def boxed(*boxes: str, between: str = '<div class="ad">Advertisement</div>') -> str:
    """A page whose article is split into several boxes of one class."""
    head, tail = PAGE.split("<main>")[0], PAGE.split("</main>")[1]
    made = between.join(
        f'<div class="row"><div class="article__body">{box}</div></div>' for box in boxes
    )
    return f"{head}<main><h1>On Mending</h1>{made}</main>{tail}"


FURTHER = "".join(
    f"<p>The {number} coat was mended by somebody else, and nobody saw where the tear had been, "
    "which is what a mender is paid for and what a mender regrets.</p>"
    for number in ("second", "third", "fourth", "fifth", "sixth", "seventh")
)


def test_an_article_in_several_boxes_with_advertisements_between_is_read_completely() -> None:
    text = shown(boxed(STORY, FURTHER, FURTHER.replace("coat", "hat")))
    assert "The second coat was" in text
    assert text.index("A torn sleeve") < text.index("seventh coat") < text.index("seventh hat")
    assert "Advertisement" not in text
    assert "Copyright" not in text


@pytest.mark.parametrize("between", ["<h2>Ten coats</h2>", "<time>2024-03-01</time>"])
def test_the_next_post_of_a_blog_is_no_part_of_the_article(between: str) -> None:
    text = shown(boxed(STORY, FURTHER, between=between))
    assert ("torn sleeve" in text) != ("second coat" in text)


def test_a_post_of_a_social_network_that_is_quoted_stays() -> None:
    quoted = (
        '<div class="social media-embed"><blockquote class="tweet"><p>Mend it <a href="/a">#now</a>'
        " before it is a hole.</p>— Rosa</blockquote></div>"
    )
    assert "before it is a hole" in shown(PAGE.replace("<ul><li>needle", f"{quoted}<ul><li>needle"))


LINKS = '<ul><li><a href="/a">A coat of many colours</a></li><li><a href="/b">Thread</a></li></ul>'


def test_a_list_of_links_in_a_list_of_the_article_stays() -> None:
    outer = "<ul><li>What there is to read about mending, if one has an evening for it:{}</li></ul>"
    text = shown(PAGE.replace(STORY, f"{STORY}{outer.format(LINKS)}"))
    assert "A coat of many colours" in text


@pytest.mark.parametrize(
    "source",
    [
        "<footer>Ann Lee</footer>",
        "<footer class='blockquote-footer'>Ann Lee in <cite>The Needle</cite></footer>",
        "<footer><a href='https://a.example/'>Ann Lee</a></footer>",
    ],
)
def test_the_source_below_a_quotation_stays(source: str) -> None:
    quotation = f"<blockquote><p>A coat is a long sentence.</p>{source}</blockquote>"
    text = shown(PAGE.replace("<ul><li>needle", f"{quotation}<ul><li>needle"))
    assert "> A coat is a long sentence." in text
    assert "Ann Lee" in text


def test_short_headings_and_code_stay_beside_much_text_that_is_no_article() -> None:
    """Most of the page is a program's output, which an extractor doesn't take for the article."""
    output = "<div>0 1 1 0 1 0 </div>" * 900
    boxed = "<div class='highlight'><pre>knit 2\npurl 2</pre></div>"
    story = STORY.replace("</p><p>", f"</p>{boxed}<h3>Thread</h3><p>", 1)
    story += STORY.replace("sleeve", "net").replace("needle", "hook").replace("evening", "winter")
    story += STORY.replace("coat", "sail").replace("window", "quay")
    text = shown(f"<html><body><article><h1>On Mending</h1>{story}{output}</article></body></html>")
    assert "### Thread" in text
    assert "knit 2" in text
    assert "0 1 1 0" not in text


@pytest.mark.parametrize(
    "markup",
    [
        '<amp-img src="/needle.jpg" alt="A needle" layout="responsive"><p>Loading</p></amp-img>',
        '<object data="/needle.jpg" type="image/jpeg">A <b>needle</b></object>',
    ],
)
def test_pictures_in_other_elements_are_pictures(markup: str) -> None:
    page = f"<html><head><title>T</title></head><body>{STORY}{markup}{STORY}</body></html>"
    parts = lay_out(read_essay(page, format="html", address="https://small.example/")).parts
    pictures = [picture for part in parts for picture in part.attached]
    assert [(one.source, one.alt) for one in pictures] == [
        ("https://small.example/needle.jpg", "A needle")
    ]
