-- Who is told what fails at a branch, what there is to tell, messages on their way, and what agents say of themselves.
CREATE TABLE "Subscription" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, branch TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX subscription_by_branch ON "Subscription" (branch, created_at, _id);
CREATE TABLE "Notice" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL, branch TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE UNIQUE INDEX notice_by_branch ON "Notice" (branch, seq);
CREATE INDEX notice_by_subject ON "Notice" (branch, key);
CREATE TABLE "Delivery" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, branch TEXT NOT NULL, subscription BLOB NOT NULL, due INTEGER, created_at INTEGER NOT NULL, settled_at INTEGER);
CREATE INDEX delivery_due ON "Delivery" (due, _id) WHERE due IS NOT NULL;
CREATE INDEX delivery_by_branch ON "Delivery" (branch, created_at DESC, _id DESC);
CREATE INDEX delivery_waiting ON "Delivery" (subscription) WHERE due IS NOT NULL;
CREATE INDEX delivery_settled ON "Delivery" (settled_at) WHERE settled_at IS NOT NULL;
CREATE TABLE "Agent" (_id TEXT PRIMARY KEY, doc BLOB NOT NULL, branch TEXT NOT NULL, seen_at INTEGER NOT NULL);
CREATE INDEX agent_by_branch ON "Agent" (branch, seen_at DESC, _id);
