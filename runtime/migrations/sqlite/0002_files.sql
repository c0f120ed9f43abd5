-- Uploaded files: what is known about each. The bytes lie in the data folder under their hash.
CREATE TABLE "athyper_files" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TEXT NOT NULL,
    PRIMARY KEY ("tenant_id", "id")
) STRICT;
