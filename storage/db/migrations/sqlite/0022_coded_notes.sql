-- Notes about what couldn't be reproduced exactly are codes with arguments, as JSON, like reasons
-- and alerts (bot/core/text/coded_text.py). A submission doesn't keep the sentence that refused it: it
-- was in the language of the admin, who got it as the answer, and nothing else reads it.

ALTER TABLE submissions DROP COLUMN outcome;

-- The sentences of notes so far. Any other sentence is kept as it is.
CREATE TABLE note_codes (sentence TEXT PRIMARY KEY, code TEXT NOT NULL) STRICT;
INSERT INTO note_codes (sentence, code) VALUES
    ('The text doesn''t name its encoding. It was read as {encoding}.',
     'note-encoding'),
    ('Some characters couldn''t be read and are shown as �: {count}.',
     'note-lost-characters'),
    ('Control characters that can''t be shown are left out: {count}.',
     'note-control-characters'),
    ('Links that lead nowhere from Discord are shown as their text: {count}.',
     'note-lost-links'),
    ('Links too long for a message are shown as their text: {count}.',
     'note-long-links'),
    ('Pictures without an address on the web are left out: {count}.',
     'note-pictures-without-address'),
    ('Pictures that couldn''t be fetched are links: {names}.',
     'note-pictures-linked'),
    ('Pictures that couldn''t be fetched are links: {names}, and {more} more.',
     'note-pictures-linked-more'),
    ('Pictures inside the file that couldn''t be read are left out: {names}.',
     'note-pictures-unreadable'),
    ('Pictures inside the file that couldn''t be read are left out: {names}, and {more} ' ||
     'more.',
     'note-pictures-unreadable-more'),
    ('Attributes such as {{#name}} and {{: .class}} are left out: {count}.',
     'note-attributes'),
    ('Tags of a site generator are left out: {count}.',
     'note-site-tags'),
    ('Comments of the document''s editors are left out: {count}.',
     'note-comments'),
    ('All chapters of this EPUB are shown as one essay. To publish only one of them, give ' ||
     'its number as the chapter: {chapters}.',
     'note-chapters'),
    ('Drawings that only Word can show are left out: {count}.',
     'note-word-drawings'),
    ('Pictures that the Word document only links to are left out: {count}.',
     'note-word-linked-pictures'),
    ('Equations of the Word document are written out on a line: {count}.',
     'note-word-equations'),
    ('A PDF has no paragraphs of its own: this text was put together from its pages. ' ||
     'Please check it.',
     'note-pdf'),
    ('Running heads and page numbers are left out: {count}.',
     'note-pdf-running-heads'),
    ('Pictures in the PDF are left out: {count}.',
     'note-pdf-pictures'),
    ('Letters printed sideways are left out: {count}.',
     'note-pdf-sideways');

-- Each note of each text: a sentence, or a list of a sentence and its arguments, as JSON.
CREATE TABLE old_notes (
    place TEXT NOT NULL,
    id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (place, id, number, position)
) STRICT;

WITH RECURSIVE
    texts (place, id, number, notes) AS (
        SELECT 'revisions', discussion_id, number, notes FROM revisions WHERE notes <> ''
        UNION ALL
        SELECT 'pending_revisions', id, 0, notes FROM pending_revisions WHERE notes <> ''
    ),
    lines (place, id, number, position, line, rest) AS (
        SELECT place, id, number, 0, '', notes || char(10) FROM texts
        UNION ALL
        SELECT place, id, number, position + 1, substr(rest, 1, instr(rest, char(10)) - 1),
            substr(rest, instr(rest, char(10)) + 1)
        FROM lines WHERE rest <> ''
    )
INSERT INTO old_notes (place, id, number, position, note)
SELECT place, id, number, position,
    CASE WHEN substr(line, 1, 1) = '[' THEN line ELSE json_quote(line) END
FROM lines WHERE line <> '';

INSERT INTO old_notes (place, id, number, position, note)
SELECT 'revision_contents', discussion_id, number, one.key,
    CASE one.type WHEN 'array' THEN one.value ELSE json_quote(one.value) END
FROM revision_contents, json_each(essay, '$.notes') AS one;

INSERT INTO old_notes (place, id, number, position, note)
SELECT 'pending_revision_contents', pending_revision_contents.id, 0, one.key,
    CASE one.type WHEN 'array' THEN one.value ELSE json_quote(one.value) END
FROM pending_revision_contents, json_each(essay, '$.notes') AS one;

UPDATE old_notes SET note = json_array(json_extract(note, '$'), json_object())
WHERE json_type(note) = 'text';
UPDATE old_notes SET note = coalesce(
    (
        SELECT json_patch(json_object('code', code), json_extract(note, '$[1]'))
        FROM note_codes WHERE sentence = json_extract(note, '$[0]')
    ),
    json_object('code', 'as-stored', 'text', json_extract(note, '$[0]'))
);

UPDATE revisions SET notes = (
    SELECT group_concat(note, char(10)) FROM (
        SELECT note FROM old_notes
        WHERE place = 'revisions' AND id = discussion_id AND number = revisions.number
        ORDER BY position
    )
) WHERE notes <> '';
UPDATE pending_revisions SET notes = (
    SELECT group_concat(note, char(10)) FROM (
        SELECT note FROM old_notes
        WHERE place = 'pending_revisions' AND id = pending_revisions.id ORDER BY position
    )
) WHERE notes <> '';
UPDATE revision_contents SET essay = json_set(essay, '$.notes', json((
    SELECT json_group_array(json(note)) FROM (
        SELECT note FROM old_notes
        WHERE place = 'revision_contents' AND id = discussion_id
            AND number = revision_contents.number
        ORDER BY position
    )
))) WHERE json_array_length(essay, '$.notes') > 0;
UPDATE pending_revision_contents SET essay = json_set(essay, '$.notes', json((
    SELECT json_group_array(json(note)) FROM (
        SELECT note FROM old_notes
        WHERE place = 'pending_revision_contents' AND id = pending_revision_contents.id
        ORDER BY position
    )
))) WHERE json_array_length(essay, '$.notes') > 0;

DROP TABLE old_notes;
DROP TABLE note_codes;
