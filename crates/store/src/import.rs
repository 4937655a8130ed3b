//! Customers from and to CSV.
//!
//! UTF-8 with or without BOM, a header line, columns in any order. A row whose code is known changes that customer, in the
//! columns that the file has; others are new. All rows or none. Nothing in a cell is executed by anyone: cells that a
//! spreadsheet would take for a formula are written with an apostrophe in front and read without it (R19).

mod cells;

use std::collections::HashMap;
use std::fmt;

use csv::StringRecord;
use serde::Serialize;
use sqlx::Transaction;
use sqlx::any::Any;

use crate::customer::{self, CustomerForm, checked, customer_row};
use crate::database::Store;
use crate::did;
use crate::error::{Problem, StoreError};
use cells::{cell_of, guarded, set};

/// The columns, in the order of an export. `code` and `name` must be there, and `name` only for new customers.
pub const CUSTOMER_COLUMNS: [&str; 28] = [
    "code",
    "name",
    "reading",
    "greeting",
    "manual",
    "dids",
    "targets",
    "transfer",
    "needs",
    "plan",
    "ring_seconds",
    "priority",
    "whisper",
    "steps",
    "team",
    "hours",
    "holidays",
    "closed",
    "also_open",
    "closed_wording",
    "when_closed",
    "announce_after_seconds",
    "announcement",
    "tell",
    "every_seconds",
    "callback",
    "message_after_seconds",
    "abandoned",
];

/// Bytes of a file.
const CSV_BYTES_MAX: usize = 16 << 20;
/// Rows of a file.
const CSV_ROWS_MAX: usize = 20_000;
/// Errors that are told at once.
const ROW_ERRORS_MAX: usize = 200;
/// What makes a spreadsheet run a cell.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What an import did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// New customers.
    pub created: usize,
    /// Changed customers.
    pub updated: usize,
}

/// What is wrong in a row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct RowError {
    /// Line in the file where the row begins, from 1; the header is 1.
    pub line: u64,
    /// The column's name; empty: the row as a whole.
    pub column: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = if self.column.is_empty() { String::new() } else { format!(", column {}", self.column) };
        write!(f, "line {}{column}: {}; {}", self.line, self.what, self.remedy)
    }
}

/// Why nothing was imported.
#[derive(Debug)]
pub enum ImportError {
    /// The file's rows.
    Rows(Vec<RowError>),
    /// The database.
    Store(StoreError),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::Rows(errors) => {
                for error in errors {
                    writeln!(f, "{error}")?;
                }
                f.write_str("nothing was imported")
            }
            ImportError::Store(error) => write!(f, "{error}; nothing was imported"),
        }
    }
}

impl std::error::Error for ImportError {}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        ImportError::Store(error)
    }
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        ImportError::Store(error.into())
    }
}

impl Store {
    /// Imports customers: all rows of the file, or none.
    ///
    /// # Errors
    /// [`ImportError::Rows`] with every error found, by line and column.
    pub async fn import_customers(&self, csv: &[u8]) -> Result<Imported, ImportError> {
        let file = CsvFile::read(csv)?;
        let mut tx = self.begin_directory_change().await?;
        let mut errors = RowErrors::default();
        let mut rows = Vec::with_capacity(file.rows.len());
        for row in &file.rows {
            let before = before(&mut tx, file.cell(row, "code")).await?;
            let id = before.as_ref().map(|(id, _)| *id);
            let form = before.map(|(_, form)| form).unwrap_or_default();
            match file.form(row, form) {
                Ok(form) => rows.push(Row { line: row.line, id, form }),
                Err(problems) => errors.add(row.line, problems),
            }
        }
        find_doubles(&rows, &mut errors);
        errors.end()?;
        let imported = write(&mut tx, &rows).await?;
        tx.commit().await?;
        Ok(imported)
    }

    /// All active customers as CSV that [`Store::import_customers`] reads, with a BOM so that spreadsheets read it as UTF-8.
    ///
    /// # Errors
    /// What the database says.
    pub async fn export_customers(&self) -> Result<String, StoreError> {
        let failed = |why: String| StoreError::Damaged { place: "customers", why };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(CUSTOMER_COLUMNS).map_err(|error| failed(error.to_string()))?;
        for row in self.customers().await?.iter().filter(|row| row.active) {
            let cells = CUSTOMER_COLUMNS.map(|column| guarded(cell_of(&row.form, column)));
            writer.write_record(cells).map_err(|error| failed(error.to_string()))?;
        }
        let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
        Ok(format!("\u{feff}{text}"))
    }
}

/// A row that is fine by itself.
struct Row {
    line: u64,
    /// The customer that has this code already.
    id: Option<i64>,
    form: CustomerForm,
}

async fn before(
    tx: &mut Transaction<'static, Any>,
    code: Option<&str>,
) -> Result<Option<(i64, CustomerForm)>, StoreError> {
    let Some(code) = code else { return Ok(None) };
    let row = sqlx::query("SELECT * FROM customers WHERE code = $1")
        .bind(code.trim().to_ascii_lowercase())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut kept = customer_row(&row)?;
    kept.form.dids = did::of_customer(tx, kept.id).await?;
    Ok(Some((kept.id, kept.form)))
}

async fn write(tx: &mut Transaction<'static, Any>, rows: &[Row]) -> Result<Imported, ImportError> {
    // First they give all their numbers back, so that a file can pass a number from one to another.
    for id in rows.iter().filter_map(|row| row.id) {
        did::replace(tx, id, &[]).await?;
    }
    let mut errors = RowErrors::default();
    let mut imported = Imported::default();
    for row in rows {
        let written = match row.id {
            Some(id) => {
                imported.updated += 1;
                customer::update(tx, id, &row.form).await
            }
            None => {
                imported.created += 1;
                customer::insert(tx, &row.form).await.map(drop)
            }
        };
        match written {
            Ok(()) => {}
            Err(StoreError::Invalid(problems)) => errors.add(row.line, problems),
            Err(error) => return Err(error.into()),
        }
    }
    errors.end()?;
    Ok(imported)
}

/// The same code or number in two rows.
fn find_doubles(rows: &[Row], errors: &mut RowErrors) {
    let mut codes: HashMap<&str, u64> = HashMap::new();
    let mut dids: HashMap<&str, u64> = HashMap::new();
    for row in rows {
        if let Some(line) = codes.insert(&row.form.code, row.line) {
            let what = format!("{:?} is in line {line} too", row.form.code);
            errors.add(row.line, vec![Problem::new("code", what, "give each customer one row")]);
        }
        for did in &row.form.dids {
            if let Some(line) = dids.insert(did, row.line).filter(|line| *line != row.line) {
                let what = format!("+{did} is in line {line} too");
                errors.add(row.line, vec![Problem::new("dids", what, "a number belongs to one customer")]);
            }
        }
    }
}

#[derive(Default)]
struct RowErrors(Vec<RowError>);

impl RowErrors {
    fn add(&mut self, line: u64, problems: Vec<Problem>) {
        for Problem { field, what, remedy } in problems {
            if self.0.len() < ROW_ERRORS_MAX {
                self.0.push(RowError { line, column: field, what, remedy });
            }
        }
    }

    fn end(mut self) -> Result<(), ImportError> {
        self.0.sort_by_key(|error| error.line);
        if self.0.is_empty() { Ok(()) } else { Err(ImportError::Rows(self.0)) }
    }
}

/// A file whose header is known.
struct CsvFile {
    /// Place of each known column that is there.
    columns: HashMap<&'static str, usize>,
    rows: Vec<CsvRow>,
}

struct CsvRow {
    line: u64,
    cells: StringRecord,
}

impl CsvFile {
    fn read(csv: &[u8]) -> Result<CsvFile, ImportError> {
        let whole = |line, what: String, remedy: &str| {
            ImportError::Rows(vec![RowError { line, column: String::new(), what, remedy: remedy.to_owned() }])
        };
        if csv.len() > CSV_BYTES_MAX {
            return Err(whole(1, format!("the file has {} bytes", csv.len()), "split it into files of 16 MB"));
        }
        let text = std::str::from_utf8(csv).map_err(|error| {
            let line = csv.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            let line = u64::try_from(line).unwrap_or(0);
            whole(line, "the file is not UTF-8".to_owned(), "save it as \"CSV UTF-8\" (Shift_JIS is not read)")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
        let mut records = reader.records();
        let header = match records.next() {
            Some(Ok(header)) => header,
            Some(Err(error)) => return Err(whole(1, error.to_string(), "check the quotes")),
            None => return Err(whole(1, "the file is empty".to_owned(), "begin it with a line of column names")),
        };
        let columns = read_header(&header)?;
        let mut lines = Lines { text: text.as_bytes(), seen: 0, line: 1 };
        let mut rows = Vec::new();
        let mut errors = RowErrors::default();
        for record in records {
            let cells = record.map_err(|error| whole(lines.line, error.to_string(), "check the quotes"))?;
            let line = lines.of_record(&cells);
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if cells.len() != header.len() {
                let what = format!("there are {} cells, the header has {}", cells.len(), header.len());
                errors.add(line, vec![Problem::new("", what, "check for a missing or an extra comma, and for quotes")]);
            }
            if rows.len() >= CSV_ROWS_MAX {
                return Err(whole(line, format!("there are more than {CSV_ROWS_MAX} rows"), "split the file"));
            }
            rows.push(CsvRow { line, cells });
        }
        errors.end()?;
        Ok(CsvFile { columns, rows })
    }

    /// A cell, without the apostrophe that keeps a spreadsheet from running it; `None`: the file has no such column.
    fn cell<'a>(&self, row: &'a CsvRow, column: &str) -> Option<&'a str> {
        let cell = row.cells.get(*self.columns.get(column)?)?;
        Some(match cell.strip_prefix('\'') {
            Some(rest) if rest.starts_with(FORMULA) => rest,
            Some(_) | None => cell,
        })
    }

    /// What the row makes of a customer (of a new one: of the defaults).
    fn form(&self, row: &CsvRow, mut form: CustomerForm) -> Result<CustomerForm, Vec<Problem>> {
        let mut problems = Vec::new();
        for column in CUSTOMER_COLUMNS {
            if let Some(cell) = self.cell(row, column)
                && let Err(problem) = set(&mut form, column, cell)
            {
                problems.push(problem);
            }
        }
        match checked(&form) {
            Ok(form) if problems.is_empty() => return Ok(form),
            Ok(_) => {}
            Err(StoreError::Invalid(more)) => problems.extend(more.into_iter().map(cells::by_column)),
            Err(other) => problems.push(Problem::new("", other.to_string(), "report this")),
        }
        Err(problems)
    }
}

/// Counts lines. The reader's own count is one behind after CR LF and after empty lines, which it skips only when it reads on.
struct Lines<'a> {
    text: &'a [u8],
    seen: usize,
    line: u64,
}

impl Lines<'_> {
    fn of_record(&mut self, record: &StringRecord) -> u64 {
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.seen);
        while let Some(byte) = self.text.get(self.seen)
            && (self.seen < start || matches!(byte, b'\r' | b'\n'))
        {
            self.line += u64::from(*byte == b'\n');
            self.seen += 1;
        }
        self.line
    }
}

fn read_header(header: &StringRecord) -> Result<HashMap<&'static str, usize>, ImportError> {
    let mut columns = HashMap::new();
    let mut errors = RowErrors::default();
    for (place, cell) in header.iter().enumerate() {
        let name = cell.trim().to_ascii_lowercase();
        let problem = match CUSTOMER_COLUMNS.into_iter().find(|column| *column == name) {
            Some(column) if columns.insert(column, place).is_some() => Some(format!("column {name:?} is there twice")),
            Some(_) => None,
            None => Some(format!("there is no column {name:?}")),
        };
        if let Some(what) = problem {
            let remedy = format!("use some of {}", CUSTOMER_COLUMNS.join(","));
            errors.add(1, vec![Problem::new(&name, what, remedy)]);
        }
    }
    if !columns.contains_key("code") {
        errors.add(
            1,
            vec![Problem::new("code", "the column is missing", "the first line names the columns: code,name,…")],
        );
    }
    errors.end()?;
    Ok(columns)
}
