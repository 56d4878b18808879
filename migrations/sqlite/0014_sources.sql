-- Which file gave which half of a Log that another file gave too: a fingerprint a half; `owner` is the file that the Log names.
CREATE TABLE "LogSource" (
    log_id BLOB NOT NULL,
    log_file_id BLOB NOT NULL,
    owner BLOB NOT NULL,
    request_half INTEGER,
    response_half INTEGER,
    PRIMARY KEY (log_id, log_file_id)
) WITHOUT ROWID;
CREATE INDEX log_source_by_file ON "LogSource" (log_file_id);
CREATE INDEX log_source_by_owner ON "LogSource" (owner);
