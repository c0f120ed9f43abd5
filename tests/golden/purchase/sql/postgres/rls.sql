-- Package purchase: the policies as row level security. Apply it after schema.sql, and again when policies changed.
-- athyper.tenant: the tenant's id. athyper.user: the caller, as JSON. athyper.now: the instant, if not the statement's.
-- athyper.scope: 'tenant' where a program decides itself, and sees every record of the tenant.

CREATE OR REPLACE FUNCTION "athyper_user"() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN jsonb_typeof(nullif(current_setting('athyper.user', true), '')::jsonb -> '@roles') = 'array'
    AND (nullif(current_setting('athyper.user', true), '')::jsonb ->> '@standing' IN ('anonymous', 'system')
      OR nullif(current_setting('athyper.user', true), '')::jsonb ->> '@standing' = 'authenticated'
      AND nullif(current_setting('athyper.user', true), '')::jsonb ->> 'id' IS NOT NULL
      AND nullif(current_setting('athyper.user', true), '')::jsonb ->> 'roles' IS NOT NULL)
    THEN nullif(current_setting('athyper.user', true), '')::jsonb END;

-- purchase.PurchaseOrderAccess, rule on_watch: after is definitely false: supplier.rating == "c" && lines.exists(l, coalesce(l.amount, 0.00) > 5000.00)
CREATE OR REPLACE FUNCTION "purchase_purchase_order__purchase_PurchaseOrderAccess__83e3a845"("record" "purchase_purchase_order") RETURNS boolean
  LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $rule$
#variable_conflict use_column
DECLARE
  "before" text := current_setting('athyper.scope', TRUE);
  "answer" boolean;
BEGIN
  PERFORM set_config('athyper.scope', 'tenant', TRUE);
  "answer" := (SELECT ((SELECT "t1"."rating" FROM "purchase_supplier" AS "t1" WHERE "t1"."tenant_id" = "r"."tenant_id" AND "t1"."id" = "r"."supplier_id") IS DISTINCT FROM 'c' OR NOT EXISTS (SELECT 1 FROM "purchase_purchase_order_line" AS "t2" WHERE "t2"."tenant_id" = "r"."tenant_id" AND "t2"."parent_id" = "r"."id" AND (coalesce("t2"."amount", 0.00) <= 5000.00) IS NOT TRUE)) IS TRUE FROM (SELECT ("record").*) AS "r");
  PERFORM set_config('athyper.scope', coalesce("before", ''), TRUE);
  RETURN "answer";
END;
$rule$;

-- purchase.Currency
ALTER POLICY "whole_tenant" ON "purchase_currency"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_currency";
-- purchase.CurrencyAccess, rule look: allow to *
CREATE POLICY "read" ON "purchase_currency" FOR SELECT
  USING ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "create" ON "purchase_currency";
-- purchase.CurrencyAccess, rule keep: allow to admin
CREATE POLICY "create" ON "purchase_currency" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['admin'], FALSE)));
DROP POLICY IF EXISTS "update" ON "purchase_currency";
-- purchase.CurrencyAccess, rule keep: allow to admin
CREATE POLICY "update" ON "purchase_currency" FOR UPDATE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['admin'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['admin'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "purchase_currency";
-- purchase.CurrencyAccess, rule keep: allow to admin
CREATE POLICY "delete" ON "purchase_currency" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['admin'], FALSE)));

-- purchase.Delivery
ALTER POLICY "whole_tenant" ON "purchase_delivery"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_delivery";
CREATE POLICY "read" ON "purchase_delivery" FOR SELECT
  USING (EXISTS (SELECT 1 FROM "purchase_purchase_order_line" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_delivery"."tenant_id" AND "owner1"."id" = "purchase_delivery"."parent_id"
    AND EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id")));
DROP POLICY IF EXISTS "create" ON "purchase_delivery";
CREATE POLICY "create" ON "purchase_delivery" FOR INSERT
  WITH CHECK (EXISTS (SELECT 1 FROM "purchase_purchase_order_line" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_delivery"."tenant_id" AND "owner1"."id" = "purchase_delivery"."parent_id"
    AND EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner2"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner2"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner2"."status" <> 'received'))));
DROP POLICY IF EXISTS "update" ON "purchase_delivery";
CREATE POLICY "update" ON "purchase_delivery" FOR UPDATE
  USING (EXISTS (SELECT 1 FROM "purchase_purchase_order_line" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_delivery"."tenant_id" AND "owner1"."id" = "purchase_delivery"."parent_id"
    AND EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner2"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner2"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner2"."status" <> 'received'))))
  WITH CHECK (EXISTS (SELECT 1 FROM "purchase_purchase_order_line" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_delivery"."tenant_id" AND "owner1"."id" = "purchase_delivery"."parent_id"
    AND EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner2"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner2"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner2"."status" <> 'received'))));
DROP POLICY IF EXISTS "delete" ON "purchase_delivery";
CREATE POLICY "delete" ON "purchase_delivery" FOR DELETE
  USING (EXISTS (SELECT 1 FROM "purchase_purchase_order_line" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_delivery"."tenant_id" AND "owner1"."id" = "purchase_delivery"."parent_id"
    AND EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner2" WHERE "owner2"."tenant_id" = "owner1"."tenant_id" AND "owner2"."id" = "owner1"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner2"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner2"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner2"."status" <> 'received'))));

-- purchase.Product
ALTER POLICY "whole_tenant" ON "purchase_product"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_product";
-- purchase.ProductAccess, rule look: allow to buyer, manager, auditor
CREATE POLICY "read" ON "purchase_product" FOR SELECT
  USING ("purchase_product"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer', 'manager', 'auditor'], FALSE)));
DROP POLICY IF EXISTS "create" ON "purchase_product";
-- purchase.ProductAccess, rule keep: allow to manager
CREATE POLICY "create" ON "purchase_product" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "update" ON "purchase_product";
-- purchase.ProductAccess, rule keep: allow to manager
CREATE POLICY "update" ON "purchase_product" FOR UPDATE
  USING ("purchase_product"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "purchase_product";
-- purchase.ProductAccess, rule keep: allow to manager
CREATE POLICY "delete" ON "purchase_product" FOR DELETE
  USING ("purchase_product"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));

-- purchase.ProductGroup
ALTER POLICY "whole_tenant" ON "purchase_product_group"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_product_group";
-- purchase.ProductGroupAccess, rule look: allow to *
CREATE POLICY "read" ON "purchase_product_group" FOR SELECT
  USING ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "create" ON "purchase_product_group";
-- purchase.ProductGroupAccess, rule keep: allow to manager
CREATE POLICY "create" ON "purchase_product_group" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "update" ON "purchase_product_group";
-- purchase.ProductGroupAccess, rule keep: allow to manager
CREATE POLICY "update" ON "purchase_product_group" FOR UPDATE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "purchase_product_group";
-- purchase.ProductGroupAccess, rule keep: allow to manager
CREATE POLICY "delete" ON "purchase_product_group" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));

-- purchase.ProductPrice
ALTER POLICY "whole_tenant" ON "purchase_product_price"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_product_price";
-- purchase.ProductPriceAccess, rule look: allow to buyer, manager, auditor
CREATE POLICY "read" ON "purchase_product_price" FOR SELECT
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer', 'manager', 'auditor'], FALSE)));
DROP POLICY IF EXISTS "create" ON "purchase_product_price";
-- purchase.ProductPriceAccess, rule keep: allow to manager
CREATE POLICY "create" ON "purchase_product_price" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "update" ON "purchase_product_price";
-- purchase.ProductPriceAccess, rule keep: allow to manager
CREATE POLICY "update" ON "purchase_product_price" FOR UPDATE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "purchase_product_price";
-- purchase.ProductPriceAccess, rule keep: allow to manager
CREATE POLICY "delete" ON "purchase_product_price" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));

-- purchase.PurchaseOrder
ALTER POLICY "whole_tenant" ON "purchase_purchase_order"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_purchase_order";
-- purchase.PurchaseOrderAccess, rule buy: allow to regional_buyer (buyer)
-- purchase.PurchaseOrderAccess, rule lead: allow to manager
-- purchase.PurchaseOrderAccess, rule audit: allow to auditor
CREATE POLICY "read" ON "purchase_purchase_order" FOR SELECT
  USING (((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "purchase_purchase_order"."region" = (SELECT ("athyper_user"() ->> 'region'))
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE))
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['auditor'], FALSE))));
DROP POLICY IF EXISTS "create" ON "purchase_purchase_order";
-- purchase.PurchaseOrderAccess, rule buy: allow to regional_buyer (buyer)
-- purchase.PurchaseOrderAccess, rule lead: allow to manager
-- purchase.PurchaseOrderAccess, rule on_watch: deny to buyer after supplier.rating == "c" && lines.exists(l, coalesce(l.amount, 0.00) > 5000.00)
CREATE POLICY "create" ON "purchase_purchase_order" FOR INSERT
  WITH CHECK (((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "purchase_purchase_order"."region" = (SELECT ("athyper_user"() ->> 'region'))
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) OR "purchase_purchase_order__purchase_PurchaseOrderAccess__83e3a845"("purchase_purchase_order".*)));
DROP POLICY IF EXISTS "update" ON "purchase_purchase_order";
-- purchase.PurchaseOrderAccess, rule draft: allow to regional_buyer (buyer) when status == "draft" after region == old.region
-- purchase.PurchaseOrderAccess, rule lead: allow to manager
-- purchase.PurchaseOrderAccess, rule received: deny to * when status == "received"
-- purchase.PurchaseOrderAccess, rule on_watch: deny to buyer after supplier.rating == "c" && lines.exists(l, coalesce(l.amount, 0.00) > 5000.00)
CREATE POLICY "update" ON "purchase_purchase_order" FOR UPDATE
  USING (((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "purchase_purchase_order"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "purchase_purchase_order"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "purchase_purchase_order"."status" <> 'received'))
  WITH CHECK (((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE))
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) OR "purchase_purchase_order__purchase_PurchaseOrderAccess__83e3a845"("purchase_purchase_order".*)));
DROP POLICY IF EXISTS "delete" ON "purchase_purchase_order";
-- purchase.PurchaseOrderAccess, rule lead: allow to manager
-- purchase.PurchaseOrderAccess, rule received: deny to * when status == "received"
CREATE POLICY "delete" ON "purchase_purchase_order" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "purchase_purchase_order"."status" <> 'received'));

-- purchase.PurchaseOrderLine
ALTER POLICY "whole_tenant" ON "purchase_purchase_order_line"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_purchase_order_line";
CREATE POLICY "read" ON "purchase_purchase_order_line" FOR SELECT
  USING (EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_purchase_order_line"."tenant_id" AND "owner1"."id" = "purchase_purchase_order_line"."parent_id"));
DROP POLICY IF EXISTS "create" ON "purchase_purchase_order_line";
CREATE POLICY "create" ON "purchase_purchase_order_line" FOR INSERT
  WITH CHECK (EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_purchase_order_line"."tenant_id" AND "owner1"."id" = "purchase_purchase_order_line"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner1"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner1"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner1"."status" <> 'received')));
DROP POLICY IF EXISTS "update" ON "purchase_purchase_order_line";
CREATE POLICY "update" ON "purchase_purchase_order_line" FOR UPDATE
  USING (EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_purchase_order_line"."tenant_id" AND "owner1"."id" = "purchase_purchase_order_line"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner1"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner1"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner1"."status" <> 'received')))
  WITH CHECK (EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_purchase_order_line"."tenant_id" AND "owner1"."id" = "purchase_purchase_order_line"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner1"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner1"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner1"."status" <> 'received')));
DROP POLICY IF EXISTS "delete" ON "purchase_purchase_order_line";
CREATE POLICY "delete" ON "purchase_purchase_order_line" FOR DELETE
  USING (EXISTS (SELECT 1 FROM "purchase_purchase_order" AS "owner1" WHERE "owner1"."tenant_id" = "purchase_purchase_order_line"."tenant_id" AND "owner1"."id" = "purchase_purchase_order_line"."parent_id"
    AND ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer'], FALSE)) AND (SELECT ("athyper_user"() ->> 'region')) IS NOT NULL AND "owner1"."region" = (SELECT ("athyper_user"() ->> 'region')) AND "owner1"."status" = 'draft'
      OR (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
    AND (NOT (SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)) OR "owner1"."status" <> 'received')));

-- purchase.Supplier
ALTER POLICY "whole_tenant" ON "purchase_supplier"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "purchase_supplier";
-- purchase.SupplierAccess, rule look: allow to buyer, manager, auditor
CREATE POLICY "read" ON "purchase_supplier" FOR SELECT
  USING ("purchase_supplier"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['buyer', 'manager', 'auditor'], FALSE)));
DROP POLICY IF EXISTS "create" ON "purchase_supplier";
-- purchase.SupplierAccess, rule keep: allow to manager
CREATE POLICY "create" ON "purchase_supplier" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "update" ON "purchase_supplier";
-- purchase.SupplierAccess, rule keep: allow to manager
CREATE POLICY "update" ON "purchase_supplier" FOR UPDATE
  USING ("purchase_supplier"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
DROP POLICY IF EXISTS "delete" ON "purchase_supplier";
-- purchase.SupplierAccess, rule keep: allow to manager
CREATE POLICY "delete" ON "purchase_supplier" FOR DELETE
  USING ("purchase_supplier"."deleted_at" IS NULL
    AND (SELECT coalesce("athyper_user"() -> '@roles' ?| ARRAY['manager'], FALSE)));
