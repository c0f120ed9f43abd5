//! `/docs`: the API reference and the pages of the problems, from inside the binary. Needs no network, runs
//! no script but its own.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};

use crate::problem::{Kind, Problem};

const PAGE: &str = include_str!("pages/page.html");
const REFERENCE: &str = include_str!("pages/reference.html");
const STYLE: &str = include_str!("pages/reference.css");
const SCRIPT: &str = include_str!("pages/reference.js");
const PROBLEMS: &str = include_str!("../../../docs/problems/README.md");

/// What stands above every page but the reference.
const TRAIL: &str = "<header><nav aria-label=\"Manual\"><a href=\"/docs\">API reference</a> · \
                     <a href=\"/docs/problems\">Problems</a></nav></header>\n<main>\n<article>\n";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/`: leads to the reference.
pub async fn front() -> Redirect {
    Redirect::temporary("/docs")
}

/// `/docs`.
pub async fn reference() -> Response {
    page("API reference", REFERENCE)
}

/// `/docs/reference.css`.
pub async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

/// `/docs/reference.js`.
pub async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

/// `/docs/problems`.
pub async fn problems() -> Response {
    page("Problems", &article(PROBLEMS))
}

/// `/docs/problems/{slug}`.
pub async fn problem(Path(slug): Path<String>) -> Result<Response, Problem> {
    let kind = Kind::by_slug(&slug).ok_or_else(Problem::not_found)?;
    Ok(page(kind.title(), &article(kind.page())))
}

fn page(title: &str, body: &str) -> Response {
    let html = PAGE.replace("{title}", &escape(title)).replace("{body}", body);
    let headers = [
        (CONTENT_TYPE.as_str(), "text/html; charset=utf-8"),
        ("content-security-policy", POLICY),
        (CACHE_CONTROL.as_str(), "no-cache"),
    ];
    (headers, html).into_response()
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
}

/// The Markdown of our own pages: headings, paragraphs, fenced code, tables, `code` and links. No more is used.
fn article(markdown: &str) -> String {
    let mut html = String::from(TRAIL);
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("# ") {
            html.push_str(&format!("<h1>{}</h1>\n", inline(title)));
        } else if let Some(title) = line.strip_prefix("## ") {
            html.push_str(&format!("<h2>{}</h2>\n", inline(title)));
        } else if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|l| !l.starts_with("```")).collect();
            html.push_str(&format!("<pre>{}</pre>\n", escape(&code.join("\n"))));
        } else if line.starts_with('|') {
            html.push_str("<div class=\"wide\"><table>\n");
            html.push_str(&row(line, "th scope=\"col\""));
            while let Some(next) = lines.next_if(|l| l.starts_with('|')) {
                if !next.starts_with("|-") {
                    html.push_str(&row(next, "td"));
                }
            }
            html.push_str("</table></div>\n");
        } else if !line.is_empty() {
            let mut text = line.to_owned();
            while let Some(next) = lines.next_if(|l| !l.is_empty()) {
                text.push(' ');
                text.push_str(next);
            }
            html.push_str(&format!("<p>{}</p>\n", inline(&text)));
        }
    }
    html.push_str("</article>\n</main>");
    html
}

fn row(line: &str, cell: &str) -> String {
    let tag = cell.split(' ').next().unwrap_or_default();
    let cells = line.trim_matches('|').split('|').map(|c| format!("<{cell}>{}</{tag}>", inline(c.trim())));
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

/// Escapes, then marks up `code` and [links](page.md).
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (n, part) in escape(text).split('`').enumerate() {
        if n % 2 == 1 {
            html.push_str(&format!("<code>{part}</code>"));
        } else {
            html.push_str(&links(part));
        }
    }
    html
}

fn links(text: &str) -> String {
    let Some((before, rest)) = text.split_once('[') else { return text.to_owned() };
    let Some((label, (target, after))) =
        rest.split_once("](").and_then(|(label, rest)| Some((label, rest.split_once(')')?)))
    else {
        return text.to_owned();
    };
    let target = target.strip_suffix(".md").unwrap_or(target);
    format!("{before}<a href=\"/docs/problems/{target}\">{label}</a>{}", links(after))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_pages_become_html_and_nothing_slips_through() {
        let html = article(
            "# A <b>\n\nSee [it](not-found.md) and `x < y`.\n\n| a |\n|---|\n| `b` |\n\n```json\n{}\n```\n",
        );
        assert!(html.contains("<h1>A &lt;b&gt;</h1>"), "{html}");
        assert!(
            html.contains("<a href=\"/docs/problems/not-found\">it</a> and <code>x &lt; y</code>."),
            "{html}"
        );
        assert!(
            html.contains("<tr><th scope=\"col\">a</th></tr>\n<tr><td><code>b</code></td></tr>"),
            "{html}"
        );
        assert!(html.contains("<pre>{}</pre>"), "{html}");
    }

    #[test]
    fn the_reference_needs_nothing_from_elsewhere() {
        for text in [PAGE, REFERENCE, STYLE, SCRIPT] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("//cdn"));
            assert!(!text.contains("style=") && !text.contains("onclick"), "the policy refuses inline code");
        }
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("localStorage"));
    }
}
