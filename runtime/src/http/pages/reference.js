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

// A text in which `code` stands in backticks.
function prose(into, text) {
  text.split("`").forEach((part, index) => {
    if (part) into.append(index % 2 ? element("code", part) : document.createTextNode(part));
  });
  return into;
}

// A table that scrolls by itself where it is too wide.
function wide(table) {
  const frame = element("div", undefined, { class: "wide" });
  frame.append(table);
  return frame;
}

function tableOf(titles) {
  const table = element("table");
  const head = table.createTHead().insertRow();
  for (const title of titles) head.append(element("th", title, { scope: "col" }));
  return [table, table.createTBody()];
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
  if (name && real.type === "object") return name;
  const kinds = real.type ? [].concat(real.type) : ["any"];
  return kinds.map((kind) => (real.format && kind !== "null" ? kind + " (" + real.format + ")" : kind)).join(" | ");
}

function fieldTable(api, schema, depth = 0) {
  const real = resolve(api, schema);
  const items = real.type === "array" ? resolve(api, real.items) : real;
  if (!items.properties) return element("p", typeOf(api, schema));
  const [table, body] = tableOf(["field", "type", "meaning"]);
  for (const [name, property] of Object.entries(items.properties)) {
    const row = body.insertRow();
    const first = row.insertCell();
    first.append(element("code", name));
    if ((items.required || []).includes(name)) first.append(element("span", " required", { class: "required" }));
    row.insertCell().textContent = typeOf(api, property);
    const inner = resolve(api, property);
    prose(row.insertCell(), property.description || inner.description || "");
    const nested = inner.type === "array" ? resolve(api, inner.items) : inner;
    if (nested.properties && depth < 2) {
      const more = element("details");
      more.append(element("summary", "fields of " + name), fieldTable(api, property, depth + 1));
      const below = body.insertRow().insertCell();
      below.colSpan = 3;
      below.append(more);
    }
  }
  return wide(table);
}

function parameterTable(api, parameters) {
  const [table, body] = tableOf(["parameter", "where", "type", "meaning"]);
  for (const reference of parameters) {
    const parameter = resolve(api, reference);
    const row = body.insertRow();
    row.insertCell().append(element("code", parameter.name));
    row.insertCell().textContent = parameter.in + (parameter.required ? ", required" : "");
    row.insertCell().textContent = typeOf(api, parameter.schema || {});
    prose(row.insertCell(), parameter.description || "");
  }
  return wide(table);
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
  title.append(element("span", verb.toUpperCase(), { class: "verb" }), " ", element("code", path));
  block.append(title);
  const words = [operation.summary, operation.description].filter(Boolean);
  for (const text of words) block.append(prose(element("p"), text));
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
    more.append(prose(element("summary"), status + " " + (response.description || "")));
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
  operations.replaceChildren();
  const title = "API reference: " + api.info.title + " " + api.info.version;
  document.getElementById("title").textContent = document.title = title;
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
      link.append(element("span", verb.toUpperCase() + " ", { class: "verb" }), element("span", path));
      contents.append(link);
      operations.append(operationBlock(api, path, verb, operation, shared));
    }
  }
}

// What another token may do is not left standing below a refusal.
function say(text, failed) {
  if (failed) for (const id of ["contents", "operations"]) document.getElementById(id).replaceChildren();
  const said = document.getElementById("said");
  said.textContent = text;
  said.className = failed ? "failure" : "";
}

document.getElementById("open").addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = document.getElementById("token").value.trim();
  let answer, body;
  try {
    answer = await fetch("/api/openapi.json", { headers: { Authorization: "Bearer " + token } });
    body = await answer.json();
  } catch (error) {
    return say("The server did not answer: " + error.message, true);
  }
  if (!answer.ok) return say(body.status + ": " + body.title, true);
  show(body);
  say(document.querySelectorAll(".operation").length + " operations may be done with this token.", false);
  if (location.hash) location.replace(location.hash);
});
