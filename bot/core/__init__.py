"""Pure functions and plain data: no Discord client, no database, no clock."""
