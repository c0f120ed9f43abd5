-- The runtime's own tables. Applied once, in order, known by their hash; never edited after a release.
CREATE TABLE "athyper_migrations" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "hash" TEXT NOT NULL,
    "applied_at" TEXT NOT NULL
) STRICT;

-- Facts about the database as a whole: `schema` (hash of the applied schema), `key` (secret of this database).
CREATE TABLE "athyper_facts" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "value" TEXT NOT NULL
) STRICT;

CREATE TABLE "athyper_tenants" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL UNIQUE,
    "state" TEXT NOT NULL CHECK ("state" IN ('active', 'suspended')),
    "created_at" TEXT NOT NULL
) STRICT;

-- Answers to requests that carried an Idempotency-Key, so that a repeated request has no second effect.
CREATE TABLE "athyper_idempotency" (
    "tenant_id" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "answer" TEXT NOT NULL,
    "created_at" TEXT NOT NULL,
    PRIMARY KEY ("tenant_id", "subject", "key")
) STRICT;

-- The last number given out, per tenant, series and period.
CREATE TABLE "athyper_sequences" (
    "tenant_id" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "last" INTEGER NOT NULL,
    PRIMARY KEY ("tenant_id", "series", "period")
) STRICT;
