-- Package hello: the tables on PostgreSQL.

CREATE TABLE "hello_note" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "title" text COLLATE "C" NOT NULL,
  "body" text COLLATE "C",
  "done" boolean NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "hello_note__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "hello_note__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "hello_note__title_limit" CHECK (length("title") <= 80),
  CONSTRAINT "hello_note__body_limit" CHECK (length("body") <= 65536)
);
ALTER TABLE "hello_note" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "hello_note" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "hello_note" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "hello_note" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "hello_note" IS 'Note';
