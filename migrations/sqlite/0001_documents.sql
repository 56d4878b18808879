-- Each document is kept whole, as BSON, in `doc`; the other columns are those that are asked for.
CREATE TABLE "Log" (
    _id BLOB PRIMARY KEY,
    doc BLOB NOT NULL,
    branch TEXT NOT NULL,
    server TEXT NOT NULL,
    message_id TEXT,
    state TEXT NOT NULL,
    date INTEGER NOT NULL, -- milliseconds since 1970 in UTC; the least integer where the Log has no date
    method TEXT,
    log_file_id BLOB NOT NULL,
    has_error INTEGER NOT NULL,
    known_error_id TEXT,
    group_id BLOB,
    session_key TEXT,
    request_half INTEGER,
    response_half INTEGER
);
CREATE TABLE "LogFile" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, branch TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE "Error" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL, pending INTEGER NOT NULL);
CREATE TABLE "StatusError" (_id INTEGER PRIMARY KEY, doc BLOB NOT NULL);
CREATE TABLE "KnownError" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL);
CREATE TABLE "Answer" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, known_error_id TEXT NOT NULL, position INTEGER NOT NULL);
CREATE TABLE "LogQuery" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL);
CREATE TABLE "QueryConfig" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, shared INTEGER NOT NULL);
CREATE TABLE "Branch" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL);
CREATE TABLE "User" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL);
CREATE TABLE "Session" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE "Quarantine" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, log_file_id BLOB NOT NULL, byte_offset INTEGER NOT NULL);
INSERT INTO "Meta" (_id, value) VALUES ('knowledge_version', 1);
