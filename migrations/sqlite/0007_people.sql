-- Sessions are listed by person; those that are open have no name in a column and end here.
DELETE FROM "Session";
ALTER TABLE "Session" ADD COLUMN user TEXT NOT NULL DEFAULT '';
CREATE INDEX session_by_user ON "Session" (user, expires_at);
CREATE TABLE "ApiToken" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, user TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX api_token_by_user ON "ApiToken" (user, created_at DESC);
CREATE TABLE "Invitation" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE "Audit" (
    _id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    refused INTEGER NOT NULL,
    doc BLOB NOT NULL
);
CREATE INDEX audit_by_date ON "Audit" (at DESC, _id DESC);
CREATE INDEX audit_by_actor ON "Audit" (actor, at DESC, _id DESC, action, target, refused);
CREATE INDEX audit_by_action ON "Audit" (action, at DESC, _id DESC, target, refused);
CREATE INDEX audit_by_target ON "Audit" (target, at DESC, _id DESC, refused);
CREATE INDEX audit_refused ON "Audit" (at DESC, _id DESC) WHERE refused;
-- Written once: whoever has the program's connection cannot rewrite what was done.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON "Audit" BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON "Audit" BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
