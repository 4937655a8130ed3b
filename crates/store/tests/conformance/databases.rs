//! Databases for tests: SQLite files, and PostgreSQL servers of our own.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::Connection;
use store::Store;
use tempfile::TempDir;

/// A connection of the test's own, past the store.
pub async fn connect(url: &str) -> sqlx::AnyConnection {
    sqlx::any::install_default_drivers();
    // The store encodes paths by itself; sqlx does not.
    let url = if url.starts_with("sqlite") { url.replace('%', "%25").replace('?', "%3F") } else { url.to_owned() };
    sqlx::AnyConnection::connect(&url).await.unwrap()
}

/// Does something to a database behind the store's back.
pub async fn execute(url: &str, sql: &'static str) {
    let mut connection = connect(url).await;
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

pub struct Sqlite {
    folder: TempDir,
}

impl Sqlite {
    pub fn new() -> Sqlite {
        Sqlite { folder: tempfile::tempdir().unwrap() }
    }

    /// Below a folder that is not there yet, with a name that a URL would trip over.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("新しい folder/100%?.db").display())
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.url()).await.unwrap()
    }
}

/// A server: a process of ours, its data in a folder of ours. Whatever happens to the test, closing its end of the pipe (exit,
/// panic, kill) ends the server.
pub struct Postgres {
    folder: PathBuf,
    child: Option<Child>,
    durable: bool,
}

/// One for all tests of this process that only need a database.
pub fn shared_postgres() -> &'static Postgres {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    SHARED.get_or_init(|| Postgres::new(false))
}

impl Postgres {
    pub fn new(durable: bool) -> Postgres {
        // A Unix socket's path has 107 characters at most, so not below a long TMPDIR.
        let folder = tempfile::Builder::new().prefix("denwaban-pg-").tempdir_in("/tmp").unwrap().keep();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        // Names of Japan sort in ICU's order here, so that nothing relies on the order of bytes.
        run(as_postgres(&bin().join("initdb"))
            .args(["--username=denwaban", "--auth=trust", "--encoding=UTF8", "--no-sync"])
            .args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=ja-JP", "--pgdata"])
            .arg(folder.join("data")));
        let mut server = Postgres { folder, child: None, durable };
        server.start();
        server
    }

    /// Starts it, and waits until it answers.
    pub fn start(&mut self) {
        // The shell holds our pipe; at its end it stops the server the hard way (QUIT: no checkpoint, as after a crash).
        let script = "\"$0\" -D \"$1/data\" -k \"$1\" -c listen_addresses= -c fsync=$2 -c max_connections=200 \
                      >>\"$1/log\" 2>&1 & read -r _; kill -QUIT $!; wait $!; [ $3 = keep ] || rm -rf \"$1\"";
        let child = as_postgres(Path::new("sh"))
            .args(["-c", script])
            .arg(bin().join("postgres"))
            .arg(&self.folder)
            .arg(if self.durable { "on" } else { "off" })
            // The shared one is a static, which nobody drops.
            .arg(if self.durable { "keep" } else { "remove" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        self.child = Some(child);
        for _ in 0..200 {
            let ready = Command::new(bin().join("pg_isready")).arg("-q").arg("-h").arg(&self.folder).status().unwrap();
            if ready.success() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("PostgreSQL does not start: {}", std::fs::read_to_string(self.folder.join("log")).unwrap_or_default());
    }

    /// Stops it as a power failure does.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            let mut rest = String::new();
            child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
            child.wait().unwrap();
        }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://denwaban@localhost/{database}?host={}", self.folder.display())
    }

    /// A new empty database; its URL.
    pub async fn create(&self, name: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // PostgreSQL cuts names after 63 bytes.
        let name = format!("t{}_{:.40}", COUNT.fetch_add(1, Ordering::Relaxed), name);
        let mut connection = sqlx::postgres::PgConnection::connect(&self.url("postgres")).await.unwrap();
        // `CREATE DATABASE` copies a template, which nobody else may be looking at.
        for _ in 0..50 {
            let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
            match sqlx::query(sql).execute(&mut connection).await {
                Ok(_) => return self.url(&name),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        panic!("no database {name}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PostgreSQL refuses to run as root; Debian's package brings a user for it.
fn as_postgres(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/tmp");
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Where the server's programs are: Debian's place, newest version first, else the PATH.
fn bin() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    found.retain(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    found.sort_by_key(|folder| std::cmp::Reverse(folder.to_string_lossy().contains("/usr/lib/postgresql")));
    found
        .into_iter()
        .next()
        .expect("PostgreSQL's server programs are missing: install the package postgresql (./test does)")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
