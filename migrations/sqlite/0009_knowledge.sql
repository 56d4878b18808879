-- Versions of known errors, feedback about answers, and known errors by which Logs still have to be judged.
CREATE TABLE "KnownErrorVersion" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, known_error_id TEXT NOT NULL, number INTEGER NOT NULL);
CREATE UNIQUE INDEX known_error_version_by_number ON "KnownErrorVersion" (known_error_id, number);
CREATE TABLE "Feedback" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, known_error_id TEXT NOT NULL, answer_id BLOB NOT NULL, user TEXT NOT NULL, worked INTEGER NOT NULL);
CREATE INDEX feedback_by_known_error ON "Feedback" (known_error_id, user);
ALTER TABLE "KnownError" ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
CREATE INDEX known_error_pending ON "KnownError" (_id) WHERE pending;
-- With the branch, the Logs of a known error are counted without being read.
DROP INDEX log_by_known_error;
CREATE INDEX log_by_known_error ON "Log" (known_error_id, date, branch) WHERE known_error_id IS NOT NULL;
