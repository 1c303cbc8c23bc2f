"""Time zones as people write them: by city or IANA name, in any case, misspelled."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_location

from bot.core.prompts.local_time import find_zone
from bot.core.text.locale_format import join_alternatives
from bot.core.text.translate import get_language
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = ["get_known_zones", "resolve_zone"]

#: The regions that zones are named after. Zones such as ``Etc/GMT+2`` are never suggested: their
#: sign means the opposite of what people expect.
_REGIONS = frozenset(
    (
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia"),
        *("Europe", "Indian", "Pacific"),
    )
)
#: Suggestions; the similarity they need, 0 to 100; letters from which on parts are compared.
_MAX_SUGGESTIONS, _MIN_SIMILARITY, _MIN_PARTIAL = 3, 70, 5


def get_known_zones() -> list[str]:
    """UTC and the zones named after a place, sorted."""
    places = [name for name in available_timezones() if name.split("/")[0] in _REGIONS]
    return ["UTC", *sorted(places)]


def resolve_zone(text: str) -> ZoneInfo:
    """The zone that ``text`` names: an IANA name in any case, or only the place at its end, which
    may be in the current language.

    UserError if it names none or several; it suggests the most similar ones.
    """
    asked = " ".join(text.split())
    plain = _plain(asked)
    if not plain:
        raise UserError(_("Enter a time zone, for example Europe/Berlin or UTC."))
    names = get_known_zones()
    if "/" in asked or plain == "utc":
        for name in names:
            if _plain(name) == plain:
                return ZoneInfo(name)
    cities = [name for name in names if _plain(name.split("/")[-1]) == plain]
    if len(cities) == 1:
        return ZoneInfo(cities[0])
    if not cities:
        translated = _get_translated_cities(get_language()).get(plain)
        if translated is not None:
            return ZoneInfo(translated)
        try:
            return find_zone(asked)
        except UserError:
            pass
    near = cities or _find_similar(plain, names)
    if not near:
        raise UserError(
            _(
                "I don't know the time zone “{zone}”. Enter a large city in that zone, such as "
                "Berlin, or an IANA name, such as America/New_York.",
                zone=truncate(asked, 60),
            )
        )
    suggestions = join_alternatives(near[:_MAX_SUGGESTIONS])
    raise UserError(
        _(
            "I don't know the time zone “{zone}”. Did you mean {suggestions}?",
            zone=truncate(asked, 60),
            suggestions=suggestions,
        )
    )


@cache
def _get_translated_cities(language: str) -> dict[str, str]:
    """The zones by their cities' names in a language, where only one zone has that name."""
    found: dict[str, list[str]] = {}
    for name in get_known_zones():
        city = get_timezone_location(ZoneInfo(name), locale=language, return_city=True)
        found.setdefault(_plain(city), []).append(name)
    return {city: names[0] for city, names in found.items() if len(names) == 1}


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _find_similar(plain: str, names: list[str]) -> list[str]:
    """The zones whose whole name or city is most similar to what was written."""
    from rapidfuzz import fuzz, process, utils  # takes 3 MB, and is rarely needed

    best: dict[str, float] = {}
    whole = {name: name for name in names}
    cities = {name: name.split("/")[-1] for name in names}
    # A short word such as "PST" is similar to a part of any long name.
    similarity = fuzz.WRatio if len(plain) >= _MIN_PARTIAL else fuzz.ratio
    for choices in (cities, whole) if similarity is fuzz.WRatio else (cities,):
        for _city, score, name in process.extract(
            plain,
            choices,
            scorer=similarity,
            processor=utils.default_process,
            limit=_MAX_SUGGESTIONS,
            score_cutoff=_MIN_SIMILARITY,
        ):
            best[name] = max(score, best.get(name, 0))
    return sorted(best, key=lambda name: (-best[name], name))
