//! What the examples' OpenAPI documents promise is what is served: every example body is taken, every answer is as
//! described, and a caller's own document lists exactly what he may do.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the report of a test")]

use std::collections::{BTreeMap, BTreeSet};

use athyper_tests::programs;
use athyper_tests::server::Server;
use reqwest::header::{CONTENT_TYPE, ETAG, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Value, json};

/// Each example, one caller who may do everything, and callers who may not.
const EXAMPLES: &[(&str, &str, &[&str])] = &[
    ("chinook", "editor+clerk@acme", &["clerk@acme", "guest@acme"]),
    ("hello", "anybody@acme", &[]),
    ("leave", "hr+employee@acme", &["employee@acme", "guest@acme"]),
    (
        "purchase",
        "admin+manager+buyer+auditor@acme",
        &["manager@acme", "buyer@acme region=Oak", "auditor@acme", "guest@acme"],
    ),
];

/// Requests of a document with bodies have one of these.
const WRITES: [(&str, &str); 3] = [("post", "create"), ("patch", "patch"), ("put", "replace")];

/// A served example and its document.
struct Api {
    server: Server,
    who: &'static str,
    document: Value,
}

impl Api {
    async fn start(example: &str, who: &'static str) -> Self {
        let package = programs::root().join("examples").join(example);
        let mut server = Server::prepare(&package, &["acme"]).unwrap();
        let (build, roles) = (server.build(), who.split('@').next().unwrap().replace('+', ","));
        server
            .serve_through(|mut command| {
                command
                    .env("ATHYPER_POLICY_EXPLAIN_ROLES", &roles)
                    .env("ATHYPER_POLICY_SIMULATE_ROLES", &roles);
                command.env("ATHYPER_POLICY_CANDIDATE", build);
                command
            })
            .unwrap();
        let mut api = Self { server, who, document: Value::Null };
        api.document = api.document_of(who).await;
        api
    }

    async fn document_of(&self, who: &str) -> Value {
        let response = self.send(Method::GET, "/api/openapi.json", who, None, &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        body(response).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        who: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Response {
        let url = Url::parse(self.server.base()).unwrap().join(path).unwrap();
        let mut request = self.server.request(method, url, Some(who)).unwrap();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        request.send().await.unwrap()
    }

    /// The one example that the document gives of a body.
    fn example(&self, schema: &str) -> Value {
        self.schema(schema)["examples"][0].clone()
    }

    fn schema(&self, name: &str) -> &Value {
        &self.document["components"]["schemas"][name]
    }

    /// What is wrong with an answer, held against its schema with formats checked.
    fn mistakes(&self, schema: &Value, answer: &Value) -> Vec<String> {
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.document["components"],
            "allOf": [schema],
        });
        let validator =
            jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap();
        validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// Reads an answer, which must be of a status that the operation documents and of the shape it documents for it.
    async fn documented(&self, path: &str, verb: &str, response: Response) -> Value {
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let told = format!("{verb} {path}: {status} {text}");
        let mut described = &self.document["paths"][path][verb]["responses"][status.as_str()];
        if let Some(target) = described["$ref"].as_str() {
            described = self.document.pointer(target.strip_prefix('#').unwrap()).unwrap();
        }
        assert!(described["description"].is_string(), "not documented: {told}");
        let Some(content) = described["content"].as_object() else {
            assert!(text.is_empty(), "no body is documented: {told}");
            return Value::Null;
        };
        let content = &content[kind.as_deref().unwrap().split(';').next().unwrap()];
        let answer = serde_json::from_str(&text).unwrap();
        assert_eq!(self.mistakes(&content["schema"], &answer), [""; 0], "{told}");
        answer
    }

    /// A body with real ids in the place of every reference; nothing while one of them is not known.
    fn filled(&self, schema: &Value, example: &Value, ids: &BTreeMap<String, String>) -> Option<Value> {
        if let Some(target) = schema["$ref"].as_str() {
            return self.filled(self.document.pointer(target.strip_prefix('#')?)?, example, ids);
        }
        let either = schema["anyOf"].as_array().and_then(|either| either.first());
        if let Some(entity) = schema["x-athyper-entity"].as_str() {
            return ids.get(entity).map(|id| json!(id));
        }
        match example {
            Value::Object(members) => {
                let filled = members.iter().map(|(name, member)| {
                    Some((name.clone(), self.filled(&schema["properties"][name], member, ids)?))
                });
                filled.collect::<Option<_>>().map(Value::Object)
            }
            Value::Array(items) => {
                items.iter().map(|item| self.filled(&schema["items"], item, ids)).collect()
            }
            _ => either.map_or_else(|| Some(example.clone()), |schema| self.filled(schema, example, ids)),
        }
    }

    fn body(&self, name: &str, ids: &BTreeMap<String, String>) -> Option<Value> {
        self.filled(self.schema(name), &self.example(name), ids)
    }

    /// The entities that have an address of their own: address name and full name.
    fn entities(&self) -> Vec<(String, String)> {
        let paths = self.document["paths"].as_object().unwrap();
        let entities = paths.iter().filter_map(|(path, item)| {
            let name = path.strip_prefix("/api/data/").filter(|name| !name.contains('/'))?;
            Some((name.to_owned(), item["get"]["x-athyper-entity"].as_str()?.to_owned()))
        });
        entities.collect()
    }

    /// Posts every example of a new record, those that others refer to first. The ids by full name.
    async fn create_all(&self) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        let mut open = self.entities();
        while !open.is_empty() {
            let before = open.len();
            for (name, entity) in std::mem::take(&mut open) {
                let Some(body) = self.body(&format!("{name}.create"), &ids) else {
                    open.push((name, entity));
                    continue;
                };
                let path = format!("/api/data/{name}");
                let response = self.send(Method::POST, &path, self.who, Some(&body), &[]).await;
                let location = response.headers().get(LOCATION).map(|l| l.to_str().unwrap().to_owned());
                let created = self.documented(&path, "post", response).await;
                let id = created["id"].as_str().unwrap();
                assert_eq!(location, Some(format!("{path}/{id}")));
                ids.insert(entity, id.to_owned());
            }
            assert!(open.len() < before, "no example can be the first: {open:?}");
        }
        ids
    }

    /// Every path to another entity that a list of this one can expand.
    fn expandable(&self, name: &str) -> Vec<String> {
        let properties = self.schema(name)["properties"].as_object().unwrap();
        let leads_somewhere = |property: &Value| {
            let references = property.to_string();
            references.contains("x-athyper-entity") || property["items"]["$ref"].is_string()
        };
        properties.iter().filter(|(_, property)| leads_somewhere(property)).map(|(n, _)| n.clone()).collect()
    }
}

async fn body(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

fn walk<'v>(value: &'v Value, see: &mut impl FnMut(&'v Value)) {
    see(value);
    match value {
        Value::Object(members) => members.values().for_each(|member| walk(member, see)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
        _ => {}
    }
}

/// The document can be read as OpenAPI 3.1, its schemas are schemas, and every reference leads somewhere.
fn is_sound(document: &Value) {
    assert_eq!(oas3::from_json(document.to_string()).unwrap().openapi, "3.1.0");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name} is no JSON Schema");
    }
    walk(document, &mut |value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
        }
    });
}

/// Every operation of a document: path and verb.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let verbs = ["get", "post", "patch", "put", "delete"];
    let items = document["paths"].as_object().unwrap().iter();
    let all = items.flat_map(|(path, item)| {
        verbs.iter().filter(|verb| item[**verb].is_object()).map(|verb| (path.clone(), (*verb).to_owned()))
    });
    all.collect()
}

#[tokio::test]
async fn every_example_body_is_taken_and_every_answer_is_as_documented() {
    for (example, who, _) in EXAMPLES {
        let api = Api::start(example, who).await;
        is_sound(&api.document);
        let ids = api.create_all().await;
        for (name, entity) in api.entities() {
            reads(&api, &name, &ids[&entity]).await;
            writes(&api, &name, &ids[&entity], &ids).await;
        }
        questions(&api, &ids).await;
        deletes(&api, &ids).await;
        problems(&api).await;
    }
}

/// A record and its list, plain, expanded, in parts, as figures, and with every example of a parameter.
async fn reads(api: &Api, name: &str, id: &str) {
    let (list, one) = (format!("/api/data/{name}"), format!("/api/data/{name}/{{id}}"));
    let address = format!("/api/data/{name}/{id}");
    let expand = api.expandable(name).join(",");
    let mut queries = vec![String::new(), "?select=id,version".to_owned()];
    if !expand.is_empty() {
        queries.push(format!("?expand={expand}"));
    }
    for query in queries {
        let response = api.send(Method::GET, &format!("{address}{query}"), api.who, None, &[]).await;
        assert_eq!(response.headers()[ETAG], "\"1\"", "{address}{query}");
        let record = api.documented(&one, "get", response).await;
        assert_eq!(record["id"], id);
        let response = api.send(Method::GET, &format!("{list}{query}"), api.who, None, &[]).await;
        let page = api.documented(&list, "get", response).await;
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{list}{query}: {page}");
        // The schema of a page leaves room for groups; a list without groups has records and nothing else.
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        assert_eq!(api.mistakes(&schema, &page["items"][0]), [""; 0], "{list}{query}: {page}");
    }
    let group = format!("{list}?group=version&aggregate=count()");
    let response = api.send(Method::GET, &group, api.who, None, &[]).await;
    let page = api.documented(&list, "get", response).await;
    assert_eq!(page["items"], json!([{ "version": 1, "count()": 1 }]));
    for (parameter, described) in api.document["components"]["parameters"].as_object().unwrap() {
        let Some(example) = described.get("example").filter(|_| described["in"] == "query") else { continue };
        let value = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        let searchable = parameter != "search" || is_searchable(api, &list);
        if searchable {
            let mut url = Url::parse("http://here").unwrap().join(&list).unwrap();
            url.query_pairs_mut().append_pair(parameter, &value);
            let path = format!("{list}?{}", url.query().unwrap());
            let response = api.send(Method::GET, &path, api.who, None, &[]).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}: {}", response.text().await.unwrap());
            api.documented(&list, "get", response).await;
        }
    }
}

fn is_searchable(api: &Api, list: &str) -> bool {
    let parameters = api.document["paths"][list]["get"]["parameters"].as_array().unwrap();
    parameters.iter().any(|parameter| parameter["$ref"] == "#/components/parameters/search")
}

/// The examples of a change and of a whole record, with the version that was read.
async fn writes(api: &Api, name: &str, id: &str, ids: &BTreeMap<String, String>) {
    let (one, address) = (format!("/api/data/{name}/{{id}}"), format!("/api/data/{name}/{id}"));
    for (verb, kind) in WRITES.into_iter().filter(|(verb, _)| *verb != "post") {
        let body = api.body(&format!("{name}.{kind}"), ids).unwrap();
        let read = api.send(Method::GET, &address, api.who, None, &[]).await;
        let version = read.headers()[ETAG].to_str().unwrap().to_owned();
        let method = verb.to_uppercase().parse().unwrap();
        let response = api.send(method, &address, api.who, Some(&body), &[("if-match", &version)]).await;
        assert_eq!(response.status(), StatusCode::OK, "{verb} {address}: {body}");
        api.documented(&one, verb, response).await;
        for (headers, status) in [
            (&[][..], StatusCode::PRECONDITION_REQUIRED),
            (&[("if-match", "\"999\"")], StatusCode::PRECONDITION_FAILED),
        ] {
            let method = verb.to_uppercase().parse().unwrap();
            let response = api.send(method, &address, api.who, Some(&body), headers).await;
            assert_eq!(response.status(), status, "{verb} {address}");
            api.documented(&one, verb, response).await;
        }
    }
}

/// Every example of a question about permissions, about a record that is there.
async fn questions(api: &Api, ids: &BTreeMap<String, String>) {
    let names: BTreeMap<String, String> = api.entities().into_iter().collect();
    let paths = api.document["paths"].as_object().unwrap().iter();
    let asked: Vec<_> = paths.filter(|(path, _)| path.starts_with("/api/policy/")).collect();
    assert_eq!(asked.len(), 4);
    for (path, item) in asked {
        let schema = &item["post"]["requestBody"]["content"]["application/json"]["schema"];
        for example in schema["examples"].as_array().unwrap() {
            assert_eq!(api.mistakes(schema, example), [""; 0], "{path}: {example}");
            let mut text = example.to_string();
            for (name, entity) in &names {
                if text.contains(&format!("\"entity\":\"{name}\"")) {
                    text = text.replace("0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a", &ids[entity]);
                }
            }
            let body = serde_json::from_str(&text).unwrap();
            let response = api.send(Method::POST, path, api.who, Some(&body), &[]).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}: {text}");
            let answer = api.documented(path, "post", response).await;
            if path.ends_with("simulate") {
                assert_eq!(answer["differences"], json!([]), "the same build: {answer}");
            }
        }
    }
}

/// All records in one batch that is then undone, and one by one until none is left.
async fn deletes(api: &Api, ids: &BTreeMap<String, String>) {
    let entities: BTreeMap<String, String> =
        api.entities().into_iter().map(|(name, entity)| (entity, name)).collect();
    let (first, id) = ids.iter().next().unwrap();
    let change = api.body(&format!("{}.patch", entities[first]), ids).unwrap();
    let batch = json!({ "operations": [
        { "op": "patch", "entity": entities[first], "id": id, "if_match": "*", "body": change },
    ] });
    let headers = [("prefer", "tx=rollback")];
    let response = api.send(Method::POST, "/api/batch", api.who, Some(&batch), &headers).await;
    assert_eq!(response.status(), StatusCode::OK);
    api.documented("/api/batch", "post", response).await;

    let mut open: Vec<_> = ids.iter().collect();
    while !open.is_empty() {
        let before = open.len();
        for (entity, id) in std::mem::take(&mut open) {
            let path = format!("/api/data/{}/{id}", entities[entity]);
            let response = api.send(Method::DELETE, &path, api.who, None, &[("if-match", "*")]).await;
            let (status, one) = (response.status(), format!("/api/data/{}/{{id}}", entities[entity]));
            let answer = api.documented(&one, "delete", response).await;
            // What only hidden records refer to stays, and the answer says so.
            if status == StatusCode::CONFLICT && !answer.to_string().contains("deleted") {
                open.push((entity, id));
            } else if status != StatusCode::CONFLICT {
                assert_eq!(status, StatusCode::NO_CONTENT, "{path}");
            }
        }
        assert!(open.len() < before, "{open:?} cannot be deleted");
    }
}

/// Refusals are as documented as answers.
async fn problems(api: &Api) {
    for (name, _) in api.entities() {
        let (list, one) = (format!("/api/data/{name}"), format!("/api/data/{name}/{{id}}"));
        let nobody = format!("/api/data/{name}/0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a");
        for (path, verb, address, body, status) in [
            (&one, "get", nobody.as_str(), None, 404),
            (&list, "get", &format!("{list}?filter=nothing+like+this"), None, 400),
            (&list, "post", &list, Some(json!({ "no such field": 1 })), 422),
        ] {
            let method = verb.to_uppercase().parse().unwrap();
            let response = api.send(method, address, api.who, body.as_ref(), &[]).await;
            assert_eq!(response.status().as_u16(), status, "{verb} {address}");
            api.documented(path, verb, response).await;
        }
        let url = Url::parse(api.server.base()).unwrap().join(&list).unwrap();
        let response = api.server.request(Method::GET, url, None).unwrap().send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        api.documented(&list, "get", response).await;
    }
}

#[tokio::test]
async fn a_callers_document_lists_exactly_what_he_may_do() {
    for (example, who, others) in EXAMPLES {
        let api = Api::start(example, who).await;
        let all = operations(&api.document);
        let ids = api.create_all().await;
        for other in *others {
            let own = api.document_of(other).await;
            is_sound(&own);
            let listed = operations(&own);
            assert!(listed.is_subset(&all) && listed.len() < all.len(), "{example} for {other}");
            for (path, verb) in all.iter().filter(|(path, _)| path.starts_with("/api/data/")) {
                let status = try_as(&api, other, path, verb, &ids).await;
                let forbidden = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&status);
                let is_listed = listed.contains(&(path.clone(), verb.clone()));
                assert_ne!(is_listed, forbidden, "{example}: {verb} {path} as {other} is {status}");
            }
        }
    }
}

/// Does one operation on records that are there, and undoes it.
async fn try_as(api: &Api, who: &str, path: &str, verb: &str, ids: &BTreeMap<String, String>) -> StatusCode {
    let entity = api.document["paths"][path][verb]["x-athyper-entity"].as_str().unwrap();
    let name = path.strip_prefix("/api/data/").unwrap().trim_end_matches("/{id}");
    let kind = WRITES.iter().find(|(other, _)| *other == verb).map(|(_, kind)| *kind);
    let body = kind.map(|kind| api.body(&format!("{name}.{kind}"), ids).unwrap());
    let headers = [("if-match", "*"), ("prefer", "tx=rollback")];
    let headers = if verb == "get" { &[][..] } else { &headers[..] };
    let headers = if verb == "post" { &headers[1..] } else { headers };
    let address = path.replace("{id}", &ids[entity]);
    let method = verb.to_uppercase().parse().unwrap();
    api.send(method, &address, who, body.as_ref(), headers).await.status()
}
