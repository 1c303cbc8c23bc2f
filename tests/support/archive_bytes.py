"""The bytes of everything beside an archive, as somebody with a copy of the folder has them."""

from __future__ import annotations

from pathlib import Path

__all__ = ["files_with"]


def files_with(folder: Path, *words: bytes, without: tuple[str, ...] = ()) -> list[str]:
    """The files in a folder, those in its folders included, that contain one of ``words``.

    ``without``: folders that are left out, such as the one of the backups.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(path.relative_to(folder).parts) & set(without):
            content = path.read_bytes()
            found += [f"{path.name}: {word!r}" for word in words if word in content]
    return found
