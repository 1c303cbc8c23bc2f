"""What members do on the page is in the world."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.emulator.world.permissions import Permission
from tests.room.visitor import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def test_a_message_written_on_the_page_is_in_the_world(visitor: Visitor) -> None:
    await visitor.become("Ann")
    await visitor.writes("I began it twice.")
    message = visitor.said("I began it twice.")
    assert message.author_id == visitor.member("Ann").id
    assert message.channel_id == visitor.channel("essays")


async def test_messages_of_others_appear_by_themselves(visitor: Visitor) -> None:
    await visitor.writes("first")
    ben, channel = visitor.member("Ben"), visitor.channel("essays")
    answer = await visitor.page.request.post(
        f"{visitor.emulator.api}/channels/{channel}/messages",
        headers={"Authorization": ben.token},
        data={"content": "And I never began."},
    )
    assert answer.ok
    await expect(visitor.message("And I never began.")).to_contain_text("Ben")


async def test_a_reply_refers_to_the_message_it_answers(visitor: Visitor) -> None:
    first = await visitor.writes("Which page?")
    await visitor.become("Ben")
    await visitor.menu(first, "Reply")
    await visitor.writes("Page sixty.")
    answer = visitor.said("Page sixty.")
    assert answer.reply_to == visitor.said("Which page?").id
    await expect(visitor.message("Page sixty.").locator(".reference")).to_contain_text(
        "Which page?"
    )


async def test_an_edited_message_says_so(visitor: Visitor) -> None:
    await visitor.writes("teh end")
    box = visitor.main.locator("textarea")
    await box.press("ArrowUp")
    await expect(box).to_have_value("teh end")
    await box.fill("the end")
    await box.press("Enter")
    await expect(visitor.message("the end")).to_contain_text("(edited)")
    assert visitor.said("the end").edited_timestamp is not None


async def test_a_deleted_message_disappears_and_its_replies_say_so(visitor: Visitor) -> None:
    first = await visitor.writes("I take it back")
    await visitor.menu(first, "Reply")
    await visitor.writes("an answer")
    await visitor.menu(visitor.message("I take it back").first, "Delete message")
    await visitor.page.get_by_role("button", name="Delete").click()
    await expect(visitor.message("an answer")).to_contain_text("Original message was deleted")
    assert visitor.said("I take it back").deleted


async def test_a_reaction_is_added_and_removed(visitor: Visitor) -> None:
    shown = await visitor.writes("well said")
    await visitor.menu(shown, "Add reaction")
    await visitor.page.get_by_role("button", name="👍", exact=True).click()
    mine = shown.get_by_role("button", name="👍, 1, including yours")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await visitor.become("Ben")
    await visitor.message("well said").get_by_role("button", name="👍, 1").click()
    both = visitor.message("well said").get_by_role("button", name="👍, 2, including yours")
    await expect(both).to_be_visible()
    await both.click()
    await expect(visitor.message("well said").get_by_role("button", name="👍, 1")).to_be_visible()
    (reaction,) = visitor.said("well said").reactions
    assert reaction.users == [visitor.member("Ada").id]


async def test_a_thread_opens_next_to_its_message_and_counts_messages(visitor: Visitor) -> None:
    shown = await visitor.writes("Let us talk")
    await visitor.menu(shown, "Open a thread")
    await visitor.page.get_by_label("Thread name").fill("On stopping")
    await visitor.page.get_by_role("button", name="Open", exact=True).click()
    await expect(visitor.side.get_by_role("heading", name="On stopping").first).to_be_visible()
    await visitor.writes("In here?", visitor.side)
    await expect(shown.locator(".thread-under")).to_contain_text("On stopping")
    await expect(shown.locator(".thread-under")).to_contain_text("1 message")
    assert visitor.said("In here?").channel_id == visitor.said("Let us talk").id
    await expect(visitor.page.locator("#sidebar")).to_contain_text("On stopping")


async def test_a_file_is_attached_and_can_be_downloaded(visitor: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("page ninety", encoding="utf-8")
    async with visitor.page.expect_file_chooser() as chooser:
        await visitor.main.get_by_role("button", name="Attach files").click()
    await (await chooser.value).set_files(path)
    await visitor.writes("my notes")
    (attachment,) = visitor.said("my notes").attachments
    assert visitor.emulator.world.files.get(attachment.id) == b"page ninety"
    await expect(visitor.message("my notes").get_by_role("link")).to_have_text("notes.txt")


async def test_a_forum_shows_its_posts_and_accepts_new_ones(visitor: Visitor) -> None:
    await visitor.page.get_by_role("button", name="essay-forum").click()
    await visitor.main.get_by_role("button", name="New post").click()
    await visitor.page.get_by_label("Title").fill("The hallway")
    await visitor.page.get_by_role("textbox", name="Message", exact=True).fill("I dust it.")
    await visitor.page.get_by_role("button", name="Post", exact=True).click()
    await expect(visitor.message("I dust it.", visitor.side)).to_be_visible()
    await expect(visitor.main.get_by_role("button", name="The hallway")).to_be_visible()


async def test_an_invalid_message_is_rejected_and_kept_for_editing(
    visitor: Visitor,
) -> None:
    box = visitor.main.locator("textarea")
    await box.fill("x" * 2001)
    await box.press("Enter")
    await expect(visitor.main.get_by_role("alert").last).to_contain_text("Not sent")
    await expect(box).to_have_value("x" * 2001)
    assert not visitor.emulator.world.messages


async def test_a_member_without_permission_sees_no_channel_and_cannot_write(
    visitor: Visitor,
) -> None:
    world = visitor.emulator.world
    await expect(visitor.page.get_by_role("button", name="admins")).to_be_visible()
    world.guild.roles[world.guild.id].permissions &= ~Permission.SEND_MESSAGES
    await visitor.become("Ann")
    await expect(visitor.page.get_by_role("button", name="admins")).to_have_count(0)
    await expect(visitor.main.locator("textarea")).to_be_disabled()


async def test_messages_are_reached_and_answered_with_the_keyboard_alone(visitor: Visitor) -> None:
    await visitor.writes("one")
    await visitor.become("Ben")
    await visitor.writes("two")
    await visitor.main.locator("textarea").press("Shift+Tab")
    page = visitor.page
    for _ in range(8):  # past the tools of the composer to the newest message
        if await page.evaluate("document.activeElement.classList.contains('message')"):
            break
        await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("r")
    await expect(visitor.main.locator(".banner")).to_contain_text("Replying to Ada")
    await page.keyboard.type("three")
    await page.keyboard.press("Enter")
    await expect(visitor.message("three")).to_be_visible()
    assert visitor.said("three").reply_to == visitor.said("one").id


async def test_the_page_sends_no_request_to_any_other_host(visitor: Visitor) -> None:
    text = "see https://example.org/x.png and [this](https://example.org)"
    await visitor.writes(text, shown_as="and this")
    await visitor.page.reload()
    await expect(visitor.message("see https")).to_be_visible()
    assert visitor.called
    assert all(url.startswith(visitor.emulator.page) for url in visitor.called)
