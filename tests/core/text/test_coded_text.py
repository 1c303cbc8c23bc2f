"""Texts that are stored as codes with arguments."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.text.coded_text import CodedText, make_coded, read_coded
from bot.core.text.sentences_by_code import SENTENCES
from bot.core.text.translate import use_language
from tests.support.catalogs import Sentences, use_sentences

ROOT = Path(__file__).parents[3]


def placeholders(code: str) -> set[str]:
    sentence = SENTENCES[code]
    forms = (sentence,) if isinstance(sentence, str) else sentence
    found = {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}
    return found if isinstance(sentence, str) else found | {"count"}


def test_a_text_is_in_the_language_of_whoever_reads_it(tmp_path: Path) -> None:
    stored = make_coded("tried", reason=make_coded("discord-answered", status=503), count=6).stored
    german: Sentences = {
        "Discord answered {status}.": "Discord antwortete {status}.",
        ("{reason} It was tried {count} time.", "{reason} It was tried {count} times."): (
            "{reason} Es gab {count} Versuch.",
            "{reason} Es gab {count} Versuche.",
        ),
    }
    read = read_coded(stored)
    assert str(read) == "Discord answered 503. It was tried 6 times."
    with use_sentences(tmp_path, {"de": german}), use_language("de"):
        assert str(read) == "Discord antwortete 503. Es gab 6 Versuche."


def test_permissions_are_named_and_joined_in_that_language(tmp_path: Path) -> None:
    coded = make_coded("cannot-host", channel=5, permissions=("view_channel", "send_messages"))
    assert "*View Channel* and *Send Messages*" in str(read_coded(coded.stored))
    names: Sentences = {"View Channel": "Kanal anzeigen", "Send Messages": "Nachrichten senden"}
    with use_sentences(tmp_path, {"de": names}), use_language("de"):
        assert "*Kanal anzeigen* und *Nachrichten senden*" in str(coded)


@pytest.mark.parametrize("word", ["{x}", "%s", 'a "quote"', "ü\n", "{", "\\"])
def test_members_words_stay_as_they_are(word: str) -> None:
    coded = make_coded("alert-thread-deleted", thread=word)
    assert f"“{word}”" in str(read_coded(coded.stored))


def test_an_argument_is_replaced_wherever_it_is(tmp_path: Path) -> None:
    inner = make_coded("cancelled", member="Ann", member_id=1)
    changed = make_coded("alert-lock", reason=inner).replace("Ann", "somebody")
    assert "Ann" not in changed.stored
    assert (
        make_coded("cancelled", member="Annabel").replace("Ann", "x").stored.count("Annabel") == 1
    )


def test_a_code_of_a_newer_version_is_shown_as_it_is() -> None:
    assert str(CodedText("brand-new", (("x", 1),))) == "brand-new"
    assert read_coded(None) is read_coded("") is None


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """The calls of ``make_coded`` with a literal code: where, code, arguments."""
    for folder in ("bot", "cogs", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "make_coded"
                ):
                    code = node.args[0]
                    names = {keyword.arg for keyword in node.keywords if keyword.arg}
                    if isinstance(code, ast.Constant):
                        yield f"{path.name}:{node.lineno}", str(code.value), names


def test_every_call_names_a_code_and_gives_the_values_of_its_placeholders() -> None:
    found = list(calls())
    assert len(found) > 80
    for where, code, names in found:
        assert code in SENTENCES, where
        assert placeholders(code) <= names, f"{where}: {code}"


def test_no_placeholder_has_the_name_under_which_the_code_is_stored() -> None:
    assert [code for code in SENTENCES if "code" in placeholders(code)] == []
