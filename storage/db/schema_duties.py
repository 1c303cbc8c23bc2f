"""Tables of the first step that are about what is owed, registered and done."""

from __future__ import annotations

__all__ = ["DUTIES"]

DUTIES = """
-- Discussions whose prompts an admin has paused.
CREATE TABLE prompt_pauses (
    discussion_id INTEGER PRIMARY KEY REFERENCES discussions (id) ON DELETE CASCADE,
    paused_at INTEGER NOT NULL
) STRICT;

-- Calls that are owed to Discord and may be repeated without harm.
CREATE TABLE message_edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id),
    -- remove: to be deleted, or where somebody answered it, to be edited
    kind TEXT NOT NULL CHECK (kind IN ('edit', 'delete', 'remove', 'lock', 'unlock', 'rename')),
    channel_id INTEGER NOT NULL, -- of the message; of a thread its own id
    message_id INTEGER, -- NULL: it is about a thread
    payload TEXT, -- of an edit: the body of Discord's Edit Message, as JSON
    revision INTEGER, -- of the essay, that it lays over the messages; these go in order
    state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'failed')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
) STRICT;
CREATE INDEX message_edits_planned ON message_edits (due_at, id) WHERE state = 'planned';
CREATE INDEX message_edits_by_channel ON message_edits (channel_id, id) WHERE state = 'planned';
CREATE INDEX message_edits_by_revision ON message_edits (discussion_id, id) WHERE revision IS NOT
    NULL;

-- What was last registered with Discord as the application's commands.
CREATE TABLE command_syncs (
    application_id INTEGER PRIMARY KEY,
    payload_hash TEXT NOT NULL,
    synced_at INTEGER NOT NULL
) STRICT;

-- Who did action to which essay.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id),
    member_id INTEGER NOT NULL,
    member_name TEXT NOT NULL,
    action TEXT NOT NULL,
    done_at INTEGER NOT NULL
) STRICT;

"""
