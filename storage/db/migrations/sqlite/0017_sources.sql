-- What essays were read from: one copy of each file or text, as long as a revision uses it. The
-- drafts of an EPUB's chapters share theirs.
CREATE TABLE sources (
    hash TEXT PRIMARY KEY, -- of the content; of what was saved before: the place it was at
    content BLOB NOT NULL -- as it was submitted
) STRICT;

-- The text of a revision, megabytes perhaps, and its source.
CREATE TABLE revision_texts (
    discussion_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    essay TEXT NOT NULL, -- as it was read, with an admin's changes, as JSON
    source_hash TEXT NOT NULL REFERENCES sources (hash),
    PRIMARY KEY (discussion_id, number),
    FOREIGN KEY (discussion_id, number) REFERENCES revisions ON DELETE CASCADE
) STRICT;
INSERT INTO sources (hash, content)
SELECT 'revision ' || discussion_id || ' ' || number, source FROM revision_contents;
INSERT INTO revision_texts (discussion_id, number, essay, source_hash)
SELECT discussion_id, number, essay, 'revision ' || discussion_id || ' ' || number
FROM revision_contents;
DROP TABLE revision_contents;
ALTER TABLE revision_texts RENAME TO revision_contents;
CREATE INDEX revision_contents_by_source ON revision_contents (source_hash);

-- The text of a pending revision, and its source.
CREATE TABLE pending_texts (
    id INTEGER PRIMARY KEY REFERENCES pending_revisions (id) ON DELETE CASCADE,
    essay TEXT NOT NULL, -- as JSON
    source_hash TEXT NOT NULL REFERENCES sources (hash)
) STRICT;
INSERT INTO sources (hash, content)
SELECT 'pending revision ' || id, source FROM pending_revision_contents;
INSERT INTO pending_texts (id, essay, source_hash)
SELECT id, essay, 'pending revision ' || id FROM pending_revision_contents;
DROP TABLE pending_revision_contents;
ALTER TABLE pending_texts RENAME TO pending_revision_contents;
CREATE INDEX pending_revision_contents_by_source ON pending_revision_contents (source_hash);

-- However a revision is deleted, its source is erased with the last one that uses it.
CREATE TRIGGER revision_contents_deleted AFTER DELETE ON revision_contents
BEGIN
    DELETE FROM sources WHERE hash = old.source_hash
        AND NOT EXISTS (SELECT 1 FROM revision_contents WHERE source_hash = old.source_hash)
        AND NOT EXISTS (
            SELECT 1 FROM pending_revision_contents WHERE source_hash = old.source_hash
        );
END;
CREATE TRIGGER pending_revision_contents_deleted AFTER DELETE ON pending_revision_contents
BEGIN
    DELETE FROM sources WHERE hash = old.source_hash
        AND NOT EXISTS (SELECT 1 FROM revision_contents WHERE source_hash = old.source_hash)
        AND NOT EXISTS (
            SELECT 1 FROM pending_revision_contents WHERE source_hash = old.source_hash
        );
END;
