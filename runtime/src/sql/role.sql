SELECT r.rolname::text, r.rolsuper::integer::bigint, r.rolbypassrls::integer::bigint,
    EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
            AND pg_has_role(r.oid, c.relowner, 'MEMBER')
    )::integer::bigint
FROM pg_roles AS r
WHERE r.rolname = current_user
