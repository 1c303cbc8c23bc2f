"""Storage for the bytes of uploaded files."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FileStore"]


class FileStore:
    """Bytes by id: in a folder, which is created when needed, or else in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._memory: dict[int, bytes] = {}

    def put(self, file_id: int, content: bytes) -> None:
        """Store a file's bytes atomically."""
        if self._folder is None:
            self._memory[file_id] = content
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        half = self._folder / f"{file_id}.half"
        half.write_bytes(content)
        half.replace(self._folder / str(file_id))

    def get(self, file_id: int) -> bytes | None:
        """A file's bytes, None if there is no such file."""
        if self._folder is None:
            return self._memory.get(file_id)
        path = self._folder / str(file_id)
        return path.read_bytes() if path.is_file() else None
