-- Drafts of answers for unknown errors: by group, by what is to be written next or waits for a decision, and by what came of them.
CREATE TABLE "Suggestion" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, group_id BLOB NOT NULL, state TEXT NOT NULL, urgent INTEGER NOT NULL, asked_at INTEGER NOT NULL, settled_at INTEGER NOT NULL, lease_until INTEGER, edited INTEGER NOT NULL, reply_tokens INTEGER NOT NULL, decode_ms INTEGER NOT NULL);
CREATE INDEX suggestion_by_group ON "Suggestion" (group_id, asked_at DESC, _id DESC);
CREATE INDEX suggestion_by_state ON "Suggestion" (state, urgent DESC, asked_at, _id);
CREATE INDEX suggestion_by_day ON "Suggestion" (settled_at, state, edited, reply_tokens, decode_ms);
CREATE INDEX suggestion_made_ahead ON "Suggestion" (asked_at) WHERE urgent = 0;
