-- The languages of what the bot posts.

-- Discord's preferred locale of the server (docs: Reference › Locales).
ALTER TABLE servers ADD COLUMN preferred_locale TEXT NOT NULL DEFAULT 'en-US';

-- Of alerts, digest and greeting, and of an essay's messages where the essay's own language is
-- unknown or has no translation; NULL: the server's preferred locale.
ALTER TABLE server_settings ADD COLUMN language TEXT;
