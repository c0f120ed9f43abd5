//! The Chinook store through `athyper import` and back out: all 15,607 rows, twice without doing anything twice,
//! and every file the same bytes again.
#![expect(clippy::unwrap_used, reason = "a panic is the report of a test")]

use std::path::Path;
use std::process::{Command, Output};

use athyper_tests::programs;
use athyper_tests::server::{Server, Store};

/// What refers to others comes after them.
const FILES: [(&str, usize); 11] = [
    ("Artist", 275),
    ("Album", 347),
    ("Genre", 25),
    ("MediaType", 5),
    ("Track", 3503),
    ("Playlist", 18),
    ("PlaylistTrack", 8715),
    ("Employee", 8),
    ("Customer", 59),
    ("Invoice", 412),
    ("InvoiceLine", 2240),
];

fn athyper(server: &Server, verb: &str, entity: &str, arguments: &[&Path]) -> Command {
    let mut command = programs::athyper().unwrap();
    command.args([verb, entity]).args(arguments).args(["--tenant", "acme"]);
    command.arg("--build").arg(server.build()).arg("--database").arg(server.database());
    command
}

fn ended(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn every_row_of_chinook_comes_in_once_and_goes_out_as_it_was() {
    Store::BOTH.into_iter().for_each(goes_round);
}

fn goes_round(on: Store) {
    let example = programs::root().join("examples/chinook");
    let server = Server::prepare_on(on, &example, &["acme"]).unwrap();
    let data = |entity: &str| example.join("data").join(format!("{entity}.csv"));
    assert_eq!(FILES.iter().map(|(_, rows)| rows).sum::<usize>(), 15_607);
    for (entity, rows) in FILES {
        let report = ended(&mut athyper(&server, "import", entity, &[&data(entity)]));
        let expected = format!("{rows} rows: {rows} created, 0 updated, 0 unchanged, 0 bad\n");
        assert_eq!(report, (0, expected, String::new()), "{entity}");
    }
    for (entity, rows) in FILES {
        let again = ended(&mut athyper(&server, "import", entity, &[&data(entity)]));
        let expected = format!("{rows} rows: 0 created, 0 updated, {rows} unchanged, 0 bad\n");
        assert_eq!(again, (0, expected, String::new()), "{entity}");
        let mut export = athyper(&server, "export", entity, &[]);
        export.arg("--like").arg(data(entity)).args(["--plain-times", "--unguarded"]);
        let (code, text, said) = ended(&mut export);
        assert_eq!((code, said), (0, format!("{rows} rows\n")), "{entity}");
        assert_eq!(text, std::fs::read_to_string(data(entity)).unwrap(), "{entity}");
    }
    // A phone number is guarded against spreadsheets, and comes back as it was.
    let guarded = server.build().with_file_name("Customer.csv");
    programs::run(athyper(&server, "export", "Customer", &[]).arg("--out").arg(&guarded)).unwrap();
    assert!(std::fs::read_to_string(&guarded).unwrap().contains(",'+55 (12) 3923-5555,"));
    let (_, again, _) = ended(&mut athyper(&server, "import", "Customer", &[&guarded]));
    assert_eq!(again, "59 rows: 0 created, 0 updated, 59 unchanged, 0 bad\n");
}

#[test]
fn bad_files_say_where_and_leave_nothing_behind() {
    Store::BOTH.into_iter().for_each(refuses_bad_files);
}

fn refuses_bad_files(on: Store) {
    let example = programs::root().join("examples/chinook");
    let server = Server::prepare_on(on, &example, &["acme"]).unwrap();
    let file = server.build().with_file_name("bad.csv");
    let import = |text: &[u8], more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        ended(athyper(&server, "import", "Artist", &[&file]).args(more))
    };
    let mixed = b"ArtistId,Name\n1,AC/DC\nx,Accept\n1,again\n3\n4,\"two\nlines\"\n";
    let (code, out, err) = import(mixed, &[]);
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "line 3, column `ArtistId`: must be a whole number (type)\n\
         line 4, column `ArtistId`: line 2 has the same key (unique)\n\
         line 5: has 1 cells, the header has 2 (format)\n\
         line 6, column `Name`: must be one line without control characters (format)\n"
    );
    assert!(
        out.starts_with("5 rows: 1 to create, 0 to update, 0 unchanged, 4 bad\nnothing was written"),
        "{out}"
    );
    let (_, out, _) = import(b"ArtistId,Name\n1,AC/DC\n", &["--dry-run"]);
    assert_eq!(
        out,
        "1 row: 1 to create, 0 to update, 0 unchanged, 0 bad\nnothing was written: this was a dry run\n"
    );
    let report = server.build().with_file_name("report.csv");
    let report_text = report.to_str().unwrap();
    let (code, out, _) = import(mixed, &["--skip-bad", "--report", report_text]);
    assert_eq!((code, out.as_str()), (1, "5 rows: 1 created, 0 updated, 0 unchanged, 4 bad\n"));
    let lines = std::fs::read_to_string(report).unwrap();
    let (head, first) = lines.split_once('\n').unwrap();
    assert_eq!(head, "file,line,column,code,message");
    assert!(first.starts_with(&format!("{},3,ArtistId,type,", file.display())), "{lines}");
    let (code, _, err) = import(b"ArtistId,Nmae\n", &[]);
    assert_eq!(code, 2);
    assert!(err.contains("the column `Nmae` is no field of Artist; did you mean `name`?"), "{err}");
    let (code, _, err) = import(b"\xff\xfeA\0", &[]);
    assert_eq!(code, 5);
    assert!(err.contains("UTF-16"), "{err}");
    let (code, _, err) = ended(&mut athyper(&server, "import", "Artist", &[Path::new("nosuch.csv")]));
    assert_eq!(
        (code, err.as_str()),
        (5, "error: cannot read `nosuch.csv`: there is no such file or folder\n")
    );
    let refused = ended(athyper(&server, "import", "Artist", &[&file]).args(["--role", "nobody"]));
    assert_eq!(refused.0, 2);
    assert!(refused.2.contains("no rule speaks to the role `nobody`"), "{}", refused.2);
}

const LIBRARY: &str = r#"
entity: Book
class: master
key: [code]
fields: { code: string(12)! unique, title: string(80)! }
---
entity: Loan
class: document
number: { field: code, format: "L-{SEQ:4}" }
fields:
  code:   string(10)! unique
  reader: string(80)!
  items:  list(LoanItem)
  books:  { type: int, computed: items.size(), stored: true }
checks:
  has_books: { assert: items.size() > 0, message: "A loan needs at least one book" }
---
entity: LoanItem
class: document
fields: { book: Book!, note: string(20) }
---
policy: BookAccess
for: Book
rules: [{ id: all, allow: [read, create, update], to: [librarian] }]
---
policy: LoanAccess
for: Loan
rules: [{ id: all, allow: [read, create, update], to: [librarian] }]
"#;

#[test]
fn records_that_need_their_children_come_with_them() {
    Store::BOTH.into_iter().for_each(takes_children_along);
}

fn takes_children_along(on: Store) {
    let package = tempfile::tempdir().unwrap();
    std::fs::write(package.path().join("metac.yaml"), "package: library\nedition: 2026\n").unwrap();
    std::fs::write(package.path().join("library.yaml"), LIBRARY.trim_start()).unwrap();
    let server = Server::prepare_on(on, package.path(), &["acme"]).unwrap();
    let place = |name: &str| server.build().with_file_name(name);
    let write = |name: &str, text: &str| {
        std::fs::write(place(name), text).unwrap();
        place(name)
    };
    let books = write("books.csv", "code,title\nDUNE,Dune\nEMMA,Emma\n");
    assert_eq!(ended(&mut athyper(&server, "import", "Book", &[&books])).0, 0);
    let loans = write("loans.csv", "code,reader\nL-0007,Ida\nL-0008,Tom\n");
    let (code, out, err) = ended(&mut athyper(&server, "import", "Loan", &[&loans]));
    assert_eq!(code, 1);
    assert!(out.starts_with("2 rows: 0 to create, 0 to update, 0 unchanged, 2 bad\nnothing"), "{out}");
    assert!(err.contains("line 2: A loan needs at least one book (check)"), "{err}");
    assert!(err.contains("`--children items=FILE` takes them in together"), "{err}");

    let items =
        write("items.csv", "Nr,Book,Remark\nL-0007,DUNE,\nL-0008,EMMA,torn\nL-0007,DUNE,\nL-0007,MOBY,\n");
    let with = |more: &[&str]| {
        let children = format!("items={}", items.display());
        let mut command = athyper(&server, "import", "Loan", &[&loans]);
        command.args(["--children", &children, "--map", "items.Nr=parent", "--map", "items.Remark=note"]);
        ended(command.args(more))
    };
    let report = place("report.csv");
    let (code, out, err) = with(&["--skip-bad", "--dry-run", "--report", report.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "Loan: 2 rows: 1 to create, 0 to update, 0 unchanged, 1 bad\n\
         items: 4 rows: 1 to create, 0 to update, 0 unchanged, 3 bad\n\
         nothing was written: this was a dry run\n"
    );
    let items_line = format!(
        "{}, line 5, column `Book`: there is no book whose `code` is `MOBY` (not_found)\n",
        items.display()
    );
    let loans_line =
        format!("{}, line 2: is not taken, as rows that belong to it are bad (children)\n", loans.display());
    assert_eq!(err, loans_line + &items_line);
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains(&format!("{},5,Book,not_found,", items.display())), "{report}");

    let text = std::fs::read_to_string(&items).unwrap().replace("MOBY", "EMMA");
    std::fs::write(&items, text).unwrap();
    let (code, out, err) = with(&[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.ends_with("items: 4 rows: 4 created, 0 updated, 0 unchanged, 0 bad\n"), "{out}");
    let (_, out, _) = with(&[]);
    assert_eq!(
        out,
        "Loan: 2 rows: 0 created, 0 updated, 2 unchanged, 0 bad\n\
         items: 4 rows: 0 created, 0 updated, 4 unchanged, 0 bad\n"
    );
    // What goes out comes back, too.
    let out = |entity: &str| ended(&mut athyper(&server, "export", entity, &[])).1;
    assert_eq!(out("Loan"), "code,reader\nL-0007,Ida\nL-0008,Tom\n");
    assert_eq!(
        out("LoanItem"),
        "parent,book,note\nL-0007,DUNE,\nL-0007,DUNE,\nL-0007,EMMA,\nL-0008,EMMA,torn\n"
    );
    let wrong = |list: &str| {
        let mut command = athyper(&server, "import", "Loan", &[&loans]);
        let (code, _, err) = ended(command.args(["--children", list]));
        assert_eq!(code, 2);
        err
    };
    assert!(wrong("item=x.csv").contains("Loan has no owned children `item`; did you mean `items`?"));
    assert!(wrong("x.csv").contains("write LIST=FILE"));
}
