"""The archive: SQLite through aiosqlite, with one writer. Rows, no policy and no wording."""
