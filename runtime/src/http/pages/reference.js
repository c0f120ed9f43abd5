// The API reference: reads /api/openapi.json with the pasted token and writes it out. Text is only ever set
// as text, never as markup. The token is kept in a variable and nowhere else.
"use strict";

const VERBS = ["get", "post", "patch", "put", "delete"];

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function resolve(api, node) {
  let seen = 0;
  while (node && node.$ref && seen++ < 20) {
    node = node.$ref.slice(2).split("/").reduce(
      (at, key) => at && at[key.replace(/~1/g, "/").replace(/~0/g, "~")], api);
  }
  return node || {};
}

function typeOf(api, schema) {
  const name = schema.$ref && schema.$ref.split("/").pop();
  const real = resolve(api, schema);
  if (real.enum) return real.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (real.const !== undefined) return JSON.stringify(real.const);
  const choices = real.anyOf || real.oneOf;
  if (choices) return choices.map((choice) => typeOf(api, choice)).join(" | ");
  if (real.type === "array") return "list of " + typeOf(api, real.items || {});
  const kind = Array.isArray(real.type) ? real.type.join(" | ") : real.type || "any";
  if (name && real.type === "object") return name;
  return real.format ? kind + " (" + real.format + ")" : kind;
}

function fieldTable(api, schema, depth = 0) {
  const real = resolve(api, schema);
  const items = real.type === "array" ? resolve(api, real.items) : real;
  if (!items.properties) return element("p", typeOf(api, schema));
  const table = element("table");
  const head = table.createTHead().insertRow();
  for (const title of ["field", "type", "meaning"]) head.append(element("th", title, { scope: "col" }));
  const body = table.createTBody();
  for (const [name, property] of Object.entries(items.properties)) {
    const row = body.insertRow();
    const first = row.insertCell();
    first.append(element("code", name));
    if ((items.required || []).includes(name)) first.append(element("span", " required", { class: "required" }));
    row.insertCell().textContent = typeOf(api, property);
    const meaning = row.insertCell();
    meaning.textContent = resolve(api, property).description || property.description || "";
    const inner = resolve(api, property);
    const nested = inner.type === "array" ? resolve(api, inner.items) : inner;
    if (nested.properties && depth < 2) {
      const more = element("details");
      more.append(element("summary", "fields"), fieldTable(api, property, depth + 1));
      meaning.append(more);
    }
  }
  return table;
}

function parameterTable(api, parameters) {
  const table = element("table");
  const body = table.createTBody();
  for (const reference of parameters) {
    const parameter = resolve(api, reference);
    const row = body.insertRow();
    row.insertCell().append(element("code", parameter.name));
    row.insertCell().textContent = parameter.in + (parameter.required ? ", required" : "");
    row.insertCell().textContent = typeOf(api, parameter.schema || {});
    row.insertCell().textContent = parameter.description || "";
  }
  return table;
}

function curlOf(path, verb, body) {
  const lines = ["curl -X " + verb.toUpperCase() + " -H \"Authorization: Bearer $TOKEN\""];
  if (body) lines.push("  -H 'Content-Type: application/json' -d '{...}'");
  lines.push("  " + location.origin + path);
  return lines.join(" \\\n");
}

function contentOf(value) {
  return Object.entries((value && value.content) || {});
}

function operationBlock(api, path, verb, operation, shared) {
  const block = element("div", undefined, { class: "operation", id: verb + path });
  const title = element("h3");
  title.append(element("span", verb.toUpperCase(), { class: "verb" }), element("code", path));
  block.append(title);
  const words = [operation.summary, operation.description].filter(Boolean);
  for (const text of words) block.append(element("p", text));
  const parameters = [...shared, ...(operation.parameters || [])];
  if (parameters.length) block.append(element("h4", "Parameters"), parameterTable(api, parameters));
  const request = resolve(api, operation.requestBody);
  for (const [type, media] of contentOf(request)) {
    block.append(element("h4", "Body: " + type), fieldTable(api, media.schema || {}));
  }
  block.append(element("h4", "Answers"));
  for (const [status, reference] of Object.entries(operation.responses || {})) {
    const response = resolve(api, reference);
    const more = element("details");
    more.append(element("summary", status + " " + (response.description || "")));
    for (const [type, media] of contentOf(response)) {
      more.append(element("p", type), fieldTable(api, media.schema || {}));
    }
    block.append(more);
  }
  block.append(element("pre", curlOf(path, verb, operation.requestBody)));
  return block;
}

function show(api) {
  const contents = document.getElementById("contents");
  const operations = document.getElementById("operations");
  contents.replaceChildren();
  operations.replaceChildren(element("h2", api.info.title + " " + api.info.version));
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths || {})) {
    for (const verb of VERBS.filter((name) => item[name])) {
      const group = (item[verb].tags || ["Other"])[0];
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([path, verb, item[verb], item.parameters || []]);
    }
  }
  for (const [group, members] of groups) {
    contents.append(element("h2", group));
    operations.append(element("h2", group));
    for (const [path, verb, operation, shared] of members) {
      const link = element("a", undefined, { href: "#" + verb + path });
      link.append(element("span", verb.toUpperCase(), { class: "verb" }), document.createTextNode(path));
      contents.append(link);
      operations.append(operationBlock(api, path, verb, operation, shared));
    }
  }
}

function fail(text) {
  document.getElementById("operations").replaceChildren(element("p", text, { class: "failure", role: "alert" }));
}

document.getElementById("open").addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = document.getElementById("token").value.trim();
  try {
    const answer = await fetch("/api/openapi.json", { headers: { Authorization: "Bearer " + token } });
    const body = await answer.json();
    if (answer.ok) show(body);
    else fail(body.status + ": " + body.title);
  } catch (error) {
    fail("The server did not answer: " + error.message);
  }
});
