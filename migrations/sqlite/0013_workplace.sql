-- Views of the queue of unknown errors stand beside those of the Logs; groups are found by the methods of their exchanges. The rows of the
-- groups are written anew after this step.
ALTER TABLE "QueryConfig" ADD COLUMN kind TEXT NOT NULL DEFAULT 'logs';
CREATE INDEX query_config_by_owner ON "QueryConfig" (kind, owner);
CREATE INDEX query_config_shared ON "QueryConfig" (kind) WHERE shared;
ALTER TABLE "Error" ADD COLUMN methods TEXT NOT NULL DEFAULT ''; -- char(31) before and after each
-- With the method, the Logs of a group are counted without being read.
DROP INDEX log_by_group;
CREATE INDEX log_by_group ON "Log" (group_id, date, branch, method) WHERE group_id IS NOT NULL;
