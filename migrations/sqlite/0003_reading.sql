-- The columns come before the document, so that they are read without it; the order of the date is kept for each property that leads.
CREATE TABLE "Log3" (
    _id BLOB PRIMARY KEY,
    branch TEXT NOT NULL,
    server TEXT NOT NULL,
    message_id TEXT,
    state TEXT NOT NULL,
    date INTEGER NOT NULL, -- milliseconds since 1970 in UTC; the least integer where the Log has no date
    method TEXT, -- char(0) where it is something else than a text
    log_file_id BLOB NOT NULL,
    has_error INTEGER NOT NULL,
    known_error_id TEXT,
    group_id BLOB,
    pairing_key BLOB,
    request_half INTEGER,
    response_half INTEGER,
    doc BLOB NOT NULL
);
INSERT INTO "Log3" SELECT _id, branch, server, message_id, state, date, coalesce(method, char(0)), log_file_id, has_error, known_error_id, group_id, NULL, request_half, response_half, doc FROM "Log";
DROP TABLE "Log";
ALTER TABLE "Log3" RENAME TO "Log";
CREATE INDEX log_by_date ON "Log" (date DESC, _id DESC);
CREATE INDEX log_by_branch ON "Log" (branch, date);
CREATE INDEX log_by_method ON "Log" (method, date) WHERE method IS NOT NULL;
CREATE INDEX log_by_file ON "Log" (log_file_id, date);
CREATE INDEX log_by_message_id ON "Log" (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX log_by_group ON "Log" (group_id, date, branch) WHERE group_id IS NOT NULL;
CREATE INDEX log_by_known_error ON "Log" (known_error_id, date) WHERE known_error_id IS NOT NULL;
CREATE INDEX log_error_by_file ON "Log" (log_file_id, known_error_id, group_id) WHERE has_error;
CREATE INDEX log_error_by_branch ON "Log" (branch, known_error_id) WHERE has_error;
-- Only Logs that their id does not identify: without message id, or under one that was used before.
CREATE INDEX log_open ON "Log" (pairing_key, state, date) WHERE pairing_key IS NOT NULL;
CREATE INDEX log_by_request ON "Log" (request_half) WHERE pairing_key IS NOT NULL;
CREATE INDEX log_by_response ON "Log" (response_half) WHERE pairing_key IS NOT NULL;
