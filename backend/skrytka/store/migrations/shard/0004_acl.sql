-- Who else may do what with a folder (RFC 4314). grantee_id is the mailbox that identifier names, so that an address which somebody
-- else gets later brings no rights; 0 is anyone. An identifier that begins with '-' takes rights away.
CREATE TABLE acl (
    mailbox_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    grantee_id INTEGER NOT NULL,
    rights TEXT NOT NULL,
    PRIMARY KEY (mailbox_id, folder_id, identifier)
);
CREATE INDEX acl_grantee ON acl (mailbox_id, grantee_id);
