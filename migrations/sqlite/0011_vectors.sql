-- What known errors mean to an embedding model.
CREATE TABLE "KnownErrorVectors" (_id BLOB PRIMARY KEY, doc BLOB NOT NULL, known_error_id TEXT NOT NULL);
CREATE INDEX known_error_vectors_by_known_error ON "KnownErrorVectors" (known_error_id);
