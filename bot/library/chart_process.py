"""Renders a chart to PNG in a child process, with limits on CPU time and memory.

It imports nothing of the bot, so that it starts quickly. It gets an SVG of ours on its standard
input, and answers with the PNG. Only the bundled font is used, so that a chart looks the same on
every machine.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource

__all__ = ["render_png"]

_FONT = Path(__file__).parent / "fonts" / "LiberationSans-Regular.ttf"
#: Twice the size of the drawing, for dense screens.
_ZOOM = 2.0
_CPU_SECONDS = 5
_MEMORY = 200 * 1024 * 1024


def render_png(svg: str) -> bytes:
    """The PNG of a chart; ValueError if it isn't SVG."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=_ZOOM,
            skip_system_fonts=True,
            font_files=[str(_FONT)],
            font_family="Liberation Sans",
            sans_serif_family="Liberation Sans",
        )
    )


def _set_limits() -> None:
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def main() -> None:
    """The child: read standard input, answer on standard output."""
    svg = sys.stdin.buffer.read().decode("utf-8")
    _set_limits()
    sys.stdout.buffer.write(render_png(svg))


if __name__ == "__main__":
    main()
