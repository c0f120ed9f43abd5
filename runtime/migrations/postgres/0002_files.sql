-- Uploaded files: what is known about each. The bytes lie in the data folder under their hash.
CREATE TABLE "athyper_files" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "media_type" text COLLATE "C" NOT NULL,
    "bytes" bigint NOT NULL,
    "sha256" text COLLATE "C" NOT NULL,
    "created_by" text COLLATE "C" NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "id")
);
ALTER TABLE "athyper_files" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "athyper_files" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "athyper_files"
    USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')))
    WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')));
