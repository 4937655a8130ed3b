//! A real mail server of the test's own: Exim, which takes mails over TLS from whoever logs in, sends back what it cannot deliver,
//! and keeps the rest in a maildir; Dovecot, which shows that over IMAP.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{ports, until};
use crate::support::house::SOON;

/// User and password of both.
pub const LOGIN: (&str, &str) = ("denwaban", "secret");

/// Exim and Dovecot, their files in a folder of ours. They end when this is dropped.
pub struct MailServer {
    folder: PathBuf,
    /// SMTP with STARTTLS.
    pub smtp: u16,
    /// SMTP with TLS from the first byte.
    pub smtps: u16,
    /// IMAP with TLS from the first byte.
    pub imaps: u16,
    /// IMAP with STARTTLS.
    pub imap: u16,
    processes: Vec<Child>,
}

/// A mail in a maildir.
pub struct Kept {
    /// Whom the envelope named.
    pub envelope_to: String,
    /// As it lies there.
    pub bytes: Vec<u8>,
}

impl MailServer {
    /// Starts both.
    pub fn start() -> MailServer {
        // Not below TMPDIR: the server's user has to be let through.
        let folder = tempfile::Builder::new().prefix("denwaban-mail-").tempdir_in("/tmp").expect("a folder").keep();
        let first = ports::free_block(4);
        let mut server = MailServer {
            smtp: first,
            smtps: first + 1,
            imaps: first + 2,
            imap: first + 3,
            processes: Vec::new(),
            folder,
        };
        for name in ["spool", "log", "mail", "run"] {
            std::fs::create_dir(server.folder.join(name)).expect("a folder");
        }
        server.certify();
        server.write("exim.conf", EXIM);
        server.write("dovecot.conf", DOVECOT);
        run(Command::new("chmod").args(["-R", "a+rwX"]).arg(&server.folder));
        let exim = as_server("exim4").arg("-C").arg(server.folder.join("exim.conf")).args(["-bdf", "-q1s"]).spawn();
        server.processes.push(exim.expect("exim4: install the package exim4-daemon-light (./test does)"));
        let dovecot = as_server("dovecot").arg("-F").arg("-c").arg(server.folder.join("dovecot.conf")).spawn();
        server.processes.push(dovecot.expect("dovecot: install the package dovecot-imapd (./test does)"));
        for port in [server.smtp, server.smtps, server.imaps, server.imap] {
            until("the mail server listens", SOON, || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        }
        server
    }

    /// The certificate of both, which is its own authority.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    /// What lies in a mailbox: `inbox`, or `bounce`.
    pub fn kept(&self, mailbox: &str) -> Vec<Kept> {
        let folders = ["new", "cur"].map(|part| self.folder.join("mail").join(mailbox).join(part));
        let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let kept = |path: PathBuf| {
            let bytes = std::fs::read(path).expect("a mail");
            let header = String::from_utf8_lossy(&bytes).into_owned();
            let to = header.lines().find_map(|line| line.strip_prefix("Envelope-to: ")).unwrap_or_default();
            Kept { envelope_to: to.to_owned(), bytes }
        };
        files.map(|entry| kept(entry.path())).collect()
    }

    /// What Exim has written of what it did.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log/mainlog")).unwrap_or_default()
    }

    fn certify(&self) {
        let path = |name: &str| self.folder.join(name).display().to_string();
        run(Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "30",
            ])
            .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem"), "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"])
            .stderr(Stdio::null()));
    }

    fn write(&self, name: &str, template: &str) {
        let (user, password) = LOGIN;
        let text = template
            .replace("{folder}", &self.folder.display().to_string())
            .replace("{smtp}", &self.smtp.to_string())
            .replace("{smtps}", &self.smtps.to_string())
            .replace("{imaps}", &self.imaps.to_string())
            .replace("{imap}", &self.imap.to_string())
            .replace("{user}", user)
            .replace("{password}", password);
        std::fs::write(self.folder.join(name), text).expect("a configuration");
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // Ours is only the process that has changed the user; theirs are in these files. Both end by SIGTERM, with their children.
        for file in ["exim.pid", "run/master.pid"] {
            let pid = std::fs::read_to_string(self.folder.join(file)).unwrap_or_default();
            let _ = as_server("kill").arg(pid.trim()).status();
        }
        for process in &mut self.processes {
            let _ = process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Neither of them runs as root here, and Exim wants to be its own user.
fn as_server(program: &str) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|file| std::os::unix::fs::MetadataExt::uid(&file) == 0);
    let mut command = if is_root { Command::new("runuser") } else { Command::new("sudo") };
    if is_root {
        command.args(["-u", "Debian-exim", "--"]);
    } else {
        command.args(["-n", "-u", "Debian-exim", "--"]);
    }
    let sbin = Path::new("/usr/sbin").join(program);
    command.arg(if sbin.exists() { sbin } else { PathBuf::from(program) });
    command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command
}

fn run(command: &mut Command) {
    assert!(command.status().is_ok_and(|status| status.success()), "{command:?}");
}

const EXIM: &str = r#"
primary_hostname = mail.test
qualify_domain = mail.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
daemon_smtp_ports = {smtp} : {smtps}
tls_on_connect_ports = {smtps}
local_interfaces = 127.0.0.1
disable_ipv6 = true
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
acl_not_smtp = accept
deliver_drop_privilege = true
host_lookup =
rfc1413_hosts =
keep_environment =

begin acl
rcpt:
  deny message = log in first
       !authenticated = *
  deny message = no such mailbox
       local_parts = refused
  defer message = try again later
       local_parts = later
  accept

begin routers
gone:
  driver = redirect
  local_parts = gone
  allow_fail
  data = :fail: this mailbox was closed
bounces:
  driver = accept
  local_parts = bounce
  local_part_suffix = +*
  local_part_suffix_optional
  transport = bounce
all:
  driver = accept
  transport = inbox

begin transports
inbox:
  driver = appendfile
  directory = {folder}/mail/inbox
  create_directory
  maildir_format
  envelope_to_add
  return_path_add
  directory_mode = 0777
  mode = 0666
bounce:
  driver = appendfile
  directory = {folder}/mail/bounce
  create_directory
  maildir_format
  envelope_to_add
  return_path_add
  directory_mode = 0777
  mode = 0666

begin retry
* * F,1h,1m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{{user}}}{eq{$auth3}{{password}}}}}
  server_set_id = $auth2
"#;

const DOVECOT: &str = r#"
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log/dovecot
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
default_internal_user = Debian-exim
default_internal_group = Debian-exim
default_login_user = Debian-exim
mail_location = maildir:{folder}/mail/bounce
first_valid_uid = 1
passdb {
  driver = static
  args = password={password}
}
userdb {
  driver = static
  args = uid=Debian-exim gid=Debian-exim home={folder}/run/home
}
service imap-login {
  chroot =
  inet_listener imap {
    port = {imap}
  }
  inet_listener imaps {
    port = {imaps}
    ssl = yes
  }
}
service anvil {
  chroot =
}
"#;
