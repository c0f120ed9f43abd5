-- Package shop: the tables on PostgreSQL.

CREATE TABLE "shop_category" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "parent_id" uuid,
  "slug" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "keeper_id" uuid,
  "featured_id" uuid,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "shop_category__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "shop_category__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "shop_category__slug_limit" CHECK (length("slug") <= 64),
  CONSTRAINT "shop_category__name_limit" CHECK (length("name") <= 40)
);
CREATE UNIQUE INDEX "shop_category__natural_key" ON "shop_category" ("tenant_id", "slug");
CREATE INDEX "shop_category__parent_idx" ON "shop_category" ("tenant_id", "parent_id" NULLS FIRST, "id");
CREATE INDEX "shop_category__keeper_idx" ON "shop_category" ("tenant_id", "keeper_id" NULLS FIRST, "id");
CREATE INDEX "shop_category__featured_idx" ON "shop_category" ("tenant_id", "featured_id" NULLS FIRST, "id");
ALTER TABLE "shop_category" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "shop_category" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "shop_category" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "shop_category" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "shop_category" IS 'Category';

CREATE TABLE "shop_item" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "deleted_at" timestamptz,
  "code" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "status" text COLLATE "C" NOT NULL,
  "category_id" uuid,
  "text" text COLLATE "C",
  "markup" text COLLATE "C",
  "count" bigint NOT NULL,
  "weight" numeric(9, 3),
  "price" numeric(18, 2) NOT NULL,
  "discount" numeric(9, 4),
  "net" numeric(18, 2) GENERATED ALWAYS AS (CASE WHEN abs(("price" - coalesce("rebate", 0.00))) < 10000000000000000 THEN ("price" - coalesce("rebate", 0.00)) END) STORED,
  "rebate" numeric(18, 2),
  "active" boolean NOT NULL,
  "since" date,
  "opens" time,
  "seen_at" timestamptz,
  "lasts" bigint,
  "token" uuid,
  "extra" json,
  "email" text COLLATE "C",
  "url" text COLLATE "C",
  "phone" text COLLATE "C",
  "country" text COLLATE "C",
  "currency" text COLLATE "C",
  "language" text COLLATE "C",
  "timezone" text COLLATE "C",
  "iban" text COLLATE "C",
  "color" text COLLATE "C",
  "slug" text COLLATE "C",
  "ip" text COLLATE "C",
  "manual" uuid,
  "picture" uuid,
  "size" text COLLATE "C",
  "tags" jsonb,
  "statuses" jsonb,
  "mood" text COLLATE "C",
  "type" text COLLATE "C",
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "shop_item__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "shop_item__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "shop_item__code_limit" CHECK (length("code") <= 12),
  CONSTRAINT "shop_item__name_limit" CHECK (length("name") <= 80 AND length("name") >= 2),
  CONSTRAINT "shop_item__status_limit" CHECK ("status" IN ('draft', 'in_use', 'gone')),
  CONSTRAINT "shop_item__text_limit" CHECK (length("text") <= 500),
  CONSTRAINT "shop_item__markup_limit" CHECK (length("markup") <= 262144),
  CONSTRAINT "shop_item__count_limit" CHECK ("count" >= 0 AND "count" <= 9999),
  CONSTRAINT "shop_item__weight_limit" CHECK ("weight" >= '0.001'),
  CONSTRAINT "shop_item__price_limit" CHECK ("price" >= '0.00' AND "price" <= '100000.00'),
  CONSTRAINT "shop_item__discount_limit" CHECK ("discount" >= '0.0000' AND "discount" <= '100.0000'),
  CONSTRAINT "shop_item__since_limit" CHECK ("since" >= '2000-01-01'),
  CONSTRAINT "shop_item__opens_limit" CHECK ("opens" >= '06:00:00' AND "opens" <= '20:00:00'),
  CONSTRAINT "shop_item__lasts_limit" CHECK ("lasts" <= 172800000000),
  CONSTRAINT "shop_item__email_limit" CHECK (length("email") <= 254),
  CONSTRAINT "shop_item__url_limit" CHECK (length("url") <= 2048),
  CONSTRAINT "shop_item__phone_limit" CHECK (length("phone") <= 16),
  CONSTRAINT "shop_item__country_limit" CHECK (length("country") <= 2),
  CONSTRAINT "shop_item__currency_limit" CHECK (length("currency") <= 3),
  CONSTRAINT "shop_item__language_limit" CHECK (length("language") <= 35),
  CONSTRAINT "shop_item__timezone_limit" CHECK (length("timezone") <= 64),
  CONSTRAINT "shop_item__iban_limit" CHECK (length("iban") <= 34),
  CONSTRAINT "shop_item__color_limit" CHECK (length("color") <= 7),
  CONSTRAINT "shop_item__slug_limit" CHECK (length("slug") <= 64),
  CONSTRAINT "shop_item__ip_limit" CHECK (length("ip") <= 45),
  CONSTRAINT "shop_item__size_limit" CHECK (length("size") <= 2 AND "size" IN ('S', 'M', 'L')),
  CONSTRAINT "shop_item__tags_limit" CHECK (jsonb_typeof("tags") = 'array' AND jsonb_array_length("tags") <= 10),
  CONSTRAINT "shop_item__statuses_limit" CHECK (jsonb_typeof("statuses") = 'array' AND jsonb_array_length("statuses") <= 1000),
  CONSTRAINT "shop_item__mood_limit" CHECK ("mood" IN ('draft', 'in_use', 'gone')),
  CONSTRAINT "shop_item__type_limit" CHECK (length("type") <= 10),
  CONSTRAINT "shop_item__cheap_drafts_check" CHECK (("status" = 'draft' AND "price" > 1000.00) IS NOT TRUE),
  CONSTRAINT "shop_item__fair_rebate_check" CHECK (("rebate" IS NOT NULL AND "rebate" > "price") IS NOT TRUE)
);
CREATE UNIQUE INDEX "shop_item__code_key" ON "shop_item" ("tenant_id", "code") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "shop_item__name_per_category_key" ON "shop_item" ("tenant_id", "category_id" NULLS FIRST, "name") WHERE "deleted_at" IS NULL;
CREATE INDEX "shop_item__by_price_idx" ON "shop_item" ("tenant_id", "price" DESC, "name", "id");
CREATE INDEX "shop_item__category_idx" ON "shop_item" ("tenant_id", "category_id" NULLS FIRST, "id");
CREATE INDEX "shop_item__seen_at_idx" ON "shop_item" ("tenant_id", "seen_at" NULLS FIRST, "id");
ALTER TABLE "shop_item" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "shop_item" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "shop_item" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "shop_item" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "shop_item" IS 'A thing on a shelf.
Its second line isn''t "quoted".
';
COMMENT ON COLUMN "shop_item"."type" IS 'A word that Rust keeps for itself.';

CREATE TABLE "shop_person" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "shop_person__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "shop_person__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "shop_person__name_limit" CHECK (length("name") <= 60)
);
ALTER TABLE "shop_person" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "shop_person" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "shop_person" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "shop_person" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "shop_person" IS 'Person';

CREATE TABLE "stock_batch" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "parent_id" uuid NOT NULL,
  "position" bigint NOT NULL,
  "label" text COLLATE "C" NOT NULL,
  "count" bigint NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_batch__label_limit" CHECK (length("label") <= 10),
  CONSTRAINT "stock_batch__count_limit" CHECK ("count" >= 1)
);
CREATE INDEX "stock_batch__parent_idx" ON "stock_batch" ("tenant_id", "parent_id", "position", "id");
ALTER TABLE "stock_batch" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "stock_batch" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "stock_batch" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "stock_batch" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "stock_batch" IS 'Batch';

CREATE TABLE "stock_line" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "parent_id" uuid NOT NULL,
  "position" bigint NOT NULL,
  "item_id" uuid NOT NULL,
  "item_name" text COLLATE "C",
  "quantity" bigint NOT NULL,
  "price" numeric(18, 2) NOT NULL,
  "amount" numeric(18, 2),
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_line__item_name_limit" CHECK (length("item_name") <= 255),
  CONSTRAINT "stock_line__quantity_limit" CHECK ("quantity" >= 1)
);
CREATE INDEX "stock_line__parent_idx" ON "stock_line" ("tenant_id", "parent_id", "position", "id");
CREATE INDEX "stock_line__item_idx" ON "stock_line" ("tenant_id", "item_id", "id");
ALTER TABLE "stock_line" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "stock_line" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "stock_line" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "stock_line" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "stock_line" IS 'Line';

CREATE TABLE "stock_order" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "code" text COLLATE "C" NOT NULL,
  "orderer_id" uuid NOT NULL,
  "since" date NOT NULL,
  "note" text COLLATE "C",
  "total" numeric(18, 2),
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_order__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "stock_order__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "stock_order__code_limit" CHECK (length("code") <= 20),
  CONSTRAINT "stock_order__note_limit" CHECK (length("note") <= 200),
  CONSTRAINT "stock_order__positive_check" CHECK (("total" IS NOT NULL AND "total" < 0.00) IS NOT TRUE)
);
CREATE UNIQUE INDEX "stock_order__code_key" ON "stock_order" ("tenant_id", "code");
CREATE INDEX "stock_order__orderer_idx" ON "stock_order" ("tenant_id", "orderer_id", "id");
ALTER TABLE "stock_order" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "stock_order" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "stock_order" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "stock_order" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "stock_order" IS 'What is ordered to fill the shelves.';

CREATE TABLE "stock_price" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "valid_from" date NOT NULL,
  "valid_to" date,
  "item_id" uuid NOT NULL,
  "price" numeric(18, 2) NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_price__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "stock_price__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "stock_price__valid_period" CHECK ("valid_to" > "valid_from")
);
CREATE UNIQUE INDEX "stock_price__natural_key" ON "stock_price" ("tenant_id", "item_id", "valid_from");
ALTER TABLE "stock_price" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "stock_price" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "stock_price" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "stock_price" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "stock_price" IS 'What an item costs in a period.';

-- Foreign keys, when every table is there.
ALTER TABLE "shop_category" ADD CONSTRAINT "shop_category__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "shop_category" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "shop_category" ADD CONSTRAINT "shop_category__keeper_fkey" FOREIGN KEY ("tenant_id", "keeper_id") REFERENCES "shop_person" ("tenant_id", "id") ON DELETE SET NULL ("keeper_id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "shop_category" ADD CONSTRAINT "shop_category__featured_fkey" FOREIGN KEY ("tenant_id", "featured_id") REFERENCES "shop_item" ("tenant_id", "id") ON DELETE SET NULL ("featured_id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "shop_item" ADD CONSTRAINT "shop_item__category_fkey" FOREIGN KEY ("tenant_id", "category_id") REFERENCES "shop_category" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "stock_batch" ADD CONSTRAINT "stock_batch__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "stock_line" ("tenant_id", "id") ON DELETE CASCADE;
ALTER TABLE "stock_line" ADD CONSTRAINT "stock_line__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "stock_order" ("tenant_id", "id") ON DELETE CASCADE;
ALTER TABLE "stock_line" ADD CONSTRAINT "stock_line__item_fkey" FOREIGN KEY ("tenant_id", "item_id") REFERENCES "shop_item" ("tenant_id", "id");
ALTER TABLE "stock_order" ADD CONSTRAINT "stock_order__orderer_fkey" FOREIGN KEY ("tenant_id", "orderer_id") REFERENCES "shop_person" ("tenant_id", "id");
ALTER TABLE "stock_price" ADD CONSTRAINT "stock_price__item_fkey" FOREIGN KEY ("tenant_id", "item_id") REFERENCES "shop_item" ("tenant_id", "id") ON DELETE CASCADE;
