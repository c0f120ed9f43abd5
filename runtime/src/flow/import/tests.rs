//! Imports on a real database.

use std::fmt::Write as _;

use super::*;
use crate::fixture::{Shop, principal};

impl Shop {
    async fn import(&self, entity: &str, text: &str) -> Result<Report, ImportError> {
        self.import_with(entity, text, |_| {}).await
    }

    /// Orders with their lines.
    async fn import_orders(&self, orders: &str, lines: &str, skip_bad: bool) -> Report {
        let catalog = self.scope.catalog();
        let list = catalog.entity(self.entity("Order")).named("lines").expect("a list").id();
        let mapping = Mapping::default();
        let import = Import {
            scope: &self.scope,
            principal: &self.clerk,
            entity: self.entity("Order"),
            mapping: &mapping,
            dry_run: false,
            skip_bad,
        };
        let source = Box::new(std::io::Cursor::new(lines.to_owned().into_bytes()));
        let children = vec![ChildFile { list, mapping: &mapping, source }];
        self.writes.import(&import, orders.as_bytes(), children, |_| {}).await.expect("a report")
    }

    async fn import_with(
        &self,
        entity: &str,
        text: &str,
        change: impl FnOnce(&mut Import<'_>),
    ) -> Result<Report, ImportError> {
        let mapping = Mapping::default();
        let mut import = Import {
            scope: &self.scope,
            principal: &self.clerk,
            entity: self.entity(entity),
            mapping: &mapping,
            dry_run: false,
            skip_bad: false,
        };
        change(&mut import);
        self.writes.import(&import, text.as_bytes(), Vec::new(), |_| {}).await
    }
}

fn counts(report: &Report) -> [u64; 5] {
    five(&report.counts)
}

fn five(counts: &Counts) -> [u64; 5] {
    [counts.rows, counts.created, counts.updated, counts.same, counts.bad]
}

fn said(report: &Report) -> Vec<String> {
    report.mistakes.iter().map(|m| format!("{} {} {}", m.line, m.column, m.code)).collect()
}

const SUPPLIERS: &str = "Code,NAME,Tags\nOAK,Oak Ltd,a; b\nELM,\"Elm\n& Sons\",\n";

#[tokio::test]
async fn a_file_can_be_imported_again() {
    let shop = Shop::open().await;
    let bad_name = shop.import("Supplier", SUPPLIERS).await.expect("a report");
    assert_eq!((counts(&bad_name), said(&bad_name)), ([2, 1, 0, 0, 1], vec!["3 NAME format".to_owned()]));
    assert!(!bad_name.kept);
    let text = SUPPLIERS.replace('\n', "\r\n").replace("\r\n&", " &");
    let text = format!("\u{feff}{text}");
    let report = shop.import("Supplier", &text).await.expect("a report");
    assert_eq!((counts(&report), report.kept), ([2, 2, 0, 0, 0], true));
    let again = shop.import("Supplier", &text).await.expect("a report");
    assert_eq!(counts(&again), [2, 0, 0, 2, 0]);
    let changed = shop.import("Supplier", &text.replace("Oak Ltd", "Oak AG")).await.expect("a report");
    assert_eq!(counts(&changed), [2, 0, 1, 1, 0]);
}

#[tokio::test]
async fn bad_rows_are_named_and_can_be_skipped() {
    let shop = Shop::open().await;
    let text = "code,name\nA,a\nB\nA,again\n,x\nC,\"two\nlines\"\nTOOLONGCODE12345,x\nD,d\n";
    let report = shop.import("Supplier", text).await.expect("a report");
    assert!(!report.kept);
    assert_eq!(counts(&report), [7, 2, 0, 0, 5]);
    assert_eq!(
        said(&report),
        ["3  format", "4 code unique", "5 code required", "6 name format", "8 code too_long"]
    );
    assert_eq!(report.mistakes[1].message, "line 2 has the same key");
    let report = shop.import_with("Supplier", text, |i| i.skip_bad = true).await.expect("a report");
    assert!(report.kept);
    let again = shop.import_with("Supplier", text, |i| i.skip_bad = true).await.expect("a report");
    assert_eq!(counts(&again), [7, 0, 0, 2, 5]);
    let dry = shop.import_with("Supplier", "code,name\nZ,z\n", |i| i.dry_run = true).await.expect("a report");
    assert_eq!((counts(&dry), dry.kept), ([1, 1, 0, 0, 0], false));
}

#[tokio::test]
async fn headers_are_matched_or_explained() {
    let shop = Shop::open().await;
    let wrong = |outcome: Result<Report, ImportError>| match outcome {
        Err(ImportError::Header(0, wrong)) => wrong,
        other => panic!("{other:?}"),
    };
    let said = wrong(shop.import("Supplier", "code,nam,colour\n").await);
    assert_eq!(
        said[0],
        "the column `nam` is no field of Supplier; did you mean `name`? (or `--ignore-column nam`)"
    );
    assert_eq!(said[1], "the column `colour` is no field of Supplier (or `--ignore-column colour`)");
    assert_eq!(said[2], "Supplier has `code`, `name`, `tags`");
    let said = wrong(shop.import("Line", "item,quantity,price\n").await);
    assert!(said[0].contains("no column says which Order a row belongs to"), "{said:?}");
    let mapping = Mapping {
        named: vec![("Nr".into(), "code".into())],
        ignored: vec!["Colour".into()],
        ..Mapping::default()
    };
    let import = Import {
        scope: &shop.scope,
        principal: &shop.clerk,
        entity: shop.entity("Supplier"),
        mapping: &mapping,
        dry_run: false,
        skip_bad: false,
    };
    let text = "Nr;Name;Colour\nOAK;Oak;red\n";
    let report = shop.writes.import(&import, text.as_bytes(), Vec::new(), |_| {}).await.expect("a report");
    assert_eq!(counts(&report), [1, 1, 0, 0, 0]);
    for (bytes, message) in [
        (&b"\xff\xfeC\0"[..], "the file is UTF-16; save it as CSV in UTF-8"),
        (b"", "the file is empty; its first line must name the columns"),
        (b"c\xf6de,name\n", "the header is not UTF-8; save the file as CSV in UTF-8"),
    ] {
        let import = Import { mapping: &Mapping::default(), ..import };
        match shop.writes.import(&import, bytes, Vec::new(), |_| {}).await {
            Err(ImportError::File(0, said)) => assert_eq!(said, message),
            other => panic!("{other:?}"),
        }
    }
    let import = Import { mapping: &Mapping::default(), ..import };
    let report = shop
        .writes
        .import(&import, &b"code,name\nA,\xe9t\xe9\n"[..], Vec::new(), |_| {})
        .await
        .expect("a report");
    assert_eq!(said_of(&report), ["2 name format"]);
}

fn said_of(report: &Report) -> Vec<String> {
    said(report)
}

#[tokio::test]
async fn rows_may_refer_to_rows_below_them() {
    let shop = Shop::open().await;
    let mut text = String::from("Code,Parent\nroot,\n");
    for i in (0..1200).rev() {
        let above = if i == 0 { "root".to_owned() } else { format!("g{}", (i - 1) / 2) };
        let _ = writeln!(text, "g{i},{above}");
    }
    let report = shop.import("Group", &text).await.expect("a report");
    assert_eq!((said(&report), counts(&report)), (vec![], [1201, 1201, 0, 0, 0]));
    let again = shop.import("Group", &text).await.expect("a report");
    assert_eq!(counts(&again), [1201, 0, 0, 1201, 0]);
    let lost = shop.import("Group", "Code,Parent\nx,y\ny,z\n").await.expect("a report");
    assert_eq!(said(&lost), ["2 Parent not_found", "3 Parent not_found"]);
}

#[tokio::test]
async fn children_are_added_to_their_owners() {
    let shop = Shop::open().await;
    shop.import("Supplier", "code,name\nOAK,Oak\n").await.expect("a report");
    let orders = "Code,Supplier,Ordered on\nX-1,OAK,2026-01-01\nO-0007,OAK,2026-01-02 00:00:00\n";
    let report = shop.import("Order", orders).await.expect("a report");
    assert_eq!((said(&report), counts(&report)), (vec![], [2, 2, 0, 0, 0]));
    let mut lines = String::from("OrderId,Item,Quantity,Price\n");
    for i in 0..1500 {
        let _ = writeln!(lines, "{},i{i},{i}.5,0.10", if i % 3 == 0 { "X-1" } else { "O-0007" });
    }
    let report = shop.import("Line", &lines).await.expect("a report");
    assert_eq!((said(&report), counts(&report)), (vec![], [1500, 1500, 0, 0, 0]));
    let again = shop.import("Line", &lines).await.expect("a report");
    assert_eq!(counts(&again), [1500, 0, 0, 1500, 0]);
    let mixed =
        "OrderId,Item,Quantity,Price\nX-1,i0,9,1\nX-1,new,0,1\nNONE,a,1,1\nX-1,two,1,1\nX-1,two,1,1\n";
    let report = shop.import_with("Line", mixed, |i| i.skip_bad = true).await.expect("a report");
    assert_eq!(counts(&report), [5, 1, 1, 0, 3]);
    assert_eq!(said(&report), ["3 Quantity too_small", "4 OrderId not_found", "6 Item unique"]);
    let next = shop.import("Order", "Supplier\nOAK\n").await.expect("a report");
    assert_eq!(counts(&next), [1, 1, 0, 0, 0]);
    let number = shop.numbers().await;
    assert!(number.contains(&"O-0008".to_owned()) || number.contains(&"O-0001".to_owned()), "{number:?}");
}

const ORDERS: &str = "Code,Supplier,Status\nO-1,OAK,placed\nO-2,OAK,placed\nO-3,OAK,placed\n";

#[tokio::test]
async fn owners_that_need_their_children_come_with_them() {
    let shop = Shop::open().await;
    shop.import("Supplier", "code,name\nOAK,Oak\n").await.expect("a report");
    let alone = shop.import("Order", ORDERS).await.expect("a report");
    assert_eq!(said(&alone), ["2  check", "3  check", "4  check"], "a placed order needs lines");

    // In whatever order, behind a byte order mark, with a cell of several lines.
    let mut lines = String::from("\u{feff}order,item,quantity,price\n");
    for i in 0..600 {
        let _ = writeln!(lines, "O-{},i{i},1,0.10", [2, 1, 3][i % 3]);
    }
    let report = shop.import_orders(ORDERS, &lines, false).await;
    assert_eq!((said(&report), counts(&report), report.kept), (vec![], [3, 3, 0, 0, 0], true));
    assert_eq!(five(&report.children[0]), [600, 600, 0, 0, 0]);
    assert_eq!(shop.count("Line").await, 600);
    let again = shop.import_orders(ORDERS, &lines, false).await;
    assert_eq!((counts(&again), five(&again.children[0])), ([3, 0, 0, 3, 0], [600, 0, 0, 600, 0]));

    // A line changes, one is new, and one belongs to an order that has no row here.
    let more = "order,item,quantity,price\nO-2,i0,7,0.10\nO-1,new,1,1\nO-3,new,1,1\n";
    let report = shop.import_orders("Code,Supplier\nO-1,OAK\nO-2,OAK\n", more, false).await;
    assert_eq!((said(&report), counts(&report)), (vec![], [2, 0, 0, 2, 0]));
    assert_eq!(five(&report.children[0]), [3, 2, 1, 0, 0]);
}

#[tokio::test]
async fn an_owner_is_taken_with_all_its_children_or_not_at_all() {
    let shop = Shop::open().await;
    shop.import("Supplier", "code,name\nOAK,Oak\n").await.expect("a report");
    let lines = "order,item,quantity,price\n\
                 O-1,a,1,1\nO-1,b,none,1\nO-2,a,1,1\nO-2,a,1,1\nO-3,a,1,1\nO-9,a,1,1\nO-3,b\nO-3,c,1,1000000\n";
    let bad = shop.import_orders(ORDERS, lines, false).await;
    assert!(!bad.kept);
    assert_eq!(shop.count("Order").await, 0);
    let told = |report: &Report| {
        let mistakes = report.mistakes.iter();
        mistakes.map(|m| format!("{}:{} {} {}", m.file, m.line, m.column, m.code)).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&bad),
        [
            "0:2  children",
            "0:3  children",
            "0:4  check",
            "1:3 quantity format",
            "1:5 item unique",
            "1:7 order not_found",
            "1:8  format",
        ]
    );
    assert_eq!((counts(&bad), five(&bad.children[0])), ([3, 0, 0, 0, 3], [8, 0, 0, 0, 8]));
    let lines = lines.replace("1000000", "1");
    let report = shop.import_orders(ORDERS, &lines, true).await;
    assert_eq!((counts(&report), five(&report.children[0])), ([3, 1, 0, 0, 2], [8, 2, 0, 0, 6]));
    assert_eq!((shop.count("Order").await, shop.count("Line").await), (1, 2));
}

#[tokio::test]
async fn children_that_are_alike_are_as_many_as_rows() {
    let shop = Shop::open().await;
    shop.import("Supplier", "code,name\nOAK,Oak\n").await.expect("a report");
    shop.import_orders("code,supplier\nO-1,OAK\n", "order,item,quantity,price\nO-1,a,1,1\n", false).await;
    let line = shop.line("a").await;
    let parts = format!("line,what\n{}", format!("{line},bolt\n").repeat(3));
    let report = shop.import("Part", &parts).await.expect("a report");
    assert_eq!((said(&report), counts(&report)), (vec![], [3, 3, 0, 0, 0]));
    let again = shop.import("Part", &format!("{parts}{line},bolt\n")).await.expect("a report");
    assert_eq!(counts(&again), [4, 1, 0, 3, 0]);
    assert_eq!(shop.count("Part").await, 4);
    // What is left to a default says nothing about which child a row is, and rows that say more choose first.
    let parts = format!("line,what,count\n{line},nut,3\n{line},nut,\n{line},nut,\n");
    let first = shop.import("Part", &parts).await.expect("a report");
    assert_eq!((said(&first), counts(&first)), (vec![], [3, 3, 0, 0, 0]));
    let turned = format!("line,what,count\n{line},nut,\n{line},nut,\n{line},nut,3\n");
    for text in [&parts, &turned] {
        let again = shop.import("Part", text).await.expect("a report");
        assert_eq!(counts(&again), [3, 0, 0, 3, 0]);
    }
}

#[tokio::test]
async fn roles_decide_what_may_be_imported() {
    let shop = Shop::open().await;
    let reader = principal(1, "rita", &["reader"]);
    let outcome = shop.import_with("Supplier", SUPPLIERS, |_| {}).await;
    assert!(outcome.is_ok());
    let mapping = Mapping::default();
    let import = Import {
        scope: &shop.scope,
        principal: &reader,
        entity: shop.entity("Supplier"),
        mapping: &mapping,
        dry_run: false,
        skip_bad: false,
    };
    let outcome = shop.writes.import(&import, SUPPLIERS.as_bytes(), Vec::new(), |_| {}).await;
    assert!(matches!(outcome, Err(ImportError::Problem(p)) if p.kind() == crate::problem::Kind::Forbidden));
}

impl Shop {
    async fn line(&self, item: &str) -> Uuid {
        let mut session = Session::begin(&self.db, &self.scope, &self.clerk).await.expect("a session");
        let catalog = session.catalog();
        let entity = catalog.entity(self.entity("Line"));
        let all = crate::sql::write::Which::Matching(&[]);
        let rows = session.rows(entity, all, crate::sql::write::Dead::Counted).await.expect("rows");
        let place = entity.named("item").expect("an item").id().index();
        match rows.iter().find(|row| row[place] == Value::text(item)).map(|row| &row[0]) {
            Some(Value::Uuid(id)) => *id,
            _ => panic!("no line {item}"),
        }
    }

    async fn numbers(&self) -> Vec<String> {
        let mut session = Session::begin(&self.db, &self.scope, &self.clerk).await.expect("a session");
        let catalog = session.catalog();
        let entity = catalog.entity(self.entity("Order"));
        let code = entity.named("code").expect("a code").id().index();
        let all = crate::sql::write::Which::Matching(&[]);
        let rows = session.rows(entity, all, crate::sql::write::Dead::Counted).await.expect("rows");
        rows.iter().map(|row| row[code].to_string()).collect()
    }
}
