-- The index on a card marks the threads in which an author has answered.

CREATE TRIGGER essay_authors_added AFTER INSERT ON essay_authors
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
END;
CREATE TRIGGER essay_authors_removed AFTER DELETE ON essay_authors
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = old.discussion_id AND state <> 'changed';
END;
