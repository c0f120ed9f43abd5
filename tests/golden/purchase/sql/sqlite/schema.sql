-- Package purchase: the tables on SQLite.
-- A reference that is cleared on delete has no ON DELETE SET NULL: that would clear the tenant too.
-- Whoever deletes clears the holders first, in the same transaction.

-- Currency
CREATE TABLE "purchase_currency" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "decimals" INTEGER NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_currency__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_currency__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_currency__code_limit" CHECK (length("code") <= 3),
  CONSTRAINT "purchase_currency__name_limit" CHECK (length("name") <= 40),
  CONSTRAINT "purchase_currency__decimals_limit" CHECK ("decimals" >= 0 AND "decimals" <= 4)
) STRICT;
CREATE UNIQUE INDEX "purchase_currency__code_key" ON "purchase_currency" ("tenant_id", "code");

-- A part of a line that arrived.
CREATE TABLE "purchase_delivery" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "parent_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "arrived_on" TEXT NOT NULL,
  "quantity" INTEGER NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_delivery__quantity_limit" CHECK ("quantity" BETWEEN -999999999999 AND 999999999999 AND "quantity" >= 1),
  CONSTRAINT "purchase_delivery__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "purchase_purchase_order_line" ("tenant_id", "id") ON DELETE CASCADE
) STRICT;
CREATE INDEX "purchase_delivery__parent_idx" ON "purchase_delivery" ("tenant_id", "parent_id", "position", "id");

-- Product
CREATE TABLE "purchase_product" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "deleted_at" TEXT,
  "sku" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "group_id" TEXT,
  "supplier_id" TEXT NOT NULL,
  "price" INTEGER NOT NULL,
  "weight" INTEGER,
  "active" INTEGER NOT NULL,
  "released_on" TEXT,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_product__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_product__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_product__sku_limit" CHECK (length("sku") <= 20),
  CONSTRAINT "purchase_product__name_limit" CHECK (length("name") <= 80),
  CONSTRAINT "purchase_product__price_limit" CHECK ("price" BETWEEN -999999999999999999 AND 999999999999999999 AND "price" >= 0),
  CONSTRAINT "purchase_product__weight_limit" CHECK ("weight" BETWEEN -999999999 AND 999999999 AND "weight" >= 0),
  CONSTRAINT "purchase_product__active_limit" CHECK ("active" IN (0, 1)),
  CONSTRAINT "purchase_product__group_fkey" FOREIGN KEY ("tenant_id", "group_id") REFERENCES "purchase_product_group" ("tenant_id", "id"),
  CONSTRAINT "purchase_product__supplier_fkey" FOREIGN KEY ("tenant_id", "supplier_id") REFERENCES "purchase_supplier" ("tenant_id", "id")
) STRICT;
CREATE UNIQUE INDEX "purchase_product__sku_key" ON "purchase_product" ("tenant_id", "sku") WHERE "deleted_at" IS NULL;
CREATE INDEX "purchase_product__group_idx" ON "purchase_product" ("tenant_id", "group_id", "id");
CREATE INDEX "purchase_product__supplier_idx" ON "purchase_product" ("tenant_id", "supplier_id", "id");

-- Products by kind; groups may hold groups.
CREATE TABLE "purchase_product_group" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "parent_id" TEXT,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_product_group__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_product_group__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_product_group__code_limit" CHECK (length("code") <= 64),
  CONSTRAINT "purchase_product_group__name_limit" CHECK (length("name") <= 60),
  CONSTRAINT "purchase_product_group__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "purchase_product_group" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX "purchase_product_group__code_key" ON "purchase_product_group" ("tenant_id", "code");
CREATE INDEX "purchase_product_group__parent_idx" ON "purchase_product_group" ("tenant_id", "parent_id", "id");

-- What a product costs in a period; periods of one product never overlap.
CREATE TABLE "purchase_product_price" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "valid_from" TEXT NOT NULL,
  "valid_to" TEXT,
  "product_id" TEXT NOT NULL,
  "price" INTEGER NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_product_price__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_product_price__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_product_price__price_limit" CHECK ("price" BETWEEN -999999999999999999 AND 999999999999999999 AND "price" >= 0),
  CONSTRAINT "purchase_product_price__valid_period" CHECK ("valid_to" > "valid_from"),
  CONSTRAINT "purchase_product_price__product_fkey" FOREIGN KEY ("tenant_id", "product_id") REFERENCES "purchase_product" ("tenant_id", "id") ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX "purchase_product_price__natural_key" ON "purchase_product_price" ("tenant_id", "product_id", "valid_from");

-- What we ordered from one supplier.
CREATE TABLE "purchase_purchase_order" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "code" TEXT NOT NULL,
  "supplier_id" TEXT NOT NULL,
  "supplier_name" TEXT,
  "supplier_ref" TEXT,
  "status" TEXT NOT NULL,
  "region" TEXT NOT NULL,
  "currency_id" TEXT NOT NULL,
  "ordered_on" TEXT NOT NULL,
  "deliver_by" TEXT,
  "note" TEXT,
  "total" INTEGER,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_purchase_order__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "purchase_purchase_order__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "purchase_purchase_order__code_limit" CHECK (length("code") <= 20),
  CONSTRAINT "purchase_purchase_order__supplier_name_limit" CHECK (length("supplier_name") <= 255),
  CONSTRAINT "purchase_purchase_order__supplier_ref_limit" CHECK (length("supplier_ref") <= 40),
  CONSTRAINT "purchase_purchase_order__status_limit" CHECK ("status" IN ('draft', 'placed', 'received', 'cancelled')),
  CONSTRAINT "purchase_purchase_order__region_limit" CHECK (length("region") <= 8),
  CONSTRAINT "purchase_purchase_order__note_limit" CHECK (length("note") <= 2000),
  CONSTRAINT "purchase_purchase_order__total_limit" CHECK ("total" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "purchase_purchase_order__positive_check" CHECK (("total" < 0) IS NOT TRUE),
  CONSTRAINT "purchase_purchase_order__supplier_fkey" FOREIGN KEY ("tenant_id", "supplier_id") REFERENCES "purchase_supplier" ("tenant_id", "id"),
  CONSTRAINT "purchase_purchase_order__currency_fkey" FOREIGN KEY ("tenant_id", "currency_id") REFERENCES "purchase_currency" ("tenant_id", "id")
) STRICT;
CREATE UNIQUE INDEX "purchase_purchase_order__code_key" ON "purchase_purchase_order" ("tenant_id", "code");
CREATE UNIQUE INDEX "purchase_purchase_order__per_supplier_ref_key" ON "purchase_purchase_order" ("tenant_id", "supplier_id", "supplier_ref");
CREATE INDEX "purchase_purchase_order__by_day_idx" ON "purchase_purchase_order" ("tenant_id", "ordered_on" DESC, "id" DESC);
CREATE INDEX "purchase_purchase_order__region_idx" ON "purchase_purchase_order" ("tenant_id", "region", "id");
CREATE INDEX "purchase_purchase_order__currency_idx" ON "purchase_purchase_order" ("tenant_id", "currency_id", "id");

-- Line
CREATE TABLE "purchase_purchase_order_line" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "parent_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "product_id" TEXT NOT NULL,
  "text" TEXT,
  "quantity" INTEGER NOT NULL,
  "price" INTEGER NOT NULL,
  "amount" INTEGER,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "purchase_purchase_order_line__text_limit" CHECK (length("text") <= 255),
  CONSTRAINT "purchase_purchase_order_line__quantity_limit" CHECK ("quantity" BETWEEN -999999999999 AND 999999999999 AND "quantity" >= 1),
  CONSTRAINT "purchase_purchase_order_line__price_limit" CHECK ("price" BETWEEN -999999999999999999 AND 999999999999999999 AND "price" >= 0),
  CONSTRAINT "purchase_purchase_order_line__amount_limit" CHECK ("amount" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "purchase_purchase_order_line__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "purchase_purchase_order" ("tenant_id", "id") ON DELETE CASCADE,
  CONSTRAINT "purchase_purchase_order_line__product_fkey" FOREIGN KEY ("tenant_id", "product_id") REFERENCES "purchase_product" ("tenant_id", "id")
) STRICT;
CREATE INDEX "purchase_purchase_order_line__parent_idx" ON "purchase_purchase_order_line" ("tenant_id", "parent_id", "position", "id");
CREATE INDEX "purchase_purchase_order_line__product_idx" ON "purchase_purchase_order_line" ("tenant_id", "product_id", "id");

-- Somebody we buy from.
CREATE TABLE "purchase_supplier" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "deleted_at" TEXT,
  "code" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "country" TEXT NOT NULL,
  "email" TEXT,
  "phone" TEXT,
  "website" TEXT,
  "iban" TEXT,
  "rating" TEXT,
  "currency_id" TEXT NOT NULL,
  "tags" TEXT,
  "notes" TEXT,
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
  CONSTRAINT "purchase_supplier__tags_limit" CHECK (json_valid("tags") AND json_type("tags") = 'array' AND json_array_length("tags") <= 1000),
  CONSTRAINT "purchase_supplier__notes_limit" CHECK (length("notes") <= 262144),
  CONSTRAINT "purchase_supplier__currency_fkey" FOREIGN KEY ("tenant_id", "currency_id") REFERENCES "purchase_currency" ("tenant_id", "id")
) STRICT;
CREATE UNIQUE INDEX "purchase_supplier__code_key" ON "purchase_supplier" ("tenant_id", "code") WHERE "deleted_at" IS NULL;
CREATE INDEX "purchase_supplier__currency_idx" ON "purchase_supplier" ("tenant_id", "currency_id", "id");
