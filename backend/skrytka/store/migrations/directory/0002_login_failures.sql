-- Failed logins, counted by all processes of the deployment. The table is bounded: a subject (a client's network, a login name,
-- the id of an API key) has one slot of its kind, and takes it from whoever had it before. subject is a keyed hash, so that the
-- table tells nobody who failed. settled_at_ms is when, at one failure forgotten every auth.failure_decay_s, none is left.
CREATE TABLE login_failure (
    kind TEXT NOT NULL,
    slot INTEGER NOT NULL,
    subject BLOB NOT NULL,
    settled_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, slot)
);
