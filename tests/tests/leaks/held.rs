//! `--rls full`: what the program forgets to keep back, row level security of PostgreSQL keeps back.

use athyper_tests::server::Store;
use reqwest::{Method, StatusCode};
use sqlx::{Connection as _, PgConnection, raw_sql};

use crate::office::Office;

/// Roads by which a clerk gets to the dossier that he holds, but for the last.
const ROADS: &[&str] = &[
    "/api/data/Dossier",
    "/api/data/Dossier?count=exact",
    "/api/data/Dossier?search=A1",
    "/api/data/Dossier?filter=number == \"A1\"",
    "/api/data/Dossier?expand=desk",
    "/api/data/Dossier?group=number&aggregate=count()",
];

#[tokio::test]
async fn what_the_program_would_show_the_database_keeps_back() {
    for (store, is_held) in [(Store::Postgres, false), (Store::PostgresInFull, true)] {
        let office = Office::open_on(store);
        let id = office.dossier("chief@acme", "A1", "clerk").await;
        let record = format!("/api/data/Dossier/{id}");
        let before = office.get(ROADS[0], "clerk@acme").await;
        assert!(before.text.contains("A1"), "{}", before.text);
        // As if the program's own condition were wrong: only the database goes by this rule.
        let mut owner = PgConnection::connect(office.server.owners_database()).await.unwrap();
        raw_sql(r#"ALTER POLICY "read" ON "office_dossier" USING (FALSE)"#)
            .execute(&mut owner)
            .await
            .unwrap();
        for road in ROADS {
            let answer = office.get(road, "clerk@acme").await;
            assert_eq!(answer.status, StatusCode::OK, "{road}: {}", answer.text);
            assert_eq!(answer.text.contains("A1"), !is_held, "{road} on {store:?}: {}", answer.text);
            assert_eq!(
                answer.text.contains(r#""count":1"#),
                answer.text.contains("count") && !is_held,
                "{road}"
            );
        }
        let found = if is_held { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(office.get(&record, "clerk@acme").await.status, found, "{store:?}");
        // What writes is judged by the program, which goes on seeing the whole tenant.
        let changed = office
            .send(
                Method::PATCH,
                &record,
                Some("chief@acme"),
                (
                    &[("if-match", "\"1\""), ("content-type", "application/merge-patch+json")],
                    Some(&serde_json::json!({ "nickname": "Duke" })),
                ),
            )
            .await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    }
}
