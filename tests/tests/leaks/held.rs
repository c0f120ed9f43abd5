//! `--rls full`: what the program forgets to keep back, row level security of PostgreSQL keeps back.

use athyper_tests::server::Store;
use reqwest::{Method, StatusCode};
use sqlx::{Connection as _, PgConnection, raw_sql};

use crate::office::Office;

/// Roads by which a clerk gets to the dossier that he holds; the second counts.
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
        }
        let counted = office.get(ROADS[1], "clerk@acme").await.json()["count"].as_u64();
        assert_eq!(counted, Some(u64::from(!is_held)), "{store:?}");
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

#[tokio::test]
async fn nothing_is_served_in_full_without_the_policies_of_the_build() {
    let office = Office::open_on(Store::PostgresInFull);
    let run = |verb: &[&str]| {
        let output = office.server.athyper(verb).unwrap().arg(office.server.build()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = run(&["migrate", "status"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("its row level security is that of the policies\n"), "{said}");

    let mut owner = PgConnection::connect(office.server.owners_database()).await.unwrap();
    let another =
        raw_sql("UPDATE \"athyper_facts\" SET \"value\" = 'another' WHERE \"name\" = 'row_security'");
    another.execute(&mut owner).await.unwrap();
    let (code, said) = run(&["migrate", "status"]);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("policies of another build"), "{said}");
    let serve = ["serve", "--dev", "--listen", "127.0.0.1:0", "--rls", "full"];
    let (code, said) = run(&serve);
    assert_eq!(code, Some(6), "{said}");
    assert!(
        said.contains("holds the policies of another build; `athyper migrate apply BUILD --policies`"),
        "{said}"
    );

    let plain = Office::open_on(Store::Sqlite);
    let mut serve = plain.server.athyper(&serve).unwrap();
    let output = serve.arg(plain.server.build()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("SQLite has no row level security"), "{said}");
}
