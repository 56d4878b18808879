CREATE INDEX log_by_date ON "Log" (date DESC, _id DESC);
CREATE INDEX log_by_message_id ON "Log" (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX log_by_file ON "Log" (log_file_id);
CREATE INDEX log_by_group ON "Log" (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX log_by_known_error ON "Log" (known_error_id) WHERE known_error_id IS NOT NULL;
CREATE INDEX log_by_session ON "Log" (branch, server, session_key) WHERE session_key IS NOT NULL;
CREATE INDEX log_file_by_date ON "LogFile" (created_at DESC);
CREATE INDEX answer_by_known_error ON "Answer" (known_error_id, position);
CREATE INDEX quarantine_by_file ON "Quarantine" (log_file_id, byte_offset);
