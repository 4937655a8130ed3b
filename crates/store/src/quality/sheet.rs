//! The sheet on which a call is scored: criteria with 0 to 5 points, a comment, and the second of the recording that it is about.

use serde::{Deserialize, Serialize};

use super::SampleRow;
use crate::audit;
use crate::check::{CODE_CHARS_MAX, Checks, GREETING_CHARS_MAX, NAME_CHARS_MAX};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::{Columns, to_json};

/// Points of a criterion.
pub const POINTS_MAX: u8 = 5;
/// Criteria of a sheet.
const CRITERIA_MAX: usize = 30;

/// What a call is scored by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// `greeting`
    pub code: String,
    /// 名乗り
    pub ja: String,
    /// Greeting
    pub en: String,
}

/// A criterion's points. It has the criterion's names as they were, so that an old sheet can be read for ever.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The criterion's code,
    pub code: String,
    /// and names, which the server fills in.
    #[serde(default)]
    pub ja: String,
    /// The same.
    #[serde(default)]
    pub en: String,
    /// 0 to 5.
    pub points: u8,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// The second that it is about, milliseconds since the recording began.
    #[serde(default)]
    pub at_ms: Option<i64>,
}

/// A call's score.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = QualitySheet)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// One for each criterion that applies.
    pub marks: Vec<Mark>,
    /// On the whole.
    #[serde(default)]
    pub comment: String,
}

/// As long as nobody has others.
fn usual() -> Vec<Criterion> {
    let all = [
        ("greeting", "名乗り", "Greeting"),
        ("listening", "聞き取り", "Listening"),
        ("read_back", "復唱", "Reading back"),
        ("polite_language", "敬語", "Polite language"),
        ("voice", "声・話し方", "Voice"),
        ("summary", "要約・報告", "Summary and report"),
        ("closing", "締め", "Closing"),
    ];
    all.map(|(code, ja, en)| Criterion { code: code.into(), ja: ja.into(), en: en.into() }).into()
}

impl Store {
    /// What calls are scored by.
    ///
    /// # Errors
    /// What the database says.
    pub async fn quality_criteria(&self) -> Result<Vec<Criterion>, StoreError> {
        match sqlx::query("SELECT json FROM quality WHERE id = 1").fetch_optional(&self.pool).await? {
            Some(row) => row.json("json", "quality.json"),
            None => Ok(usual()),
        }
    }

    /// Others from now on. Sheets that are written stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, and what the database says.
    pub async fn put_quality_criteria(&self, criteria: &[Criterion], who: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut checks = Checks::default();
        if !(1..=CRITERIA_MAX).contains(&criteria.len()) {
            checks.fail("criteria", format!("{} criteria", criteria.len()), format!("write from 1 to {CRITERIA_MAX}"));
        }
        for (place, one) in criteria.iter().enumerate() {
            if one.code.is_empty() || checks.code("criteria.code", &one.code) != one.code {
                checks.fail(
                    "criteria.code",
                    format!("{:.CODE_CHARS_MAX$?} is no code", one.code),
                    "write it in small letters",
                );
            }
            checks.needed_line("criteria.ja", &one.ja, NAME_CHARS_MAX);
            checks.needed_line("criteria.en", &one.en, NAME_CHARS_MAX);
            if criteria.iter().take(place).any(|earlier| earlier.code == one.code) {
                checks.fail("criteria.code", format!("{:?} is there twice", one.code), "give each a code of its own");
            }
        }
        checks.end(())?;
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO quality (id, json) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET json = excluded.json";
        sqlx::query(sql).bind(to_json(&criteria, "quality.json")?).execute(&mut *tx).await?;
        audit::add(&mut tx, now_ms, who, "quality.criteria", "settings", "").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Scores a sample, or scores it anew; the audit log keeps what it was.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`], and what the database says.
    pub async fn score_sample(&self, id: i64, sheet: &Sheet, who: &str, now_ms: i64) -> Result<SampleRow, StoreError> {
        let criteria = self.quality_criteria().await?;
        let sheet = checked(sheet, &criteria)?;
        let before = self.sample(id).await?;
        let points: i64 = sheet.marks.iter().map(|mark| i64::from(mark.points)).sum();
        let all = i64::try_from(sheet.marks.len()).unwrap_or(1).max(1) * i64::from(POINTS_MAX);
        let mut tx = self.begin().await?;
        super::take_call(&mut tx, before.call).await?.then_some(()).ok_or_else(|| super::missing(id))?;
        sqlx::query(
            "UPDATE samples SET sheet = $1, percent = $2, scored_ms = $3, scored_by = $4, read_ms = NULL WHERE id = $5",
        )
        .bind(to_json(&sheet, "samples.sheet")?)
        .bind(points * 100 / all)
        .bind(now_ms)
        .bind(crate::text::storable(who).into_owned())
        .bind(id)
        .execute(&mut *tx)
        .await?;
        let was = before.percent.map(|percent| format!("{percent} % before")).unwrap_or_default();
        audit::add(&mut tx, now_ms, who, "quality.score", &before.call.to_string(), &was).await?;
        tx.commit().await?;
        self.sample(id).await
    }
}

/// With the criteria's names.
fn checked(sheet: &Sheet, criteria: &[Criterion]) -> Result<Sheet, StoreError> {
    let mut checks = Checks::default();
    let comment = checks.prose("comment", &sheet.comment, GREETING_CHARS_MAX);
    let mut marks: Vec<Mark> = Vec::new();
    for mark in &sheet.marks {
        let Some(criterion) = criteria.iter().find(|one| one.code == mark.code) else {
            checks.fail(
                "marks.code",
                format!("{:.CODE_CHARS_MAX$?} is no criterion", mark.code),
                "choose one of the criteria",
            );
            continue;
        };
        if mark.points > POINTS_MAX {
            checks.fail("marks.points", format!("{} points", mark.points), "give from 0 to 5");
        }
        if mark.at_ms.is_some_and(|at_ms| at_ms < 0) {
            checks.fail("marks.at_ms", "it is before the recording", "choose a moment of the recording");
        }
        if marks.iter().any(|earlier| earlier.code == mark.code) {
            checks.fail("marks.code", format!("{:?} is there twice", mark.code), "give each criterion points once");
        }
        let comment = checks.prose("marks.comment", &mark.comment, GREETING_CHARS_MAX);
        marks.push(Mark { ja: criterion.ja.clone(), en: criterion.en.clone(), comment, ..mark.clone() });
    }
    if marks.is_empty() {
        checks.fail("marks", "there are none", "give points to at least one criterion");
    }
    checks.end(Sheet { marks, comment })
}
