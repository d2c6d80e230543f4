-- In which namespace others find what a mailbox shares with them (RFC 2342): 'others' for that of a person, 'shared' for one that
-- belongs to nobody in person.
ALTER TABLE mailbox ADD COLUMN namespace TEXT NOT NULL DEFAULT 'others';
