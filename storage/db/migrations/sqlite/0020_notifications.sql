-- Besides posting an essay: its card mentions a role and is pinned, and followers are told.
ALTER TABLE server_settings ADD COLUMN ping_role_id INTEGER; -- NULL: nobody is mentioned
ALTER TABLE server_settings ADD COLUMN pins_cards INTEGER NOT NULL DEFAULT 0;
ALTER TABLE server_settings ADD COLUMN tells_followers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE submissions ADD COLUMN ping_role_id INTEGER; -- NULL: the one in the settings
ALTER TABLE discussions ADD COLUMN ping_role_id INTEGER; -- NULL: the card mentions nobody
-- 1: its channel is an announcement channel, whose followers can be told of it.
ALTER TABLE discussions ADD COLUMN has_followers INTEGER NOT NULL DEFAULT 0;
-- 1: the bot pinned its card, or is about to.
ALTER TABLE discussions ADD COLUMN card_pinned INTEGER NOT NULL DEFAULT 0;

INSERT INTO message_purposes (purpose, description) VALUES
    ('announcement', 'a message for the followers of an announcement channel');
INSERT INTO message_edit_kinds (kind, description) VALUES
    ('pin', 'pin a message'),
    ('unpin', 'unpin a message'),
    ('crosspost', 'publish a message to the followers of its channel');

-- Of a message that is published to followers: when that was last requested.
ALTER TABLE message_edits ADD COLUMN requested_at INTEGER;
CREATE INDEX message_edits_requested ON message_edits (channel_id, requested_at)
    WHERE requested_at IS NOT NULL;
