"""Time zones as people write them: a city, a country's one zone, in any case, with a slip."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from rapidfuzz import fuzz, process, utils

from bot.core.prompts.local_time import find_zone
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = ["get_known_zones", "resolve_zone"]

#: The parts of the world that zones are named after. The signs of ``Etc/GMT+2`` mean the opposite
#: of what people mean by them, so those are never suggested.
_REGIONS = frozenset(
    (
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia"),
        *("Europe", "Indian", "Pacific"),
    )
)
_SUGGESTED, _LIKENESS, _LONG_ENOUGH = 3, 70, 5


def get_known_zones() -> list[str]:
    """UTC and the zones that are named after a place, in order."""
    places = [name for name in available_timezones() if name.split("/")[0] in _REGIONS]
    return ["UTC", *sorted(places)]


def resolve_zone(text: str) -> ZoneInfo:
    """The zone that ``text`` names: an IANA name in any case, or the place at its end.

    UserError where it names none or several, with the nearest ones.
    """
    asked = " ".join(text.split())
    plain = _plain(asked)
    if not plain:
        raise UserError("Write a time zone, for instance Europe/Berlin or UTC.")
    names = get_known_zones()
    if "/" in asked or plain == "utc":
        for name in names:
            if _plain(name) == plain:
                return ZoneInfo(name)
    cities = [name for name in names if _plain(name.split("/")[-1]) == plain]
    if len(cities) == 1:
        return ZoneInfo(cities[0])
    if not cities:
        try:
            return find_zone(asked)
        except UserError:
            pass
    near = cities or _nearest(plain, names)
    if not near:
        raise UserError(
            f"“{truncate(asked, 60)}” is no time zone I know: write a large city of the zone, such "
            "as Berlin, or an IANA name, such as America/New_York."
        )
    told = " or ".join(near[:_SUGGESTED])
    raise UserError(f"“{truncate(asked, 60)}” is no time zone I know. Did you mean {told}?")


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _nearest(plain: str, names: list[str]) -> list[str]:
    """The zones whose whole name or city is most like what was written."""
    best: dict[str, float] = {}
    whole = {name: name for name in names}
    cities = {name: name.split("/")[-1] for name in names}
    # Of a short word such as "PST" the parts of any long name are like it.
    likeness = fuzz.WRatio if len(plain) >= _LONG_ENOUGH else fuzz.ratio
    for choices in (cities, whole) if likeness is fuzz.WRatio else (cities,):
        for _, score, name in process.extract(
            plain,
            choices,
            scorer=likeness,
            processor=utils.default_process,
            limit=_SUGGESTED,
            score_cutoff=_LIKENESS,
        ):
            best[name] = max(score, best.get(name, 0))
    return sorted(best, key=lambda name: (-best[name], name))
