"""Drafts before they are published, and new texts laid over essays that are."""

from __future__ import annotations

from typing import Any

from tests.faults.scenes import acts
from tests.faults.scenes.acts import DAY, command, long, option, publish, submit
from tests.faults.stage import Stage

__all__ = ["SCENES"]

_DRAFT = "SELECT id FROM discussions WHERE state IN ('draft', 'scheduled') ORDER BY id DESC"


async def a_draft_is_looked_at_corrected_and_scheduled(stage: Stage) -> None:
    """From the form to the hour it was scheduled for."""
    await stage.bot.start()
    await stage.settle()

    async def by_form() -> None:
        shown = await stage.run("essay publish")
        await submit(stage, shown, {"Or the text": long("One", "Two"), "Title": "Typed"})

    await stage.insist(by_form, lambda: stage.rows(_DRAFT), "a draft")
    await stage.settle(20)
    number = str(stage.rows(_DRAFT)[0]["id"])

    async def press(label: str) -> dict[str, Any]:
        shown = await stage.run("essay show", options=[option("essay", number)])
        return await stage.press(shown, label)

    await stage.answered(lambda: press("Whole text"), "One.", "Two.")

    async def correct() -> None:
        await submit(stage, await press("Edit …"), {"Title": "Corrected"})

    await stage.insist(
        correct, lambda: acts.state_of(stage, "Corrected") == "draft", "the title corrected"
    )

    async def restyle(label: str) -> None:
        await press(label)

    def styled(style: str) -> Any:
        return lambda: stage.rows("SELECT 1 FROM discussions WHERE style = :style", style=style)

    await stage.insist(lambda: restyle("One thread instead"), styled("thread"), "one thread")
    await stage.insist(
        lambda: restyle("A thread a reply instead"), styled("threads"), "a thread each"
    )

    async def schedule() -> None:
        await submit(stage, await press("Schedule …"), {_WHEN: "in 3 hours"})

    await stage.insist(
        schedule, lambda: acts.state_of(stage, "Corrected") == "scheduled", "scheduled"
    )
    await command(stage, "essay schedule", "will be published", essay=number, when="in 6 hours")
    await stage.settle(DAY / 2)

    await stage.insist(
        lambda: stage.run("essay publish", file=("a.md", long("Gone", title="Gone").encode())),
        lambda: acts.state_of(stage, "Gone") == "draft",
        "another draft",
    )
    number = str(stage.rows(_DRAFT)[0]["id"])
    await stage.insist(
        lambda: press("Discard"), lambda: acts.state_of(stage, "Gone") == "", "discarded"
    )


_WHEN = "When (tomorrow 9:00, 2026-12-01 18:30)"


async def an_essay_grows_and_shrinks(stage: Stage) -> None:
    """What is shown first, what is laid over, removed, emptied; one that is not meant."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage, long("One", "Two", "Three"), title="Long")
    _, _, second, *_ = await stage.ours()
    await stage.write("Ann", "To the second.", to=second["id"])
    await stage.settle(60)
    grown = long("New", "Two", "Three", "Four", "Five")
    await stage.answered(lambda: _shown(stage, grown, "All changes"), "struck through")
    await stage.answered(lambda: _shown(stage, grown, "Whole text"), "as it will read")
    await acts.edit(stage, grown, title="Long", revision=2)
    await stage.settle(600)
    await acts.edit(stage, long("New"), title="Long", revision=3)
    await stage.settle(600)
    await command(stage, "essay show", "open", essay="1")

    async def hand_in() -> None:
        file = ("essay.md", long("Never").encode())
        await stage.run("essay edit", options=[option("essay", "1")], file=file)

    await stage.insist(hand_in, lambda: stage.rows("SELECT 1 FROM pending_revisions"), "a new text")

    async def cancel() -> None:
        shown = await stage.run("essay show", options=[option("essay", "1")])
        await stage.press(shown, "Cancel")

    await stage.insist(
        cancel, lambda: not stage.rows("SELECT 1 FROM pending_revisions"), "it discarded"
    )

    async def by_form() -> None:
        shown = await stage.run("essay edit", options=[option("essay", "1")])
        await submit(stage, shown, {"Or the text": long("Pasted")})

    await stage.insist(
        by_form, lambda: stage.rows("SELECT 1 FROM pending_revisions"), "a pasted text"
    )
    await stage.insist(
        cancel, lambda: not stage.rows("SELECT 1 FROM pending_revisions"), "it discarded"
    )


async def _shown(stage: Stage, text: str, label: str) -> dict[str, Any]:
    file = ("essay.md", text.encode())
    shown = await stage.run("essay edit", options=[option("essay", "1")], file=file)
    return await stage.press(shown, label)


SCENES = (a_draft_is_looked_at_corrected_and_scheduled, an_essay_grows_and_shrinks)
