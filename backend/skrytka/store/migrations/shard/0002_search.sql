-- The search index: segments of the folded texts of a mailbox's contents, each for the contents of a range of ids. What no
-- segment covers is searched in the mails themselves, so any row may be deleted at any time: it is made again.

CREATE TABLE search_segment (
    mailbox_id INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    contents INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    left_out BLOB NOT NULL,
    filter BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, first_id)
);

CREATE TABLE search_header (
    mailbox_id INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, first_id)
);

CREATE TABLE search_body (
    mailbox_id INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, first_id)
);

-- Up to where the index was made, how often segments were dropped, and how many of these times were made good.
CREATE TABLE search_progress (
    mailbox_id INTEGER NOT NULL PRIMARY KEY,
    indexed_id INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    mended INTEGER NOT NULL
);
