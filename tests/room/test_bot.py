"""The real bot used through the page: publishing, threads, modals, time and faults."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, expect

from bot.emulator.world.events import ChannelUpdated
from tests.core.reading.test_epub import make_epub
from tests.room.visitor import Visitor, visiting
from tests.support.spawned_bot import SpawnedBot

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

ESSAY = """On stairs

by Marta Lindqvist

Nobody designs the third stair, and everybody remembers it.

A house is a way of going up. What we keep on the landing says who we are.

What do you keep on your landing?
"""


@pytest_asyncio.fixture(loop_scope="session")
async def guest(chromium: Browser, spawned: SpawnedBot) -> AsyncIterator[Visitor]:
    """A visitor on the page of an emulator with the real bot."""
    async with visiting(chromium, spawned.emulator) as one:
        await expect(one.page.locator(".bot-state")).to_contain_text("The bot is online")
        yield one


async def publish(guest: Visitor, folder: Path) -> None:
    """Publish by slash command, with a file, by the button under the preview."""
    path = folder / "stairs.md"
    path.write_text(ESSAY, encoding="utf-8")
    form = await guest.types_command("essay publish")
    await form.get_by_role("button", name="+ file").click()
    await form.get_by_label("file", exact=True).set_input_files(path)
    await form.get_by_role("button", name="Send").click()
    await published(guest)


async def published(guest: Visitor) -> None:
    """Press the preview's button and wait until everything is posted."""
    await guest.main.get_by_role("button", name="Publish", exact=True).click()
    answer = guest.message("Only you can see this").filter(has_text="is published")
    await expect(answer).to_be_visible()


async def prompted(guest: Visitor, before: str | None) -> None:
    """Wait for a prompt after the message that was the last one ``before``."""
    prompt = guest.main.get_by_role("article").last
    await expect(prompt).not_to_have_attribute("data-id", before or "")
    await expect(prompt).to_contain_text("What do you keep on your landing?")


async def test_an_essay_is_published_answered_in_a_thread_and_prompted_a_day_later(
    guest: Visitor, tmp_path: Path
) -> None:
    await publish(guest, tmp_path)
    part = guest.message("Nobody designs the third stair").last
    await expect(part).to_be_visible()
    await guest.become("Ben")
    await guest.menu(guest.message("Nobody designs the third stair").last, "Reply")
    await guest.writes("Mine creaks.")
    under = guest.message("Mine creaks.").locator(".thread-under")
    await expect(under).to_be_visible()
    await under.click()
    await expect(guest.message("Mine creaks.", guest.side)).to_be_visible()
    await guest.writes("And I like it.", guest.side)
    assert guest.said("And I like it.").channel_id == guest.said("Mine creaks.").id
    before = await guest.page.get_by_label("The rehearsal's clock").inner_text()
    last = await guest.main.get_by_role("article").last.get_attribute("data-id")
    await guest.page.get_by_role("button", name="+1 day").click()
    await prompted(guest, last)
    await expect(guest.page.get_by_label("The rehearsal's clock")).not_to_have_text(before)


async def test_the_form_makes_a_draft_whose_preview_can_be_read_edited_and_published(
    guest: Visitor,
) -> None:
    await (await guest.types_command("essay publish")).get_by_role("button", name="Send").click()
    form = guest.page.get_by_role("dialog")
    await form.get_by_label("Or the text").fill(ESSAY)
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)
    draft = guest.message("Draft 1 · only you can see this")
    await expect(draft.get_by_role("heading", name="On stairs")).to_be_visible()
    await draft.get_by_role("button", name="Full text").click()
    full_text = guest.message("A house is a way of going up").first
    await expect(full_text).to_contain_text("Only you can see")
    await draft.get_by_role("button", name="Edit details").click()
    await form.get_by_label("Title").fill("On landings")
    await form.get_by_role("button", name="Submit").click()
    await expect(draft.get_by_role("heading", name="On landings")).to_be_visible()
    assert not any(
        message.ephemeral_to is None for message in guest.emulator.world.messages.values()
    )
    await published(guest)
    card = guest.message("On landings").filter(has_not_text="Only you can see this")
    await expect(card.get_by_role("heading", name="On landings")).to_be_visible()


async def test_time_can_skip_to_the_next_prompt(guest: Visitor, tmp_path: Path) -> None:
    await guest.page.get_by_role("button", name="Next prompt").click()
    await expect(guest.page.locator("#status")).to_contain_text("nothing planned")
    await publish(guest, tmp_path)
    began = guest.emulator.world.now()
    last = await guest.main.get_by_role("article").last.get_attribute("data-id")
    await guest.page.get_by_role("button", name="Next prompt").click()
    await prompted(guest, last)
    assert (guest.emulator.world.now() - began).total_seconds() > 3600


async def test_members_are_offered_only_the_commands_they_may_use(guest: Visitor) -> None:
    await guest.become("Ann")
    box = guest.main.locator("textarea")
    await box.fill("/essay publish")
    await expect(
        guest.main.get_by_text("There is no such command that you can use here.")
    ).to_be_visible()
    await guest.become("Ada")
    form = await guest.types_command("essay publish")
    await expect(form).to_contain_text("Publish an essay")


async def test_a_killed_bot_does_not_respond_until_it_is_started_again(
    guest: Visitor, spawned: SpawnedBot, tmp_path: Path
) -> None:
    await guest.page.get_by_role("button", name="Faults").click()
    faults = guest.page.get_by_role("dialog", name="Simulate faults")
    await faults.get_by_role("button", name="Kill the bot").click()
    await expect(faults.get_by_role("status")).to_have_text("The bot was killed.")
    assert not spawned.bot.is_running
    await faults.get_by_role("button", name="Done").click()
    await expect(guest.page.locator(".bot-state")).to_contain_text("not running")
    await (await guest.types_command("essay list")).get_by_role("button", name="Send").click()
    await expect(guest.message("The application did not respond")).to_be_visible()
    await guest.page.get_by_role("button", name="Faults").click()
    await faults.get_by_role("button", name="Start the bot").click()
    await faults.get_by_role("button", name="Done").click()
    await expect(guest.page.locator(".bot-state")).to_contain_text("The bot is online")
    await publish(guest, tmp_path)


async def test_faults_can_be_injected_and_permissions_denied(
    guest: Visitor, spawned: SpawnedBot
) -> None:
    emulator = spawned.emulator
    await guest.page.get_by_role("button", name="Faults").click()
    faults = guest.page.get_by_role("dialog", name="Simulate faults")
    (session,) = emulator.dispatcher.bot_sessions()
    socket = session.connection
    await faults.get_by_role("button", name="Cut the gateway").click()
    await expect(faults.get_by_role("status")).to_contain_text("was cut")
    assert socket not in emulator.dispatcher.connections
    await faults.get_by_role("button", name="Make Discord slow").click()
    await expect(faults.get_by_role("status")).to_contain_text("2 seconds")
    assert len(emulator.faults) == 1
    await faults.get_by_role("button", name="Back to normal").click()
    await expect(faults.get_by_role("status")).to_contain_text("back to normal")
    assert len(emulator.faults) == 0
    right = 1 << 35
    essays = guest.channel("essays")
    assert emulator.world.permissions(emulator.world.bot.id, essays) & right
    await faults.get_by_label("Create Public Threads").uncheck()
    await expect(faults.get_by_role("status")).to_contain_text(
        "no longer has Create Public Threads"
    )
    assert not emulator.world.permissions(emulator.world.bot.id, essays) & right


async def test_a_dropped_essay_is_published_and_its_comments_written(
    guest: Visitor, spawned: SpawnedBot
) -> None:
    spawned.emulator.room.play.pace = 0.0
    comments = '{"id": 1, "parent": null, "author": "Zoe", "text": "Mine is full of boots."}\n'
    await guest.page.evaluate(
        """([essay, comments]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([essay], 'stairs.md', { type: 'text/markdown' }));
            transfer.items.add(new File([comments], 'stairs.jsonl'));
            window.dispatchEvent(new DragEvent('drop', {
                dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        [ESSAY, comments],
    )
    await guest.page.get_by_role("button", name="Publish it").click()
    await expect(guest.message("Mine is full of boots.").first).to_contain_text("Zoe")
    caption = guest.page.locator("#caption", has_text="Now it’s your turn")
    await expect(caption).to_be_visible(timeout=60_000)
    await expect(guest.page.locator("#member")).to_contain_text("Zoe")
    assert spawned.emulator.room.play.state()["state"] == "done"


async def test_an_essay_in_a_forum_shows_its_tags_and_is_found_when_it_is_closed(
    guest: Visitor, tmp_path: Path
) -> None:
    world = guest.emulator.world
    forum = world.channels[guest.channel("essay-forum")]
    names = ("Houses", "Fiction")
    forum.available_tags = [
        {"id": str(world.new_id()), "name": name, "moderated": False} for name in names
    ]
    forum.available_tags = [
        {**tag, "emoji_id": None, "emoji_name": None} for tag in forum.available_tags
    ]
    world.emit(ChannelUpdated(forum))
    path = tmp_path / "stairs.md"
    path.write_text(ESSAY, encoding="utf-8")
    form = await guest.types_command("essay publish")
    for option in ("file", "channel", "tags"):
        await form.get_by_role("button", name=f"+ {option}").click()
    await form.get_by_label("file", exact=True).set_input_files(path)
    await form.get_by_label("channel", exact=True).select_option(label="#essay-forum")
    await form.get_by_label("tags", exact=True).fill("hou")
    await form.get_by_role("listbox").get_by_role("option", name="Houses").click()
    await form.get_by_role("button", name="Send").click()
    await expect(guest.message("Only you can see this")).to_contain_text("tagged “Houses”")
    await published(guest)
    await close(guest)
    await guest.page.reload()
    await guest.page.get_by_role("button", name="essay-forum").click()
    post = guest.main.get_by_role("button", name="On stairs")
    await expect(post).to_contain_text("Houses")
    await expect(post).to_contain_text("locked • archived")
    await expect(post).to_contain_text("2 replies")
    await post.click()
    await expect(guest.message("Nobody designs the third stair", guest.side)).to_be_visible()


async def close(guest: Visitor) -> None:
    """Close the published essay."""
    form = await guest.types_command("essay close")
    await form.get_by_label("essay", exact=True).fill("On stairs")
    await form.get_by_role("listbox").get_by_role("option").first.click()
    await form.get_by_role("button", name="Send").click()
    await expect(guest.message("and its post is locked")).to_be_visible()


async def test_an_essay_in_one_thread_is_shown_next_to_its_card(
    guest: Visitor, tmp_path: Path
) -> None:
    path = tmp_path / "stairs.md"
    path.write_text(ESSAY, encoding="utf-8")
    form = await guest.types_command("essay publish")
    for option in ("file", "style"):
        await form.get_by_role("button", name=f"+ {option}").click()
    await form.get_by_label("file", exact=True).set_input_files(path)
    await form.get_by_label("style", exact=True).select_option(
        label="One thread for the whole essay"
    )
    await form.get_by_role("button", name="Send").click()
    await published(guest)
    card = guest.message("On stairs").filter(has_not_text="Only you can see this")
    await card.get_by_role("button", name="On stairs 2 messages").click()
    part = guest.message("Nobody designs the third stair", guest.side)
    await expect(part).to_be_visible()
    await guest.become("Ann")
    await guest.writes("My boots.", guest.side)
    await expect(card.get_by_role("button", name="On stairs 3 messages")).to_be_visible()


async def test_the_pictures_and_the_cover_of_an_essay_are_shown(
    guest: Visitor, tmp_path: Path
) -> None:
    body = (
        "<p>Two stairs.</p><img src='a.png' alt='The first'/><img src='b.avif' alt='The second'/>"
        "<p>Which one creaks?</p>"
    )
    book = tmp_path / "stairs.epub"
    pictures = {"OEBPS/a.png": draw("PNG", "teal"), "OEBPS/b.avif": draw("AVIF", "red")}
    book.write_bytes(make_epub([("one.xhtml", body)], more=pictures))
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(draw("JPEG", "navy"))
    form = await guest.types_command("essay publish")
    await form.get_by_role("button", name="+ file").click()
    await form.get_by_label("file", exact=True).set_input_files(book)
    await form.get_by_role("button", name="Send").click()
    draft = guest.message("Draft 1")
    await draft.get_by_role("button", name="Cover").click()
    chosen = guest.page.get_by_role("dialog")
    await chosen.get_by_label("A picture").set_input_files(cover)
    await chosen.get_by_role("button", name="Submit").click()
    await expect(draft.locator(".container img")).to_be_visible()
    await published(guest)
    for shown in (
        guest.message("The Harbour Book").locator(".container img"),
        guest.main.get_by_alt_text("The first"),
        guest.main.get_by_alt_text("The second"),
    ):
        await expect(shown).to_be_visible()
        await expect(shown).to_have_js_property("naturalWidth", 60)
    await expect(guest.main.locator(".mosaic img")).to_have_count(2)


def draw(kind: str, colour: str) -> bytes:
    """A picture of one colour."""
    held = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(held, kind)
    return held.getvalue()
