//! Finding reports among a million of half a year (F57): what a client firm asks on its page, and what a supervisor asks of all.

use std::io;
use std::time::Instant;

use acd::traffic::Random;
use report::{Draft, Value, japan, key};
use serde::Serialize;
use store::{CustomerForm, Filling, ReportQuery, Store, StoreError};
use switch::CallId;

use crate::clock;
use crate::words;

/// Client firms; each has as many reports as the others.
const FIRMS: u64 = 500;
/// How often each question is asked, with other words each time.
const ASKED: usize = 200;
/// Half a year.
const SPAN_MS: i64 = 183 * japan::DAY_MS;
/// Reports that are made at once.
const BATCH: u64 = 20_000;
/// Of which so many go into the indexes at once.
const INDEX_ROWS: u32 = 10_000;
const SEED: u64 = 57;

const SURNAMES: [(&str, &str); 24] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("山口", "ヤマグチ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("斎藤", "サイトウ"),
    ("清水", "シミズ"),
    ("山崎", "ヤマザキ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("髙﨑", "タカサキ"),
];
const FIRST: [&str; 20] = [
    "さくら",
    "みどり",
    "あおば",
    "ひかり",
    "東都",
    "北陽",
    "南海",
    "西部",
    "中央",
    "大和",
    "富士",
    "日の出",
    "若葉",
    "朝日",
    "光和",
    "三栄",
    "丸一",
    "共立",
    "栄光",
    "平和",
];
const SECOND: [&str; 20] = [
    "電機",
    "商事",
    "工業",
    "建設",
    "運輸",
    "食品",
    "印刷",
    "不動産",
    "設備",
    "薬品",
    "製作所",
    "物産",
    "システム",
    "デザイン",
    "歯科",
    "法律事務所",
    "税理士法人",
    "クリニック",
    "塗装",
    "造園",
];
const TOPICS: [&str; 16] = [
    "納期について",
    "見積りの件",
    "請求書の再発行",
    "打合せの日程変更",
    "採用の応募",
    "商品の不具合",
    "契約の更新",
    "内見の予約",
    "水漏れの修理",
    "配送の遅れ",
    "サンプルの依頼",
    "口座の変更",
    "資料請求",
    "担当者の変更",
    "来週の訪問",
    "返品の相談",
];

/// Arguments of `bench search`.
#[derive(clap::Args, Debug)]
#[group(id = "search")]
pub struct Arguments {
    /// Reports to search in (search)
    #[arg(long, default_value_t = 1_000_000)]
    reports: u64,
    /// An empty database to fill: postgres://… (search; an SQLite file of its own when left out)
    #[arg(long)]
    database: Option<String>,
}

/// What was measured.
#[derive(Serialize, Debug)]
pub struct Row {
    bench: &'static str,
    store: &'static str,
    reports: u64,
    /// What was asked; `all`: every question.
    question: &'static str,
    asked: usize,
    /// Reports that were found, on average, of 50 at most.
    found_mean: f64,
    p50_ms: f64,
    p95_ms: f64,
}

impl Row {
    /// For people.
    pub fn text(&self) -> String {
        let [found, p50, p95] = [self.found_mean, self.p50_ms, self.p95_ms].map(|value| format!("{value:.1}"));
        let figures: [&dyn std::fmt::Display; 6] = [&self.store, &self.reports, &self.question, &found, &p50, &p95];
        words::BENCH_SEARCH.with(&figures)
    }
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// A client firm, in its own reports.
    Firm,
    /// A supervisor, in all.
    House,
}

/// A question, with other words at each roll.
struct Question {
    name: &'static str,
    asker: Asker,
    ask: fn(&mut Random) -> ReportQuery,
}

fn words(text: String) -> ReportQuery {
    ReportQuery { text: Some(text), ..ReportQuery::default() }
}

fn number(number: String) -> ReportQuery {
    ReportQuery { number: Some(number), ..ReportQuery::default() }
}

/// Anywhere in a number of all the time there is.
fn middle(digits: String) -> ReportQuery {
    ReportQuery { anywhere_since_ms: Some(0), ..number(digits) }
}

const QUESTIONS: [Question; 13] = [
    Question { name: "firm: newest", asker: Asker::Firm, ask: |_| ReportQuery::default() },
    Question {
        name: "firm: name in kanji",
        asker: Asker::Firm,
        ask: |random| words(one(random, &SURNAMES).0.to_owned()),
    },
    Question {
        name: "firm: name in kana",
        asker: Asker::Firm,
        ask: |random| words(one(random, &SURNAMES).1.to_owned()),
    },
    Question {
        name: "firm: company and topic",
        asker: Asker::Firm,
        ask: |random| words(format!("{} {}", company(random), one(random, &TOPICS))),
    },
    Question { name: "firm: last four digits", asker: Asker::Firm, ask: |random| number(digits(random, 4)) },
    Question {
        name: "firm: urgent and open",
        asker: Asker::Firm,
        ask: |_| ReportQuery { urgency: Some(report::Urgency::Urgent), handled: Some(false), ..ReportQuery::default() },
    },
    Question {
        name: "house: whole number",
        asker: Asker::House,
        ask: |random| number(format!("090-{}", digits(random, 8))),
    },
    Question { name: "house: last six digits", asker: Asker::House, ask: |random| number(digits(random, 6)) },
    Question { name: "house: company", asker: Asker::House, ask: |random| words(company(random)) },
    Question {
        name: "house: a word that hardly anybody wrote",
        asker: Asker::House,
        ask: |random| words(format!("K-{}", digits(random, 5))),
    },
    Question { name: "house: five digits of the middle", asker: Asker::House, ask: |random| middle(digits(random, 5)) },
    Question {
        name: "house: first seven digits",
        asker: Asker::House,
        ask: |random| middle(format!("090-{}", digits(random, 4))),
    },
    Question {
        name: "house: name and five digits",
        asker: Asker::House,
        ask: |random| ReportQuery { text: Some(one(random, &SURNAMES).0.to_owned()), ..middle(digits(random, 5)) },
    },
];

fn one<T: Copy + Default>(random: &mut Random, of: &[T]) -> T {
    let place = usize::try_from(random.word() % of.len().max(1) as u64).unwrap_or(0);
    of.get(place).copied().unwrap_or_default()
}

fn company(random: &mut Random) -> String {
    format!("{}{}", one(random, &FIRST), one(random, &SECOND))
}

fn digits(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + u8::try_from(random.word() % 10).unwrap_or(0))).collect()
}

/// One in ten says its customer's number.
fn narrative(random: &mut Random, topic: &str, name: &str) -> String {
    let number =
        if random.happens(0.1) { format!("お客様番号はK-{}です。", digits(random, 6)) } else { String::new() };
    format!("{topic}、{name}様より折り返しのお電話をご希望とのことです。{number}")
}

fn draft(random: &mut Random) -> Draft {
    let (kanji, kana) = one(random, &SURNAMES);
    let topic = one(random, &TOPICS);
    let narrative = narrative(random, topic, kanji);
    let said = |text: String| Value::said(text);
    let mut draft = Draft::default();
    draft.answers.extend([
        (key::COMPANY.to_owned(), said(format!("{}株式会社", company(random)))),
        (key::NAME.to_owned(), said(if random.happens(0.5) { kanji.to_owned() } else { kana.to_owned() })),
        (key::BUSINESS.to_owned(), said(topic.to_owned())),
        (key::NARRATIVE.to_owned(), said(narrative)),
        (key::CALLBACK.to_owned(), said(format!("090-{}-{}", digits(random, 4), digits(random, 4)))),
        (key::DESIRED.to_owned(), said("call_back".to_owned())),
    ]);
    if random.happens(0.03) {
        draft.answers.insert(key::URGENCY.to_owned(), said("urgent".to_owned()));
    }
    draft
}

/// Fills a database and asks it.
pub fn run(arguments: &Arguments, mut print: impl FnMut(&Row)) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        let own = format!("sqlite:{}", folder.path().join("bench.db").display());
        let store = Store::open(arguments.database.as_deref().unwrap_or(&own)).await.map_err(failed)?;
        if !store.customers().await.map_err(failed)?.is_empty() {
            return Err(io::Error::other("this database has firms already: give an empty one"));
        }
        let done = measure(&store, arguments.reports, &mut print).await.map_err(failed);
        store.close().await;
        done
    })
}

fn failed(error: StoreError) -> io::Error {
    io::Error::other(error.to_string())
}

async fn measure(store: &Store, reports: u64, print: &mut impl FnMut(&Row)) -> Result<(), StoreError> {
    let now_ms = clock::unix_ms();
    let firms = fill(store, reports, now_ms).await?;
    let name = match store.backend() {
        store::Backend::Sqlite => "sqlite",
        store::Backend::Postgres => "postgres",
    };
    let row = |question, found: usize, times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
        let found_mean = found as f64 / times.len().max(1) as f64;
        Row {
            bench: "search",
            store: name,
            reports,
            question,
            asked: times.len(),
            found_mean,
            p50_ms: at(0.5),
            p95_ms: at(0.95),
        }
    };
    let mut random = Random::new(SEED + 1);
    let (mut all, mut found_all) = (Vec::new(), 0);
    for question in &QUESTIONS {
        let (mut times, mut found) = (Vec::new(), 0);
        for _ in 0..ASKED {
            let query = (question.ask)(&mut random);
            let firm = one(&mut random, &firms);
            let begun: Instant = clock::now();
            found += match question.asker {
                Asker::Firm => store.my_reports(firm, &query, now_ms).await?.reports.len(),
                Asker::House => store.reports(&query).await?.reports.len(),
            };
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        all.extend_from_slice(&times);
        found_all += found;
        print(&row(question.name, found, &mut times));
    }
    print(&row("all", found_all, &mut all));
    Ok(())
}

/// The firms' rows.
async fn fill(store: &Store, reports: u64, now_ms: i64) -> Result<Vec<i64>, StoreError> {
    let mut firms = Vec::new();
    for place in 0..FIRMS {
        let form =
            CustomerForm {
                code: format!("firm{place}"), name: format!("契約企業{place}"), ..CustomerForm::default()
            };
        firms.push(store.create_customer(&form).await?.id);
    }
    let mut random = Random::new(SEED);
    let mut made = 0;
    while made < reports {
        let batch: Vec<Filling> = (made..reports.min(made + BATCH))
            .map(|place| {
                // In the order of time, as they come.
                let share = place as f64 / reports.max(1) as f64;
                let at_ms = now_ms - SPAN_MS + (share * SPAN_MS as f64) as i64;
                let at = u64::try_from(at_ms).unwrap_or(0);
                let customer = one(&mut random, &firms);
                Filling {
                    call: CallId((at << 20) | (place & 0xf_ffff)),
                    customer: (customer, "契約企業".to_owned()),
                    caller: format!("8190{}", digits(&mut random, 8)),
                    draft: draft(&mut random),
                }
            })
            .collect();
        made += batch.len() as u64;
        store.fill_reports(&batch).await?;
    }
    while store.index_written(INDEX_ROWS).await? == INDEX_ROWS {}
    store.analyze().await?;
    Ok(firms)
}
