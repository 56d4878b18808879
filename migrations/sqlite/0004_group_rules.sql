-- What analysts decided about which errors are one group.
CREATE TABLE "GroupRule" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, created_at INTEGER NOT NULL);
