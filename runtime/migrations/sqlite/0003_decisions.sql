-- What was decided about requests. No value of a record stands here.
CREATE TABLE "athyper_decisions" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "caller" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "entity" TEXT NOT NULL,
    "record" TEXT,
    "decision" TEXT NOT NULL CHECK ("decision" IN ('allow', 'deny', 'absent')),
    "details" TEXT NOT NULL,
    "build" TEXT NOT NULL,
    "micros" INTEGER NOT NULL,
    "trace" TEXT NOT NULL,
    "request" TEXT NOT NULL,
    PRIMARY KEY ("tenant_id", "id")
) STRICT;
CREATE INDEX "athyper_decisions_at" ON "athyper_decisions" ("tenant_id", "at");
