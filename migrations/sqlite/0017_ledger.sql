-- What each file and stream brought, beside its document, so that the ledger is summed up and not read.
ALTER TABLE "LogFile" ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN parsed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN paired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN duplicate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN unknown INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "LogFile" ADD COLUMN arrived_at INTEGER NOT NULL DEFAULT 0;
-- When something was written to it last, while it is not closed.
ALTER TABLE "LogFile" ADD COLUMN open_at INTEGER;
CREATE INDEX log_file_open ON "LogFile" (open_at) WHERE open_at IS NOT NULL;
