-- Package hello: the tables on SQLite.
-- A reference that is cleared on delete has no ON DELETE SET NULL: that would clear the tenant too.
-- Whoever deletes clears the holders first, in the same transaction.

-- Note
CREATE TABLE "hello_note" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "body" TEXT,
  "done" INTEGER NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "hello_note__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "hello_note__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "hello_note__title_limit" CHECK (length("title") <= 80),
  CONSTRAINT "hello_note__body_limit" CHECK (length("body") <= 65536),
  CONSTRAINT "hello_note__done_limit" CHECK ("done" IN (0, 1))
) STRICT;
