//! Files that are taken in with the rights of somebody: what they name, what they repeat and what they are told.

use std::process::Output;

use athyper_tests::server::Store;
use serde_json::json;

use crate::office::Office;

const NOBODY: &str = "0198b1c7-2f4a-7c11-9a55-0d6a3f1f7c2e";

/// What became of a file that a clerk takes in, word for word.
type Told = (Option<i32>, String, String);

fn take_in(office: &Office, entity: &str, text: &str) -> Told {
    let file = office.server.folder().join("rows.csv");
    std::fs::write(&file, text).unwrap();
    let mut import = office.server.athyper(&["import", entity]).unwrap();
    import.arg(&file).args([
        "--tenant",
        "acme",
        "--as",
        "clerk",
        "--attribute",
        "id=clerk",
        "--role",
        "clerk",
    ]);
    let Output { status, stdout, stderr } =
        import.arg("--dry-run").arg("--build").arg(office.server.build()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// The same without a word that the file itself said.
fn told(office: &Office, entity: &str, text: &str, said: &str) -> Told {
    let (code, out, err) = take_in(office, entity, text);
    (code, out, err.replace(said, "SAID"))
}

/// Whoever finds out by a file that a record is there, has found it.
#[tokio::test]
async fn what_a_caller_may_not_read_is_not_there_for_his_files() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        let desk = |code: &str, boss: &str| json!({ "code": code, "boss": boss });
        let hidden = office.add("Desk", "chief@acme", desk("X", "somebody")).await;
        let own = office.add("Desk", "chief@acme", desk("Z", "clerk")).await;
        let foreign = office.add("Desk", "chief@globex", desk("Y", "clerk")).await;
        let vault = office.add("Vault", "chief@acme", json!({ "code": "V" })).await;
        for (field, cells) in [
            ("desk", ["Q", "X", "Y", &hidden, &foreign, NOBODY]),
            ("safe", ["Q", "V", "Y", &vault, &foreign, NOBODY]),
        ] {
            let refer = |cell: &str| {
                told(
                    &office,
                    "Dossier",
                    &format!("number,owner,{field}\nN1,clerk,{cell}\n"),
                    &format!("`{cell}`"),
                )
            };
            let nothing = refer("Q");
            assert_eq!(nothing.0, Some(1), "{store:?}: {nothing:?}");
            for cell in cells {
                assert_eq!(refer(cell), nothing, "{store:?} {field} {cell}");
            }
        }
        let own = take_in(&office, "Dossier", &format!("number,owner,desk\nN1,clerk,Z\nN2,clerk,{own}\n"));
        assert!(own.1.starts_with("2 rows: 2 to create"), "{store:?}: {own:?}");

        office.dossier("chief@acme", "D1", "clerk").await;
        let theirs = office.dossier("chief@acme", "D2", "somebody").await;
        let elsewhere = office.dossier("chief@globex", "G1", "clerk").await;
        // By its id, whatever the file says of it.
        let by_id = |id: &str, owner: &str| take_in(&office, "Dossier", &format!("id,owner\n{id},{owner}\n"));
        let nothing = by_id(NOBODY, "clerk");
        assert!(nothing.2.contains("there is no record with this id"), "{store:?}: {nothing:?}");
        for id in [&theirs, &elsewhere] {
            assert_eq!(by_id(id, "clerk"), nothing, "{store:?}");
            assert_eq!(by_id(id, "somebody"), nothing, "{store:?}: a right guess");
        }
        // By its key: that it is taken must be told, and nothing else.
        let guess = |owner: &str| take_in(&office, "Dossier", &format!("number,owner\nD2,{owner}\n"));
        let taken = guess("clerk");
        assert!(taken.2.contains("another dossier has this value (unique)"), "{store:?}: {taken:?}");
        assert_eq!(guess("somebody"), taken, "{store:?}: a right guess");
        let free = take_in(&office, "Dossier", "number,owner\nG1,clerk\n");
        assert!(free.1.starts_with("1 row: 1 to create"), "{store:?}: {free:?}");
        // As the owner of children.
        let below = |owner: &str| {
            told(&office, "Hint", &format!("dossier,text\n{owner},a glove\n"), &format!("`{owner}`"))
        };
        let nothing = below("Q");
        assert_eq!(nothing.0, Some(1), "{store:?}: {nothing:?}");
        for owner in ["D2", "G1", &theirs, &elsewhere, NOBODY] {
            assert_eq!(below(owner), nothing, "{store:?} {owner}");
        }
        let mine = below("D1");
        assert!(mine.1.starts_with("1 row: 0 to create"), "{store:?}: his own: {mine:?}");
    }
}

/// "Unchanged" about a value that he does not see would tell him that he guessed it.
#[tokio::test]
async fn a_file_does_not_tell_whether_it_guessed_what_is_withheld() {
    for store in Store::BOTH {
        let office = Office::open_on(store);
        office.dossier("chief@acme", "D1", "clerk").await;
        for (field, right, wrong) in [
            ("verdict", "guilty", "innocent"),
            ("tax_no", "DE-1234-5678", "DE-0000-0000"),
            ("salary", "4200.00", "1.00"),
            ("tip", "the butler", "the cook"),
        ] {
            let guess = |value: &str| take_in(&office, "Dossier", &format!("number,{field}\nD1,{value}\n"));
            assert_eq!(guess(right), guess(wrong), "{store:?} {field}");
        }
        // Notes are nothing to him, whatever there is.
        let note = |text: &str| take_in(&office, "Note", &format!("dossier,text,weight\nD1,{text},7\n"));
        let (right, wrong) = (note("met at night"), note("met at noon"));
        assert_eq!((right.0, &right), (Some(1), &wrong), "{store:?}");
    }
}

/// The columns that there are would name the fields that are withheld from him.
#[tokio::test]
async fn a_header_is_told_of_no_field_that_its_caller_does_not_know() {
    let office = Office::open();
    let told = |column: &str| told(&office, "Dossier", &format!("number,{column}\n"), column);
    let nothing = told("qqq");
    assert!(nothing.2.contains("`owner`") && nothing.2.contains("`tip`"), "{nothing:?}");
    for name in ["nickname", "verdict", "bonus", "notes"] {
        assert!(!nothing.2.contains(name), "{nothing:?}");
        assert_eq!(told(name), nothing);
        let near = format!("{name}s");
        assert!(!told(&near).2.contains(name), "{near}");
    }
}
