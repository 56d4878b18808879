-- What processes learnt of groups, in the order that all of them agree on. What was learnt before stands in the groups themselves.
CREATE TABLE "GroupStep" (_id INTEGER PRIMARY KEY, doc BLOB NOT NULL);
