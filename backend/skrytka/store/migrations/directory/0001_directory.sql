-- The directory: tenants, domains, mailboxes, verifiers, keys, policies, jobs. One database for the whole deployment.
-- Identifiers come from the table sequence. Times are Unix seconds.

-- One row, made at the first start. deployment_id also stands in every shard and in the owner file of the blob store; blobs is
-- what that file says, so that another, empty place is not taken for it.
CREATE TABLE deployment (
    number INTEGER NOT NULL PRIMARY KEY,
    deployment_id TEXT NOT NULL,
    blobs TEXT
);

CREATE TABLE sequence (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
);

INSERT INTO sequence (name, value) VALUES ('mailbox', 0), ('job', 0);

CREATE TABLE tenant (
    tenant_id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
);

INSERT INTO tenant (tenant_id, name, created_at) VALUES (1, 'default', 0);

-- addresses counts the mailboxes and aliases of the domain; whoever adds or removes one updates this row first, which
-- serialises the addresses of a domain on both engines.
CREATE TABLE domain (
    name TEXT NOT NULL PRIMARY KEY,
    tenant_id INTEGER NOT NULL,
    status TEXT NOT NULL,
    addresses INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

-- address is NULL from the moment a mailbox is deleted, so that the address is free at once; former_address keeps it for
-- people who read the table. pending is 1 while a step on the shard is due.
CREATE TABLE mailbox (
    mailbox_id INTEGER NOT NULL PRIMARY KEY,
    tenant_id INTEGER NOT NULL,
    address TEXT UNIQUE,
    former_address TEXT,
    domain TEXT NOT NULL,
    display_name TEXT NOT NULL,
    status TEXT NOT NULL,
    state TEXT NOT NULL,
    shard TEXT NOT NULL,
    quota_octets INTEGER,
    quota_messages INTEGER,
    login_enabled INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE INDEX mailbox_domain ON mailbox (domain, address);

CREATE INDEX mailbox_pending ON mailbox (mailbox_id) WHERE pending = 1;

CREATE TABLE alias (
    alias TEXT NOT NULL PRIMARY KEY,
    domain TEXT NOT NULL,
    mailbox_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE INDEX alias_mailbox ON alias (mailbox_id, alias);

-- The row stays when a password is taken away (argon2id and the SCRAM keys become NULL): its version must never repeat,
-- because processes remember logins by it.
CREATE TABLE credential (
    mailbox_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    argon2id TEXT,
    scram_salt BLOB,
    scram_iterations INTEGER,
    scram_stored_key BLOB,
    scram_server_key BLOB,
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, name)
);

CREATE TABLE api_key (
    key_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
);

CREATE TABLE retention_policy (
    name TEXT NOT NULL PRIMARY KEY,
    action TEXT NOT NULL,
    days INTEGER NOT NULL,
    domain TEXT,
    mailbox TEXT,
    role TEXT,
    folder TEXT,
    enabled INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

-- Recurring work: one row per kind. progress is the kind's own cursor, so that a new holder goes on where the last stopped.
CREATE TABLE job (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    progress INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    lease_number INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    UNIQUE (kind, subject)
);

CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    number INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

-- status is NULL while the first request runs.
CREATE TABLE idempotency (
    key TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    status INTEGER,
    response BLOB,
    created_at INTEGER NOT NULL
);

CREATE INDEX idempotency_age ON idempotency (created_at);
