//! The questions of the Chinook database, asked through the API, with the answers its own SQL gives.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

use athyper_tests::programs;
use athyper_tests::server::{Server, Store};
use reqwest::{Method, Url};
use serde_json::{Value, json};

/// What refers to others comes after them.
const FILES: &[&str] = &[
    "Artist",
    "Album",
    "Genre",
    "MediaType",
    "Track",
    "Playlist",
    "PlaylistTrack",
    "Employee",
    "Customer",
    "Invoice",
    "InvoiceLine",
];

/// The example with all its data.
fn store(on: Store) -> Server {
    let example = programs::root().join("examples/chinook");
    let mut server = Server::prepare_on(on, &example, &["store"]).unwrap();
    for entity in FILES {
        let mut import = server.athyper(&["import", entity]).unwrap();
        import.arg(example.join("data").join(format!("{entity}.csv")));
        import.arg("--build").arg(server.build()).args(["--tenant", "store"]);
        programs::run(&mut import).unwrap();
    }
    server.serve().unwrap();
    server
}

/// The answer to a query, as a clerk sees it.
async fn ask(server: &Server, entity: &str, query: &[(&str, &str)]) -> Value {
    let mut url = Url::parse(server.base()).unwrap().join("/api/data/").unwrap().join(entity).unwrap();
    url.query_pairs_mut().extend_pairs(query);
    let response = server.request(Method::GET, url, Some("clerk@store")).unwrap().send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{entity} {query:?}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// Some values of every item, in order.
fn values(answer: &Value, pointers: &[&str]) -> Value {
    let items = answer["items"].as_array().unwrap();
    let row = |item: &Value| -> Value {
        pointers.iter().map(|pointer| item.pointer(pointer).cloned().unwrap_or(Value::Null)).collect()
    };
    items.iter().map(row).collect()
}

#[tokio::test]
async fn the_store_answers_as_its_own_database_does() {
    for on in Store::BOTH {
        let server = store(on);
        figures(&server).await;
        records(&server).await;
        conditions(&server).await;
    }
}

/// Groups and sums.
async fn figures(server: &Server) {
    let genres = [("group", "genre.name"), ("aggregate", "count()"), ("order", "-count()"), ("limit", "5")];
    let expected =
        json!([["Rock", 1297], ["Latin", 579], ["Metal", 374], ["Alternative & Punk", 332], ["Jazz", 130]]);
    assert_eq!(values(&ask(server, "Track", &genres).await, &["/genre.name", "/count()"]), expected);

    let total = [("aggregate", "sum(total)")];
    assert_eq!(values(&ask(server, "Invoice", &total).await, &["/sum(total)"]), json!([["2328.60"]]));

    let reps = [("group", "support_rep.last_name"), ("aggregate", "count()"), ("order", "count()")];
    let expected = json!([["Johnson", 18], ["Park", 20], ["Peacock", 21]]);
    assert_eq!(
        values(&ask(server, "Customer", &reps).await, &["/support_rep.last_name", "/count()"]),
        expected
    );

    let countries =
        [("group", "billing_country"), ("aggregate", "sum(total)"), ("order", "-sum(total)"), ("limit", "5")];
    let expected = json!([
        ["USA", "523.06"],
        ["Canada", "303.96"],
        ["France", "195.10"],
        ["Brazil", "190.10"],
        ["Germany", "156.48"]
    ]);
    assert_eq!(
        values(&ask(server, "Invoice", &countries).await, &["/billing_country", "/sum(total)"]),
        expected
    );

    let longest = [("order", "-milliseconds"), ("limit", "3"), ("select", "name,milliseconds")];
    let expected = json!([
        ["Occupation / Precipice", 5_286_953],
        ["Through a Looking Glass", 5_088_838],
        ["Greetings from Earth, Pt. 1", 2_960_293]
    ]);
    assert_eq!(values(&ask(server, "Track", &longest).await, &["/name", "/milliseconds"]), expected);
}

/// Lists that follow references.
async fn records(server: &Server) {
    let reports = [("order", "employee_id"), ("select", "last_name,reports_to.last_name")];
    let expected = json!([
        ["Adams", null],
        ["Edwards", "Adams"],
        ["Peacock", "Edwards"],
        ["Park", "Edwards"],
        ["Johnson", "Edwards"],
        ["Mitchell", "Adams"],
        ["King", "Mitchell"],
        ["Callahan", "Mitchell"]
    ]);
    let found = ask(server, "Employee", &reports).await;
    assert_eq!(values(&found, &["/last_name", "/reports_to/last_name"]), expected);

    let invoices = [
        ("customer.customer_id", "17"),
        ("order", "invoice_date"),
        ("select", "invoice_id,invoice_date,total"),
    ];
    let expected = json!([
        [14, "2021-03-04T00:00:00Z", "1.98"],
        [37, "2021-06-06T00:00:00Z", "3.96"],
        [59, "2021-09-08T00:00:00Z", "5.94"],
        [111, "2022-04-29T00:00:00Z", "0.99"],
        [232, "2023-10-21T00:00:00Z", "1.98"],
        [243, "2023-12-01T00:00:00Z", "13.86"],
        [298, "2024-07-31T00:00:00Z", "10.91"]
    ]);
    let found = ask(server, "Invoice", &invoices).await;
    assert_eq!(values(&found, &["/invoice_id", "/invoice_date", "/total"]), expected);
}

/// Conditions that look through references and children.
async fn conditions(server: &Server) {
    let large = [("filter", "tracks.count() > 1000"), ("order", "playlist_id"), ("expand", "tracks")];
    let found = ask(server, "Playlist", &large).await;
    let expected = json!([[1, "Music"], [5, "90’s Music"], [8, "Music"]]);
    assert_eq!(values(&found, &["/playlist_id", "/name"]), expected);
    let tracks = |item: &Value| item["tracks"].as_array().unwrap().len();
    assert_eq!(found["items"].as_array().unwrap().iter().map(tracks).collect::<Vec<_>>(), [3290, 1477, 3290]);

    for (entity, filter, count) in [
        ("Track", "composer == null", 977),
        ("Customer", "support_rep.employee_id == 3 && company != null", 4),
        ("Invoice", "lines.exists(l, l.unit_price > 1)", 30),
        ("Invoice", "total != lines.map(l, l.unit_price * l.quantity).sum()", 0),
    ] {
        let counted = ask(server, entity, &[("filter", filter), ("limit", "0"), ("count", "exact")]).await;
        assert_eq!(counted["count"], json!(count), "{entity}: {filter}");
    }
}
