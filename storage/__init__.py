"""The archive: SQLite through aiosqlite, or PostgreSQL through psycopg, with one writer."""
