-- Package hello: the policies as row level security. Apply it after schema.sql, and again when policies changed.
-- athyper.tenant: the tenant's id. athyper.user: the caller, as JSON. athyper.now: the instant, if not the statement's.
-- athyper.scope: 'tenant' where a program decides itself, and sees every record of the tenant.

CREATE OR REPLACE FUNCTION "athyper_user"() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN jsonb_typeof(nullif(current_setting('athyper.user', true), '')::jsonb -> '@roles') = 'array'
    AND (nullif(current_setting('athyper.user', true), '')::jsonb ->> '@standing' IN ('anonymous', 'system')
      OR nullif(current_setting('athyper.user', true), '')::jsonb ->> '@standing' = 'authenticated'
      AND nullif(current_setting('athyper.user', true), '')::jsonb ->> 'id' IS NOT NULL
      AND nullif(current_setting('athyper.user', true), '')::jsonb ->> 'roles' IS NOT NULL)
    THEN nullif(current_setting('athyper.user', true), '')::jsonb END;

-- hello.Note
ALTER POLICY "whole_tenant" ON "hello_note"
  USING ((SELECT current_setting('athyper.scope', true)) = 'tenant') WITH CHECK ((SELECT current_setting('athyper.scope', true)) = 'tenant');
DROP POLICY IF EXISTS "read" ON "hello_note";
-- hello.NoteAccess, rule everyone: allow to *
CREATE POLICY "read" ON "hello_note" FOR SELECT
  USING ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "create" ON "hello_note";
-- hello.NoteAccess, rule everyone: allow to *
CREATE POLICY "create" ON "hello_note" FOR INSERT
  WITH CHECK ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "update" ON "hello_note";
-- hello.NoteAccess, rule everyone: allow to *
CREATE POLICY "update" ON "hello_note" FOR UPDATE
  USING ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)))
  WITH CHECK ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
DROP POLICY IF EXISTS "delete" ON "hello_note";
-- hello.NoteAccess, rule everyone: allow to *
CREATE POLICY "delete" ON "hello_note" FOR DELETE
  USING ((SELECT coalesce("athyper_user"() ->> '@standing' <> 'anonymous', FALSE)));
