-- Package shop: the tables on SQLite.
-- A reference that is cleared on delete has no ON DELETE SET NULL: that would clear the tenant too.
-- Whoever deletes clears the holders first, in the same transaction.

-- Category
CREATE TABLE "shop_category" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "parent_id" TEXT,
  "slug" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "keeper_id" TEXT,
  "featured_id" TEXT,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "shop_category__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "shop_category__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "shop_category__slug_limit" CHECK (length("slug") <= 64),
  CONSTRAINT "shop_category__name_limit" CHECK (length("name") <= 40),
  CONSTRAINT "shop_category__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "shop_category" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "shop_category__keeper_fkey" FOREIGN KEY ("tenant_id", "keeper_id") REFERENCES "shop_person" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "shop_category__featured_fkey" FOREIGN KEY ("tenant_id", "featured_id") REFERENCES "shop_item" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX "shop_category__natural_key" ON "shop_category" ("tenant_id", "slug");
CREATE INDEX "shop_category__parent_idx" ON "shop_category" ("tenant_id", "parent_id", "id");
CREATE INDEX "shop_category__keeper_idx" ON "shop_category" ("tenant_id", "keeper_id", "id");
CREATE INDEX "shop_category__featured_idx" ON "shop_category" ("tenant_id", "featured_id", "id");

-- A thing on a shelf.
-- Its second line isn't "quoted".
CREATE TABLE "shop_item" (
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
  "status" TEXT NOT NULL,
  "category_id" TEXT,
  "text" TEXT,
  "markup" TEXT,
  "count" INTEGER NOT NULL,
  "weight" INTEGER,
  "price" INTEGER NOT NULL,
  "discount" INTEGER,
  "net" INTEGER GENERATED ALWAYS AS (CASE WHEN ("price" - coalesce("rebate", 0)) BETWEEN -999999999999999999 AND 999999999999999999 THEN ("price" - coalesce("rebate", 0)) END) STORED,
  "rebate" INTEGER,
  "active" INTEGER NOT NULL,
  "since" TEXT,
  "opens" TEXT,
  "seen_at" TEXT,
  "lasts" INTEGER,
  "token" TEXT,
  "extra" TEXT,
  "email" TEXT,
  "url" TEXT,
  "phone" TEXT,
  "country" TEXT,
  "currency" TEXT,
  "language" TEXT,
  "timezone" TEXT,
  "iban" TEXT,
  "color" TEXT,
  "slug" TEXT,
  "ip" TEXT,
  "manual" TEXT,
  "picture" TEXT,
  "size" TEXT,
  "tags" TEXT,
  "statuses" TEXT,
  "mood" TEXT,
  "type" TEXT,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "shop_item__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "shop_item__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "shop_item__code_limit" CHECK (length("code") <= 12),
  CONSTRAINT "shop_item__name_limit" CHECK (length("name") <= 80 AND length("name") >= 2),
  CONSTRAINT "shop_item__status_limit" CHECK ("status" IN ('draft', 'in_use', 'gone')),
  CONSTRAINT "shop_item__text_limit" CHECK (length("text") <= 500),
  CONSTRAINT "shop_item__markup_limit" CHECK (length("markup") <= 262144),
  CONSTRAINT "shop_item__count_limit" CHECK ("count" >= 0 AND "count" <= 9999),
  CONSTRAINT "shop_item__weight_limit" CHECK ("weight" BETWEEN -999999999 AND 999999999 AND "weight" >= 1),
  CONSTRAINT "shop_item__price_limit" CHECK ("price" BETWEEN -999999999999999999 AND 999999999999999999 AND "price" >= 0 AND "price" <= 10000000),
  CONSTRAINT "shop_item__discount_limit" CHECK ("discount" BETWEEN -999999999 AND 999999999 AND "discount" >= 0 AND "discount" <= 1000000),
  CONSTRAINT "shop_item__net_limit" CHECK ("net" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "shop_item__rebate_limit" CHECK ("rebate" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "shop_item__active_limit" CHECK ("active" IN (0, 1)),
  CONSTRAINT "shop_item__since_limit" CHECK ("since" >= '2000-01-01'),
  CONSTRAINT "shop_item__opens_limit" CHECK ("opens" >= '06:00:00.000000' AND "opens" <= '20:00:00.000000'),
  CONSTRAINT "shop_item__lasts_limit" CHECK ("lasts" <= 172800000000),
  CONSTRAINT "shop_item__extra_limit" CHECK (json_valid("extra")),
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
  CONSTRAINT "shop_item__tags_limit" CHECK (json_valid("tags") AND json_type("tags") = 'array' AND json_array_length("tags") <= 10),
  CONSTRAINT "shop_item__statuses_limit" CHECK (json_valid("statuses") AND json_type("statuses") = 'array' AND json_array_length("statuses") <= 1000),
  CONSTRAINT "shop_item__mood_limit" CHECK ("mood" IN ('draft', 'in_use', 'gone')),
  CONSTRAINT "shop_item__type_limit" CHECK (length("type") <= 10),
  CONSTRAINT "shop_item__cheap_drafts_check" CHECK (("status" = 'draft' AND "price" > 100000) IS NOT TRUE),
  CONSTRAINT "shop_item__fair_rebate_check" CHECK (("rebate" IS NOT NULL AND "rebate" > "price") IS NOT TRUE),
  CONSTRAINT "shop_item__category_fkey" FOREIGN KEY ("tenant_id", "category_id") REFERENCES "shop_category" ("tenant_id", "id") DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX "shop_item__code_key" ON "shop_item" ("tenant_id", "code") WHERE "deleted_at" IS NULL;
CREATE UNIQUE INDEX "shop_item__name_per_category_key" ON "shop_item" ("tenant_id", "category_id", "name") WHERE "deleted_at" IS NULL;
CREATE INDEX "shop_item__by_price_idx" ON "shop_item" ("tenant_id", "price" DESC, "name", "id");
CREATE INDEX "shop_item__category_idx" ON "shop_item" ("tenant_id", "category_id", "id");
CREATE INDEX "shop_item__seen_at_idx" ON "shop_item" ("tenant_id", "seen_at", "id");

-- Person
CREATE TABLE "shop_person" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "shop_person__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "shop_person__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "shop_person__name_limit" CHECK (length("name") <= 60)
) STRICT;

-- Batch
CREATE TABLE "stock_batch" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "parent_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "label" TEXT NOT NULL,
  "count" INTEGER NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_batch__label_limit" CHECK (length("label") <= 10),
  CONSTRAINT "stock_batch__count_limit" CHECK ("count" >= 1),
  CONSTRAINT "stock_batch__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "stock_line" ("tenant_id", "id") ON DELETE CASCADE
) STRICT;
CREATE INDEX "stock_batch__parent_idx" ON "stock_batch" ("tenant_id", "parent_id", "position", "id");

-- Line
CREATE TABLE "stock_line" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "parent_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "item_id" TEXT NOT NULL,
  "item_name" TEXT,
  "quantity" INTEGER NOT NULL,
  "price" INTEGER NOT NULL,
  "amount" INTEGER,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_line__item_name_limit" CHECK (length("item_name") <= 255),
  CONSTRAINT "stock_line__quantity_limit" CHECK ("quantity" >= 1),
  CONSTRAINT "stock_line__price_limit" CHECK ("price" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "stock_line__amount_limit" CHECK ("amount" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "stock_line__parent_fkey" FOREIGN KEY ("tenant_id", "parent_id") REFERENCES "stock_order" ("tenant_id", "id") ON DELETE CASCADE,
  CONSTRAINT "stock_line__item_fkey" FOREIGN KEY ("tenant_id", "item_id") REFERENCES "shop_item" ("tenant_id", "id")
) STRICT;
CREATE INDEX "stock_line__parent_idx" ON "stock_line" ("tenant_id", "parent_id", "position", "id");
CREATE INDEX "stock_line__item_idx" ON "stock_line" ("tenant_id", "item_id", "id");

-- What is ordered to fill the shelves.
CREATE TABLE "stock_order" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "code" TEXT NOT NULL,
  "orderer_id" TEXT NOT NULL,
  "since" TEXT NOT NULL,
  "note" TEXT,
  "total" INTEGER,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_order__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "stock_order__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "stock_order__code_limit" CHECK (length("code") <= 20),
  CONSTRAINT "stock_order__note_limit" CHECK (length("note") <= 200),
  CONSTRAINT "stock_order__total_limit" CHECK ("total" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "stock_order__positive_check" CHECK (("total" IS NOT NULL AND "total" < 0) IS NOT TRUE),
  CONSTRAINT "stock_order__orderer_fkey" FOREIGN KEY ("tenant_id", "orderer_id") REFERENCES "shop_person" ("tenant_id", "id")
) STRICT;
CREATE UNIQUE INDEX "stock_order__code_key" ON "stock_order" ("tenant_id", "code");
CREATE INDEX "stock_order__orderer_idx" ON "stock_order" ("tenant_id", "orderer_id", "id");

-- What an item costs in a period.
CREATE TABLE "stock_price" (
  "tenant_id" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "created_at" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "updated_at" TEXT NOT NULL,
  "updated_by" TEXT NOT NULL,
  "valid_from" TEXT NOT NULL,
  "valid_to" TEXT,
  "item_id" TEXT NOT NULL,
  "price" INTEGER NOT NULL,
  PRIMARY KEY ("tenant_id", "id"),
  CONSTRAINT "stock_price__created_by_limit" CHECK (length("created_by") <= 255),
  CONSTRAINT "stock_price__updated_by_limit" CHECK (length("updated_by") <= 255),
  CONSTRAINT "stock_price__price_limit" CHECK ("price" BETWEEN -999999999999999999 AND 999999999999999999),
  CONSTRAINT "stock_price__valid_period" CHECK ("valid_to" > "valid_from"),
  CONSTRAINT "stock_price__item_fkey" FOREIGN KEY ("tenant_id", "item_id") REFERENCES "shop_item" ("tenant_id", "id") ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX "stock_price__natural_key" ON "stock_price" ("tenant_id", "item_id", "valid_from");
