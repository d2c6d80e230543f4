-- min_compatible: 1
-- Metadata: entries of a folder, or of the mailbox as a whole (folder_id 0). user_id is the mailbox of the user whose private
-- entry it is, 0 for what is shared. An entry that was removed stays for a while without its value: sessions are told of it.
-- metadata_octets counts the names and values of a mailbox.
CREATE TABLE metadata (
    mailbox_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    entry TEXT NOT NULL,
    value BLOB,
    modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, folder_id, user_id, entry)
);
CREATE INDEX metadata_modseq ON metadata (mailbox_id, modseq, folder_id, user_id, entry);
ALTER TABLE mailbox ADD COLUMN metadata_octets INTEGER NOT NULL DEFAULT 0;

-- Limits that the user set, below those of the provider. quota_octets and quota_messages are the lesser of both.
ALTER TABLE mailbox ADD COLUMN own_octets INTEGER;
ALTER TABLE mailbox ADD COLUMN own_messages INTEGER;
ALTER TABLE mailbox ADD COLUMN own_folders INTEGER;
