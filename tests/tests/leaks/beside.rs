//! PostgreSQL beside the program: whoever gets SQL of his own through the serving role, or leaves a view or a function of the
//! owner's behind, gets no row of a tenant that his transaction does not name.

use athyper_tests::programs;
use athyper_tests::server::Store;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, raw_sql};

use crate::office::Office;

/// What an owner may have left behind: a view, a function with his rights, and one that reads aloud what it is given.
const LEFT: &str = r#"
CREATE VIEW "everything" AS SELECT * FROM "office_dossier";
CREATE FUNCTION "whole"() RETURNS SETOF "office_dossier" LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM "office_dossier"';
CREATE FUNCTION "loud"(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
  $$ BEGIN IF $1 = 'G1' THEN RAISE EXCEPTION 'leaked %', $1; END IF; RETURN TRUE; END $$;
GRANT SELECT ON "everything" TO PUBLIC;
GRANT EXECUTE ON FUNCTION "whole"(), "loud"(text) TO PUBLIC;
"#;

/// Ways to every dossier there is.
const ROADS: &[&str] = &[
    r#"SELECT "number" FROM "office_dossier""#,
    r#"SELECT "number" FROM "everything""#,
    r#"SELECT "number" FROM "whole"()"#,
    r#"SELECT "number" FROM "office_dossier" WHERE "loud"("number")"#,
    r#"SELECT "number" FROM "everything" WHERE "loud"("number")"#,
    r#"SELECT d."number" FROM "office_note" AS n RIGHT JOIN "office_dossier" AS d ON d."id" = n."parent_id""#,
    r#"UPDATE "office_dossier" SET "version" = "version" RETURNING "number""#,
];

/// What takes the walls down, and is refused to the role that serves.
const LEVERS: &[&str] = &[
    r#"ALTER TABLE "office_dossier" DISABLE ROW LEVEL SECURITY"#,
    r#"ALTER TABLE "office_dossier" NO FORCE ROW LEVEL SECURITY"#,
    r#"CREATE POLICY "mine" ON "office_dossier" USING (TRUE)"#,
    r#"DROP POLICY "tenant" ON "office_dossier""#,
    r#"SET ROLE "owner""#,
    r#"SET row_security = off; SELECT * FROM "office_dossier""#,
    r#"TRUNCATE "office_dossier""#,
    r#"ALTER ROLE CURRENT_USER BYPASSRLS"#,
    r#"CREATE TABLE "kept" AS SELECT * FROM "office_dossier""#,
];

async fn numbers(on: &mut PgConnection, road: &str, told: &[(&str, &str)]) -> Vec<String> {
    let mut transaction = on.begin().await.unwrap();
    for (setting, value) in told {
        let set = sqlx::query("SELECT set_config($1, $2, true)").bind(*setting).bind(*value);
        set.execute(&mut *transaction).await.unwrap();
    }
    let rows = transaction.fetch_all(AssertSqlSafe(road.to_owned())).await;
    let rows = rows.map_err(|error| format!("{road}: {error}")).unwrap();
    transaction.rollback().await.unwrap();
    let mut numbers: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    numbers.sort();
    numbers
}

#[tokio::test]
async fn views_functions_and_sql_of_ones_own_stay_in_the_tenant() {
    let office = Office::open_on(Store::Postgres);
    office.dossier("chief@acme", "A1", "clerk").await;
    office.dossier("chief@globex", "G1", "clerk").await;
    let tenants = programs::run(&mut office.server.athyper(&["tenant", "list"]).unwrap()).unwrap();
    let acme = tenants.lines().find(|line| line.starts_with("acme\t")).unwrap().split('\t').nth(2).unwrap();
    let mut owner = PgConnection::connect(office.server.owners_database()).await.unwrap();
    raw_sql(LEFT).execute(&mut owner).await.unwrap();
    let mut serving = PgConnection::connect(office.server.database()).await.unwrap();

    let whole_tenant = [("athyper.tenant", acme), ("athyper.scope", "tenant")];
    let nobody = [("athyper.tenant", acme), ("athyper.user", r#"{"@standing":"authenticated","@roles":[]}"#)];
    for road in ROADS {
        for on in [&mut serving, &mut owner] {
            assert_eq!(numbers(on, road, &[]).await, [""; 0], "{road} without a tenant");
            assert_eq!(
                numbers(on, road, &[("athyper.scope", "tenant")]).await,
                [""; 0],
                "{road} with a scope alone"
            );
            assert_eq!(numbers(on, road, &nobody).await, [""; 0], "{road} by somebody without a role");
            assert_eq!(numbers(on, road, &whole_tenant).await, ["A1"], "{road} in his tenant");
        }
    }
    for lever in LEVERS {
        let refused = raw_sql(AssertSqlSafe((*lever).to_owned())).execute(&mut serving).await;
        assert!(refused.is_err(), "{lever}");
    }
}
