-- Whether each reader of the folders that a mailbox shares has a \Seen of his own; its shard has a copy.
ALTER TABLE mailbox ADD COLUMN seen TEXT NOT NULL DEFAULT 'shared';
