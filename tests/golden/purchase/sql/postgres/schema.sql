-- Package purchase: the tables on PostgreSQL.

CREATE TABLE "purchase_currency" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "code" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "decimals" bigint NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_currency__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_currency__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_currency__code_limit" CHECK (length("code") <= 3),
  CONSTRAINT "purchase_currency__name_limit" CHECK (length("name") <= 40),
  CONSTRAINT "purchase_currency__decimals_limit" CHECK ("decimals" >= 0 AND "decimals" <= 4)
);
CREATE UNIQUE INDEX "purchase_currency__code_key" ON "purchase_currency" ("tenant_id", "code");
ALTER TABLE "purchase_currency" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_currency" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_currency" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_currency" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_currency" IS 'Currency';

CREATE TABLE "purchase_delivery" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "parent_id" uuid NOT NULL,
  "position" bigint NOT NULL,
  "arrived_on" date NOT NULL,
  "quantity" numeric(12, 3) NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_delivery__quantity_limit" CHECK ("quantity" >= '0.001')
);
CREATE INDEX "purchase_delivery__parent_idx" ON "purchase_delivery" ("tenant_id", "parent_id", "position", "id");
ALTER TABLE "purchase_delivery" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_delivery" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_delivery" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_delivery" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_delivery" IS 'A part of a line that arrived.';

CREATE TABLE "purchase_product" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "deleted_at" timestamptz,
  "sku" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "group_id" uuid,
  "supplier_id" uuid NOT NULL,
  "price" numeric(18, 2) NOT NULL,
  "weight" numeric(9, 3),
  "active" boolean NOT NULL,
  "released_on" date,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_product__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_product__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_product__sku_limit" CHECK (length("sku") <= 20),
  CONSTRAINT "purchase_product__name_limit" CHECK (length("name") <= 80),
  CONSTRAINT "purchase_product__price_limit" CHECK ("price" >= '0.00'),
  CONSTRAINT "purchase_product__weight_limit" CHECK ("weight" >= '0.000')
);
CREATE UNIQUE INDEX "purchase_product__sku_key" ON "purchase_product" ("tenant_id", "sku") WHERE "deleted_at" IS NULL;
CREATE INDEX "purchase_product__group_idx" ON "purchase_product" ("tenant_id", "group_id" NULLS FIRST, "id");
CREATE INDEX "purchase_product__supplier_idx" ON "purchase_product" ("tenant_id", "supplier_id", "id");
ALTER TABLE "purchase_product" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_product" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_product" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_product" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_product" IS 'Product';

CREATE TABLE "purchase_product_group" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "parent_id" uuid,
  "code" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_product_group__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_product_group__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_product_group__code_limit" CHECK (length("code") <= 64),
  CONSTRAINT "purchase_product_group__name_limit" CHECK (length("name") <= 60)
);
CREATE UNIQUE INDEX "purchase_product_group__code_key" ON "purchase_product_group" ("tenant_id", "code");
CREATE INDEX "purchase_product_group__parent_idx" ON "purchase_product_group" ("tenant_id", "parent_id" NULLS FIRST, "id");
ALTER TABLE "purchase_product_group" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_product_group" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_product_group" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_product_group" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_product_group" IS 'Products by kind; groups may hold groups.';

CREATE TABLE "purchase_product_price" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "valid_from" date NOT NULL,
  "valid_to" date,
  "product_id" uuid NOT NULL,
  "price" numeric(18, 2) NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_product_price__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_product_price__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_product_price__price_limit" CHECK ("price" >= '0.00'),
  CONSTRAINT "purchase_product_price__valid_period" CHECK ("valid_to" > "valid_from")
);
CREATE UNIQUE INDEX "purchase_product_price__natural_key" ON "purchase_product_price" ("tenant_id", "product_id", "valid_from");
ALTER TABLE "purchase_product_price" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_product_price" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_product_price" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_product_price" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_product_price" IS 'What a product costs in a period; periods of one product never overlap.';

CREATE TABLE "purchase_purchase_order" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "version" bigint NOT NULL,
  "created_at" timestamptz NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "updated_at" timestamptz NOT NULL,
  "updated_by" text COLLATE "C" NOT NULL,
  "code" text COLLATE "C" NOT NULL,
  "supplier_id" uuid NOT NULL,
  "supplier_name" text COLLATE "C",
  "supplier_ref" text COLLATE "C",
  "status" text COLLATE "C" NOT NULL,
  "region" text COLLATE "C" NOT NULL,
  "currency_id" uuid NOT NULL,
  "ordered_on" date NOT NULL,
  "deliver_by" timestamptz,
  "note" text COLLATE "C",
  "total" numeric(18, 2),
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_purchase_order__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_purchase_order__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_purchase_order__code_limit" CHECK (length("code") <= 20),
  CONSTRAINT "purchase_purchase_order__supplier_name_limit" CHECK (length("supplier_name") <= 255),
  CONSTRAINT "purchase_purchase_order__supplier_ref_limit" CHECK (length("supplier_ref") <= 40),
  CONSTRAINT "purchase_purchase_order__status_limit" CHECK ("status" IN ('draft', 'placed', 'received', 'cancelled')),
  CONSTRAINT "purchase_purchase_order__region_limit" CHECK (length("region") <= 8),
  CONSTRAINT "purchase_purchase_order__note_limit" CHECK (length("note") <= 2000),
  CONSTRAINT "purchase_purchase_order__positive_check" CHECK (("total" < 0.00) IS NOT TRUE)
);
CREATE UNIQUE INDEX "purchase_purchase_order__code_key" ON "purchase_purchase_order" ("tenant_id", "code");
CREATE UNIQUE INDEX "purchase_purchase_order__per_supplier_ref_key" ON "purchase_purchase_order" ("tenant_id", "supplier_id", "supplier_ref" NULLS FIRST);
CREATE INDEX "purchase_purchase_order__by_day_idx" ON "purchase_purchase_order" ("tenant_id", "ordered_on" DESC, "id" DESC);
CREATE INDEX "purchase_purchase_order__region_idx" ON "purchase_purchase_order" ("tenant_id", "region", "id");
CREATE INDEX "purchase_purchase_order__currency_idx" ON "purchase_purchase_order" ("tenant_id", "currency_id", "id");
ALTER TABLE "purchase_purchase_order" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_purchase_order" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_purchase_order" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_purchase_order" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_purchase_order" IS 'What we ordered from one supplier.';

CREATE TABLE "purchase_purchase_order_line" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "parent_id" uuid NOT NULL,
  "position" bigint NOT NULL,
  "product_id" uuid NOT NULL,
  "text" text COLLATE "C",
  "quantity" numeric(12, 3) NOT NULL,
  "price" numeric(18, 2) NOT NULL,
  "amount" numeric(18, 2),
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_purchase_order_line__text_limit" CHECK (length("text") <= 255),
  CONSTRAINT "purchase_purchase_order_line__quantity_limit" CHECK ("quantity" >= '0.001'),
  CONSTRAINT "purchase_purchase_order_line__price_limit" CHECK ("price" >= '0.00')
);
CREATE INDEX "purchase_purchase_order_line__parent_idx" ON "purchase_purchase_order_line" ("tenant_id", "parent_id", "position", "id");
CREATE INDEX "purchase_purchase_order_line__product_idx" ON "purchase_purchase_order_line" ("tenant_id", "product_id", "id");
ALTER TABLE "purchase_purchase_order_line" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_purchase_order_line" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_purchase_order_line" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_purchase_order_line" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_purchase_order_line" IS 'Line';

CREATE TABLE "purchase_supplier" (
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
  "country" text COLLATE "C" NOT NULL,
  "email" text COLLATE "C",
  "phone" text COLLATE "C",
  "website" text COLLATE "C",
  "iban" text COLLATE "C",
  "rating" text COLLATE "C",
  "currency_id" uuid NOT NULL,
  "tags" jsonb,
  "notes" text COLLATE "C",
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_supplier__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_supplier__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_supplier__code_limit" CHECK (length("code") <= 12),
  CONSTRAINT "purchase_supplier__name_limit" CHECK (length("name") <= 80),
  CONSTRAINT "purchase_supplier__country_limit" CHECK (length("country") <= 2),
  CONSTRAINT "purchase_supplier__email_limit" CHECK (length("email") <= 254),
  CONSTRAINT "purchase_supplier__phone_limit" CHECK (length("phone") <= 16),
  CONSTRAINT "purchase_supplier__website_limit" CHECK (length("website") <= 2048),
  CONSTRAINT "purchase_supplier__iban_limit" CHECK (length("iban") <= 34),
  CONSTRAINT "purchase_supplier__rating_limit" CHECK ("rating" IN ('a', 'b', 'c')),
  CONSTRAINT "purchase_supplier__tags_limit" CHECK (jsonb_typeof("tags") = 'array' AND jsonb_array_length("tags") <= 1000),
  CONSTRAINT "purchase_supplier__notes_limit" CHECK (length("notes") <= 262144)
);
CREATE UNIQUE INDEX "purchase_supplier__code_key" ON "purchase_supplier" ("tenant_id", "code") WHERE "deleted_at" IS NULL;
CREATE INDEX "purchase_supplier__currency_idx" ON "purchase_supplier" ("tenant_id", "currency_id", "id");
ALTER TABLE "purchase_supplier" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "purchase_supplier" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant" ON "purchase_supplier" AS RESTRICTIVE
  USING ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid))
  WITH CHECK ("tenant_id" = (SELECT nullif(current_setting('athyper.tenant', true), '')::uuid));
CREATE POLICY "whole_tenant" ON "purchase_supplier" USING (TRUE) WITH CHECK (TRUE);
COMMENT ON TABLE "purchase_supplier" IS 'Somebody we buy from.';

-- Foreign keys, when every table is there.
ALTER TABLE "purchase_delivery" ADD CONSTRAINT "purchase_delivery__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "purchase_purchase_order_line" ("tenant_id", "id") ON DELETE CASCADE;
ALTER TABLE "purchase_product" ADD CONSTRAINT "purchase_product__group_fkey" FOREIGN KEY ("tenant_id", "group_id") REFERENCES "purchase_product_group" ("tenant_id", "id");
ALTER TABLE "purchase_product" ADD CONSTRAINT "purchase_product__supplier_fkey" FOREIGN KEY ("tenant_id", "supplier_id") REFERENCES "purchase_supplier" ("tenant_id", "id");
ALTER TABLE "purchase_product_group" ADD CONSTRAINT "purchase_product_group__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "purchase_product_group" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "purchase_product_price" ADD CONSTRAINT "purchase_product_price__product_fkey" FOREIGN KEY ("tenant_id", "product_id") REFERENCES "purchase_product" ("tenant_id", "id") ON DELETE CASCADE;
ALTER TABLE "purchase_purchase_order" ADD CONSTRAINT "purchase_purchase_order__supplier_fkey" FOREIGN KEY ("tenant_id", "supplier_id") REFERENCES "purchase_supplier" ("tenant_id", "id");
ALTER TABLE "purchase_purchase_order" ADD CONSTRAINT "purchase_purchase_order__currency_fkey" FOREIGN KEY ("tenant_id", "currency_id") REFERENCES "purchase_currency" ("tenant_id", "id");
ALTER TABLE "purchase_purchase_order_line" ADD CONSTRAINT "purchase_purchase_order_line__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "purchase_purchase_order" ("tenant_id", "id") ON DELETE CASCADE;
ALTER TABLE "purchase_purchase_order_line" ADD CONSTRAINT "purchase_purchase_order_line__product_fkey" FOREIGN KEY ("tenant_id", "product_id") REFERENCES "purchase_product" ("tenant_id", "id");
ALTER TABLE "purchase_supplier" ADD CONSTRAINT "purchase_supplier__currency_fkey" FOREIGN KEY ("tenant_id", "currency_id") REFERENCES "purchase_currency" ("tenant_id", "id");
