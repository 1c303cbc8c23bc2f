"""The actions of members and admins in a play."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

from bot.emulator.world.models import Message
from bot.emulator.world.seed import join
from tests.truth.play_state import PlayState

__all__ = ["Members"]

_EMOJI = ["👍", "🍞", "🎉"]
#: With fewer members in the server, nobody leaves.
_FEWEST = 3


class Members(PlayState):
    """The actions; each returns whether there was something to do it to."""

    async def _write(self, channel_id: int, to: int | None = None, *, file: bool = False) -> bool:
        body: dict[str, Any] = {"content": self._words()}
        if to is not None:
            body["message_reference"] = {"message_id": str(to)}
        if file:
            body["attachments"] = [{"id": "0", "filename": "crust.png"}]
        path = f"/channels/{channel_id}/messages"
        author = self._pick(self.here())
        found = await self._ask(author, "POST", path, body, b"png" if file else None)
        if found is not None:
            self.note_author(author, found["id"])
        return found is not None

    async def _say(self) -> bool:
        return await self._write(self.channel_id)

    async def _answer_essay(self) -> bool:
        post = self._pick(self._present(mine=False, in_thread=False))
        return post is not None and await self._write(self.channel_id, post.id)

    async def _answer_in_channel(self) -> bool:
        message = self._pick(self._present(in_thread=False))
        return message is not None and await self._write(self.channel_id, message.id)

    async def _talk(self) -> bool:
        thread_id = self._pick(self._threads())
        return thread_id is not None and await self._write(thread_id)

    async def _answer_in_thread(self) -> bool:
        message = self._pick(self._present(in_thread=True))
        return message is not None and await self._write(message.channel_id, message.id)

    async def _attach(self) -> bool:
        thread_id = self._pick(self._threads())
        return thread_id is not None and await self._write(thread_id, file=True)

    async def _post(self, body: dict[str, Any]) -> bool:
        """Post something in a thread."""
        thread_id = self._pick(self._threads())
        if thread_id is None:
            return False
        author = self._pick(self.here())
        found = await self._ask(author, "POST", f"/channels/{thread_id}/messages", body)
        if found is not None:
            self.note_author(author, found["id"])
        return found is not None

    async def _forward(self) -> bool:
        message = self._pick([m for m in self._present() if m.webhook_id is None])
        if message is None:
            return False
        reference = {
            "type": 1,
            "channel_id": str(message.channel_id),
            "message_id": str(message.id),
        }
        return await self._post({"message_reference": reference})

    async def _sticker(self) -> bool:
        sticker = self._pick(list(self.guild.stickers))
        words = self._pick(["", self._words()])
        return await self._post({"content": words, "sticker_ids": [str(sticker)]})

    async def _poll(self) -> bool:
        answers = [{"poll_media": {"text": text}} for text in ("Rye", "Wheat")]
        poll = {"question": {"text": self._words()[:300]}, "answers": answers, "duration": 1}
        return await self._post({"poll": poll})

    def _open_polls(self) -> list[Message]:
        """Polls that can be voted in and ended: nothing is changed in an archived thread."""
        channels = self.emulator.world.channels
        found = [
            m for m in self._changeable() if m.poll is not None and not m.poll.get("finalized")
        ]
        places = {m.id: channels[m.channel_id].thread for m in found}
        return [m for m in found if (place := places[m.id]) is None or not place.archived]

    async def _vote(self) -> bool:
        message = self._pick(self._open_polls())
        if message is None:
            return await self.do("poll") and await self._vote()
        path = f"/channels/{message.channel_id}/polls/{message.id}/answers/@me"
        return await self._call(self._pick(self.here()), "PUT", path, {"answer_ids": ["1"]})

    async def _end_poll(self) -> bool:
        message = self._pick(self._open_polls())
        if message is None:
            return await self.do("poll") and await self._end_poll()
        path = f"/channels/{message.channel_id}/polls/{message.id}/expire"
        return await self._call(self._author(message), "POST", path)

    async def _edit(self) -> bool:
        return await self._edit_one_of(self._changeable())

    async def _edit_head(self) -> bool:
        """Edit the first message of a thread."""
        return await self._edit_one_of(self._heads())

    async def _edit_one_of(self, messages: list[Message]) -> bool:
        message = self._pick(
            [m for m in messages if not (m.poll or m.snapshots or m.sticker_items)]
        )
        if message is None:
            return False
        path = f"/channels/{message.channel_id}/messages/{message.id}"
        return await self._call(self._author(message), "PATCH", path, {"content": self._words()})

    async def _delete(self) -> bool:
        return await self._delete_one_of(self._changeable())

    async def _delete_head(self) -> bool:
        """Delete the first message of a thread."""
        return await self._delete_one_of(self._heads())

    async def _delete_one_of(self, messages: list[Message]) -> bool:
        message = self._pick(messages)
        if message is None:
            return False
        path = f"/channels/{message.channel_id}/messages/{message.id}"
        return await self._call(self._author(message), "DELETE", path)

    async def _delete_many(self) -> bool:
        where = Counter(message.channel_id for message in self._present())
        place = self._pick([place for place, count in where.items() if count > 1])
        if place is None:
            return False
        there = [m.id for m in self._present() if m.channel_id == place]
        some = self.random.sample(there, min(len(there), 3))
        path = f"/channels/{place}/messages/bulk-delete"
        return await self._call(self.moderator, "POST", path, {"messages": [str(i) for i in some]})

    async def _delete_part(self) -> bool:
        """An admin deletes the card of the essay or the message after it, once."""
        posts = self._present(mine=False, in_thread=False)
        if len(posts) < 2 or self.done["delete part"]:
            return bool(self.done["delete part"])
        message = self._pick(sorted(posts, key=lambda one: one.id)[:2])
        path = f"/channels/{message.channel_id}/messages/{message.id}"
        return await self._call(self.admin, "DELETE", path)

    async def _react(self) -> bool:
        message = self._pick(self._present())
        if message is None:
            return False
        emoji = quote(self._pick(_EMOJI))
        path = f"/channels/{message.channel_id}/messages/{message.id}/reactions/{emoji}/@me"
        return await self._call(self._pick(self.here()), "PUT", path)

    async def _take_back(self) -> bool:
        here = {user.id for user in self.here()}
        given = [
            (message, reaction, user_id)
            for message in self._present()
            for reaction in message.reactions
            for user_id in reaction.users
            if user_id in here
        ]
        if not given:
            return False
        message, reaction, user_id = self._pick(given)
        member = self.emulator.world.users[user_id]
        emoji = quote(reaction.emoji_name)
        path = f"/channels/{message.channel_id}/messages/{message.id}/reactions/{emoji}/@me"
        return await self._call(member, "DELETE", path)

    async def _clear_reactions(self) -> bool:
        message = self._pick([m for m in self._present() if m.reactions])
        if message is None:
            return False
        path = f"/channels/{message.channel_id}/messages/{message.id}/reactions"
        return await self._call(self.admin, "DELETE", path)

    async def _open_thread(self) -> bool:
        world = self.emulator.world
        free = [
            message
            for mine in (True, False)
            for message in self._present(mine=mine, in_thread=False)
            if message.id not in world.channels
        ]
        message = self._pick(free)
        if message is None:
            return False
        path = f"/channels/{self.channel_id}/messages/{message.id}/threads"
        return await self._call(self._pick(self.here()), "POST", path, {"name": "Aside"})

    async def _archive(self) -> bool:
        thread_id = self._pick(self._threads())
        return thread_id is not None and await self._call(
            self.admin, "PATCH", f"/channels/{thread_id}", {"archived": True}
        )

    async def _lock(self) -> bool:
        thread_id = self._pick(self._threads())
        if thread_id is None:
            return False
        path = f"/channels/{thread_id}"
        return await self._call(self.admin, "PATCH", path, {"archived": True, "locked": True})

    async def _delete_thread(self) -> bool:
        thread_id = self._pick(self._threads())
        if thread_id is None:
            return False
        self.deleted_threads.add(thread_id)
        return await self._call(self.admin, "DELETE", f"/channels/{thread_id}")

    async def _join_or_leave(self) -> bool:
        thread_id = self._pick(self._threads())
        method = self.random.choice(("PUT", "DELETE"))
        return thread_id is not None and await self._call(
            self._pick(self.here()), method, f"/channels/{thread_id}/thread-members/@me"
        )

    async def _rename(self) -> bool:
        member = self._pick(self.here())
        nick = self._pick([None, f"{member.display_name} {self.random.randrange(1000)}"])
        path = f"/guilds/{self.guild.id}/members/@me"
        done = await self._call(member, "PATCH", path, {"nick": nick})
        self.note_name(member)
        return done

    async def _leave_server(self) -> bool:
        here = self.here()
        if len(here) < _FEWEST:
            await self.do("join server")
        member = self._pick(here)
        done = await self._call(member, "DELETE", f"/users/@me/guilds/{self.guild.id}")
        self.note_name(member)
        return done

    async def _join_server(self) -> bool:
        member = self._pick([user for user in self.members if user not in self.here()])
        if member is None:
            return await self.do("leave server") and await self._join_server()
        join(self.emulator.world, self.guild, member)
        self.note_name(member)
        return True
