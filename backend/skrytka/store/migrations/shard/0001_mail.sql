-- The mail of some mailboxes. Every key starts with mailbox_id, so that engines which distribute by a key can take the
-- same schema. Times are Unix seconds, sizes are octets. Counters change in the transaction that changes what they count.

-- One row, made when the shard is first opened: whose it is, and which of the shards.
CREATE TABLE identity (
    number INTEGER NOT NULL PRIMARY KEY,
    deployment_id TEXT NOT NULL,
    name TEXT NOT NULL
);

CREATE TABLE mailbox (
    mailbox_id INTEGER NOT NULL PRIMARY KEY,
    modseq INTEGER NOT NULL,
    next_folder_id INTEGER NOT NULL,
    next_content_id INTEGER NOT NULL,
    next_uid_validity INTEGER NOT NULL,
    quota_octets INTEGER,
    quota_messages INTEGER,
    used_octets INTEGER NOT NULL,
    used_messages INTEGER NOT NULL,
    folders INTEGER NOT NULL,
    status TEXT NOT NULL,
    config_version INTEGER NOT NULL
);

CREATE TABLE folder (
    mailbox_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    role TEXT,
    uid_validity INTEGER NOT NULL,
    uid_next INTEGER NOT NULL,
    recent_uid INTEGER NOT NULL,
    highest_modseq INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    unseen INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    expunge_horizon INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, folder_id)
);
CREATE UNIQUE INDEX folder_name ON folder (mailbox_id, name);
CREATE UNIQUE INDEX folder_role ON folder (mailbox_id, role);

-- Folders that are gone: their messages and log rows are removed later, in bounded batches.
CREATE TABLE doomed_folder (
    mailbox_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    actor TEXT NOT NULL,
    deleted_at INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, folder_id)
);
CREATE INDEX doomed_folder_age ON doomed_folder (deleted_at);

CREATE TABLE subscription (
    mailbox_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (mailbox_id, name)
);

CREATE TABLE message (
    mailbox_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    keywords TEXT NOT NULL,
    modseq INTEGER NOT NULL,
    internal_date INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    uidl TEXT,
    first_download_at INTEGER,
    first_download_by TEXT,
    last_download_at INTEGER,
    last_download_by TEXT,
    PRIMARY KEY (mailbox_id, folder_id, uid)
);
CREATE INDEX message_modseq ON message (mailbox_id, folder_id, modseq);
CREATE INDEX message_content ON message (mailbox_id, content_id);
CREATE INDEX message_saved ON message (mailbox_id, folder_id, saved_at);
CREATE INDEX message_deleted ON message (mailbox_id, folder_id, uid) WHERE (flags & 8) <> 0;

-- The log of expunges. content_id becomes NULL once the content has been collected.
CREATE TABLE expunged (
    mailbox_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    keywords TEXT NOT NULL,
    internal_date INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    content_id INTEGER,
    actor TEXT NOT NULL,
    expunged_at INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, folder_id, uid)
);
CREATE INDEX expunged_modseq ON expunged (mailbox_id, folder_id, modseq);
CREATE INDEX expunged_content ON expunged (mailbox_id, content_id) WHERE content_id IS NOT NULL;
CREATE INDEX expunged_kept ON expunged (expunged_at, mailbox_id) WHERE content_id IS NOT NULL;
CREATE INDEX expunged_log ON expunged (expunged_at, mailbox_id) WHERE content_id IS NULL;

CREATE TABLE content (
    mailbox_id INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    layout INTEGER NOT NULL,
    blob_key TEXT,
    digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, content_id)
);
CREATE INDEX content_blob ON content (blob_key) WHERE blob_key IS NOT NULL;

CREATE TABLE header (
    mailbox_id INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, content_id)
);

CREATE TABLE body (
    mailbox_id INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, content_id)
);

CREATE TABLE rendition (
    mailbox_id INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    envelope BLOB,
    envelope_version INTEGER,
    bodystructure BLOB,
    bodystructure_version INTEGER,
    preview BLOB,
    preview_version INTEGER,
    PRIMARY KEY (mailbox_id, content_id)
);

CREATE TABLE rendition_extra (
    mailbox_id INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, content_id, name)
);

CREATE TABLE pop3_lock (
    mailbox_id INTEGER NOT NULL PRIMARY KEY,
    session TEXT NOT NULL,
    worker TEXT NOT NULL,
    acquired_at INTEGER NOT NULL
);
CREATE INDEX pop3_lock_worker ON pop3_lock (worker);

CREATE TABLE worker_lease (
    worker TEXT NOT NULL PRIMARY KEY,
    renewed_at INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL
);

CREATE TABLE job_fence (
    mailbox_id INTEGER NOT NULL,
    job TEXT NOT NULL,
    lease INTEGER NOT NULL,
    progress TEXT NOT NULL,
    PRIMARY KEY (mailbox_id, job)
);
