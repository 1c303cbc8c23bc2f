"""What the checks of catalogs find, and how catalogs are updated."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.catalogs.check import check_catalog, check_commands
from tests.catalogs.extract import (
    CommandText,
    list_command_texts,
    make_template,
    read_catalog,
    update_catalog,
)


async def test_english_commands_are_valid() -> None:
    assert check_commands(Catalog(locale="en"), await list_command_texts()) == []


async def test_names_are_extracted_apart_from_sentences() -> None:
    template = await make_template()
    assert template.get("essay", "name") is not None
    assert template.get("essay") is None
    assert template.get("Edit my reply") is not None, "a context menu"
    assert template.get("{count} word") is not None, "a plural"
    assert template.get("The opening card was deleted.") is not None, "a stored text"


def catalog_of(**translations: str | tuple[str, ...]) -> list[str]:
    """The faults of a German catalog of these sentences."""
    template, catalog = Catalog(), Catalog(locale="de")
    ids: dict[str, str | tuple[str, ...]] = {
        "named": "Hello, {name}.",
        "counted": ("{count} reply of {name}", "{count} replies of {name}"),
    }
    for key, one in ids.items():
        template.add(one)
        if key in translations:
            catalog.add(one, translations[key])
    return check_catalog(catalog, template)


COMPLETE: dict[str, str | tuple[str, ...]] = {
    "named": "Hallo, {name}.",
    "counted": ("Eine von {name}", "{count} von {name}"),
}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, None),
        ({"named": ""}, "isn't translated"),
        ({"named": "Hallo."}, "other placeholders"),
        ({"named": "Hallo, {nam}."}, "other placeholders"),
        ({"named": "Hallo, {name."}, "open brace"),
        ({"counted": ("Eine von {name}", "")}, "isn't translated"),
        ({"counted": ("Eine", "{count} von {name}")}, "other placeholders"),
    ],
)
def test_a_translation_has_all_forms_and_the_same_placeholders(
    changed: dict[str, str | tuple[str, ...]], fault: str | None
) -> None:
    faults = catalog_of(**{**COMPLETE, **changed})
    assert (len(faults) == 1 and fault in faults[0]) if fault else faults == []


def test_a_sentence_that_is_missing_fuzzy_or_not_used_is_named() -> None:
    assert "isn't in the catalog" in catalog_of(counted=COMPLETE["counted"])[0]
    template, catalog = Catalog(), Catalog(locale="de")
    template.add("One.")
    catalog.add("One.", "Eins.", flags=["fuzzy"])
    catalog.add("Two.", "Zwei.")
    assert [one.partition(":")[0] for one in check_catalog(catalog, template)] == [
        "isn't used",
        "is fuzzy",
    ]


@pytest.mark.parametrize(
    ("kind", "path", "translation", "fault"),
    [
        ("name", "essay", "aufsatz", None),
        ("name", "essay", "Aufsatz", "is no name"),
        ("name", "essay", "mein aufsatz", "is no name"),
        ("name", "essay", "a" * 33, "more than 32"),
        ("name", "essay list", "show", "is twice"),
        ("description", "essay", "x" * 101, "more than 100"),
        ("menu", "Edit", "x" * 33, "more than 32"),
    ],
)
def test_what_discord_refuses_of_a_command_is_named(
    kind: str, path: str, translation: str, fault: str | None
) -> None:
    texts = [
        CommandText("name", "essay", "essay"),
        CommandText("description", "essay", "Essays."),
        CommandText("name", "essay list", "list"),
        CommandText("name", "essay show", "show"),
        CommandText("menu", "Edit", "Edit"),
    ]
    catalog = Catalog(locale="de")
    (one,) = [text for text in texts if (text.kind, text.path) == (kind, path)]
    catalog.add(one.text, translation, context="name" if kind == "name" else None)
    faults = check_commands(catalog, texts)
    assert any(fault in one for one in faults) if fault else faults == []


def test_a_long_command_counts_with_its_longest_localization() -> None:
    texts = [CommandText("name", "essay", "essay")] + [
        CommandText("description", f"essay o{number}", f"{number}") for number in range(80)
    ]
    catalog = Catalog(locale="de")
    for number in range(80):
        catalog.add(f"{number}", "x" * 100)
    assert check_commands(catalog, texts) == ["has more than 8000 characters in all: /essay"]


def test_an_update_keeps_translations_and_drops_what_is_not_used(tmp_path: Path) -> None:
    template = Catalog()
    template.add("One.")
    update_catalog("de", template, tmp_path)
    path = tmp_path / "de" / "LC_MESSAGES" / "salon.po"
    untranslated, translated = (f'msgid "One."\nmsgstr "{text}"' for text in ("", "Eins."))
    path.write_text(path.read_text().replace(untranslated, translated))
    template.add("Two.")
    update_catalog("de", template, tmp_path)
    before = path.read_bytes()
    update_catalog("de", template, tmp_path)
    assert path.read_bytes() == before
    catalog = read_catalog("de", tmp_path)
    one = catalog.get("One.")
    assert one is not None
    assert one.string == "Eins."
    update_catalog("de", Catalog(), tmp_path)
    assert len(read_catalog("de", tmp_path)) == 0
