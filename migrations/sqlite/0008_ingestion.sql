-- What lets a branch's programs in, what the branch was told, and quarantine by branch and date.
CREATE TABLE "IngestKey" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL, branch TEXT NOT NULL);
CREATE INDEX ingest_key_by_branch ON "IngestKey" (branch);
CREATE TABLE "Advice" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL, branch TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE UNIQUE INDEX advice_by_branch ON "Advice" (branch, seq);
ALTER TABLE "Quarantine" ADD COLUMN branch TEXT;
ALTER TABLE "Quarantine" ADD COLUMN created_at INTEGER;
-- A piece bears the branch and the moment of its file.
UPDATE "Quarantine" SET (branch, created_at) = (SELECT branch, created_at FROM "LogFile" WHERE "LogFile"._id = log_file_id);
CREATE INDEX quarantine_by_date ON "Quarantine" (created_at DESC, _id DESC);
CREATE INDEX quarantine_by_branch ON "Quarantine" (branch, created_at DESC, _id DESC);
CREATE INDEX log_file_by_branch ON "LogFile" (branch, created_at DESC);
