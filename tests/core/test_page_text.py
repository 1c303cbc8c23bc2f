"""How much of a page's article is read, and how much else: recall and precision in words.

``python -m tests.core.test_page_text`` prints both for each site builder, and the words that are
missing or too many.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from tests.core.discord_markdown import read_message
from tests.core.site_pages import ARTICLES, BUILDERS, Article, make_page

LEAST_RECALL, LEAST_PRECISION = 0.98, 0.95


def count_words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", re.sub(r"https?://\S+", " ", text).casefold()))


def read_words(page: str) -> Counter[str]:
    essay = read_essay(page, format="html")
    shown = (read_message(part.content).text for part in lay_out(essay).parts)
    return count_words("\n".join([essay.title, *shown]))


def compare(builder: str, article: Article) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """The words of the article, those that were read, and those of both; bylines don't count."""
    wanted, got = count_words(article.text), read_words(make_page(builder, article))
    byline = count_words(f"by {article.author}")
    got -= byline - (byline - (got - wanted))
    return wanted, got, wanted & got


def measure(builder: str) -> tuple[float, float, Counter[str], Counter[str]]:
    """Recall, precision, missing and unwanted words of a builder's pages."""
    wanted, got, both = Counter[str](), Counter[str](), Counter[str]()
    for article in ARTICLES:
        for total, part in zip((wanted, got, both), compare(builder, article), strict=True):
            total.update(part)
    return (
        both.total() / wanted.total(),
        both.total() / got.total(),
        wanted - both,
        got - both,
    )


@pytest.mark.parametrize("builder", BUILDERS)
def test_an_article_is_read_whole_and_hardly_anything_else(
    builder: str, record_property: Callable[[str, object], None]
) -> None:
    recall, precision, missing, unwanted = measure(builder)
    record_property("recall", round(recall, 4))
    record_property("precision", round(precision, 4))
    assert recall >= LEAST_RECALL, missing
    assert precision >= LEAST_PRECISION, unwanted


@pytest.mark.parametrize("builder", BUILDERS)
def test_the_title_of_every_page_is_the_articles(builder: str) -> None:
    titles = [read_essay(make_page(builder, one), format="html").title for one in ARTICLES]
    assert titles == [article.title for article in ARTICLES]


if __name__ == "__main__":
    for name in BUILDERS:
        recalled, precise, lost, gained = measure(name)
        print(f"{name:18} recall {recalled:.4f}  precision {precise:.4f}")  # noqa: T201
        print(f"    missing {dict(lost)}\n    unwanted {dict(gained)}")  # noqa: T201
