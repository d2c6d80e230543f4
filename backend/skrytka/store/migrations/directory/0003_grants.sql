-- In which mailboxes there may be folders that a mailbox (0: anyone of the domain) has rights to. Only where to look: the shards say
-- what the rights are. A row is written before the rights are, and goes when a later look finds none; domain is '' but for anyone.
CREATE TABLE grantee (
    grantee_id INTEGER NOT NULL,
    domain TEXT NOT NULL,
    mailbox_id INTEGER NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (grantee_id, domain, mailbox_id)
);
CREATE INDEX grantee_mailbox ON grantee (mailbox_id);
