//! What is exported comes back as it was.

use athyper_schemas::bundle::{FieldGrant, FieldPolicy, Grantee, Otherwise, Place, Rule};

use super::*;
use crate::fixture::Shop;
use crate::flow::import::Import;
use crate::request::table::Mapping;

impl Shop {
    async fn export(&self, entity: &str, style: Style) -> String {
        let export = Export {
            db: &self.db,
            scope: &self.scope,
            principal: &self.clerk,
            entity: self.entity(entity),
            style,
        };
        let mut out = Vec::new();
        export.write(&export.header(), &mut out).await.expect("an export");
        String::from_utf8(out).expect("text")
    }

    async fn take_in(&self, entity: &str, text: &str) -> (u64, u64, u64, u64) {
        let mapping = Mapping::default();
        let import = Import {
            scope: &self.scope,
            principal: &self.clerk,
            entity: self.entity(entity),
            mapping: &mapping,
            dry_run: false,
            skip_bad: false,
        };
        let report =
            self.writes.import(&import, text.as_bytes(), Vec::new(), |_| {}).await.expect("a report");
        assert!(report.mistakes.is_empty(), "{:?}", report.mistakes);
        (report.counts.created, report.counts.updated, report.counts.same, report.counts.bad)
    }
}

#[tokio::test]
async fn what_is_exported_is_taken_back_unchanged() {
    let shop = Shop::open().await;
    let suppliers = "code,name,tags\nELM,=SUM(A1),\nOAK,\"Oak, \"\"the\"\" Ltd\",\"[\"\"a\"\",\"\"b\"\"]\"\n";
    shop.take_in("Supplier", suppliers).await;
    shop.take_in("Group", "code,parent\na,\nb,a\nc,b\n").await;
    shop.take_in("Order", "code,supplier,ordered_on\nX-2,OAK,2026-01-01\nX-1,ELM,2026-01-02\n").await;
    shop.take_in("Line", "order,item,quantity,price\nX-2,b,1,1\nX-2,a,2,0.5\nX-1,z,1,1\n").await;
    shop.take_in("Part", &format!("parent,what\n{},leg\n", shop.line_id("z").await)).await;
    shop.take_in(
        "Price",
        "supplier,valid_from,valid_to,amount\nOAK,2026-01-01,2026-06-01,1\nOAK,2026-06-01,,2\n",
    )
    .await;

    let guarded = shop.export("Supplier", Style::default()).await;
    assert_eq!(guarded, suppliers.replace("=SUM", "'=SUM"));
    assert_eq!(shop.export("Supplier", Style { unguarded: true, ..Style::default() }).await, suppliers);
    let lines = shop.export("Line", Style::default()).await;
    assert_eq!(lines, "parent,item,quantity,price\nX-1,z,1.000,1.00\nX-2,b,1.000,1.00\nX-2,a,2.000,0.50\n");
    let groups = shop.export("Group", Style::default()).await;
    assert_eq!(groups, "parent,code\n,a\na,b\nb,c\n");
    for (entity, rows) in [("Supplier", 2), ("Group", 3), ("Order", 2), ("Line", 3), ("Part", 1)] {
        let text = shop.export(entity, Style::default()).await;
        assert_eq!(shop.take_in(entity, &text).await, (0, 0, rows, 0), "{entity}: {text}");
    }
    let prices = shop.export("Price", Style::default()).await;
    assert_eq!(prices.lines().count(), 3);
    assert!(prices.contains(",OAK,") || prices.contains("OAK,"), "{prices}");
}

impl Shop {
    async fn line_id(&self, item: &str) -> Uuid {
        let catalog = self.scope.catalog();
        let line = catalog.entity(self.entity("Line"));
        let field = line.named("item").expect("a field");
        let pairs = [(field, sql::Bind::text(item))];
        let statement = write::select(line, self.scope.tenant(), Which::Matching(&pairs), Dead::Counted);
        let rows = self.db.read(&statement).await.expect("rows");
        id_of(&values(line, &rows[0]).expect("values")).expect("an id")
    }
}

#[tokio::test]
async fn an_export_shows_what_the_policies_leave() {
    let mut bundle = crate::fixture::bundle();
    let when = crate::fixture::condition(&bundle, "Supplier", "name != \"b\"");
    let policy =
        bundle.policies.iter_mut().find(|policy| policy.entity == "shop.Supplier").expect("a policy");
    policy.rules.push(Rule { when: Some(when), ..crate::fixture::allow("rep") });
    let to = vec![Grantee { role: "clerk".into(), derived: None, when: None }];
    policy.fields.push(FieldPolicy {
        field: "tags".into(),
        read: Some(FieldGrant { to, when: None }),
        update: None,
        otherwise: Otherwise::Hide,
        place: Place { file: "shop.yaml".into(), line: 1 },
    });
    let orders = bundle.policies.iter_mut().find(|policy| policy.entity == "shop.Order").expect("a policy");
    orders.rules.push(crate::fixture::allow("rep"));
    let shop = Shop::of(bundle).await;
    shop.take_in("Supplier", "code,name,tags\nA,a,\"[\"\"x\"\"]\"\nB,b,\n").await;
    shop.take_in("Order", "code,supplier,ordered_on\nX-1,A,2026-01-01\n").await;
    let rep = crate::fixture::principal(1, "rep", &["rep"]);
    let scope = Scope::of(&rep, Arc::clone(shop.build.catalog()));
    let export = |name: &str| Export {
        db: &shop.db,
        scope: &scope,
        principal: &rep,
        entity: shop.entity(name),
        style: Style::default(),
    };
    let mut out = Vec::new();
    let suppliers = export("Supplier");
    suppliers.write(&suppliers.header(), &mut out).await.expect("an export");
    assert_eq!(String::from_utf8(out).expect("text"), "code,name\nA,a\n");

    let whole = Export { principal: &shop.clerk, ..export("Supplier") }.header();
    let refused = suppliers.write(&whole, Vec::new()).await.expect_err("a hidden column");
    assert!(refused.to_string().contains("`tags`"), "{refused}");

    let mut out = Vec::new();
    let orders = export("Order");
    orders.write(&orders.header(), &mut out).await.expect("an export");
    let text = String::from_utf8(out).expect("text");
    assert!(!text.contains(",A,"), "the key of a record that not everybody may read: {text}");
}
