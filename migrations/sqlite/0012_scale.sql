-- Logs by branch and by what is known of their error: kept by the database in the transaction of each change, so that nothing spoils them.
CREATE TABLE "StateCount" (branch TEXT PRIMARY KEY, normal INTEGER NOT NULL, known INTEGER NOT NULL, unknown INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "StateCount" SELECT branch, SUM(NOT has_error), SUM(has_error AND known_error_id IS NOT NULL), SUM(has_error AND known_error_id IS NULL) FROM "Log" GROUP BY branch;
CREATE TRIGGER log_counted AFTER INSERT ON "Log" BEGIN
    INSERT INTO "StateCount" VALUES (NEW.branch, NOT NEW.has_error, NEW.has_error AND NEW.known_error_id IS NOT NULL, NEW.has_error AND NEW.known_error_id IS NULL)
        ON CONFLICT (branch) DO UPDATE SET normal = normal + excluded.normal, known = known + excluded.known, unknown = unknown + excluded.unknown;
END;
CREATE TRIGGER log_uncounted AFTER DELETE ON "Log" BEGIN
    UPDATE "StateCount" SET normal = normal - (NOT OLD.has_error), known = known - (OLD.has_error AND OLD.known_error_id IS NOT NULL),
        unknown = unknown - (OLD.has_error AND OLD.known_error_id IS NULL) WHERE branch = OLD.branch;
END;
CREATE TRIGGER log_recounted AFTER UPDATE OF known_error_id ON "Log" WHEN NEW.has_error AND (OLD.known_error_id IS NULL) <> (NEW.known_error_id IS NULL) BEGIN
    UPDATE "StateCount" SET known = known + (NEW.known_error_id IS NOT NULL) - (NEW.known_error_id IS NULL),
        unknown = unknown + (NEW.known_error_id IS NULL) - (NEW.known_error_id IS NOT NULL) WHERE branch = NEW.branch;
END;
-- What a chart of Logs says of each stands in the indexes, so that it is read without them.
DROP INDEX log_by_date;
CREATE INDEX log_by_date ON "Log" (date DESC, _id DESC, has_error, known_error_id, state);
DROP INDEX log_by_branch;
CREATE INDEX log_by_branch ON "Log" (branch, date, _id, has_error, known_error_id, state);
DROP INDEX log_by_method;
CREATE INDEX log_by_method ON "Log" (method, date, _id, has_error, known_error_id, state) WHERE method IS NOT NULL;
-- What happened in a session is read by its own index. The column is filled after this step.
ALTER TABLE "Log" ADD COLUMN session_key TEXT;
CREATE INDEX log_by_session ON "Log" (session_key, date) WHERE session_key IS NOT NULL;
-- So is what the queue is searched for.
DROP INDEX error_by_state_count;
CREATE INDEX error_by_state_count ON "Error" (state, count DESC, _id, merged, words);
-- Which groups changed after which; groups from before have the first place.
CREATE TABLE "ErrorChange" (_id BLOB PRIMARY KEY, place INTEGER NOT NULL);
INSERT INTO "ErrorChange" SELECT _id, 1 FROM "Error";
CREATE INDEX error_change_by_place ON "ErrorChange" (place);
-- Known errors by how often they came, and by status. The rows are written anew after this step.
ALTER TABLE "KnownError" ADD COLUMN count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "KnownError" ADD COLUMN last_seen INTEGER;
ALTER TABLE "KnownError" ADD COLUMN status INTEGER;
ALTER TABLE "KnownError" ADD COLUMN state TEXT NOT NULL DEFAULT 'approved';
CREATE INDEX known_error_by_count ON "KnownError" (count DESC, _id);
CREATE INDEX known_error_by_status ON "KnownError" (status, count);
CREATE INDEX known_error_by_id ON "KnownError" (_id, count, last_seen);
