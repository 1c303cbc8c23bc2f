-- Of a reply that an app reposted: the messages that it may replace. Which one it is isn't known
-- until one of them is deleted; then the rows of the reply are removed.
CREATE TABLE proxy_candidates (
    reply_id INTEGER NOT NULL REFERENCES proxied_replies (reply_id) ON DELETE CASCADE,
    original_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL, -- 0: somebody who was erased
    reference_id INTEGER, -- the message that it replied to
    score REAL NOT NULL, -- how well it fits; the best is the highest
    PRIMARY KEY (reply_id, original_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX proxy_candidates_by_original ON proxy_candidates (original_id);
CREATE INDEX proxy_candidates_by_author ON proxy_candidates (author_id, server_id);
CREATE INDEX proxy_candidates_by_server ON proxy_candidates (server_id, reply_id);
