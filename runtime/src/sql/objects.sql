SELECT c.relname::text COLLATE "C" AS name, concat_ws(E'\n',
    concat_ws(' ', 'security', c.relrowsecurity, c.relforcerowsecurity),
    (
        SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), k.collname,
            CASE WHEN a.attnotnull THEN 'required' END, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)),
            E'\n' ORDER BY a.attnum)
        FROM pg_attribute AS a
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation AS k ON k.oid = a.attcollation
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ),
    (
        SELECT string_agg(concat_ws(' ', o.conname, pg_get_constraintdef(o.oid)), E'\n' ORDER BY o.conname)
        FROM pg_constraint AS o
        WHERE o.conrelid = c.oid AND o.contype <> 'n'
    ),
    (
        SELECT string_agg(concat_ws(' ', p.polname, p.polpermissive, p.polcmd, p.polroles,
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), E'\n' ORDER BY p.polname)
        FROM pg_policy AS p
        -- Those that permit are held in by these, and change with rls.sql.
        WHERE p.polrelid = c.oid AND NOT p.polpermissive
    ))
FROM pg_class AS c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT i.relname::text, replace(pg_get_indexdef(i.oid), quote_ident(current_schema()) || '.', '')
FROM pg_class AS i
WHERE i.relnamespace = current_schema()::regnamespace AND i.relkind IN ('i', 'I')
ORDER BY name
