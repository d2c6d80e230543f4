-- Which state of a mailbox's search index there is: raised by every change of its segments, so that a process which remembers
-- filters knows in one look whether they are those of now. A segment keeps the version that it was made with.
ALTER TABLE search_segment ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE search_progress ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
