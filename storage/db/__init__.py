"""The database: connection, writer, migrations, backups, restore."""
