"""What each alert is about, as it happens on Discord: by the code of the alert."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from storage.db.writer import Transaction
from storage.servers import settings
from tests.catalogs.pseudo_server import ESSAY, REPLY, press_kind, publish
from tests.delivery.test_reply_moves import MANAGE_MESSAGES, MANAGE_WEBHOOKS, allow, let_move
from tests.support.running_bot import RunningBot, form_data

__all__ = ["OFFLINE_SCENES", "SCENES", "Scene", "reply"]

Scene = Callable[[RunningBot], Awaitable[None]]

DAY = 86_400
_SEND_MESSAGES, _CREATE_PUBLIC_THREADS, _MANAGE_THREADS = 1 << 11, 1 << 35, 1 << 34
_PIN_MESSAGES = 1 << 51
_MESSAGES, _MESSAGE = "/channels/*/messages", "/channels/*/messages/*"
_THREADS = "/channels/*/messages/*/threads"
_FIRST = [{"type": 3, "name": "essay", "value": "1"}]


async def _fail(
    running: RunningBot, method: str, path: str, status: int, code: int, times: int = 1
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes."""
    fault: dict[str, Any] = {"kind": "http", "method": method, "path": path, "times": times}
    fault |= {"status": status, "code": code, "after_effect": False}
    await running.control("faults", fault)


async def _edit(running: RunningBot) -> None:
    """Publish an essay, and apply another text."""
    text = ESSAY.replace("Το ζυμάρι", "Κανένα ζυμάρι").encode()
    edit = await running.run_command("essay edit", options=_FIRST, file=("a.md", text))
    await press_kind(running, edit, "edit:apply")
    await running.settle(20)


async def reply(running: RunningBot) -> int:
    closing = (await running.bot_messages())[-1]
    head = await running.write("Ann", REPLY, to=closing["id"])
    await running.settle(60)
    return head


async def _prompt(running: RunningBot) -> None:
    await publish(running)
    await allow(running, 0, deny=_SEND_MESSAGES)
    await running.settle(3 * DAY)


async def _essay_delayed(running: RunningBot) -> None:
    await _fail(running, "POST", _MESSAGES, 403, 50013)
    await publish(running)


async def _essay_stopped(running: RunningBot) -> None:
    await _fail(running, "POST", _MESSAGES, 400, 200000)
    await publish(running)


async def _edit_delayed(running: RunningBot) -> None:
    await publish(running)
    await _fail(running, "PATCH", _MESSAGE, 403, 50001)
    await _edit(running)


async def _edit_stopped(running: RunningBot) -> None:
    await publish(running)
    await _fail(running, "PATCH", _MESSAGE, 400, 50035)
    await _edit(running)


async def _edit_message_deleted(running: RunningBot) -> None:
    await publish(running)
    await _fail(running, "PATCH", _MESSAGE, 404, 10008)
    await _edit(running)


async def _thread_delayed(running: RunningBot) -> None:
    await publish(running)
    await allow(running, 0, deny=_CREATE_PUBLIC_THREADS)
    await reply(running)


async def _thread_stopped(running: RunningBot) -> None:
    await publish(running)
    await _fail(running, "POST", _THREADS, 400, 200001, times=2)
    await reply(running)


async def _too_many_threads(running: RunningBot) -> None:
    await publish(running)
    await reply(running)
    running.emulator.world.thread_limit = 1
    await reply(running)
    await running.settle(DAY)


async def _lock(running: RunningBot) -> None:
    await publish(running, style="thread")
    await allow(running, 0, deny=_MANAGE_THREADS)
    await running.run_command("essay close", options=_FIRST)
    await running.settle(DAY)


async def _moving(running: RunningBot) -> None:
    await let_move(running)
    await publish(running)
    head = await reply(running)
    await allow(running, MANAGE_WEBHOOKS, deny=MANAGE_MESSAGES)
    await running.write("Ben", REPLY, to=head)
    await running.settle(60)


async def _answers(running: RunningBot) -> None:
    *_, closing = await publish(running)
    await allow(running, 0, deny=_SEND_MESSAGES | MANAGE_WEBHOOKS)
    ann, data = running.member("Ann"), {"component_type": 2, "custom_id": "salon:discussion:answer"}
    form = await running.interact(
        3, data, who=ann, message_id=closing["id"], message_flags=closing["flags"]
    )
    _passage, text = form["answer"]["data"]["components"]
    await running.interact(5, form_data(form["answer"], {text["label"]: REPLY}), who=ann)
    await running.settle(60)


async def _too_many_webhooks(running: RunningBot) -> None:
    await let_move(running)
    await publish(running)
    head = await reply(running)
    for number in range(15):
        path = f"/channels/{running.channel()}/webhooks"
        await running.call_as(running.member(), "POST", path, {"name": f"News {number}"})
    await running.write("Ben", REPLY, to=head)
    await running.settle(60)


async def _deleted_messages(running: RunningBot) -> None:
    _card, part, *_ = await publish(running)
    path = f"/channels/{running.channel()}/messages/{part['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(60)


async def _pins(running: RunningBot) -> None:
    async def pin_cards(tx: Transaction) -> None:
        await settings.set_notifications(
            tx, running.server_id, ping_role=None, pins_cards=True, tells_followers=False
        )

    await running.database.write(pin_cards)
    await allow(running, 0, deny=_PIN_MESSAGES)
    await publish(running)
    await running.settle(60)


async def _channel_deleted(running: RunningBot) -> None:
    await publish(running)
    await reply(running)
    await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
    await running.settle(60)


async def _thread_deleted(running: RunningBot) -> None:
    await publish(running)
    head = await reply(running)
    await running.call_as(running.member(), "DELETE", f"/channels/{head}")
    await running.settle(60)


async def _content_missing(running: RunningBot) -> None:
    await publish(running)
    await reply(running)
    world = running.emulator.world
    before, world.application.flags = world.application.flags, 0
    await reply(running)
    await running.salon.services.catch_up.catch_up_server(running.server_id)
    await running.settle()
    world.application.flags = before


async def _closed(running: RunningBot) -> None:
    await publish(running)
    await running.run_command("essay close", options=_FIRST)
    await reply(running)


async def _recovered(running: RunningBot) -> None:
    """Ends with the bot offline."""
    await publish(running)
    head = await reply(running)
    await running.salon.services.catch_up.mark_verified()
    await running.salon.close()
    await running.write("Ben", REPLY, channel_id=head)
    world = running.emulator.world
    world.clock.advance_to(world.now() + timedelta(hours=3, minutes=12))


SCENES: Mapping[str, Scene] = {
    "alert-prompt": _prompt,
    "alert-essay-delayed": _essay_delayed,
    "alert-essay-stopped": _essay_stopped,
    "alert-edit-delayed": _edit_delayed,
    "alert-edit-stopped": _edit_stopped,
    "alert-edit-message-deleted": _edit_message_deleted,
    "alert-thread-delayed": _thread_delayed,
    "alert-thread-stopped": _thread_stopped,
    "alert-too-many-threads": _too_many_threads,
    "alert-lock": _lock,
    "alert-moving": _moving,
    "alert-answers": _answers,
    "alert-too-many-webhooks": _too_many_webhooks,
    "alert-deleted-messages": _deleted_messages,
    "alert-pins": _pins,
    "alert-channel-deleted": _channel_deleted,
    "alert-thread-deleted": _thread_deleted,
    "alert-content-missing": _content_missing,
    "alert-recovered": _recovered,
    "notice-closed": _closed,
}
#: Those after which the bot is started again.
OFFLINE_SCENES = frozenset(("alert-recovered",))
