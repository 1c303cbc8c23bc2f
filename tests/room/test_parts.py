"""Commands, buttons, selects, modals and cards on the page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.room.small_bot import Parts, showing_parts
from tests.room.visitor import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


@pytest_asyncio.fixture(loop_scope="session")
async def parts(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Parts]:
    async with showing_parts(visitor.emulator, monkeypatch) as one:
        yield one


async def test_a_preview_s_buttons_turn_its_pages_for_one_member_alone(
    visitor: Visitor, parts: Parts
) -> None:
    await (await visitor.types_command("show preview")).get_by_role("button", name="Send").click()
    await expect(visitor.message("Only you can see this")).to_contain_text("Page 1")
    await visitor.main.get_by_role("button", name="Next page").click()
    await expect(visitor.message("Only you can see this")).to_contain_text("Page 2")
    await visitor.main.get_by_role("button", name="Next page").click()
    await expect(visitor.message("Only you can see this")).to_contain_text("Page 3")
    await visitor.main.get_by_label("Make a selection").select_option("long")
    await expect(visitor.message("Only you can see this")).to_contain_text("It is long.")
    await visitor.main.get_by_role("button", name="Dismiss message").click()
    await expect(visitor.message("Only you can see this")).to_have_count(0)


async def test_an_unanswered_interaction_says_so_as_discord_does(
    visitor: Visitor, parts: Parts
) -> None:
    await (await visitor.types_command("show preview")).get_by_role("button", name="Send").click()
    await visitor.main.get_by_role("button", name="Silence").click()
    await expect(visitor.main.get_by_text("This interaction failed")).to_be_visible()
    await (await visitor.types_command("show silence")).get_by_role("button", name="Send").click()
    await expect(visitor.message("The application did not respond")).to_be_visible()


async def test_a_modal_is_shown_and_its_values_are_submitted(
    visitor: Visitor, parts: Parts
) -> None:
    await (await visitor.types_command("show form")).get_by_role("button", name="Send").click()
    form = visitor.page.get_by_role("dialog", name="Tell us")
    await form.get_by_label("Kind").select_option("Doubt")
    await form.get_by_label("Why").fill("It walks past page four.")
    await form.get_by_role("button", name="Submit").click()
    await expect(visitor.message("Doubt: It walks past page four.")).to_be_visible()
    await expect(form).to_have_count(0)


async def test_options_are_autocompleted_and_chosen(visitor: Visitor, parts: Parts) -> None:
    form = await visitor.types_command("show find")
    title = form.get_by_role("combobox", name="title")
    await title.fill("on wa")
    await expect(form.get_by_role("option")).to_have_text(["On walking", "On waiting"])
    await title.press("ArrowDown")
    await title.press("ArrowDown")
    await title.press("Enter")
    await expect(title).to_have_value("On waiting")
    await form.get_by_role("button", name="+ loud").click()
    await form.get_by_label("loud", exact=True).select_option("True")
    await form.get_by_role("button", name="+ who").click()
    await form.get_by_label("who", exact=True).select_option("Chloe")
    await form.get_by_role("button", name="Send").click()
    await expect(visitor.message("On waiting, True, for Chloe")).to_be_visible()


async def test_a_required_option_is_asked_for(visitor: Visitor, parts: Parts) -> None:
    form = await visitor.types_command("show find")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("alert")).to_have_text("This option is required: title.")
    await form.get_by_role("combobox", name="title").press("Escape")
    assert not visitor.emulator.world.messages


async def test_context_menus_offer_the_application_s_commands(
    visitor: Visitor, parts: Parts
) -> None:
    shown = await visitor.writes("one two three")
    await visitor.menu(shown, "Count the words")
    await expect(visitor.message("3 words")).to_be_visible()
    await shown.get_by_role("button", name="Ada").click()
    await visitor.page.get_by_role("menuitem", name="Greet").click()
    await expect(visitor.message("Hello, Ada")).to_be_visible()


async def test_cards_embeds_and_polls_are_shown(visitor: Visitor, parts: Parts) -> None:
    await (await visitor.types_command("show card")).get_by_role("button", name="Send").click()
    card = visitor.message("A card")
    await expect(card.get_by_role("heading", name="A card")).to_be_visible()
    await expect(card.get_by_role("button", name="Read it")).to_have_attribute(
        "href", "https://example.org/essay"
    )
    await expect(card.locator(".badge")).to_have_text("APP")
    await expect(card.locator(".reference")).to_contain_text("Ada used /show")
    embed = visitor.message("An embed")
    await expect(embed.locator("strong")).to_have_text("bold")
    await expect(embed.locator(".field")).to_contain_text("112")
    poll = visitor.main.get_by_role("group", name="Poll")
    await expect(poll.get_by_role("listitem")).to_have_count(2)
    await expect(poll).to_contain_text("Which page?")
    await expect(poll).to_contain_text("ends in 2 hours")
