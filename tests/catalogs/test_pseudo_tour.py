"""The rehearsal's tour in the pseudo-language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.core.text.translate import gettext, use_language
from bot.emulator.demo.play import play
from bot.emulator.demo.script import read_script
from tests.catalogs.pseudo_server import (
    LANGUAGE,
    Untranslated,
    announce_language,
    put_in_greek_letters,
    run_pseudo_emulator,
)
from tests.cogs.ui.test_long_texts import check_log
from tests.support.running_bot import run_bot


def write_tour(folder: Path) -> tuple[Path, Path]:
    """The tour's essay and comments in Greek letters, in which no word of Salon's is."""
    script = read_script(None, None)
    essay, comments = folder / "essay.md", folder / "comments.jsonl"
    essay.write_text(put_in_greek_letters(script.essay.decode()), encoding="utf-8")
    rows = (
        {
            "id": one.id,
            "parent": one.parent,
            "author": one.author,
            "text": put_in_greek_letters(one.text),
        }
        for one in script.comments
    )
    comments.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return essay, comments


@pytest.mark.timeout(120)
async def test_the_tour_shows_nothing_that_is_not_translated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    essay, comments = write_tour(tmp_path)
    seen = Untranslated()
    said: list[str] = []
    async with run_pseudo_emulator(tmp_path) as emulator, run_bot(tmp_path, emulator) as running:
        await announce_language(running)
        with use_language(LANGUAGE):
            label = gettext("Publish")
        done = await play(
            emulator,
            essay=essay,
            comments=comments,
            say=said.append,
            patience=20,
            publish_label=label,
        )
        assert done, said
        await seen.look_at_posts(running)
        for interaction in (await running.world())["interactions"]:
            seen.look(interaction["messages"], "an answer")
            seen.look((interaction["answer"] or {}).get("data"), "an answer")
        posted = await running.bot_messages()
        assert len(posted) > 4
        assert len((await running.world())["threads"]) > 2
    seen.check()
    check_log(caplog.records)
