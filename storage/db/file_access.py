"""File access: whether the archive and the files beside it can be created and written."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

__all__ = ["describe_os_error", "find_access_problem", "find_folder_problem"]

#: Endings of the files beside the archive that Salon and SQLite write: the write-ahead log, its
#: index, the lock and the erasure log.
_BESIDE = ("-wal", "-shm", ".lock", ".forgotten")

#: Free bytes that a new archive needs, with its write-ahead log; and those an existing one needs at
#: a start.
_NEEDED_BYTES, _NEEDED_BYTES_LATER = 1_500_000, 65_536
_FULL = (errno.ENOSPC, errno.EDQUOT)


def find_access_problem(path: Path) -> str:
    """Why the archive at ``path`` can't be created or written, as sentences; "" if it can.

    Changes nothing: it writes a temporary file in the folder and deletes it. Blocking.
    """
    try:
        mode = path.stat().st_mode
        # Created where a symbolic link points to.
        target = path.resolve()
    except (FileNotFoundError, NotADirectoryError):
        mode, target = None, path.resolve()
    except (OSError, ValueError) as error:
        return f"The database {path} can't be opened: {describe_os_error(error)}."
    folder = target.parent
    if not folder.is_dir():
        return f"The database {path} can't be created: there is no folder {folder}."
    if mode is not None and not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
        return f"{path} is {kind}. Set SALON_DATABASE to a file."
    for file in (target, *(target.with_name(f"{target.name}{ending}") for ending in _BESIDE)):
        try:
            file.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            return f"{file} can't be opened: {describe_os_error(error)}."
        # Not opened: closing it would release the locks that SQLite holds in this process.
        if not os.access(file, os.R_OK | os.W_OK):
            return (
                f"Salon isn't allowed to write to {file}{_describe_owner(file)}. Make it writable "
                "for the user that runs Salon."
            )
    try:
        with tempfile.TemporaryFile(dir=folder) as temporary:
            temporary.write(bytes(_NEEDED_BYTES if mode is None else _NEEDED_BYTES_LATER))
    except OSError as error:
        if error.errno in _FULL:
            return (
                f"There is no space left for the database in {folder}. Free some space, or set "
                "SALON_DATABASE to a file on another disk."
            )
        return (
            f"Salon can't create files in {folder} ({describe_os_error(error)}). Make it writable "
            "for the user that runs Salon, or set SALON_DATABASE to a file in another folder."
        )
    return ""


def find_folder_problem(folder: Path) -> str:
    """Why no file can be created in ``folder``, which is created if needed, or ""; changes nothing.

    Blocking.
    """
    existing = folder.absolute()
    while not os.path.exists(existing) and existing != existing.parent:  # noqa: PTH110 - never raises
        existing = existing.parent
    if not existing.is_dir():
        return f"{folder} can't be created, because {existing} is a file."
    try:
        with tempfile.TemporaryFile(dir=existing):
            return ""
    except OSError as error:
        return f"Salon can't create files in {existing} ({describe_os_error(error)})."


def describe_os_error(error: Exception) -> str:
    """What the operating system says, without number and file: "Permission denied"."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _describe_owner(file: Path) -> str:
    """``, which belongs to root``, if it is somebody else's; where users have no names, ""."""
    try:
        if file.stat().st_uid == os.geteuid():
            return ""
        return f", which belongs to {file.owner()}"
    except (AttributeError, KeyError, OSError, NotImplementedError):
        return ""
