-- The tables of SQLite's migrations 0001 to 0023, on PostgreSQL. From here on, each migration of one
-- is a migration of the other, with the same number.
--
-- Times are milliseconds since 1970 in UTC. Discord's ids are integers, and so are flags, so that
-- the statements are the same on both databases. Text is compared by code points, as SQLite does.
--
-- Once released, this file is never edited: a change is a further file.


-- == Functions ==
-- What SQLite has by these names and the statements use.

-- The elements of a JSON array, and their positions from 0.
CREATE FUNCTION json_each(document TEXT) RETURNS TABLE (key BIGINT, value TEXT)
LANGUAGE sql IMMUTABLE ROWS 20 AS $$
    SELECT element.ordinality - 1, element.value
    FROM jsonb_array_elements_text(CAST(document AS JSONB)) WITH ORDINALITY AS element (value)
$$;

-- The value at a path of a JSON object; NULL if it has none, or isn't an object.
CREATE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN document LIKE '{%'
        THEN jsonb_path_query_first(CAST(document AS JSONB), CAST(path AS JSONPATH)) #>> '{}' END
$$;

-- Where a text first contains another one, from 1; 0 if it doesn't.
CREATE FUNCTION instr(text TEXT, part TEXT) RETURNS BIGINT
LANGUAGE sql IMMUTABLE AS $$ SELECT CAST(strpos(text, part) AS BIGINT) $$;

-- A JSON array of the values in their order.
CREATE FUNCTION json_group_array_step(list JSONB, element ANYELEMENT) RETURNS JSONB
LANGUAGE sql IMMUTABLE AS $$ SELECT list || jsonb_build_array(element) $$;
CREATE FUNCTION json_group_array_result(list JSONB) RETURNS TEXT
LANGUAGE sql IMMUTABLE AS $$ SELECT CAST(list AS TEXT) $$;
CREATE AGGREGATE json_group_array(element ANYELEMENT) (
    SFUNC = json_group_array_step,
    STYPE = JSONB,
    INITCOND = '[]',
    FINALFUNC = json_group_array_result
);


-- == Tables ==

-- What a planned message is for.
CREATE TABLE message_purposes (
    purpose TEXT COLLATE "C" PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL
);

-- What can be done to something that was posted.
CREATE TABLE message_edit_kinds (
    kind TEXT COLLATE "C" PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL
);

-- How a prompt came to be planned.
CREATE TABLE prompt_kinds (
    kind TEXT COLLATE "C" PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL
);

-- How the replies to an essay are threaded.
CREATE TABLE discussion_styles (
    style TEXT COLLATE "C" PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL
);

-- The servers the bot is in, or left a short time ago.
CREATE TABLE servers (
    id BIGINT PRIMARY KEY,
    joined_at BIGINT NOT NULL,
    left_at BIGINT, -- when the bot was removed; NULL while it is there
    name TEXT COLLATE "C" NOT NULL
);

-- What the admins of a server chose; a server without a row has the defaults.
CREATE TABLE server_settings (
    server_id BIGINT PRIMARY KEY REFERENCES servers (id),
    time_zone TEXT COLLATE "C" NOT NULL DEFAULT 'UTC', -- an IANA name
    quiet_from BIGINT, -- minutes after local midnight; NULL: no quiet hours
    quiet_until BIGINT,
    nudge_hours BIGINT NOT NULL DEFAULT 48, -- 0: no nudges
    tolerance_hours BIGINT NOT NULL DEFAULT 12, -- how late a prompt may be sent
    prompts_paused_at BIGINT, -- NULL: not paused
    digest_channel_id BIGINT, -- NULL: no digest
    digest_weekday BIGINT, -- 0 is Monday
    digest_minute BIGINT, -- minutes after local midnight
    alerts_channel_id BIGINT, -- where admins are alerted; NULL: only in lists and in the log
    channel_id BIGINT, -- where essays are posted; NULL: where the command is given
    style TEXT COLLATE "C" NOT NULL DEFAULT 'threads' REFERENCES discussion_styles (style)
        CHECK (style <> 'forum'),
    show_passage_numbers BIGINT NOT NULL DEFAULT 0,
    -- what to do with a message in an essay channel that isn't a Discord reply: ignore it, or
    -- record it as a reply to the newest open essay there
    plain_messages TEXT COLLATE "C" NOT NULL DEFAULT 'leave'
        CHECK (plain_messages IN ('leave', 'join')),
    plain_messages_since BIGINT NOT NULL DEFAULT 0, -- only messages written after this join
    -- what to do with a channel reply that belongs in a thread: link to the thread, or move it
    channel_replies TEXT COLLATE "C" NOT NULL DEFAULT 'link'
        CHECK (channel_replies IN ('link', 'move')),
    plan TEXT COLLATE "C", -- the prompts of an essay, as admins write them; NULL: the default plan
    -- The ids of the apps whose webhook messages count as members' messages, separated by spaces.
    proxy_apps TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- Of alerts, digest and greeting, and of an essay's messages where the essay's own language is
    -- unknown or has no translation; NULL: the server's preferred locale.
    language TEXT COLLATE "C",
    -- Who may make books: members (of what they may read), or admins only.
    books TEXT COLLATE "C" NOT NULL DEFAULT 'members'
        CHECK (books IN ('members', 'admins')),
    -- 0: members can't answer with a form.
    answer_forms BIGINT NOT NULL DEFAULT 1,
    -- When an essay is posted, its card can mention a role and be pinned, and an announcement can
    -- be published to followers.
    ping_role_id BIGINT, -- NULL: nobody is mentioned
    pins_cards BIGINT NOT NULL DEFAULT 0,
    tells_followers BIGINT NOT NULL DEFAULT 0,
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

-- Essays as hosted in a channel, from draft to closed.
CREATE TABLE discussions (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    channel_id BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (
        state IN ('draft', 'scheduled', 'publishing', 'open', 'closed', 'withdrawn')
    ),
    style TEXT COLLATE "C" NOT NULL DEFAULT 'threads' REFERENCES discussion_styles (style),
    created_at BIGINT NOT NULL,
    scheduled_for BIGINT, -- when a scheduled one is to be published
    published_at BIGINT,
    -- the essay's own thread or forum post; it has the card's id, so NULL until that is sent
    thread_id BIGINT UNIQUE,
    tags TEXT COLLATE "C" NOT NULL DEFAULT '', -- of a forum post: ids separated by spaces
    ping_role_id BIGINT, -- NULL: the card mentions nobody
    -- 1: its channel is an announcement channel, whose followers can be told of it.
    has_followers BIGINT NOT NULL DEFAULT 0,
    -- 1: the bot pinned its card, or is about to.
    card_pinned BIGINT NOT NULL DEFAULT 0
);

-- Who did what to which essay.
CREATE TABLE audit_log (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT REFERENCES discussions (id), -- NULL: it was about the server's settings
    member_id BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    member_name TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL
);

-- The slash commands that were last registered with Discord, by their hash.
CREATE TABLE command_syncs (
    application_id BIGINT PRIMARY KEY,
    synced_at BIGINT NOT NULL,
    payload_hash TEXT COLLATE "C" NOT NULL
);

-- What an admin submitted, stored before the command is acknowledged, so that an acknowledged
-- submission is processed even if the bot stops in between.
CREATE TABLE submissions (
    id BIGINT PRIMARY KEY, -- the interaction's id
    server_id BIGINT NOT NULL REFERENCES servers (id),
    channel_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    essay_id BIGINT, -- the discussion it is a new revision for; NULL: a new essay
    received_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('received', 'accepted', 'refused')),
    -- NULL: the one in the server's settings
    style TEXT COLLATE "C" REFERENCES discussion_styles (style),
    tags TEXT COLLATE "C" NOT NULL DEFAULT '', -- of a forum post: ids separated by spaces
    -- what an accepted one is recognized by, while an older one is unfinished
    content_hash TEXT COLLATE "C",
    member_name TEXT COLLATE "C" NOT NULL,
    file_name TEXT COLLATE "C",
    title TEXT COLLATE "C", -- given by the admin; used instead of the one found in the text
    question TEXT COLLATE "C", -- given by the admin; asked instead of the one found in the text
    file_url TEXT COLLATE "C",
    page_url TEXT COLLATE "C", -- a page on the web
    text TEXT COLLATE "C",
    -- The chapter of an EPUB that is to be published: its number; 0: each one as a draft of its own;
    -- NULL: the whole file as one essay.
    chapter BIGINT CHECK (chapter >= 0),
    -- The cover given with an essay: an uploaded picture, or an address; NULL: the text's own.
    cover_url TEXT COLLATE "C",
    cover_file_name TEXT COLLATE "C",
    cover_file_url TEXT COLLATE "C",
    cover_file_size BIGINT, -- bytes
    ping_role_id BIGINT, -- NULL: the one in the settings
    CHECK (style IS NULL OR style <> 'forum'),
    CHECK (
        state <> 'received'
        OR num_nonnulls(file_url, page_url, text) = 1
    )
);

-- The versions of an essay, numbered from 1.
CREATE TABLE revisions (
    discussion_id BIGINT NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    words BIGINT NOT NULL,
    language TEXT COLLATE "C", -- of the default question; NULL: English
    content_hash TEXT COLLATE "C" NOT NULL, -- of the words, to recognize the same essay
    title TEXT COLLATE "C" NOT NULL,
    byline TEXT COLLATE "C",
    author TEXT COLLATE "C",
    epigraph TEXT COLLATE "C",
    epigraph_source TEXT COLLATE "C",
    source_url TEXT COLLATE "C",
    source_name TEXT COLLATE "C", -- the file's name, if it was a file
    -- chosen by an admin; NULL: the essay's own or the default one
    closing_question TEXT COLLATE "C",
    postscript TEXT COLLATE "C",
    notes TEXT COLLATE "C" NOT NULL DEFAULT '', -- what couldn't be reproduced exactly, one a line
    PRIMARY KEY (discussion_id, number)
);

-- The closing questions of a revision.
CREATE TABLE questions (
    discussion_id BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    position BIGINT NOT NULL, -- from 0
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (discussion_id, revision, position),
    FOREIGN KEY (discussion_id, revision) REFERENCES revisions ON DELETE CASCADE
);

-- The numbered passages of a revision.
CREATE TABLE passages (
    discussion_id BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    number BIGINT NOT NULL, -- from 1
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (discussion_id, revision, number),
    FOREIGN KEY (discussion_id, revision) REFERENCES revisions ON DELETE CASCADE
);

-- New revisions of published essays that an admin has seen and not applied yet; one an essay.
CREATE TABLE pending_revisions (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    discussion_id BIGINT NOT NULL UNIQUE REFERENCES discussions (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    source_name TEXT COLLATE "C",
    closing_question TEXT COLLATE "C", -- chosen by an admin
    notes TEXT COLLATE "C" NOT NULL -- what couldn't be reproduced exactly, one a line
);

-- Messages the bot has decided to send: planned, then claimed, then sent or failed.
CREATE TABLE planned_messages (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT REFERENCES discussions (id), -- NULL: a digest, an alert
    channel_id BIGINT NOT NULL,
    -- draft: of an essay that isn't published yet, so not to be sent
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'planned', 'claimed', 'sent', 'failed')),
    purpose TEXT COLLATE "C" NOT NULL REFERENCES message_purposes (purpose),
    planned_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL, -- not sent before this; a failed attempt moves it
    expires_at BIGINT, -- after this it is only looked for, not sent; NULL: never
    failures BIGINT NOT NULL DEFAULT 0, -- failed attempts, but for missing permissions
    attempts BIGINT NOT NULL DEFAULT 0,
    -- attempts that are known to have created no message
    attempts_without_effect BIGINT NOT NULL DEFAULT 0,
    first_attempt_at BIGINT,
    sent_at BIGINT,
    message_id BIGINT UNIQUE, -- NULL in a sent one: deleted before its id was known
    after_id BIGINT NOT NULL, -- the newest id known in the channel when this was planned
    revision BIGINT NOT NULL DEFAULT 1, -- of the essay, that it was planned for
    -- the part before it, if other messages are between the two: each links to the other
    previous_part_id BIGINT REFERENCES planned_messages (id),
    deleted_at BIGINT, -- when it was deleted again
    nonce TEXT COLLATE "C" NOT NULL UNIQUE,
    last_error TEXT COLLATE "C", -- why the last attempt failed
    essay_range TEXT COLLATE "C", -- which of the essay's items a part contains, as JSON
    -- a part's text without links to other parts; NULL: as in the payload
    content_without_links TEXT COLLATE "C",
    payload TEXT COLLATE "C" NOT NULL, -- the body of Discord's Create Message, as JSON
    -- The deleted message that a message of an essay was posted again for. Replies stay linked to it.
    restores_id BIGINT,
    CHECK (state = 'sent' OR message_id IS NULL)
);

-- The passages a planned message contains.
CREATE TABLE planned_message_passages (
    planned_message_id BIGINT NOT NULL REFERENCES planned_messages (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (planned_message_id, revision, number)
);

-- Messages of the bot's that are deleted after a while.
CREATE TABLE temporary_messages (
    planned_message_id BIGINT PRIMARY KEY REFERENCES planned_messages (id) ON DELETE CASCADE,
    reply_id BIGINT NOT NULL, -- the reply it is about; 0: none
    delete_at BIGINT NOT NULL
);

-- Edits, deletions, locks and renames to make in Discord; all of them can be repeated safely.
CREATE TABLE message_edits (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT REFERENCES discussions (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('planned', 'done', 'failed')),
    kind TEXT COLLATE "C" NOT NULL REFERENCES message_edit_kinds (kind),
    channel_id BIGINT NOT NULL, -- of the message; of a thread its own id
    message_id BIGINT, -- NULL: it is about a thread
    revision BIGINT, -- of the essay, that it applies to the messages; these are made in order
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    last_error TEXT COLLATE "C",
    payload TEXT COLLATE "C", -- of an edit: the body of Discord's Edit Message, as JSON
    -- Of a message that is published to followers: when that was last requested.
    requested_at BIGINT
);

-- Threads of a discussion, those still to be opened included; a thread has its first message's id.
CREATE TABLE threads (
    id BIGINT PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT NOT NULL REFERENCES discussions (id),
    channel_id BIGINT NOT NULL, -- the channel its first message is in
    -- the first message's author, who is added to it; 0: nobody, -1: somebody who was erased
    member_id BIGINT NOT NULL,
    -- planned: to be opened; open: its author is to be added; ready: nothing is left to do
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('planned', 'open', 'ready', 'failed')),
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- lower ones are opened first; threads of a member who opens many come after others
    priority BIGINT NOT NULL DEFAULT 0,
    name TEXT COLLATE "C" NOT NULL,
    last_error TEXT COLLATE "C"
);

-- Problems the admins were alerted to; there is no second alert until the problem has passed.
CREATE TABLE alerts (
    server_id BIGINT NOT NULL REFERENCES servers (id),
    about TEXT COLLATE "C" NOT NULL, -- for instance a channel
    sent_at BIGINT NOT NULL,
    alert TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (server_id, about)
);

-- What members wrote; they form a tree whose root is the essay.
CREATE TABLE replies (
    id BIGINT PRIMARY KEY, -- the message's id
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT NOT NULL REFERENCES discussions (id),
    channel_id BIGINT NOT NULL, -- the channel or thread it is in
    parent_id BIGINT, -- NULL: the essay itself
    thread_id BIGINT, -- the thread it is in or is the first message of
    -- the message of the bot's that it answers
    planned_message_id BIGINT REFERENCES planned_messages (id),
    author_id BIGINT NOT NULL, -- 0: somebody who was erased
    written_at BIGINT NOT NULL,
    edited_at BIGINT,
    deleted_at BIGINT,
    author_name TEXT COLLATE "C" NOT NULL, -- at the time of writing
    text TEXT COLLATE "C" NOT NULL
);

-- Replies in threads that arrived before the message they reply to.
CREATE TABLE pending_parents (
    reply_id BIGINT PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    reference_id BIGINT NOT NULL
);

-- The passages a reply answers, of the revision that was current when it was written.
CREATE TABLE reply_passages (
    reply_id BIGINT NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (reply_id, revision, number)
);

-- The files attached to replies.
CREATE TABLE attachments (
    reply_id BIGINT NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    file_id BIGINT NOT NULL DEFAULT 0, -- Discord's id of it
    size BIGINT NOT NULL, -- bytes
    type TEXT COLLATE "C",
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (reply_id, position)
);

-- The bytes of attached files: pending until they are downloaded.
CREATE TABLE attachment_files (
    id BIGINT PRIMARY KEY, -- Discord's id of the attachment
    reply_id BIGINT NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    size BIGINT NOT NULL, -- bytes
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'stored', 'skipped')),
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    url TEXT COLLATE "C", -- a signed address that expires; NULL: to be asked for again
    last_error TEXT COLLATE "C", -- why it isn't stored
    content BYTEA,
    CHECK ((state = 'stored') = (content IS NOT NULL))
);

-- How many reactions a reply has, by emoji.
CREATE TABLE reactions (
    reply_id BIGINT NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    emoji TEXT COLLATE "C" NOT NULL, -- the character, or name:id of a server's own emoji
    count BIGINT NOT NULL,
    PRIMARY KEY (reply_id, emoji)
);

-- Replies written in a channel that belong in a thread: a link is posted, or a copy replaces them.
CREATE TABLE reply_moves (
    reply_id BIGINT PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT NOT NULL REFERENCES discussions (id),
    channel_id BIGINT NOT NULL, -- where it was written
    thread_id BIGINT NOT NULL, -- where it belongs
    member_id BIGINT NOT NULL, -- who wrote it; 0: somebody who was erased
    copyable BIGINT NOT NULL, -- 0: nothing but a link is possible
    -- copying: a copy may exist; copied: it exists; deleting: the original may be deleted already;
    -- done: linked or moved
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('planned', 'copying', 'copied', 'deleting', 'done', 'failed')),
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    webhook_id BIGINT, -- the webhook that was last asked to post the copy
    copy_id BIGINT UNIQUE, -- the copy in the thread, where the reply is from then on
    stale BIGINT NOT NULL DEFAULT 0, -- 1: the copy has to be updated from the archive
    signature TEXT COLLATE "C", -- a hash of the copy's content as last sent
    last_error TEXT COLLATE "C"
);

-- Up to which message the record of a channel or thread is complete.
CREATE TABLE watermarks (
    channel_id BIGINT PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    message_id BIGINT NOT NULL,
    verified_at BIGINT NOT NULL DEFAULT 0 -- when it last was known to equal what Discord has
);

-- Channels and threads that were deleted: hidden at once, erased a week later.
CREATE TABLE deleted_channels (
    channel_id BIGINT PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    deleted_at BIGINT NOT NULL,
    erased_at BIGINT
);

-- Follow-up messages, planned ones and past ones.
CREATE TABLE prompts (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT REFERENCES discussions (id), -- NULL: a digest
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('planned', 'claimed', 'sent', 'skipped', 'failed')),
    kind TEXT COLLATE "C" NOT NULL REFERENCES prompt_kinds (kind),
    thread_id BIGINT UNIQUE, -- the thread that is nudged: at most one nudge, ever
    channel_id BIGINT, -- where it is sent; NULL: not known yet
    planned_message_id BIGINT UNIQUE REFERENCES planned_messages (id),
    forced BIGINT NOT NULL DEFAULT 0, -- 1: an admin asked for it however many the channel had
    planned_for BIGINT NOT NULL, -- when it was meant to be sent
    late_from BIGINT NOT NULL, -- its lateness counts from here
    queued_since BIGINT, -- since when it waits for others in the channel; NULL: since planned_for
    blocked_since BIGINT, -- since when it waits for an admin to fix something
    failures BIGINT NOT NULL DEFAULT 0, -- failed attempts to send it, but for permissions
    due_at BIGINT NOT NULL, -- when it is decided on
    decided_at BIGINT, -- when it was claimed or skipped
    sent_at BIGINT,
    local_at TEXT COLLATE "C", -- the local time it was meant for, if one was given
    -- the essay's questions it asked: positions, or 'bare'
    asked_questions TEXT COLLATE "C" NOT NULL DEFAULT '',
    condition TEXT COLLATE "C" NOT NULL, -- as admins write it; empty: always
    reason TEXT COLLATE "C", -- why it waits, or was skipped, or failed
    content TEXT COLLATE "C" NOT NULL -- as admins write it; empty for nudges and digests
);

-- Discussions whose prompts an admin has paused.
CREATE TABLE prompt_pauses (
    discussion_id BIGINT PRIMARY KEY REFERENCES discussions (id) ON DELETE CASCADE,
    paused_at BIGINT NOT NULL
);

-- Members whose words were erased at their request, and who may have opted out. There is no
-- foreign key: this outlives the server's other rows, and a restored backup.
CREATE TABLE erased_members (
    member_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL,
    erased_at BIGINT NOT NULL, -- nothing they wrote up to then is stored
    opted_out_at BIGINT, -- nothing they wrote from then on is stored; NULL: they didn't opt out
    PRIMARY KEY (member_id, server_id)
);

-- One row.
CREATE TABLE archive_cleanup (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    erased_at BIGINT, -- the first erasure since the last VACUUM; NULL: there was none
    vacuumed_at BIGINT -- the last VACUUM; NULL: there was none
);

CREATE TABLE reply_extras (
    reply_id BIGINT PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    forwarded_id BIGINT, -- the message that was forwarded, if Discord names it
    poll_open BIGINT NOT NULL DEFAULT 0, -- 1: its votes aren't counted yet
    forward_text TEXT COLLATE "C", -- of the forwarded message; NULL: the reply is no forward
    forward_stickers TEXT COLLATE "C" NOT NULL DEFAULT '[]', -- the names of its stickers, as JSON
    poll TEXT COLLATE "C", -- question, answers and, once it has ended, votes, as JSON
    stickers TEXT COLLATE "C" NOT NULL DEFAULT '[]' -- the names of the reply's stickers, as JSON
);

-- The ids that Discord gave to the registered slash commands, for mentions that can be clicked.
CREATE TABLE registered_commands (
    application_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    command_id BIGINT NOT NULL,
    PRIMARY KEY (application_id, name)
);

-- Of a reply that an app reposted: the message it replaces, which the app deletes. No command shows
-- who wrote that; it is needed for erasure.
CREATE TABLE proxied_replies (
    reply_id BIGINT PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    original_id BIGINT UNIQUE, -- NULL: not known, so the other columns aren't known either
    author_id BIGINT NOT NULL, -- 0: not known, or somebody who was erased
    reference_id BIGINT -- the message that the original replied to
);

-- The pictures of essays: one copy of each, as long as a draft or a discussion uses it.
CREATE TABLE pictures (
    -- the beginning of its hash, and its type: what it is uploaded as
    name TEXT COLLATE "C" PRIMARY KEY,
    content BYTEA NOT NULL
);

-- Which discussions use a picture.
CREATE TABLE discussion_pictures (
    discussion_id BIGINT NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL REFERENCES pictures (name) ON DELETE CASCADE,
    PRIMARY KEY (discussion_id, name)
);

-- Of a reply that an app reposted: the messages that it may replace. Which one it is isn't known
-- until one of them is deleted; then the rows of the reply are removed.
CREATE TABLE proxy_candidates (
    reply_id BIGINT NOT NULL REFERENCES proxied_replies (reply_id) ON DELETE CASCADE,
    original_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL, -- 0: somebody who was erased
    reference_id BIGINT, -- the message that it replied to
    score DOUBLE PRECISION NOT NULL, -- how well it fits; the best is the highest
    PRIMARY KEY (reply_id, original_id)
);

-- Discord's preferred locale of each server (docs: Reference › Locales). No foreign key: it is known
-- as soon as a server is available, before it is recorded.
CREATE TABLE server_locales (
    server_id BIGINT PRIMARY KEY,
    locale TEXT COLLATE "C" NOT NULL
);

-- Folded texts that aren't simply the text in lower case; erased with the text.
CREATE TABLE folded_texts (
    reply_id BIGINT PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    text TEXT COLLATE "C" NOT NULL
);

-- Replies whose text is to be folded; that is done when it is saved, or when the archive is opened.
CREATE TABLE unfolded_replies (
    reply_id BIGINT PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE
);

-- Members who were told how to answer, once for each discussion.
CREATE TABLE answer_hints (
    discussion_id BIGINT NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    member_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    PRIMARY KEY (discussion_id, member_id)
);

-- Members who appear as "a reader" in books.
CREATE TABLE unnamed_members (
    member_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    PRIMARY KEY (member_id, server_id)
);

-- Answers that members entered in a form: posted by the bot, and then replies of theirs.
CREATE TABLE answers (
    id BIGINT PRIMARY KEY, -- the interaction that submitted it
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT NOT NULL REFERENCES discussions (id),
    channel_id BIGINT NOT NULL, -- the channel or thread it is posted in
    answered_id BIGINT NOT NULL, -- the message of the bot's that it answers
    member_id BIGINT NOT NULL, -- 0: somebody who was erased
    revision BIGINT NOT NULL, -- the essay's revision that the form showed
    passage BIGINT, -- NULL: the whole essay
    -- choosing: the member hasn't said yet where it belongs; posting: a message may exist;
    -- posted: it exists; done: it is a reply
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('choosing', 'planned', 'posting', 'posted', 'done', 'failed')),
    submitted_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    webhook_id BIGINT, -- the webhook it is posted with; NULL: the bot itself posts it
    message_id BIGINT UNIQUE, -- the message it was posted as
    avatar TEXT COLLATE "C", -- the hash of the member's avatar
    link TEXT COLLATE "C", -- to the message with the passage
    signature TEXT COLLATE "C", -- a hash of the message, by which it is found
    last_error TEXT COLLATE "C",
    member_name TEXT COLLATE "C" NOT NULL, -- empty once it is a reply
    text TEXT COLLATE "C" NOT NULL, -- empty once it is a reply
    -- 1: it is a question to the authors.
    asks_author BIGINT NOT NULL DEFAULT 0
);

-- What essays were read from: one copy of each file or text, as long as a revision uses it. The
-- drafts of an EPUB's chapters share theirs.
CREATE TABLE sources (
    -- of the content; of what was saved before: the place it was at
    hash TEXT COLLATE "C" PRIMARY KEY,
    content BYTEA NOT NULL -- as it was submitted
);

-- The text and the source of a revision, megabytes perhaps.
CREATE TABLE revision_contents (
    discussion_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    essay TEXT COLLATE "C" NOT NULL, -- as it was read, with an admin's changes, as JSON
    source_hash TEXT COLLATE "C" NOT NULL REFERENCES sources (hash),
    PRIMARY KEY (discussion_id, number),
    FOREIGN KEY (discussion_id, number) REFERENCES revisions ON DELETE CASCADE
);

-- The text and the source of a pending revision.
CREATE TABLE pending_revision_contents (
    id BIGINT PRIMARY KEY REFERENCES pending_revisions (id) ON DELETE CASCADE,
    essay TEXT COLLATE "C" NOT NULL, -- as JSON
    source_hash TEXT COLLATE "C" NOT NULL REFERENCES sources (hash)
);

-- The authors of an essay who are members of the server.
CREATE TABLE essay_authors (
    discussion_id BIGINT NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    member_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    PRIMARY KEY (discussion_id, member_id)
);

-- The authors that a pending revision gives to its essay when it is applied.
CREATE TABLE pending_authors (
    revision_id BIGINT NOT NULL REFERENCES pending_revisions (id) ON DELETE CASCADE,
    member_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    PRIMARY KEY (revision_id, member_id)
);

-- Replies that are questions to the essay's authors.
CREATE TABLE author_questions (
    reply_id BIGINT PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    discussion_id BIGINT NOT NULL REFERENCES discussions (id),
    -- the question that an author says is the same; NULL: none, or it was erased
    same_as_id BIGINT REFERENCES author_questions (reply_id) ON DELETE SET NULL,
    later_at BIGINT -- when an author put it behind the others; NULL: not
);

-- Authors who want a direct message about new questions, at most one a day.
CREATE TABLE author_messages (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    member_id BIGINT NOT NULL,
    -- on: the next one is due; sending: a message may exist; refused: Discord doesn't let the bot
    -- send them any
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('on', 'sending', 'refused')),
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    told_until BIGINT NOT NULL DEFAULT 0, -- the newest question that a message was about
    telling_until BIGINT NOT NULL DEFAULT 0, -- the newest one that the message being sent is about
    channel_id BIGINT, -- of their direct messages with the bot
    after_id BIGINT, -- the newest message there before the one that is being sent
    last_error TEXT COLLATE "C",
    content TEXT COLLATE "C", -- of the message that is being sent; it names no member
    UNIQUE (server_id, member_id)
);

-- Whether the index on a card may have to be updated, and when.
CREATE TABLE card_indexes (
    discussion_id BIGINT PRIMARY KEY REFERENCES discussions (id) ON DELETE CASCADE,
    -- changed: what it shows may have changed; updating: it hasn't changed since the update began
    state TEXT COLLATE "C" NOT NULL DEFAULT 'current'
        CHECK (state IN ('current', 'changed', 'updating')),
    due_at BIGINT, -- when it is updated; NULL: not decided yet
    attempts BIGINT NOT NULL DEFAULT 0,
    shown TEXT COLLATE "C", -- a hash of the card as it was last edited; NULL: it wasn't
    last_error TEXT COLLATE "C"
);

-- Up to where members have seen what is new in a discussion; only of those who looked.
CREATE TABLE reading_marks (
    discussion_id BIGINT NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    member_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL REFERENCES servers (id),
    reply_id BIGINT NOT NULL, -- the newest reply they have seen; 0: none
    looked_at BIGINT NOT NULL,
    PRIMARY KEY (discussion_id, member_id)
);

-- Where exactly in a passage the words are that a reply quotes.
CREATE TABLE reply_anchors (
    reply_id BIGINT NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    position BIGINT NOT NULL, -- among the reply's quotes
    revision BIGINT NOT NULL,
    number BIGINT NOT NULL, -- of the passage
    start_at BIGINT NOT NULL, -- in the passage's text, in code points
    end_at BIGINT NOT NULL,
    exact TEXT COLLATE "C" NOT NULL, -- the words
    before TEXT COLLATE "C" NOT NULL, -- at most 32 characters before them
    after TEXT COLLATE "C" NOT NULL, -- at most 32 characters after them
    PRIMARY KEY (reply_id, position)
);

-- == Kinds ==

INSERT INTO message_purposes (purpose, description) VALUES
    ('card', 'the opening card of a discussion'),
    ('part', 'a part of an essay'),
    ('closing', 'the closing question of a discussion'),
    ('prompt', 'a follow-up prompt, the weekly digest included'),
    ('nudge', 'a nudge in a thread nobody answered'),
    ('notice', 'a notice to members or an alert to admins'),
    ('announcement', 'a message for the followers of an announcement channel'),
    ('replaced',
     'a message of an essay that was deleted, and posted again as another one');
INSERT INTO message_edit_kinds (kind, description) VALUES
    ('edit', 'edit a message'),
    ('delete', 'delete a message'),
    ('remove', 'delete a message, or edit it if somebody answered it'),
    ('lock', 'lock a thread'),
    ('unlock', 'unlock a thread'),
    ('rename', 'rename a thread'),
    ('pin', 'pin a message'),
    ('unpin', 'unpin a message'),
    ('crosspost', 'publish a message to the followers of its channel');
INSERT INTO prompt_kinds (kind, description) VALUES
    ('step', 'a step of the plan, or a prompt an admin scheduled'),
    ('now', 'a prompt an admin sent at once; the prompt policy doesn''t count it'),
    ('nudge', 'a reminder in a thread nobody answered'),
    ('digest', 'the weekly digest');
INSERT INTO discussion_styles (style, description) VALUES
    ('threads', 'a thread for each reply to the essay'),
    ('thread', 'one thread for the whole essay'),
    ('forum', 'the essay is a post in a forum channel');
INSERT INTO archive_cleanup (id) VALUES (1);


-- == Indexes ==

CREATE INDEX servers_left ON servers (left_at) WHERE left_at IS NOT NULL;
CREATE INDEX audit_log_by_member ON audit_log (server_id, member_id, id);
CREATE INDEX audit_log_by_discussion ON audit_log (discussion_id, id)
    WHERE discussion_id IS NOT NULL;
CREATE INDEX submissions_received ON submissions (id) WHERE state = 'received';
CREATE INDEX submissions_by_member ON submissions (server_id, member_id, id);
CREATE INDEX submissions_hashed ON submissions (content_hash, id) WHERE content_hash IS NOT NULL;
CREATE INDEX discussions_scheduled ON discussions (scheduled_for) WHERE state = 'scheduled';
CREATE INDEX discussions_live ON discussions (server_id, channel_id, style)
    WHERE state IN ('scheduled', 'publishing', 'open');
CREATE INDEX discussions_by_channel ON discussions (channel_id, id);
CREATE INDEX discussions_by_server ON discussions (server_id, id);
CREATE INDEX revisions_by_title ON revisions (title);
CREATE INDEX planned_messages_pending ON planned_messages (id)
    WHERE state IN ('planned', 'claimed');
CREATE INDEX planned_messages_publishing
    ON planned_messages (channel_id, planned_at, discussion_id, id)
    WHERE state IN ('planned', 'claimed') AND purpose IN ('card', 'part', 'closing');
CREATE INDEX planned_messages_failed ON planned_messages (planned_at) WHERE state = 'failed';
CREATE INDEX planned_messages_by_channel ON planned_messages (channel_id, discussion_id);
CREATE INDEX planned_messages_by_discussion ON planned_messages (discussion_id, id);
CREATE INDEX planned_messages_by_server ON planned_messages (server_id, purpose, id);
CREATE INDEX planned_messages_by_previous_part ON planned_messages (previous_part_id)
    WHERE previous_part_id IS NOT NULL;
CREATE INDEX temporary_messages_due ON temporary_messages (delete_at);
CREATE INDEX message_edits_planned ON message_edits (due_at, id) WHERE state = 'planned';
CREATE INDEX message_edits_failed ON message_edits (due_at) WHERE state = 'failed';
CREATE INDEX message_edits_by_channel ON message_edits (channel_id, id) WHERE state = 'planned';
CREATE INDEX message_edits_by_discussion ON message_edits (discussion_id, id)
    WHERE discussion_id IS NOT NULL;
CREATE INDEX message_edits_by_revision ON message_edits (discussion_id, id)
    WHERE revision IS NOT NULL;
CREATE INDEX message_edits_by_server ON message_edits (server_id);
CREATE INDEX threads_pending ON threads (priority, id, due_at) WHERE state IN ('planned', 'open');
CREATE INDEX threads_failed ON threads (due_at) WHERE state = 'failed';
CREATE INDEX threads_by_channel ON threads (channel_id);
CREATE INDEX threads_by_member ON threads (server_id, member_id, due_at);
CREATE INDEX threads_by_discussion ON threads (discussion_id, id);
CREATE INDEX replies_by_planned_message ON replies (planned_message_id)
    WHERE planned_message_id IS NOT NULL;
CREATE INDEX replies_by_discussion ON replies (discussion_id, id);
CREATE INDEX replies_by_server ON replies (server_id, id);
CREATE INDEX replies_by_channel ON replies (channel_id);
CREATE INDEX replies_by_parent ON replies (parent_id)
    WHERE parent_id IS NOT NULL AND thread_id IS NULL;
CREATE INDEX pending_parents_by_reference ON pending_parents (reference_id);
CREATE INDEX attachment_files_pending ON attachment_files (due_at) WHERE state = 'pending';
CREATE INDEX attachment_files_stored ON attachment_files (size) WHERE state = 'stored';
CREATE INDEX attachment_files_by_reply ON attachment_files (reply_id);
CREATE INDEX reply_moves_by_member ON reply_moves (server_id, member_id, due_at);
CREATE INDEX reply_moves_by_discussion ON reply_moves (discussion_id);
CREATE INDEX reply_moves_copies ON reply_moves (thread_id) WHERE copy_id IS NOT NULL;
CREATE INDEX reply_moves_pending ON reply_moves (reply_id)
    WHERE state IN ('planned', 'copying', 'copied', 'deleting') OR stale = 1;
CREATE INDEX reply_moves_planned ON reply_moves (reply_id) WHERE state = 'planned';
CREATE INDEX reply_moves_copied ON reply_moves (thread_id) WHERE state = 'copied';
CREATE INDEX reply_moves_failed ON reply_moves (due_at) WHERE state = 'failed';
CREATE INDEX watermarks_by_server ON watermarks (server_id);
CREATE INDEX deleted_channels_pending ON deleted_channels (deleted_at) WHERE erased_at IS NULL;
CREATE INDEX deleted_channels_by_server ON deleted_channels (server_id);
CREATE INDEX prompts_planned ON prompts (due_at, id) WHERE state = 'planned';
CREATE INDEX prompts_claimed ON prompts (planned_message_id) WHERE state = 'claimed';
CREATE INDEX prompts_failed ON prompts (due_at) WHERE state = 'failed';
CREATE INDEX prompts_by_discussion ON prompts (discussion_id, id);
CREATE INDEX prompts_by_server ON prompts (server_id, state, due_at);
CREATE UNIQUE INDEX prompts_one_digest ON prompts (server_id)
    WHERE kind = 'digest' AND state = 'planned';
CREATE INDEX prompts_by_channel ON prompts (channel_id, state, sent_at) WHERE kind = 'step';
CREATE INDEX reply_extras_by_forwarded ON reply_extras (forwarded_id)
    WHERE forwarded_id IS NOT NULL;
CREATE INDEX reply_extras_open_polls ON reply_extras (reply_id) WHERE poll_open = 1;
CREATE UNIQUE INDEX planned_messages_by_restored ON planned_messages (restores_id)
    WHERE restores_id IS NOT NULL;
CREATE INDEX proxied_replies_by_author ON proxied_replies (author_id, server_id);
CREATE INDEX proxied_replies_by_server ON proxied_replies (server_id);
CREATE INDEX erased_members_by_server ON erased_members (server_id);
CREATE INDEX discussion_pictures_by_name ON discussion_pictures (name);
CREATE INDEX proxy_candidates_by_original ON proxy_candidates (original_id);
CREATE INDEX proxy_candidates_by_author ON proxy_candidates (author_id, server_id);
CREATE INDEX proxy_candidates_by_server ON proxy_candidates (server_id, reply_id);
CREATE INDEX answer_hints_by_member ON answer_hints (server_id, member_id);
CREATE INDEX unnamed_members_by_server ON unnamed_members (server_id);
CREATE INDEX answers_due ON answers (due_at) WHERE state IN ('planned', 'posting', 'posted');
CREATE INDEX answers_unposted ON answers (submitted_at) WHERE state = 'choosing';
CREATE INDEX answers_by_member ON answers (server_id, member_id, submitted_at);
CREATE INDEX answers_by_discussion ON answers (discussion_id);
CREATE INDEX revision_contents_by_source ON revision_contents (source_hash);
CREATE INDEX pending_revision_contents_by_source ON pending_revision_contents (source_hash);
CREATE INDEX essay_authors_by_member ON essay_authors (server_id, member_id);
CREATE INDEX pending_authors_by_member ON pending_authors (server_id, member_id);
CREATE INDEX author_questions_by_discussion ON author_questions (discussion_id, reply_id);
CREATE INDEX author_questions_by_server ON author_questions (server_id);
CREATE INDEX author_questions_by_same ON author_questions (same_as_id)
    WHERE same_as_id IS NOT NULL;
CREATE INDEX author_messages_due ON author_messages (due_at) WHERE state IN ('on', 'sending');
CREATE INDEX card_indexes_due ON card_indexes (due_at) WHERE state <> 'current';
CREATE INDEX card_indexes_undecided ON card_indexes (discussion_id)
    WHERE state = 'changed' AND due_at IS NULL;
CREATE INDEX replies_present
    ON replies (discussion_id, thread_id, author_id, id, parent_id, deleted_at)
    WHERE deleted_at IS NULL;
CREATE INDEX reading_marks_by_member ON reading_marks (server_id, member_id);
CREATE INDEX message_edits_requested ON message_edits (channel_id, requested_at)
    WHERE requested_at IS NOT NULL;


-- == Triggers ==

-- The folded text of a reply is deleted whenever something in it changes.

CREATE FUNCTION reply_extras_inserted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unfolded_replies (reply_id) VALUES (new.reply_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER reply_extras_inserted AFTER INSERT ON reply_extras FOR EACH ROW
EXECUTE FUNCTION reply_extras_inserted();

CREATE FUNCTION reply_extras_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM folded_texts WHERE reply_id = new.reply_id;
    INSERT INTO unfolded_replies (reply_id) VALUES (new.reply_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER reply_extras_changed AFTER UPDATE OF forward_text, forward_stickers, poll, stickers ON reply_extras FOR EACH ROW
WHEN (
    new.forward_text IS DISTINCT FROM old.forward_text
    OR new.forward_stickers <> old.forward_stickers
    OR new.poll IS DISTINCT FROM old.poll OR new.stickers <> old.stickers
)
EXECUTE FUNCTION reply_extras_changed();

CREATE FUNCTION reply_extras_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM folded_texts WHERE reply_id = old.reply_id;
    INSERT INTO unfolded_replies (reply_id)
    SELECT id FROM replies WHERE id = old.reply_id AND text <> '' ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER reply_extras_deleted AFTER DELETE ON reply_extras FOR EACH ROW
EXECUTE FUNCTION reply_extras_deleted();

CREATE FUNCTION replies_text_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM folded_texts WHERE reply_id = new.id;
    INSERT INTO unfolded_replies (reply_id)
    SELECT new.id WHERE new.text <> ''
        OR EXISTS (SELECT 1 FROM reply_extras WHERE reply_id = new.id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER replies_text_changed AFTER UPDATE OF text ON replies FOR EACH ROW
WHEN (new.text <> old.text)
EXECUTE FUNCTION replies_text_changed();

-- A source is erased with the last revision that was read from it.

CREATE FUNCTION revision_contents_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sources WHERE hash = old.source_hash
        AND NOT EXISTS (SELECT 1 FROM revision_contents WHERE source_hash = old.source_hash)
        AND NOT EXISTS (
            SELECT 1 FROM pending_revision_contents WHERE source_hash = old.source_hash
        );
    RETURN NULL;
END
$$;
CREATE TRIGGER revision_contents_deleted AFTER DELETE ON revision_contents FOR EACH ROW
EXECUTE FUNCTION revision_contents_deleted();

CREATE FUNCTION pending_revision_contents_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sources WHERE hash = old.source_hash
        AND NOT EXISTS (SELECT 1 FROM revision_contents WHERE source_hash = old.source_hash)
        AND NOT EXISTS (
            SELECT 1 FROM pending_revision_contents WHERE source_hash = old.source_hash
        );
    RETURN NULL;
END
$$;
CREATE TRIGGER pending_revision_contents_deleted AFTER DELETE ON pending_revision_contents FOR EACH ROW
EXECUTE FUNCTION pending_revision_contents_deleted();

-- However a discussion changes, the index on its card is marked.

CREATE FUNCTION replies_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER replies_added AFTER INSERT ON replies FOR EACH ROW
EXECUTE FUNCTION replies_added();

CREATE FUNCTION replies_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id IN (old.discussion_id, new.discussion_id) AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER replies_changed AFTER UPDATE OF discussion_id, thread_id, parent_id, author_id, deleted_at, text ON replies FOR EACH ROW
EXECUTE FUNCTION replies_changed();

CREATE FUNCTION replies_removed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = old.discussion_id AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER replies_removed AFTER DELETE ON replies FOR EACH ROW
EXECUTE FUNCTION replies_removed();

CREATE FUNCTION threads_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER threads_added AFTER INSERT ON threads FOR EACH ROW
WHEN (new.state <> 'planned')
EXECUTE FUNCTION threads_added();

CREATE FUNCTION threads_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER threads_changed AFTER UPDATE OF state ON threads FOR EACH ROW
WHEN (new.state <> old.state)
EXECUTE FUNCTION threads_changed();

CREATE FUNCTION cards_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed',
        shown = CASE WHEN new.message_id IS NOT DISTINCT FROM old.message_id THEN shown END
    WHERE discussion_id = new.discussion_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER cards_changed AFTER UPDATE OF message_id, payload ON planned_messages FOR EACH ROW
WHEN (
    new.purpose = 'card'
    AND (new.message_id IS DISTINCT FROM old.message_id OR new.payload <> old.payload)
)
EXECUTE FUNCTION cards_changed();

CREATE FUNCTION essay_authors_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER essay_authors_added AFTER INSERT ON essay_authors FOR EACH ROW
EXECUTE FUNCTION essay_authors_added();

CREATE FUNCTION essay_authors_removed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = old.discussion_id AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER essay_authors_removed AFTER DELETE ON essay_authors FOR EACH ROW
EXECUTE FUNCTION essay_authors_removed();
