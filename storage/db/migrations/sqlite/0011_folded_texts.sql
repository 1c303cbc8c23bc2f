-- The texts of replies as the search compares them: without case, diacritics and double spaces.

-- Folded texts that aren't simply the text in lower case; erased with the text.
CREATE TABLE folded_texts (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;

-- Replies whose text is to be folded; that is done when it is saved, or when the archive is opened.
CREATE TABLE unfolded_replies (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE
) STRICT;
INSERT INTO unfolded_replies (reply_id) SELECT id FROM replies WHERE text <> '';

-- However a text is changed or erased, nothing of it stays behind in the folded one.
CREATE TRIGGER replies_text_changed AFTER UPDATE OF text ON replies WHEN new.text <> old.text
BEGIN
    DELETE FROM folded_texts WHERE reply_id = new.id;
    INSERT INTO unfolded_replies (reply_id) SELECT new.id WHERE new.text <> ''
    ON CONFLICT DO NOTHING;
END;
