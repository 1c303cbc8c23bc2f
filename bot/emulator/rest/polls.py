"""Polls: voting, voters, ending. docs: Poll Resource."""

from __future__ import annotations

from bot.emulator import payloads
from bot.emulator.rest.messages import message_payload
from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules.access import (
    get_message,
    require,
    require_unarchived,
    require_unlocked,
)
from bot.emulator.rules.errors import api_error
from bot.emulator.world.events import PollVoteAdded, PollVoteRemoved
from bot.emulator.world.models import Message
from bot.emulator.world.permissions import Permission

__all__ = ["add_routes"]

_POLL = "/channels/{channel_id}/polls/{message_id}"


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("PUT", f"{_POLL}/answers/@me", _vote)
    api.add("GET", f"{_POLL}/answers/{{answer_id}}", _voters)
    api.add("POST", f"{_POLL}/expire", _end)


def _poll(call: Call) -> Message:
    message = get_message(call.world, call.user, call.id("channel_id"), call.id("message_id"))
    if message.poll is None:
        raise api_error(10008)
    return message


async def _vote(call: Call) -> Result:
    """A member's votes replace their earlier ones; bots can't vote.

    Members' clients use this route; it isn't documented. docs: Poll Resource; Gateway Events ›
    Message Poll Vote Add, Message Poll Vote Remove; JSON Error Codes 520001.
    """
    world, user, message = call.world, call.user, _poll(call)
    poll = message.poll
    assert poll is not None
    if user.bot:
        raise api_error(20001)
    if poll.get("finalized"):
        raise api_error(520001)
    require_unarchived(world.channels[message.channel_id])
    form = call.form
    chosen = form.snowflakes("answer_ids", most=10)
    known = {answer["answer_id"] for answer in poll["answers"]}
    too_many = len(set(chosen)) > 1 and not poll["allow_multiselect"]
    if set(chosen) - known or too_many:
        form.add_error("answer_ids", "BASE_TYPE_CHOICES", "These answers can't be chosen.")
    form.check()
    for answer_id in sorted(known):
        voters = message.poll_votes.setdefault(answer_id, [])
        if answer_id in chosen and user.id not in voters:
            voters.append(user.id)
            world.emit(PollVoteAdded(message, user.id, answer_id))
        elif answer_id not in chosen and user.id in voters:
            voters.remove(user.id)
            world.emit(PollVoteRemoved(message, user.id, answer_id))
    return None


async def _voters(call: Call) -> Result:
    """docs: Poll Resource › Get Answer Voters: by user id."""
    message = _poll(call)
    query = call.query
    limit = query.integer("limit", least=1, most=100) or 25
    after = query.snowflake("after") or 0
    query.check()
    voters = sorted(i for i in message.poll_votes.get(call.id("answer_id"), []) if i > after)
    return {"users": [payloads.user(call.world.users[i]) for i in voters[:limit]]}


async def _end(call: Call) -> Result:
    """docs: Poll Resource › End Poll: only one's own poll; reading it needs the history.

    It updates the message, so it isn't possible in an archived or locked thread (docs: Threads).
    """
    message = get_message(call.world, call.user, call.id("channel_id"), call.id("message_id"))
    if message.poll is None:
        raise api_error(520006)
    channel = call.world.channels[message.channel_id]
    require(call.world, call.user, channel, Permission.READ_MESSAGE_HISTORY)
    if message.author_id != call.user.id:
        raise api_error(50005)
    if message.poll.get("finalized"):
        raise api_error(520001)
    require_unarchived(channel)
    require_unlocked(call.world, call.user, channel)
    call.world.end_poll(message)
    return message_payload(call, message)
