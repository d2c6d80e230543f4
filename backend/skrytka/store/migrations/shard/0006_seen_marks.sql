-- What readers of shared folders have seen for themselves, where the provider gives each of them a \Seen of his own (private_seen):
-- message.flags are then the owner's alone. No row: not seen. A mark has a modseq of its own, which is that of the folder too.
-- seen_modseq is the last change of private_seen, 0 where there was none: readers see no message with a lower modseq, because their
-- flags of all messages may have changed then.
CREATE TABLE seen_mark (
    mailbox_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    reader_id INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, folder_id, uid, reader_id)
);
CREATE INDEX seen_mark_reader ON seen_mark (mailbox_id, folder_id, reader_id, modseq, uid, seen);
ALTER TABLE mailbox ADD COLUMN private_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN seen_modseq INTEGER NOT NULL DEFAULT 0;
