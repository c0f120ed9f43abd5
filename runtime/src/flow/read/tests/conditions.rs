//! Which records conditions choose.

use super::*;

async fn chosen(reading: &Reading, query: &str) -> Vec<Json> {
    reading.column("Order", &format!("order=code&{query}"), "code").await
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn fields_and_paths_are_compared() {
    let (reading, ids) = orders().await;
    let id = ids[1];
    for (query, expected) in [
        ("total=30.15".to_owned(), vec![3]),
        ("total.gte=30.15&total.lt=100.5".to_owned(), vec![3, 4]),
        ("total.gt=60.3".to_owned(), vec![5]),
        ("total.lte=0".to_owned(), vec![1]),
        ("supplier.code=ELM".to_owned(), vec![2, 4]),
        ("supplier_ref.null=true".to_owned(), vec![3]),
        ("supplier_ref.null=false".to_owned(), vec![1, 2, 4, 5]),
        ("supplier_ref.ne=R1".to_owned(), vec![1, 3, 4, 5]),
        ("supplier_ref.in=R0,%22R4%22,x".to_owned(), vec![1, 5]),
        ("status=draft".to_owned(), vec![1, 2, 3, 4, 5]),
        ("status.ne=draft".to_owned(), vec![]),
        ("supplier.name.contains=S%C3%B6hne".to_owned(), vec![2, 4]),
        ("supplier.name.starts_with=Oak".to_owned(), vec![1, 3, 5]),
        ("supplier.name.ends_with=LTD".to_owned(), vec![]),
        ("ordered_on=2026-03-31".to_owned(), vec![1, 2, 3, 4, 5]),
        ("ordered_on.gt=2026-03-31".to_owned(), vec![]),
        ("created_at.gt=2020-01-01T00:00:00Z&created_by=clara".to_owned(), vec![1, 2, 3, 4, 5]),
        ("line_count.gte=3".to_owned(), vec![4, 5]),
        ("version=1&secret.null=true".to_owned(), vec![1, 2, 3, 4, 5]),
        (format!("id={id}"), vec![2]),
        (format!("id.in={id},{}", ids[3]), vec![2, 4]),
    ] {
        let expected: Vec<Json> = expected.into_iter().map(|n| json!(format!("O-000{n}"))).collect();
        assert_eq!(chosen(&reading, &query).await, expected, "{query}");
    }
    let supplier = reading.record("Order", id, "select=supplier").await.unwrap()["supplier"].clone();
    let query = format!("supplier={}", supplier.as_str().unwrap());
    assert_eq!(chosen(&reading, &query).await, ["O-0002", "O-0004"]);
}

#[tokio::test]
async fn expressions_choose_what_is_definitely_true() {
    let (reading, ids) = orders().await;
    let by_id = format!("id == \"{}\"", ids[0]);
    for (filter, expected) in [
        ("total > 20", vec![3, 4, 5]),
        ("total > 20 && supplier.code == \"ELM\"", vec![4]),
        ("!(supplier_ref == \"R1\")", vec![1, 3, 4, 5]),
        ("supplier_ref.startsWith(\"R\")", vec![1, 2, 4, 5]),
        ("!supplier_ref.startsWith(\"R\")", vec![]),
        ("supplier_ref == null || supplier.code == \"ELM\"", vec![2, 3, 4]),
        ("lines.exists(l, l.item == \"item 2\")", vec![4, 5]),
        ("lines.all(l, l.quantity < 3.000)", vec![1, 2, 3]),
        ("lines.size() > 2", vec![4, 5]),
        ("lines.map(l, l.amount).sum() == total", vec![1, 2, 3, 4, 5]),
        ("lines.exists(l, l.parts.exists(p, p.what == \"top\"))", vec![2, 3, 4, 5]),
        ("line_count == 2", vec![3]),
        ("status in [\"draft\"] && ordered_on < today() + duration(\"87600h\")", vec![1, 2, 3, 4, 5]),
        ("created_by == user.id && \"clerk\" in user.roles", vec![1, 2, 3, 4, 5]),
        ("user.email == \"x\"", vec![]),
        ("created_at <= now()", vec![1, 2, 3, 4, 5]),
        ("supplier.name.size() > 7", vec![2, 4]),
        (by_id.as_str(), vec![1]),
    ] {
        let expected: Vec<Json> = expected.into_iter().map(|n| json!(format!("O-000{n}"))).collect();
        assert_eq!(chosen(&reading, &format!("filter={}", encoded(filter))).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn conditions_hold_for_counts_groups_and_every_page() {
    let (reading, _) = orders().await;
    let page =
        reading.list("Order", "filter=total%20%3E%2020&count=exact&limit=2&order=-total").await.unwrap();
    assert_eq!(page["count"], 3);
    let cursor = page["next"].as_str().unwrap();
    let query = format!("filter=total%20%3E%2020&limit=2&order=-total&cursor={cursor}");
    let rest = reading.list("Order", &query).await.unwrap();
    assert_eq!((rest["items"][0]["code"].as_str(), rest["next"].is_null()), (Some("O-0003"), true));
    let other = reading.list("Order", &query.replace("2020", "2021")).await.expect_err("a problem");
    assert_eq!(other.kind(), Kind::InvalidCursor);
    let groups =
        reading.list("Order", "supplier.code=ELM&group=supplier.code&aggregate=count()").await.unwrap();
    assert_eq!(groups["items"], json!([{"supplier.code": "ELM", "count()": 2}]));
}

#[tokio::test]
async fn words_are_searched_in_the_search_fields() {
    let (reading, _) = orders().await;
    for (words, expected) in [
        ("oak", vec!["OAK"]),
        ("LTD oAk", vec!["OAK"]),
        ("lm", vec!["ELM"]),
        ("ltd elm", vec![]),
        ("", vec!["ELM", "OAK"]),
        ("%25", vec![]),
    ] {
        let query = format!("order=code&search={}", words.replace(' ', "+"));
        assert_eq!(reading.column("Supplier", &query, "code").await, expected, "{words}");
    }
    assert_eq!(
        reading.mistakes("Order", "search=x").await,
        ["no_search: these records have no fields to search in; use `filter`"]
    );
}

#[tokio::test]
async fn mistakes_in_conditions_say_what_would_do() {
    let (reading, _) = orders().await;
    for (query, said) in [
        ("total.gte=abc", "not_a_value: `abc` is not a decimal that fits the digits of the field"),
        ("total=1.005", "not_a_value: `1.005` is not a decimal that fits the digits of the field"),
        ("status=drft", "unknown_value: `drft` is no value of `status`; did you mean `draft`?"),
        ("status.gt=draft", "wrong_operator: `status` cannot be compared with `gt`"),
        ("total.contains=1", "wrong_operator: `total` cannot be compared with `contains`"),
        ("supplier_ref.null=maybe", "not_a_value: must be `true` or `false`"),
        ("code.in=%22a", "not_a_value: a closing `\"` is missing"),
        (
            "total.gtee=1",
            "not_a_reference: `total` leads to no record that you may read; the nearest operator is `gte`",
        ),
        (
            "filter=totl%20%3E%201",
            "unknown-name: nothing is called `totl` here; did you mean `total`? (at character 1)",
        ),
        (
            "filter=secret.word%20%3D%3D%20%22x%22",
            "not-a-record: `.word` needs a record before the dot, and this is a uuid (at character 8)",
        ),
        ("filter=old.total%20%3E%201", "not-available: `old` is not available here (at character 1)"),
    ] {
        assert_eq!(reading.mistakes("Order", query).await, [said], "{query}");
    }
    let many = format!("lines.exists(l, {})", ["l.item.contains(\"x\")"; 30].join(" || "));
    let problem = reading.list("Order", &format!("filter={}", encoded(&many))).await.expect_err("a problem");
    assert_eq!(problem.kind(), Kind::LimitExceeded, "{problem}");
}

#[tokio::test]
async fn hostile_values_are_only_values() {
    let (reading, _) = orders().await;
    let hostile = [
        "'",
        "\"",
        "'; DROP TABLE shop_order; --",
        "' OR '1'='1",
        "?1",
        "\\",
        "%",
        "_",
        "\u{202e}",
        "\0",
        "\u{1}",
        "💥",
    ];
    for text in hostile {
        let value = encoded(text);
        for parameter in
            ["code", "supplier_ref.contains", "supplier.name.starts_with", "supplier_ref.in", "supplier.code"]
        {
            if let Ok(page) = reading.list("Order", &format!("{parameter}={value}")).await {
                assert_eq!(page["items"], json!([]), "{parameter}={text}");
            }
        }
        let literal = serde_json::Value::from(text).to_string();
        if let Ok(page) =
            reading.list("Order", &format!("filter={}", encoded(&format!("code == {literal}")))).await
        {
            assert_eq!(page["items"], json!([]), "{text}");
        }
        reading.list("Supplier", &format!("search={value}")).await.ok();
    }
    assert_eq!(reading.list("Order", "count=exact").await.unwrap()["count"], 5);
}

#[tokio::test]
async fn conditions_stay_in_the_tenant_and_hide_what_is_deleted() {
    let (reading, _) = orders().await;
    let stranger = principal(2, "clara", &["clerk"]);
    for query in [
        "supplier.code=OAK",
        "filter=lines.size()%20%3E%3D%200",
        "filter=true",
        "filter=supplier_ref%20%3D%3D%20null",
    ] {
        assert_eq!(reading.list_as(&stranger, "Order", query).await.unwrap()["items"], json!([]), "{query}");
    }
    let access =
        policy::decide(&reading.shop.scope, &reading.shop.clerk, reading.shop.entity("Order"), Action::Read);
    let query = Query::of_list(
        "supplier.code=OAK&filter=lines.exists(l,%20l.parts.size()%20%3E%201)&line_count.gt=1&count=exact",
    );
    let access = access.unwrap();
    let outline = Arc::new(plan::list_outline(&access, query, &limits()).unwrap());
    let plan = plan::list(access, outline, None, &Cursors::new("secret")).unwrap();
    let statement = fill(&sql::read::list(&plan).unwrap(), plan.access(), &Asked::rows(1));
    let tables = statement.text().matches("\"shop_").count();
    assert_eq!(statement.text().matches("\"tenant_id\" = ").count(), tables, "{}", statement.text());
}
