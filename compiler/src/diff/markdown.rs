//! A report as a comment on a pull request.

use std::fmt::Write as _;

use super::human::{decision, examples, headline};
use super::report::{Access, Difference, Turn};
use super::schema::Class;

/// The report in GitHub's Markdown.
#[must_use]
pub fn markdown(difference: &Difference) -> String {
    if difference.is_empty() {
        return "**No difference** in access, API and data.\n".to_owned();
    }
    let mut out = summary(difference);
    if !difference.access.is_empty() {
        out.push_str("\n### Access\n\n| | who and what | before | now |\n|---|---|---|---|\n");
        difference.access.iter().for_each(|access| row(access, &mut out));
    }
    if !difference.introduced.is_empty() {
        out.push_str("\n### New entities\n\n| who | may | of | which |\n|---|---|---|---|\n");
        for new in &difference.introduced {
            let (who, when) = (cell(&new.caller.words()), cell(&new.when));
            // Writing to a String cannot fail.
            let _ = writeln!(out, "| {who} | {} | {} | {when} |", new.action.name(), new.entity);
        }
    }
    if !difference.changes.is_empty() {
        out.push_str("\n### API and data\n\n| class | change | why | stored data |\n|---|---|---|---|\n");
        for change in &difference.changes {
            let detail = match change.detail.as_str() {
                "" => String::new(),
                detail => format!(" ({})", cell(detail)),
            };
            let class = if change.class == Class::Breaking { "**breaking**" } else { change.class.name() };
            let what = format!("{}: `{}`{detail}", change.kind, change.subject);
            let _ = writeln!(out, "| {class} | {what} | {} | {} |", change.why, change.data);
        }
    }
    out
}

fn summary(difference: &Difference) -> String {
    let turned = |turn| difference.access.iter().filter(|access| access.turn == turn).count();
    let classed = |class| difference.changes.iter().filter(|change| change.class == class).count();
    let counts = [
        (turned(Turn::Gains), "gained"),
        (turned(Turn::Loses), "lost"),
        (turned(Turn::Unclear), "unclear"),
        (classed(Class::Breaking), "breaking"),
        (classed(Class::Risky), "risky"),
        (classed(Class::Safe), "safe"),
    ];
    let said = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    format!("**{}**\n", said.collect::<Vec<_>>().join(", "))
}

fn row(access: &Access, out: &mut String) {
    let mark = match access.turn {
        Turn::Gains => ":heavy_plus_sign:",
        Turn::Loses => ":heavy_minus_sign:",
        Turn::Unclear => ":grey_question:",
    };
    let mut what = cell(&headline(access));
    match access.example() {
        Some(witness) => examples(witness).iter().for_each(|(name, values)| {
            let _ = write!(what, "<br>{name}: {}", cell(values));
        }),
        None if access.turn == Turn::Unclear => {
            let _ = write!(what, "<br>no record found in {} tries", access.tries);
        }
        None => {}
    }
    let (before, now) = (cell(&decision(&access.old)), cell(&decision(&access.new)));
    let _ = writeln!(out, "| {mark} | {what} | {before} | {now} |");
}

/// Text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace(['\r', '\n'], " ")
}
