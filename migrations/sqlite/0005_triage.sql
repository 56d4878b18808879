-- The queue of unknown errors: what it is filtered and ordered by stands before the document. The rows are written anew after this step.
CREATE TABLE "Error5" (
    _id BLOB PRIMARY KEY,
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    first_seen INTEGER NOT NULL DEFAULT -9223372036854775808, -- the least integer where it was never seen
    last_seen INTEGER NOT NULL DEFAULT -9223372036854775808,
    review INTEGER NOT NULL DEFAULT 0,
    merged INTEGER NOT NULL DEFAULT 0,
    assignee TEXT,
    branches TEXT NOT NULL DEFAULT '', -- codes, a blank before and after each
    words TEXT NOT NULL DEFAULT '', -- the common text in lower case
    doc BLOB NOT NULL
);
INSERT INTO "Error5" (_id, state, count, pending, doc) SELECT _id, state, count, pending, doc FROM "Error";
DROP TABLE "Error";
ALTER TABLE "Error5" RENAME TO "Error";
CREATE INDEX error_by_state_count ON "Error" (state, count DESC, _id);
CREATE INDEX error_by_state_last_seen ON "Error" (state, last_seen DESC, _id);
CREATE INDEX error_by_state_first_seen ON "Error" (state, first_seen DESC, _id);
CREATE INDEX error_by_count ON "Error" (count DESC, _id);
CREATE INDEX error_by_last_seen ON "Error" (last_seen DESC, _id);
CREATE INDEX error_by_first_seen ON "Error" (first_seen DESC, _id);
CREATE INDEX error_by_standing ON "Error" (merged, state, review, assignee);
CREATE INDEX error_by_assignee ON "Error" (assignee, state, count DESC, _id) WHERE assignee IS NOT NULL;
CREATE INDEX error_pending ON "Error" (_id) WHERE pending;
-- How often a group came on which day and hour.
CREATE TABLE "ErrorTimes" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL);
-- What people did with a group and said of it; changes of many groups.
CREATE TABLE "Activity" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, group_id BLOB NOT NULL, at INTEGER NOT NULL);
CREATE INDEX activity_by_group ON "Activity" (group_id, at DESC, _id);
CREATE TABLE "Bulk" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL);
