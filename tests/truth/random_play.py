"""A seeded random play: actions of members and admins, and problems, around a running bot."""

from __future__ import annotations

from tests.truth.members import Members
from tests.truth.proxies import Proxies
from tests.truth.questions import Questions

__all__ = ["MIN_ACTIONS", "MIN_PROXY_ACTIONS", "RandomPlay"]

#: How often each kind of action occurs at least in a play of 200 actions.
MIN_ACTIONS = {
    "say": 8,
    "answer essay": 14,
    "answer in channel": 8,
    "talk": 20,
    "answer in thread": 14,
    "attach": 4,
    "forward": 5,
    "sticker": 3,
    "poll": 3,
    "vote": 3,
    "end poll": 2,
    "edit": 14,
    "delete": 8,
    "edit head": 4,
    "delete head": 3,
    "delete many": 2,
    "delete part": 1,
    "react": 14,
    "take back": 6,
    "clear reactions": 2,
    "open thread": 4,
    "archive": 4,
    "lock": 2,
    "delete thread": 2,
    "join or leave": 3,
    "answer by form": 5,
    "discuss passage": 3,
    "ask author": 4,
    "mark question": 3,
    "answer question": 2,
    "put off question": 2,
    "merge questions": 1,
    "rename": 4,
    "leave server": 2,
    "join server": 2,
    "hide": 2,
    "show": 2,
    "lose server": 2,
    "find server": 2,
    "kick": 1,
    "invite": 1,
    "outage": 2,
    "return": 2,
    "cut": 2,
    "close": 2,
    "invalid session": 3,
    "duplicate": 5,
    "reorder": 5,
    "failing call": 3,
    "settle": 3,
}
#: The same for what only plays with a proxy app have.
MIN_PROXY_ACTIONS = {"proxy": 14, "edit proxy": 3, "delete proxy": 2}
_COMMON = ("talk", "answer essay", "answer in thread", "edit", "react", "delete")
#: Actions at the end of a play, after all problems.
_UNDISTURBED_ACTIONS = 25
#: What becomes of threads that nobody answers, once they were nudged; seconds until that.
_AFTER_NUDGES = ("edit head", "delete head", "edit head", "delete head", "edit", "delete")
_NUDGED = 49 * 3600


class RandomPlay(Members, Questions, Proxies):
    """One play."""

    async def run(self, actions: int) -> None:
        """Do ``actions`` things, each kind at least in proportion to its minimum."""
        share = actions / 200
        floors = MIN_ACTIONS | (MIN_PROXY_ACTIONS if self.proxies else {})
        kinds = [kind for kind, floor in floors.items() for _ in range(max(1, int(floor * share)))]
        kinds += [self.random.choice(_COMMON) for _ in range(max(0, actions - len(kinds)))]
        self.random.shuffle(kinds)
        # An action that needs something to act on is repeated when there is something.
        for kind in kinds:
            if not await self.do(kind):
                for first in ("answer essay", "open thread", "talk", "react"):
                    await self.do(first)
                if not await self.do(kind):
                    kinds.append(kind)
                    if len(kinds) > actions * 2:
                        await self._end_problems()
                        await self._settle()
            if len(kinds) > actions * 4:
                raise AssertionError(f"{kind} is never possible")
        await self._end_problems()

    async def act_undisturbed(self) -> None:
        """Do things that no history read would show later: the gateway has to deliver them."""
        for _ in range(_UNDISTURBED_ACTIONS):
            await self.do(self.random.choice(_COMMON))

    async def change_what_is_quoted(self) -> None:
        """Edit and delete first messages of threads some time after nudges quoted them."""
        for _ in range(3):
            await self.do("answer essay")
        await self.control("clock", {"advance": _NUDGED})
        for kind in _AFTER_NUDGES:
            await self.do(kind)
