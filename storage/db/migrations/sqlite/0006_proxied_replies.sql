-- Replies that an app reposted under another name, with a webhook (PluralKit and similar).

-- The ids of the apps whose webhook messages count as members' messages, separated by spaces.
ALTER TABLE server_settings ADD COLUMN proxy_apps TEXT NOT NULL DEFAULT '';

-- Of a reply that an app reposted: the message it replaces, which the app deletes. No command shows
-- who wrote that; it is needed for erasure.
CREATE TABLE proxied_replies (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    original_id INTEGER UNIQUE, -- NULL: not known, so the other columns aren't known either
    author_id INTEGER NOT NULL, -- 0: not known, or somebody who was erased
    reference_id INTEGER -- the message that the original replied to
) STRICT;
CREATE INDEX proxied_replies_by_author ON proxied_replies (author_id, server_id);
CREATE INDEX proxied_replies_by_server ON proxied_replies (server_id);

-- To see whether somebody in a server may have had a reply erased whose author isn't known.
CREATE INDEX erased_members_by_server ON erased_members (server_id);
