-- The runtime's own tables. Applied once, in order, known by their hash; never edited after a release.
CREATE TABLE "athyper_migrations" (
    "name" text COLLATE "C" NOT NULL PRIMARY KEY,
    "hash" text COLLATE "C" NOT NULL,
    "applied_at" text COLLATE "C" NOT NULL
);

-- Facts about the database as a whole: `schema` (hash of the applied schema), `secret` (of this database), and what
-- was made with that schema.
CREATE TABLE "athyper_facts" (
    "name" text COLLATE "C" NOT NULL PRIMARY KEY,
    "value" text COLLATE "C" NOT NULL
);

CREATE TABLE "athyper_tenants" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL UNIQUE,
    "state" text COLLATE "C" NOT NULL CHECK ("state" IN ('active', 'suspended')),
    "created_at" text COLLATE "C" NOT NULL
);

-- Answers to requests that carried an Idempotency-Key, so that a repeated request has no second effect.
CREATE TABLE "athyper_idempotency" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "subject" text COLLATE "C" NOT NULL,
    "key" text COLLATE "C" NOT NULL,
    "request" text COLLATE "C" NOT NULL,
    "status" bigint NOT NULL,
    "answer" text COLLATE "C" NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "subject", "key")
);
ALTER TABLE "athyper_idempotency" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "athyper_idempotency" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "athyper_idempotency"
    USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')))
    WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')));

-- The last number given out, per tenant, series and period.
CREATE TABLE "athyper_sequences" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "series" text COLLATE "C" NOT NULL,
    "period" text COLLATE "C" NOT NULL,
    "last" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "series", "period")
);
ALTER TABLE "athyper_sequences" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "athyper_sequences" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "athyper_sequences"
    USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')))
    WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')));
