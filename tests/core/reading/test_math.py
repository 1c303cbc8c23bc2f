"""Formulas in web pages and in HTML inside Markdown; each is shown once."""

from __future__ import annotations

import pytest

from bot.core.essay.source_format import Format
from bot.core.read_essay import read_essay
from bot.core.reading.math import replace_formulas_in_html

SQUARE = "<msup><mi>c</mi><mn>2</mn></msup>"
PLAIN = f"<math><mi>E</mi><mo>=</mo><mi>m</mi>{SQUARE}</math>"
NOTED = (
    f'<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mrow><mi>E</mi>{SQUARE}</mrow>'
    '<annotation encoding="application/x-tex">{}</annotation></semantics></math>'
)
KATEX = (
    f'<span class="katex"><span class="katex-mathml">{NOTED.format("E = mc^2")}</span>'
    '<span class="katex-html" aria-hidden="true"><span class="mord">E</span><span>mc</span>'
    "<span>2</span></span></span>"
)
WIKIPEDIA = (
    '<span class="mwe-math-element"><span style="display: none;">'
    + NOTED.format(r"{\displaystyle E=mc^{2}}")
    + '</span><img alt="{\\displaystyle E=mc^{2}}" src="/math/1.svg"></span>'
)
MATHJAX = (
    '<span class="MathJax_Preview">E2</span><span class="MathJax"><nobr>Emc2</nobr></span>'
    '<script type="math/tex; mode=display">E = mc^2</script>'
)
ASSISTED = (
    f'<span class="MathJax"><nobr>Emc2</nobr><span class="MJX_Assistive">{PLAIN}</span></span>'
)


def read(inner: str, form: Format) -> list[str]:
    long = "and it is older than most of what people say about it on an evening like this one."
    body = f"<p>Everybody knows that {inner} holds, {long}</p>"
    if form == "html":
        body = (
            f"<html><head><title>On energy</title></head><body><article><h1>On energy</h1>{body}"
            f"<p>The sun is warm, {long}</p></article></body></html>"
        )
    essay = read_essay(body, format=form)
    return [passage.text for passage in essay.passages if passage.text.startswith("Everybody")]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (PLAIN, "E=mc^2"),
        (NOTED.format("E = mc^2"), "E = mc^2"),
        (KATEX, "E = mc^2"),
        (WIKIPEDIA, "E=mc^{2}"),
        (MATHJAX, "E = mc^2"),
        (ASSISTED, "E=mc^2"),
        ('<math alttext="a \\le b"><mi>a</mi></math>', "a \\le b"),
    ],
    ids=["mathml", "noted", "katex", "wikipedia", "mathjax", "assisted", "alttext"],
)
def test_a_formula_of_a_page_is_shown_once(page: str, shown: str) -> None:
    (text,) = read(page, "html")
    assert text.startswith(f"Everybody knows that {shown} holds, and")


def test_a_formula_in_markdown_is_written_on_a_line() -> None:
    (text,) = read(PLAIN, "markdown")
    assert text.startswith("Everybody knows that E=mc^2 holds, and")


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("<msub><mi>x</mi><mrow><mi>i</mi><mo>+</mo><mn>1</mn></mrow></msub>", "x_(i+1)"),
        ("<mfrac><mi>dp</mi><mi>dt</mi></mfrac>", "dp/dt"),
        ("<msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt>", "√(a+b)"),
        (
            "<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi>",
            "∑_i^ni",
        ),
        ("<mtable><mtr><mtd>1</mtd><mtd>2</mtd></mtr></mtable>", "1 2"),
        ("<mi>a</mi><mo>&lt;</mo><mi>b</mi>", "a&lt;b"),
        ("<msup><mi>a</mi></msup>", "a"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i^2"),
        ("<mi>a</mi><!-- note --><annotation-xml>b</annotation-xml>", "a"),
        ('<mi>a</mi><annotation encoding="text/plain">b</annotation>', "a"),
    ],
)
def test_mathml_is_written_on_a_line(inner: str, shown: str) -> None:
    assert replace_formulas_in_html(f"<p><math>{inner}</math> b</p>") == f"<p>{shown} b</p>"


def test_a_text_without_formulas_is_left_alone() -> None:
    assert replace_formulas_in_html("<p>The math of it</p>") == "<p>The math of it</p>"
    assert replace_formulas_in_html("<math/>a</math>") == "<math/>a</math>", (
        "no formula in one element"
    )
    assert replace_formulas_in_html("<p>an open <math> and <b>more</b></p>").startswith(
        "<p>an open <math>"
    )


def test_a_formula_deeper_than_anybody_writes_keeps_its_words() -> None:
    deep = "<mrow>" * 900 + "<mi>x</mi>" + "</mrow>" * 900
    assert "x" in replace_formulas_in_html(f"<p>It is <math>{deep}</math>.</p>")
