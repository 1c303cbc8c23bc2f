"""Drafts, and edits of published essays."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from PIL import Image

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import DAY, command, long, option, publish, submit

__all__ = ["SCENES", "make_book"]

_DRAFT = "SELECT id FROM discussions WHERE state IN ('draft', 'scheduled') ORDER BY id DESC"


async def a_draft_is_looked_at_corrected_and_scheduled(play: ScenePlay) -> None:
    """From the form to the hour it was scheduled for."""
    await play.bot.start()
    await play.settle()

    async def by_form() -> None:
        shown = await play.run_command("essay publish")
        await submit(play, shown, {"Or the text": long("One", "Two"), "Title": "Typed"})

    await play.retry_until(by_form, lambda: play.rows(_DRAFT), "a draft")
    await play.settle(20)
    number = str(play.rows(_DRAFT)[0]["id"])

    async def press(label: str) -> dict[str, Any]:
        shown = await play.run_command("essay show", options=[option("essay", number)])
        return await play.press(shown, label)

    await play.until_answered(lambda: press("Full text"), "One.", "Two.")

    async def correct() -> None:
        await submit(play, await press("Edit details"), {"Title": "Corrected"})

    await play.retry_until(
        correct, lambda: actions.state_of(play, "Corrected") == "draft", "the title corrected"
    )

    async def restyle(label: str) -> None:
        await press(label)

    def styled(style: str) -> Any:
        return lambda: play.rows("SELECT 1 FROM discussions WHERE style = :style", style=style)

    await play.retry_until(lambda: restyle("Use one thread"), styled("thread"), "one thread")
    await play.retry_until(
        lambda: restyle("Use a thread for each reply"), styled("threads"), "a thread each"
    )

    async def schedule() -> None:
        await submit(play, await press("Schedule …"), {_WHEN: "in 3 hours"})

    await play.retry_until(
        schedule, lambda: actions.state_of(play, "Corrected") == "scheduled", "scheduled"
    )
    await command(play, "essay schedule", "will be published", essay=number, when="in 6 hours")
    await play.settle(DAY / 2)

    await play.retry_until(
        lambda: play.run_command(
            "essay publish", file=("a.md", long("Gone", title="Gone").encode())
        ),
        lambda: actions.state_of(play, "Gone") == "draft",
        "another draft",
    )
    number = str(play.rows(_DRAFT)[0]["id"])

    async def discard() -> None:
        shown = await play.run_command("essay show", options=[option("essay", number)])
        await play.press(shown, "Discard")
        await play.press(shown, "Discard")

    await play.retry_until(discard, lambda: actions.state_of(play, "Gone") == "", "discarded")


_WHEN = "When (e.g. tomorrow 9:00)"


async def an_essay_grows_and_shrinks(play: ScenePlay) -> None:
    """What is shown first, what is laid over, removed, emptied; one that is not meant."""
    await play.bot.start()
    await play.settle()
    await publish(play, long("One", "Two", "Three"), title="Long")
    _, _, second, *_ = await play.bot_messages()
    await play.write("Ann", "To the second.", to=second["id"])
    await play.settle(60)
    grown = long("New", "Two", "Three", "Four", "Five")
    await play.until_answered(lambda: _shown(play, grown, "All changes"), "struck through")
    await play.until_answered(lambda: _shown(play, grown, "Full text"), "as they will be")
    await actions.edit(play, grown, title="Long", revision=2)
    await play.settle(600)
    await actions.edit(play, long("New"), title="Long", revision=3)
    await play.settle(600)
    await command(play, "essay show", "open", essay="1")

    async def submit_essay() -> None:
        file = ("essay.md", long("Never").encode())
        await play.run_command("essay edit", options=[option("essay", "1")], file=file)

    await play.retry_until(
        submit_essay, lambda: play.rows("SELECT 1 FROM pending_revisions"), "a new text"
    )

    async def cancel() -> None:
        shown = await play.run_command("essay show", options=[option("essay", "1")])
        await play.press(shown, "Discard")
        await play.press(shown, "Discard")

    await play.retry_until(
        cancel, lambda: not play.rows("SELECT 1 FROM pending_revisions"), "it discarded"
    )

    async def by_form() -> None:
        shown = await play.run_command("essay edit", options=[option("essay", "1")])
        await submit(play, shown, {"Or the text": long("Pasted")})

    await play.retry_until(
        by_form, lambda: play.rows("SELECT 1 FROM pending_revisions"), "a pasted text"
    )
    await play.retry_until(
        cancel, lambda: not play.rows("SELECT 1 FROM pending_revisions"), "it discarded"
    )


async def _shown(play: ScenePlay, text: str, label: str) -> dict[str, Any]:
    file = ("essay.md", text.encode())
    shown = await play.run_command("essay edit", options=[option("essay", "1")], file=file)
    return await play.press(shown, label)


def make_book(*colours: str) -> bytes:
    """An EPUB of a chapter with a picture of each colour in it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:

        def add(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name), content)  # with the same date always

        add("META-INF/container.xml", b'<container><rootfile full-path="p.opf"/></container>')
        add(
            "p.opf",
            b'<package><metadata/><manifest><item id="a" href="a.xhtml" '
            b'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine>'
            b"</package>",
        )
        shown = "".join(
            f'<p>{one}.</p><p><img src="{one}.png" alt="{one}"/></p>' for one in colours
        )
        add("a.xhtml", f"<html><body><h1>Colours</h1>{shown}</body></html>".encode())
        for one in colours:
            drawn = io.BytesIO()
            Image.new("RGB", (8, 8), one).save(drawn, "PNG")
            add(f"{one}.png", drawn.getvalue())
    return held.getvalue()


async def pictures_are_uploaded_kept_replaced_and_erased(play: ScenePlay) -> None:
    """From a book with pictures to its withdrawal; another draft of it is discarded."""
    await play.bot.start()
    await play.settle()

    async def attempt() -> None:
        file = ("colours.epub", make_book("red", "blue"))
        await play.press(await play.run_command("essay publish", file=file), "Publish")

    await play.retry_until(
        attempt, lambda: actions.state_of(play, "Colours") not in ("", "draft"), "it published"
    )
    await play.settle(60)

    async def edit() -> None:
        file = ("colours.epub", make_book("red", "green"))
        shown = await play.run_command("essay edit", options=[option("essay", "1")], file=file)
        await play.press(shown, "Apply")

    await play.retry_until(
        edit, lambda: play.rows("SELECT 1 FROM revisions WHERE number = 2"), "revision 2"
    )
    await play.settle(60)

    async def submit_again() -> None:
        file = ("colours.epub", make_book("red", "green"))
        await play.run_command("essay publish", file=file)

    def drafts() -> list[dict[str, Any]]:
        return play.rows("SELECT id FROM discussions WHERE state = 'draft'")

    await play.retry_until(submit_again, drafts, "another draft")
    number = str(drafts()[0]["id"])

    async def discard() -> None:
        shown = await play.run_command("essay show", options=[option("essay", number)])
        await play.press(shown, "Discard")
        await play.press(shown, "Discard")

    await play.retry_until(discard, lambda: not drafts(), "it discarded")
    await actions.press_on(
        play,
        "essay withdraw",
        "Withdraw",
        lambda: actions.state_of(play, "Colours") == "withdrawn",
        "it withdrawn",
        essay="1",
    )
    await play.settle(60)


SCENES = (
    a_draft_is_looked_at_corrected_and_scheduled,
    an_essay_grows_and_shrinks,
    pictures_are_uploaded_kept_replaced_and_erased,
)
