-- The languages of what the bot posts.

-- Discord's preferred locale of each server (docs: Reference › Locales). No foreign key: it is known
-- as soon as a server is available, before it is recorded.
CREATE TABLE server_locales (
    server_id INTEGER PRIMARY KEY,
    locale TEXT NOT NULL
) STRICT;

-- Of alerts, digest and greeting, and of an essay's messages where the essay's own language is
-- unknown or has no translation; NULL: the server's preferred locale.
ALTER TABLE server_settings ADD COLUMN language TEXT;
