"""Statements with parameters, from SQLite's notation (``:name``, ``?``) to psycopg's."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["translate"]

#: What is kept as it is (strings, quoted names, comments, casts), a parameter, or a percent sign.
_TOKEN = re.compile(
    r"""
    (?P<kept> '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | :: )
    | :(?P<name> [A-Za-z_]\w* )
    | (?P<positional> \? )
    | (?P<percent> % )
    """,
    re.VERBOSE | re.DOTALL,
)


@cache
def translate(sql: str) -> str:
    """``:name`` becomes ``%(name)s``, ``?`` becomes ``%s`` and ``%`` becomes ``%%``.

    Cached without a limit, since statements are constants.
    """
    return _TOKEN.sub(_translate_token, sql)


def _translate_token(match: re.Match[str]) -> str:
    if match["name"]:
        return f"%({match['name']})s"
    return "%s" if match["positional"] else match[0].replace("%", "%%")
