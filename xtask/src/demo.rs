//! `cargo xtask demo`: from a fresh clone to a served example with data, and lines to paste.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::process::{self, Background};

/// What to serve, and where.
#[derive(clap::Args)]
pub struct Args {
    /// The example: `purchase` or `chinook`.
    #[arg(default_value = "purchase")]
    example: String,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// Stop as soon as the server is ready and the printed requests have been tried.
    #[arg(long)]
    check: bool,
}

/// An example that can be shown.
struct Example {
    name: &'static str,
    /// Tenants, each with the folder of its data.
    tenants: &'static [(&'static str, &'static str)],
    /// Entities in the order in which their files load.
    imports: &'static [&'static str],
    /// Tokens to print.
    users: &'static [User],
    /// Requests to print: the user's number, and the rest of the `curl` line.
    requests: &'static [(usize, &'static str)],
}

/// Somebody with a token: the tenant, the role, which is the subject too, and other claims.
struct User(&'static str, &'static str, &'static [&'static str]);

const EXAMPLES: &[Example] = &[
    Example {
        name: "purchase",
        tenants: &[("acme", "seed/acme"), ("globex", "seed/globex")],
        imports: &["Currency", "Supplier", "ProductGroup", "Product", "PurchaseOrder", "PurchaseOrderLine"],
        users: &[
            User("acme", "buyer", &["region=EU"]),
            User("acme", "manager", &["approval_limit=\"1000.00\""]),
            User("acme", "auditor", &[]),
            User("globex", "manager", &[]),
        ],
        requests: &[
            (0, "'{base}/api/data/PurchaseOrder?expand=supplier,lines&order=-total'"),
            (
                0,
                "-G '{base}/api/data/PurchaseOrder' --data-urlencode 'filter=supplier.country == \"GB\" && total > 500'",
            ),
            (2, "'{base}/api/data/Product?group=supplier.name&aggregate=count(),sum(price)'"),
            (
                1,
                "-X POST '{base}/api/data/ProductGroup' -H 'Content-Type: application/json' -d '{\"code\":\"lamps\",\"name\":\"Lamps\"}'",
            ),
            (3, "'{base}/api/data/Supplier?select=code,name'"),
            (0, "'{base}/api/data/Supplier?select=name,iban'"),
            (
                1,
                "-X POST '{base}/api/policy/plan' -H 'Content-Type: application/json' -d '{\"entity\":\"PurchaseOrder\",\"action\":\"approve\"}'",
            ),
        ],
    },
    Example {
        name: "chinook",
        tenants: &[("store", "data")],
        imports: &[
            "Artist",
            "Album",
            "Genre",
            "MediaType",
            "Track",
            "Playlist",
            "PlaylistTrack",
            "Employee",
            "Customer",
            "Invoice",
            "InvoiceLine",
        ],
        users: &[User("store", "clerk", &[]), User("store", "editor", &[])],
        requests: &[
            (0, "'{base}/api/data/Track?group=genre.name&aggregate=count()&order=-count()&limit=5'"),
            (
                0,
                "'{base}/api/data/Invoice?group=billing_country&aggregate=sum(total)&order=-sum(total)&limit=5'",
            ),
            (0, "-G '{base}/api/data/Playlist' --data-urlencode 'filter=tracks.count() > 1000'"),
            (
                0,
                "'{base}/api/data/Invoice?customer.customer_id=17&order=invoice_date&select=invoice_date,total'",
            ),
            (0, "'{base}/api/data/Album?search=rock&expand=artist&limit=3'"),
        ],
    },
];

impl User {
    /// The name under which the reader keeps the token.
    fn variable(&self) -> String {
        let Self(tenant, role, _) = self;
        format!("{tenant}_{role}").to_uppercase()
    }
}

/// Where one run of the demo keeps its things.
struct Stage<'a> {
    example: &'a Example,
    source: PathBuf,
    build: PathBuf,
    database: PathBuf,
    programs: PathBuf,
}

/// Builds, compiles, loads, serves.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let Some(example) = EXAMPLES.iter().find(|example| example.name == args.example) else {
        let names: Vec<_> = EXAMPLES.iter().map(|example| example.name).collect();
        bail!("no example `{}` to show; there are: {}", args.example, names.join(", "));
    };
    process::run(&mut process::cargo(&["build", "--locked", "--workspace", "--bins"])?)?;
    let root = crate::root()?;
    let target = target_folder()?;
    let folder = target.join("demo").join(example.name);
    process::fresh(&folder)?;
    let stage = Stage {
        example,
        source: root.join("examples").join(example.name),
        build: folder.join("build"),
        database: folder.join("demo.db"),
        programs: target.join("debug"),
    };
    stage.load()?;
    let (server, base) = stage.serve(&args.listen)?;
    let tokens = stage.tokens()?;
    stage.say(&base, &tokens);
    if args.check { stage.try_requests(&base, &tokens) } else { server.wait() }
}

fn target_folder() -> anyhow::Result<PathBuf> {
    let args = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
    let metadata: serde_json::Value = serde_json::from_str(&process::output(&mut process::cargo(&args)?)?)?;
    Ok(PathBuf::from(
        metadata
            .get("target_directory")
            .and_then(|folder| folder.as_str())
            .context("cargo names no target folder")?,
    ))
}

impl Stage<'_> {
    fn metac(&self) -> Command {
        Command::new(self.programs.join("metac"))
    }

    /// `athyper VERB` on the demo's database.
    fn athyper(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join("athyper"));
        command.args(verb).arg("--database").arg(&self.database);
        command
    }

    fn load(&self) -> anyhow::Result<()> {
        process::run(self.metac().arg("compile").arg(&self.source).arg("--out").arg(&self.build))?;
        process::run(self.athyper(&["migrate", "apply"]).arg(&self.build))?;
        for (tenant, data) in self.example.tenants {
            process::run(&mut self.athyper(&["tenant", "add", tenant]))?;
            for entity in self.example.imports {
                let file = self.source.join(data).join(format!("{entity}.csv"));
                if file.exists() {
                    self.import(tenant, entity, &file)?;
                }
            }
        }
        Ok(())
    }

    fn import(&self, tenant: &str, entity: &str, file: &Path) -> anyhow::Result<()> {
        let mut command = self.athyper(&["import", entity]);
        process::run(command.arg(file).arg("--build").arg(&self.build).args(["--tenant", tenant]))
    }

    fn serve(&self, listen: &str) -> anyhow::Result<(Background, String)> {
        let mut command = self.athyper(&["serve"]);
        command.arg(&self.build).args(["--dev", "--listen", listen]);
        Background::start(&mut command, "listening on ")
    }

    fn tokens(&self) -> anyhow::Result<Vec<String>> {
        self.example
            .users
            .iter()
            .map(|User(tenant, role, claims)| {
                let args = ["token", "--tenant", tenant, "--sub", role, "--role", role, "--ttl", "12h"];
                let mut command = self.athyper(&args);
                command.args(claims.iter().flat_map(|claim| ["--claim", claim]));
                Ok(process::output(&mut command)?.trim().to_owned())
            })
            .collect()
    }

    fn request(&self, index: usize, base: &str) -> Option<(String, String)> {
        let (user, rest) = self.example.requests.get(index)?;
        Some((self.example.users.get(*user)?.variable(), rest.replace("{base}", base)))
    }

    fn say(&self, base: &str, tokens: &[String]) {
        println!("\n{} is served at {base}", self.example.name);
        println!("  API reference  {base}/docs\n  description    {base}/api/openapi.json\n");
        println!("Tokens (tenant and role; good for 12 hours):\n");
        for (user, token) in self.example.users.iter().zip(tokens) {
            println!("export {}={token}", user.variable());
        }
        println!("\nPaste those lines, then try:\n");
        for index in 0..self.example.requests.len() {
            if let Some((name, rest)) = self.request(index, base) {
                println!("curl -sS -H \"Authorization: Bearer ${name}\" {rest}\n");
            }
        }
        println!("Ctrl-C stops the server; the next demo starts from the same data again.");
    }

    /// Pastes every printed line into a shell, as the reader would.
    fn try_requests(&self, base: &str, tokens: &[String]) -> anyhow::Result<()> {
        for index in 0..self.example.requests.len() {
            let Some((name, rest)) = self.request(index, base) else { continue };
            let mut shell = Command::new("sh");
            let line = format!("curl -sS --fail-with-body -H \"Authorization: Bearer ${name}\" {rest}");
            shell.arg("-c").arg(&line);
            for (user, token) in self.example.users.iter().zip(tokens) {
                shell.env(user.variable(), token);
            }
            let answer = process::output(&mut shell)?;
            println!("{}", answer.chars().take(400).collect::<String>());
        }
        Ok(())
    }
}
