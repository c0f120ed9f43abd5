-- What was decided about requests. No value of a record stands here.
CREATE TABLE "athyper_decisions" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "id" text COLLATE "C" NOT NULL,
    "at" text COLLATE "C" NOT NULL,
    "subject" text COLLATE "C" NOT NULL,
    "caller" text COLLATE "C" NOT NULL,
    "action" text COLLATE "C" NOT NULL,
    "entity" text COLLATE "C" NOT NULL,
    "record" text COLLATE "C",
    "decision" text COLLATE "C" NOT NULL CHECK ("decision" IN ('allow', 'deny', 'absent')),
    "details" text COLLATE "C" NOT NULL,
    "build" text COLLATE "C" NOT NULL,
    "micros" bigint NOT NULL,
    "trace" text COLLATE "C" NOT NULL,
    "request" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "id")
);
CREATE INDEX "athyper_decisions_at" ON "athyper_decisions" ("tenant_id", "at");
ALTER TABLE "athyper_decisions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "athyper_decisions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "athyper_decisions"
    USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')))
    WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')));
