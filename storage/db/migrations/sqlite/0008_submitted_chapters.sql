-- The chapter of an EPUB that is to be published: its number; 0: each one as a draft of its own;
-- NULL: the whole file as one essay.
ALTER TABLE submissions ADD COLUMN chapter INTEGER CHECK (chapter >= 0);
