//! The Chinook store through `athyper import` and back out: all 15,607 rows, twice without doing anything twice,
//! and every file the same bytes again.
#![expect(clippy::unwrap_used, reason = "a panic is the report of a test")]

use std::path::Path;
use std::process::{Command, Output};

use athyper_tests::programs;
use athyper_tests::server::Server;

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
    let example = programs::root().join("examples/chinook");
    let server = Server::prepare(&example, &["acme"]).unwrap();
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
    let example = programs::root().join("examples/chinook");
    let server = Server::prepare(&example, &["acme"]).unwrap();
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
        out.starts_with("5 rows: 1 created, 0 updated, 0 unchanged, 4 bad\nnothing was written"),
        "{out}"
    );
    let (_, out, _) = import(b"ArtistId,Name\n1,AC/DC\n", &["--dry-run"]);
    assert_eq!(
        out,
        "1 rows: 1 created, 0 updated, 0 unchanged, 0 bad\nnothing was written: this was a dry run\n"
    );
    let report = server.build().with_file_name("report.csv");
    let report_text = report.to_str().unwrap();
    let (code, out, _) = import(mixed, &["--skip-bad", "--report", report_text]);
    assert_eq!((code, out.as_str()), (1, "5 rows: 1 created, 0 updated, 0 unchanged, 4 bad\n"));
    let lines = std::fs::read_to_string(report).unwrap();
    assert!(lines.starts_with("line,column,code,message\n3,ArtistId,type,"), "{lines}");
    let (code, _, err) = import(b"ArtistId,Nmae\n", &[]);
    assert_eq!(code, 2);
    assert!(err.contains("the column `Nmae` is no field of Artist; did you mean `name`?"), "{err}");
    let (code, _, err) = import(b"\xff\xfeA\0", &[]);
    assert_eq!(code, 5);
    assert!(err.contains("UTF-16"), "{err}");
    let refused = ended(athyper(&server, "import", "Artist", &[&file]).args(["--role", "nobody"]));
    assert_eq!(refused.0, 2);
    assert!(refused.2.contains("no rule speaks to the role `nobody`"), "{}", refused.2);
}
