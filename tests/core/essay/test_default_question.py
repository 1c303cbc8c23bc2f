"""The default closing question and its language."""

from __future__ import annotations

import pytest

from bot.core.essay.default_question import (
    detect_language,
    get_default_question,
    is_default_question,
)
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay

_SAYING = {
    "ja": "パンを焼くには一晩かかる。そのほとんどは待つ時間だ。生地は私たちの忙しさを知らない。",
    "ko": "빵 한 덩이를 만드는 데는 하룻밤이 걸린다. 대부분은 기다림이다.",
    "zh": "做一个面包要一个晚上，大部分时间都是在等。面团不会在意我们有多忙，它还没发好。",
    "zh-hant": "做一個麵包要一個晚上，大部分時間都是在等。麵團不會在意我們有多忙，它還沒發好。",
    "ru": "Чтобы испечь хлеб, нужна ночь, и почти всё это время мы ждём. Тесто не спешит.",
    "uk": "Щоб спекти хліб, потрібна ніч, і майже весь цей час ми чекаємо. Тісто її не знає.",
    "el": "Το ψωμί θέλει μια νύχτα για να γίνει, και η περισσότερη είναι αναμονή.",
    "he": "לוקח לילה שלם לאפות לחם, ורוב הזמן מחכים.",
    "ar": "يحتاج الخبز إلى ليلة كاملة، ومعظمها انتظار.",
    "fa": "پختن نان یک شب طول می‌کشد و بیشتر آن انتظار است. گرما کافی نیست.",
    "hi": "रोटी बनाने में एक रात लगती है, और ज़्यादातर समय इंतज़ार है।",
    "th": "การทำขนมปังใช้เวลาหนึ่งคืน และส่วนใหญ่คือการรอ",
}


@pytest.mark.parametrize("language", _SAYING)
def test_a_script_of_its_own_implies_the_language(language: str) -> None:
    essay = read_essay(f"# 1\n\n{_SAYING[language]}", format="markdown")
    assert detect_language(essay) == language
    assert lay_out(essay).closing == get_default_question(language)
    assert get_default_question(language) != get_default_question(None)


@pytest.mark.parametrize(
    ("named", "question"),
    [
        ("de", "Was meint ihr?"),
        ("de-AT", "Was meint ihr?"),
        ("fr_CA", "Qu’en pensez-vous ?"),
        ("es", "¿Qué opinas?"),
        ("en-GB", "What do you think?"),
        ("fi", "What do you think?"),
        ("none at all", "What do you think?"),
    ],
)
def test_latin_letters_are_in_the_language_that_the_source_names(named: str, question: str) -> None:
    text = f"---\ntitle: Bread\nlang: {named}\n---\nIt takes a night to make a loaf.\n"
    assert lay_out(read_essay(text, format="markdown")).closing == question


def test_latin_letters_with_no_language_named_are_asked_in_english() -> None:
    text = "# Brot\n\nEin Laib braucht eine Nacht, und das meiste davon ist Warten.\n"
    assert lay_out(read_essay(text, format="markdown")).closing == "What do you think?"


@pytest.mark.parametrize(
    ("named", "saying", "language"),
    [
        ("en", "ja", "ja"),  # the page's template says so, not its writer
        ("zh-TW", "zh", "zh-hant"),
        ("uk", "ru", "uk"),
        ("bg", "ru", None),
        ("ur", "ar", None),
    ],
)
def test_a_named_language_counts_where_it_is_written_in_that_script(
    named: str, saying: str, language: str | None
) -> None:
    text = f"---\ntitle: '1'\nlang: {named}\n---\n{_SAYING[saying]}\n"
    assert detect_language(read_essay(text, format="markdown")) == language


def test_an_own_question_is_asked_as_it_is() -> None:
    essay = read_essay(f"# 1\n\n{_SAYING['ja']}\n\nあなたなら一晩待ちますか？", format="markdown")
    assert get_default_question("ja") not in (lay_out(essay).closing or "")


def test_an_essay_of_no_letters_is_asked_in_english() -> None:
    assert detect_language(read_essay("# 1\n\n1 + 1 = 2", format="markdown")) is None


@pytest.mark.parametrize("question", ["What do you think?", "*Was meint ihr?*", "你怎么看?"])
def test_the_default_is_known_in_every_language(question: str) -> None:
    assert is_default_question(question)
    assert not is_default_question(f"{question} And why?")


_NAMED = {
    "ja": "GitHub Actions と Docker Compose を使った話。Kubernetes も使う。",
    "ar": "نستخدم GitHub Actions و Docker Compose في العمل مع Kubernetes و Terraform كل يوم.",
    "zh": "我们用 Docker Compose 和 GitHub Actions 来部署 Kubernetes 集群。",
}


@pytest.mark.parametrize("language", _NAMED)
@pytest.mark.parametrize(
    "beside",
    [
        "",
        "```python\nimport os\nprint(os.environ)\ndef long_function_name():\n    return None\n```",
        "`some_long_identifier_of_the_program(argument, another)`",
        "https://example.org/some/long/path/of/latin/letters/and/more/of/them",
        "$\\mathrm{cost} = \\alpha \\cdot \\mathrm{time} + \\beta \\cdot \\mathrm{space}$",
    ],
)
def test_names_code_addresses_and_formulas_do_not_hide_the_script(
    language: str, beside: str
) -> None:
    essay = read_essay(f"# 1\n\n{_NAMED[language]}\n\n{beside}", format="markdown")
    assert detect_language(essay) == language


def test_a_few_foreign_words_do_not_change_an_essays_language() -> None:
    source = "# 1\n\nAn essay about 東京 and 京都, where ひらがな can be seen in every street."
    assert detect_language(read_essay(source, format="markdown")) is None


@pytest.mark.parametrize(
    ("declared", "text"),
    [("ja", "kubernetes と terraform と compose を使う話"), ("zh-TW", "我們使用 github actions")],
)
def test_a_declared_language_is_believed_where_its_script_occurs(declared: str, text: str) -> None:
    essay = read_essay(f"---\nlang: {declared}\n---\n\n# 1\n\n{text}", format="markdown")
    assert detect_language(essay) == {"ja": "ja", "zh-TW": "zh-hant"}[declared]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Море було тихим, і ніхто нічого не казав того ранку.", "uk"),
        ("Мора было ціхае, і ніхто нічога не казаў той раніцай.", "ru"),  # Belarusian
        ("Морето беше тихо и никой нищо не каза тази сутрин.", None),  # Bulgarian
    ],
)
def test_cyrillic_is_ukrainian_only_if_its_letters_say_so(text: str, language: str | None) -> None:
    assert detect_language(read_essay(f"# 1\n\n{text}", format="markdown")) == language
