"""The archive: SQLite through aiosqlite, one writer, and the questions asked of it."""
