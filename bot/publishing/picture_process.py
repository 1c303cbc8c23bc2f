"""Checks and scales one picture in a child process, with limits on CPU time and memory.

It imports nothing of the bot, so that it starts quickly. It gets a line of JSON and the bytes of
the file on its standard input, and answers with a line of JSON and the bytes to upload.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import io
import json
import re
import signal
import sys
import zipfile
from typing import Any
from xml.etree import ElementTree

if sys.platform != "win32":
    import resource

__all__ = ["CPU_SECONDS", "MEMORY"]

CPU_SECONDS = 5
MEMORY = 300 * 1024 * 1024
_MIN_SIDE = 4  # pixels: a smaller picture is a spacer or a tracker
_MAX_PIXELS = 36_000_000  # decoded at once: 144 MB with four bytes each
_MAX_SIDE = 16_384  # pixels
_MAX_BYTES = 25 * 1024 * 1024  # of a picture inside a file, unpacked
_TYPES = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
_SVG_SIDE, _MAX_SVG, _MAX_RATIO = 1_600, 2 * 1024 * 1024, 40
_QUALITIES = (88, 80, 70)
_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>|\s)*<(?:\w+:)?svg[\s>]", re.DOTALL
)
_EMBEDDED = re.compile(
    rb"data:image/[\w.+-]+(?:;[\w=-]+)*;base64,([A-Za-z0-9+/=\s%]+)", re.IGNORECASE
)
_LENGTH = re.compile(r"\s*([0-9.]+)\s*(?:px|pt|mm|cm|in|em|ex|pc)?\s*")
_ACTIVE = frozenset(("script", "foreignObject", "iframe", "animate", "set", "handler", "listener"))


class _Refused(Exception):
    """The file is no picture that can be shown; the text says why, for the log."""


def _set_limits() -> None:
    if sys.platform == "win32":
        return
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _find_embedded(data: bytes, name: str) -> bytes:
    """The bytes of a picture in a data URL of a text; ``name``: ``data:`` and their hash."""
    for found in _EMBEDDED.finditer(data):
        try:
            content = base64.b64decode(re.sub(rb"\s+|%0A|%20", b"", found[1]))
        except (binascii.Error, ValueError):
            continue
        if name == f"data:{hashlib.sha256(content).hexdigest()[:32]}":
            return content
    raise _Refused("not in the text")


def _unpack(data: bytes, path: str) -> bytes:
    """The bytes of a picture inside a text, a Word document or an EPUB."""
    if path.startswith("data:"):
        return _find_embedded(data, path)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.getinfo(path).file_size > _MAX_BYTES:
            raise _Refused("larger than 25 MiB")
        return archive.read(path)


def _render_svg(data: bytes) -> bytes:
    """An SVG as a PNG, without scripts and without anything from outside of it."""
    if len(data) > _MAX_SVG or b"<!ENTITY" in data.replace(b"\0", b""):
        raise _Refused("an SVG that is too large or has entities")
    root = ElementTree.fromstring(data)  # noqa: S314  # entities are refused above
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] in _ACTIVE:
                parent.remove(child)
        for name, value in list(parent.attrib.items()):
            short = name.rpartition("}")[2]
            outside = short in ("href", "src") and not value.startswith(("#", "data:image/"))
            if outside or short.startswith("on"):
                del parent.attrib[name]
    width, height = _measure_svg(root)
    if not 1 / _MAX_RATIO <= width / height <= _MAX_RATIO:
        raise _Refused("an SVG that is too long")
    import resvg_py

    wide = width >= height
    text = ElementTree.tostring(root, encoding="unicode")
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=text,
            background="#ffffff",
            width=_SVG_SIDE if wide else None,
            height=None if wide else _SVG_SIDE,
        )
    )


def _measure_svg(root: ElementTree.Element) -> tuple[float, float]:
    sizes = [_LENGTH.fullmatch(root.get(name) or "") for name in ("width", "height")]
    given = [float(size[1]) for size in sizes if size is not None and size[1].strip(".")]
    if len(given) != 2:
        box = re.split(r"[\s,]+", (root.get("viewBox") or "").strip())
        given = [float(one) for one in box[2:4]] if len(box) == 4 else [1.0, 1.0]
    if min(given) <= 0:
        raise _Refused("an SVG without a size")
    return given[0], given[1]


def _check(data: bytes, most: int) -> tuple[dict[str, Any], bytes]:
    """The type of a picture and the bytes to upload, at most ``most``."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the sizes are checked here
    if _SVG.match(data[:4_096]):
        data = _render_svg(data)
    picture = Image.open(io.BytesIO(data), formats=tuple(_TYPES))
    kind = str(picture.format)
    if min(picture.size) < _MIN_SIDE:
        return {"skip": True}, b""
    if max(picture.size) > _MAX_SIDE and kind != "JPEG":
        raise _Refused("too many pixels")
    large = picture.width * picture.height > _MAX_PIXELS
    if large and kind == "JPEG":
        picture.draft("RGB", (4_000, 4_000))  # decoded in a smaller size
    if picture.width * picture.height > _MAX_PIXELS:
        raise _Refused("too many pixels")
    if not large and len(data) <= most:
        picture.load()  # what is cut off or damaged fails here
        return {"type": _TYPES[kind]}, data
    if getattr(picture, "n_frames", 1) > 1:
        raise _Refused("an animation that is too large")
    return _scale(picture, most)


def _scale(picture: Any, most: int) -> tuple[dict[str, Any], bytes]:
    """The picture in fewer bytes: as a JPEG, or a PNG if it is partly transparent."""
    clear = "A" in picture.getbands() or "transparency" in picture.info
    mode = "RGBA" if clear else "RGB"
    side = 4_096
    while side >= 256:
        picture.thumbnail((side, side))
        whole = picture if picture.mode == mode else picture.convert(mode)
        for quality in _QUALITIES:
            made = io.BytesIO()
            if clear:
                whole.save(made, "PNG")
            else:
                whole.save(made, "JPEG", quality=quality)
            if made.tell() <= most:
                return {"type": "png" if clear else "jpg"}, made.getvalue()
            if clear:
                break
        side = side * 2 // 3
    raise _Refused("too large")


def _answer(question: bytes) -> tuple[dict[str, Any], bytes]:
    line, _, data = question.partition(b"\n")
    head = json.loads(line)
    _set_limits()
    try:
        return _check(_unpack(data, head["path"]) if head["path"] else data, head["most"])
    except MemoryError:
        return {"error": "too much memory"}, b""
    except Exception as error:  # noqa: BLE001  # a decoder's; the process ends with it
        return {"error": f"{type(error).__name__}: {error}"[:200]}, b""


def main() -> None:
    """The child: read standard input, answer on standard output."""
    head, content = _answer(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + content)


if __name__ == "__main__":
    main()
