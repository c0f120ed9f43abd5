-- Package shop: the policies as row level security. Apply it after schema.sql, and again when policies changed.
-- athyper.tenant: the tenant's id. athyper.user: the caller, as JSON. athyper.now: the instant, if not the statement's.
-- athyper.scope: 'tenant' where a program decides itself, and sees every record of the tenant.

CREATE OR REPLACE FUNCTION "athyper_user"() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN jsonb_typeof(nullif(current_setting('athyper.user', true), '')::jsonb -> '@roles') = 'array'
    AND (nullif(current_setting('athyper.user', true), '')::jsonb ->> '@standing' IN ('anonymous', 'system')
      OR nullif(current_setting('athyper.user', true), '')::jsonb ->> '@standing' = 'authenticated'
      AND nullif(current_setting('athyper.user', true), '')::jsonb ->> 'id' IS NOT NULL
      AND nullif(current_setting('athyper.user', true), '')::jsonb ->> 'roles' IS NOT NULL)
    THEN nullif(current_setting('athyper.user', true), '')::jsonb END;

-- shop.Category
ALTER POLICY "whole_tenant" ON "shop_category"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "shop_category";
-- shop.CategoryAccess, rule look: allow to *
CREATE POLICY "read" ON "shop_category" FOR SELECT
  USING ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "create" ON "shop_category";
-- shop.CategoryAccess, rule keep: allow to keeper
CREATE POLICY "create" ON "shop_category" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "update" ON "shop_category";
-- shop.CategoryAccess, rule keep: allow to keeper
CREATE POLICY "update" ON "shop_category" FOR UPDATE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "shop_category";
-- shop.CategoryAccess, rule keep: allow to keeper
CREATE POLICY "delete" ON "shop_category" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));

-- shop.Item
ALTER POLICY "whole_tenant" ON "shop_item"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "shop_item";
-- shop.ItemAccess, rule look: allow to *
CREATE POLICY "read" ON "shop_item" FOR SELECT
  USING ("shop_item"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "create" ON "shop_item";
-- shop.ItemAccess, rule keep: allow to keeper
CREATE POLICY "create" ON "shop_item" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "update" ON "shop_item";
-- shop.ItemAccess, rule keep: allow to keeper
CREATE POLICY "update" ON "shop_item" FOR UPDATE
  USING ("shop_item"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "shop_item";
-- shop.ItemAccess, rule keep: allow to keeper
CREATE POLICY "delete" ON "shop_item" FOR DELETE
  USING ("shop_item"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));

-- shop.Person
ALTER POLICY "whole_tenant" ON "shop_person"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "shop_person";
-- shop.PersonAccess, rule look: allow to keeper
CREATE POLICY "read" ON "shop_person" FOR SELECT
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "create" ON "shop_person";
DROP POLICY IF EXISTS "update" ON "shop_person";
DROP POLICY IF EXISTS "delete" ON "shop_person";

-- stock.Batch
ALTER POLICY "whole_tenant" ON "stock_batch"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "stock_batch";
CREATE POLICY "read" ON "stock_batch" FOR SELECT
  USING (EXISTS (SELECT 1 FROM "stock_line" AS "owner1" WHERE "owner1"."tenant_id" = "stock_batch"."tenant_id" AND "owner1"."id" = "stock_batch"."parent_id"
    AND EXISTS (SELECT 1 FROM "stock_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id")));
DROP POLICY IF EXISTS "create" ON "stock_batch";
CREATE POLICY "create" ON "stock_batch" FOR INSERT
  WITH CHECK (EXISTS (SELECT 1 FROM "stock_line" AS "owner1" WHERE "owner1"."tenant_id" = "stock_batch"."tenant_id" AND "owner1"."id" = "stock_batch"."parent_id"
    AND EXISTS (SELECT 1 FROM "stock_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))));
DROP POLICY IF EXISTS "update" ON "stock_batch";
CREATE POLICY "update" ON "stock_batch" FOR UPDATE
  USING (EXISTS (SELECT 1 FROM "stock_line" AS "owner1" WHERE "owner1"."tenant_id" = "stock_batch"."tenant_id" AND "owner1"."id" = "stock_batch"."parent_id"
    AND EXISTS (SELECT 1 FROM "stock_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))))
  WITH CHECK (EXISTS (SELECT 1 FROM "stock_line" AS "owner1" WHERE "owner1"."tenant_id" = "stock_batch"."tenant_id" AND "owner1"."id" = "stock_batch"."parent_id"
    AND EXISTS (SELECT 1 FROM "stock_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))));
DROP POLICY IF EXISTS "delete" ON "stock_batch";
CREATE POLICY "delete" ON "stock_batch" FOR DELETE
  USING (EXISTS (SELECT 1 FROM "stock_line" AS "owner1" WHERE "owner1"."tenant_id" = "stock_batch"."tenant_id" AND "owner1"."id" = "stock_batch"."parent_id"
    AND EXISTS (SELECT 1 FROM "stock_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))));

-- stock.Line
ALTER POLICY "whole_tenant" ON "stock_line"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "stock_line";
CREATE POLICY "read" ON "stock_line" FOR SELECT
  USING (EXISTS (SELECT 1 FROM "stock_order" AS "owner1" WHERE "owner1"."tenant_id" = "stock_line"."tenant_id" AND "owner1"."id" = "stock_line"."parent_id"));
DROP POLICY IF EXISTS "create" ON "stock_line";
CREATE POLICY "create" ON "stock_line" FOR INSERT
  WITH CHECK (EXISTS (SELECT 1 FROM "stock_order" AS "owner1" WHERE "owner1"."tenant_id" = "stock_line"."tenant_id" AND "owner1"."id" = "stock_line"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE))));
DROP POLICY IF EXISTS "update" ON "stock_line";
CREATE POLICY "update" ON "stock_line" FOR UPDATE
  USING (EXISTS (SELECT 1 FROM "stock_order" AS "owner1" WHERE "owner1"."tenant_id" = "stock_line"."tenant_id" AND "owner1"."id" = "stock_line"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE))))
  WITH CHECK (EXISTS (SELECT 1 FROM "stock_order" AS "owner1" WHERE "owner1"."tenant_id" = "stock_line"."tenant_id" AND "owner1"."id" = "stock_line"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE))));
DROP POLICY IF EXISTS "delete" ON "stock_line";
CREATE POLICY "delete" ON "stock_line" FOR DELETE
  USING (EXISTS (SELECT 1 FROM "stock_order" AS "owner1" WHERE "owner1"."tenant_id" = "stock_line"."tenant_id" AND "owner1"."id" = "stock_line"."parent_id"
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE))));

-- stock.Order
ALTER POLICY "whole_tenant" ON "stock_order"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "stock_order";
-- stock.OrderAccess, rule order: allow to keeper
-- stock.OrderAccess, rule audit: allow to auditor
CREATE POLICY "read" ON "stock_order" FOR SELECT
  USING (((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE))
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['auditor'], FALSE))));
DROP POLICY IF EXISTS "create" ON "stock_order";
-- stock.OrderAccess, rule order: allow to keeper
CREATE POLICY "create" ON "stock_order" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "update" ON "stock_order";
-- stock.OrderAccess, rule order: allow to keeper
CREATE POLICY "update" ON "stock_order" FOR UPDATE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "stock_order";
-- stock.OrderAccess, rule order: allow to keeper
CREATE POLICY "delete" ON "stock_order" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));

-- stock.Price
ALTER POLICY "whole_tenant" ON "stock_price"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "stock_price";
-- stock.PriceAccess, rule look: allow to *
CREATE POLICY "read" ON "stock_price" FOR SELECT
  USING ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "create" ON "stock_price";
-- stock.PriceAccess, rule keep: allow to keeper
CREATE POLICY "create" ON "stock_price" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "update" ON "stock_price";
-- stock.PriceAccess, rule keep: allow to keeper
CREATE POLICY "update" ON "stock_price" FOR UPDATE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "stock_price";
-- stock.PriceAccess, rule keep: allow to keeper
CREATE POLICY "delete" ON "stock_price" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['keeper'], FALSE)));
