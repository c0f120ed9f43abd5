//! The program as people and scripts meet it: real folders, real exit codes.
#![expect(clippy::disallowed_methods, reason = "these tests are about the disk")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic in a test is the report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn metac(folder: &Path, args: &[&str]) -> Run {
    run(Command::cargo_bin("metac").unwrap().current_dir(folder).args(args))
}

fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: status.code().expect("an exit code"), out: text(stdout), err: text(stderr) }
}

impl Run {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

/// A package that compiles, with its artifact.
fn compiled() -> TempDir {
    let folder = TempDir::new().unwrap();
    metac(folder.path(), &["init", "."]).ends(0);
    metac(folder.path(), &["compile"]).ends(0);
    folder
}

fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                out.push((path, bytes));
            }
        }
    }
    out.sort();
    out
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn spoil(folder: &Path) {
    let path = folder.join("task.yaml");
    let text = fs::read_to_string(&path).unwrap().replace("string(80)!", "strng(80)!");
    fs::write(path, text).unwrap();
}

#[test]
fn a_new_package_compiles_at_once_and_its_files_are_in_form() {
    let folder = TempDir::new().unwrap();
    let run = metac(folder.path(), &["init", "my-shop"]).ends(0);
    assert_eq!(run.out.lines().count(), 3, "the files it made: {}", run.out);
    metac(folder.path(), &["check", "my-shop", "--deny", "warnings"]).ends(0);
    metac(folder.path(), &["fmt", "my-shop", "--check"]).ends(0);
    let run = metac(folder.path(), &["compile", "my-shop", "--timings"]).ends(0);
    assert!(run.out.is_empty() && run.err.contains("wrote"), "{}", run.err);
    assert!(run.err.contains(" ms"), "{}", run.err);
    let manifest = fs::read_to_string(folder.path().join("my-shop/build/manifest.json")).unwrap();
    assert!(manifest.contains("my_shop"));
    assert_eq!(names(&folder.path().join("my-shop")), [".gitignore", "build", "metac.yaml", "task.yaml"]);
}

#[test]
fn init_says_what_it_calls_a_folder_whose_name_is_none() {
    let folder = TempDir::new().unwrap();
    assert!(!metac(folder.path(), &["init", "shop"]).ends(0).err.contains("is called"));
    for (name, called) in
        [("Bad--Name", "`bad_name`"), ("2nd shop_", "`nd_shop`"), ("été", "`t`"), ("42", "`my_package`")]
    {
        let run = metac(folder.path(), &["init", name]).ends(0);
        assert!(run.err.contains(called) && run.err.contains(&format!("`{name}`")), "{}", run.err);
        metac(folder.path(), &["check", name, "--deny", "warnings"]).ends(0);
    }
}

#[test]
fn every_verb_shows_an_example() {
    let folder = TempDir::new().unwrap();
    let help = metac(folder.path(), &["--help"]).ends(0).out;
    let verbs = help.split("Commands:").nth(1).unwrap().lines().skip(1).take_while(|line| !line.is_empty());
    for verb in verbs.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help") {
        let help = metac(folder.path(), &[verb, "--help"]).ends(0).out;
        assert!(help.contains(&format!("  metac {verb}")), "{verb}: {help}");
    }
}

#[test]
fn init_touches_nothing_that_is_there() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("task.yaml"), "mine").unwrap();
    let run = metac(folder.path(), &["init"]).ends(4);
    assert!(run.err.contains("task.yaml"));
    assert_eq!(fs::read_to_string(folder.path().join("task.yaml")).unwrap(), "mine");
    assert_eq!(names(folder.path()), ["task.yaml"]);
}

#[test]
fn a_failed_compile_leaves_the_artifact_as_it_was() {
    let folder = compiled();
    let before = snapshot(&folder.path().join("build"));
    spoil(folder.path());
    let run = metac(folder.path(), &["compile"]).ends(1);
    assert!(run.out.is_empty());
    assert!(run.err.contains("strng") && run.err.contains("string"), "{}", run.err);
    assert!(!run.err.contains('\u{1b}'), "no colours into a pipe");
    assert_eq!(snapshot(&folder.path().join("build")), before);
    assert_eq!(names(folder.path()), [".gitignore", "build", "metac.yaml", "task.yaml"]);
}

#[test]
fn locked_writes_nothing_and_names_what_is_stale() {
    let folder = compiled();
    metac(folder.path(), &["compile", "--locked"]).ends(0);
    let path = folder.path().join("task.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("Something to do.", "Something else.")).unwrap();
    fs::remove_file(folder.path().join("build/openapi.json")).unwrap();
    fs::write(folder.path().join("build/more.json"), "{}").unwrap();
    let before = snapshot(folder.path());
    let run = metac(folder.path(), &["compile", "--locked"]).ends(1);
    for line in ["~ manifest.json", "+ openapi.json", "- more.json"] {
        assert!(run.out.lines().any(|found| found == line), "{line} is not in {}", run.out);
    }
    assert_eq!(snapshot(folder.path()), before);
}

#[test]
fn only_a_build_is_replaced() {
    let folder = compiled();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    metac(folder.path(), &["compile", "--out", "other"]).ends(0);
    fs::write(other.join("notes.txt"), "mine").unwrap();
    let run = metac(folder.path(), &["compile", "--out", "other"]).ends(4);
    assert!(run.err.contains("notes.txt"), "{}", run.err);
    fs::remove_file(other.join("manifest.json")).unwrap();
    metac(folder.path(), &["compile", "--out", "other"]).ends(4);
    fs::write(other.join("manifest.json"), r#"{"name": "a web page"}"#).unwrap();
    metac(folder.path(), &["compile", "--out", "other"]).ends(4);
    assert_eq!(fs::read_to_string(other.join("notes.txt")).unwrap(), "mine");
    metac(folder.path(), &["compile", "--out", "task.yaml"]).ends(4);
    metac(folder.path(), &["compile", "--out", "."]).ends(2);
    metac(folder.path(), &["compile", "--out", ".."]).ends(2);
}

#[test]
fn what_a_killed_run_left_is_put_right() {
    let folder = compiled();
    let before = snapshot(&folder.path().join("build"));
    // Killed between the two renames: the old artifact stands aside, the new one is half written.
    fs::rename(folder.path().join("build"), folder.path().join(".build.old-77")).unwrap();
    fs::create_dir(folder.path().join(".build.new-abc")).unwrap();
    fs::write(folder.path().join(".build.new-abc/manifest.json"), "{").unwrap();
    metac(folder.path(), &["compile"]).ends(0);
    assert_eq!(snapshot(&folder.path().join("build")), before);
    assert_eq!(names(folder.path()), [".gitignore", "build", "metac.yaml", "task.yaml"]);
}

#[test]
fn two_runs_at_once_both_succeed() {
    let folder = compiled();
    let before = snapshot(&folder.path().join("build"));
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| metac(folder.path(), &["compile"]))).collect();
        for run in runs {
            run.join().unwrap().ends(0);
        }
    });
    assert_eq!(snapshot(&folder.path().join("build")), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_artifact_stays() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    // What is asked for and cannot be written is a failure of the outside.
    let folder = compiled();
    let stdout = fs::OpenOptions::new().write(true).open(full).unwrap();
    let status = std::process::Command::new(assert_cmd::cargo::cargo_bin("metac"))
        .current_dir(folder.path())
        .args(["schema", "entity"])
        .stdout(stdout)
        .stderr(std::process::Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(5));
    // A parent that is a file can hold no folder.
    fs::write(folder.path().join("file"), "").unwrap();
    let run = metac(folder.path(), &["compile", "--out", "file/build"]).ends(5);
    assert!(run.err.contains("file"), "{}", run.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_told_and_the_artifact_stays() {
    // Nobody can make a folder in /proc, whoever he is.
    let folder = compiled();
    let before = snapshot(&folder.path().join("build"));
    let run = metac(folder.path(), &["compile", "--out", "/proc/build"]).ends(5);
    assert!(run.err.contains("/proc"), "{}", run.err);
    assert_eq!(snapshot(&folder.path().join("build")), before);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("metac"))
        .args(["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn explain_prints_the_page_of_a_code_and_suggests_near_ones() {
    let folder = TempDir::new().unwrap();
    let by_code = metac(folder.path(), &["explain", "e0101"]).ends(0);
    let by_name = metac(folder.path(), &["explain", "duplicate-key"]).ends(0);
    assert!(by_code.out.starts_with("# E0101 duplicate-key\n"));
    assert_eq!(by_code.out, by_name.out);
    let all = metac(folder.path(), &["explain"]).ends(0);
    assert!(all.out.lines().count() >= 40, "at least 40 codes: {}", all.out);
    let unknown = metac(folder.path(), &["explain", "duplicat-key"]).ends(2);
    assert!(unknown.err.contains("did you mean `duplicate-key`?"), "{}", unknown.err);
}

#[test]
fn calls_that_make_no_sense_end_with_2_and_say_what_to_do() {
    let folder = TempDir::new().unwrap();
    for (args, hint) in [
        (&["compil"][..], "compile"),
        (&["check"], "metac init"),
        (&["check", "nowhere"], "nowhere"),
        (&["fmt", "nowhere.yaml"], "nowhere.yaml"),
        (&["schema", "entty"], "entity"),
        (&[], "Usage"),
    ] {
        let run = metac(folder.path(), args).ends(2);
        assert!(run.err.contains(hint), "{args:?}: {}", run.err);
    }
    fs::create_dir(folder.path().join("inner")).unwrap();
    metac(folder.path(), &["init"]).ends(0);
    let run = metac(&folder.path().join("inner"), &["check"]).ends(2);
    assert!(run.err.contains("did you mean the package in"), "{}", run.err);
}

#[test]
fn warnings_pass_unless_they_are_denied() {
    let folder = compiled();
    fs::write(folder.path().join("answer.yaml"), "enum: Answer\nvalues: [yes, maybe]\n").unwrap();
    let run = metac(folder.path(), &["check"]).ends(0);
    assert!(run.err.contains("yaml-boolean") && run.err.contains("1 warning"), "{}", run.err);
    metac(folder.path(), &["check", "--deny", "warnings"]).ends(1);
    let package = folder.path().join("metac.yaml");
    let text = fs::read_to_string(&package).unwrap();
    let lint = "lints: { yaml-boolean: { level: allow, reason: \"everybody here reads YAML 1.2\" } }\n";
    fs::write(&package, text + lint).unwrap();
    let run = metac(folder.path(), &["check", "--deny", "warnings"]).ends(0);
    assert!(!run.err.contains("yaml-boolean"), "{}", run.err);
}

#[test]
fn every_format_for_tools_is_what_it_says() {
    let folder = compiled();
    spoil(folder.path());
    let json = metac(folder.path(), &["check", "--format", "json"]).ends(1);
    for line in json.out.lines() {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(said["spans"][0]["file_name"], "task.yaml");
        assert_eq!(said["level"], "error");
    }
    let sarif = metac(folder.path(), &["check", "--format", "sarif"]).ends(1);
    let log: serde_json::Value = serde_json::from_str(&sarif.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(1));
    let github = metac(folder.path(), &["check", "--format", "github"]).ends(1);
    assert!(github.out.starts_with("::error file=task.yaml,line="), "{}", github.out);
    assert!(json.err.is_empty() && sarif.err.is_empty() && github.err.is_empty());
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let folder = compiled();
    spoil(folder.path());
    let coloured = |args: &[&str], no_color: &str| {
        let mut command = Command::cargo_bin("metac").unwrap();
        run(command.current_dir(folder.path()).args(args).env("NO_COLOR", no_color)).err.contains('\u{1b}')
    };
    assert!(!coloured(&["check"], ""));
    assert!(coloured(&["check", "--color", "always"], "1"));
    assert!(!coloured(&["check", "--color", "never"], ""));
}

#[test]
fn fmt_check_shows_the_difference_and_changes_nothing() {
    let folder = compiled();
    let path = folder.path().join("task.yaml");
    let formed = fs::read_to_string(&path).unwrap();
    let messy = formed.replace("  title:    string(80)!", "    title:    {type: string(80), required: true}");
    let messy = messy.replace("  done:", "    done:").replace("  due_on:", "    due_on:");
    let messy = messy.replace("  priority:", "    priority:") + "\n\n";
    fs::write(&path, &messy).unwrap();
    let run = metac(folder.path(), &["fmt", "--check"]).ends(1);
    assert!(run.out.contains("+  title:    string(80)!"), "{}", run.out);
    assert_eq!(fs::read_to_string(&path).unwrap(), messy);
    let run = metac(folder.path(), &["fmt"]).ends(0);
    assert_eq!(run.out, "task.yaml\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), formed);
    metac(folder.path(), &["fmt", "--check"]).ends(0);
}

#[test]
fn fmt_leaves_what_it_cannot_read_and_formats_the_rest() {
    let folder = compiled();
    fs::write(folder.path().join("bad.yaml"), "a: b: c\n").unwrap();
    fs::write(folder.path().join("enum.yaml"), "enum:     Answer\nvalues: [a,b]\n").unwrap();
    let run = metac(folder.path(), &["fmt"]).ends(1);
    assert!(run.err.contains("E0102") && run.err.contains("bad.yaml"), "{}", run.err);
    assert_eq!(fs::read_to_string(folder.path().join("bad.yaml")).unwrap(), "a: b: c\n");
    let formed = fs::read_to_string(folder.path().join("enum.yaml")).unwrap();
    assert_eq!(formed, "enum: Answer\nvalues: [a, b]\n");
}

#[test]
fn formatting_the_examples_changes_nothing_that_is_compiled() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    metac(&examples, &["fmt", "--check"]).ends(0);
}

#[test]
fn hidden_folders_builds_and_links_are_no_sources() {
    let folder = compiled();
    for inner in [".git", "target", "build/deep"] {
        fs::create_dir_all(folder.path().join(inner)).unwrap();
    }
    fs::write(folder.path().join(".git/x.yaml"), "broken: [").unwrap();
    fs::write(folder.path().join("target/x.yaml"), "broken: [").unwrap();
    let run = metac(folder.path(), &["check"]).ends(0);
    assert!(run.err.contains("ok: 2 files"), "{}", run.err);
}
