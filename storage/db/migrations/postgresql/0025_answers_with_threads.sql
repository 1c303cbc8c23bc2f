-- Answers in a channel on which somebody has opened a thread.
CREATE INDEX replies_heading_by_parent ON replies (parent_id)
    WHERE parent_id IS NOT NULL AND thread_id = id;
