//! What callers hear: the house's prompts and each firm's, recorded, uploaded or spoken. A file takes the place of what the voice
//! would say under its name.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use media::{Listed, Note, Origin, PromptError, PromptSource, Prompts, WAV_BYTES_MAX};
use report::Language;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{Asked, At, Body, Raw};
use crate::rights::Act;
use crate::tongue::{self, Tongue};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(prompts))
        .routes(routes!(audio, upload, remove).layer(DefaultBodyLimit::max(WAV_BYTES_MAX)))
        .routes(routes!(say))
        .routes(routes!(keep_words))
        .routes(routes!(rename))
}

/// Whose prompts.
#[derive(Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(crate) struct Whose {
    /// A firm's; without it the house's.
    customer: Option<i64>,
}

/// What an uploaded file is called.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct About {
    /// For people.
    label: String,
    /// Into the page's microphone.
    recorded: bool,
}

/// Words to be spoken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// The words.
    text: String,
    /// What people call it, if it is kept.
    #[serde(default)]
    label: String,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewName {
    /// Its name from now on; the old one, if only the label is another.
    name: String,
    /// What people call it.
    #[serde(default)]
    label: String,
}

/// The library.
#[derive(Serialize, ToSchema)]
pub(crate) struct Library {
    /// Words can be spoken here.
    voice: bool,
    /// By name.
    prompts: Vec<PromptRow>,
}

/// One prompt.
#[derive(Serialize, ToSchema)]
pub(crate) struct PromptRow {
    /// Its name: `hold-music`, `customer/12/announcement`.
    name: String,
    /// `own` (a file), `spoken`, `built_in`, `missing` (there are words, and nobody has spoken them).
    #[schema(value_type = String)]
    origin: Origin,
    /// How long it is; `null`: it is not in memory now.
    length_ms: Option<u64>,
    /// What is said under this name where there is no file.
    words: Option<String>,
    /// It can be removed: something else is played then.
    has_fallback: bool,
    /// What people call it.
    label: String,
    /// `uploaded`, `recorded`, `typed`; `null`: it is no file.
    #[schema(value_type = Option<String>)]
    source: Option<PromptSource>,
    /// The words that were typed.
    text: String,
    /// Who made it.
    by: String,
    /// When, unix milliseconds; 0: somebody has laid the file there.
    at_ms: i64,
    /// Where it is heard.
    used_by: Vec<Use>,
}

/// Where a prompt is heard.
#[derive(Serialize, ToSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Use {
    /// The settings name it as hold music.
    HoldMusic,
    /// By this firm's callers, or its people.
    Firm,
    /// By callers of every firm who wait.
    Waiting,
    /// By operators who key a code.
    Operators,
    /// By people who are told of an urgent report.
    Notices,
    /// In calls of every firm.
    Calls,
}

impl Use {
    fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (Use::HoldMusic, Language::Ja) => "設定の保留音",
            (Use::HoldMusic, Language::En) => "the hold music of the settings",
            (Use::Firm, Language::Ja) => "この契約企業の着信",
            (Use::Firm, Language::En) => "this firm's calls",
            (Use::Waiting, Language::Ja) => "お待ちいただく方への案内",
            (Use::Waiting, Language::En) => "callers who wait",
            (Use::Operators, Language::Ja) => "オペレーターの電話機",
            (Use::Operators, Language::En) => "operators' phones",
            (Use::Notices, Language::Ja) => "至急の報告の電話連絡",
            (Use::Notices, Language::En) => "calls about urgent reports",
            (Use::Calls, Language::Ja) => "すべての通話",
            (Use::Calls, Language::En) => "every call",
        }
    }
}

/// The house's prompts, or a firm's, with what is said where there is no file and where each is heard.
#[utoipa::path(get, path = "/prompts", tag = "prompts", params(Whose), responses((status = 200, body = Library)))]
pub(crate) async fn prompts(
    State(api): State<Api>,
    login: Login,
    Asked(whose): Asked<Whose>,
) -> Result<Json<Library>, Refusal> {
    login.may(Act::Administer)?;
    let library = library(&api)?;
    let music = api.store.settings().await?.hold_music;
    let voice = library.has_voice();
    let listed = work(move || library.list(whose.customer)).await?;
    Ok(Json(Library { voice, prompts: listed.into_iter().map(|listed| row(listed, &music)).collect() }))
}

/// A prompt as a WAV file.
#[utoipa::path(get, path = "/prompts/{name}", tag = "prompts",
    params(("name" = String, Path, description = "slashes as %2F: customer%2F12%2Fname")),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>)))]
pub(crate) async fn audio(State(api): State<Api>, login: Login, At(name): At<String>) -> Result<Response, Refusal> {
    login.may(Act::Administer)?;
    let library = library(&api)?;
    let known = library.clone();
    let asked = name.clone();
    let found = work(move || library.wav(&asked)).await?;
    if let Some(bytes) = found {
        return Ok(wav(bytes));
    }
    let listed = work(move || known.one(&name).map(|listed| (listed, known))).await?;
    let (listed, library) = listed.ok_or_else(|| Refusal::not_found("there is no such prompt"))?;
    let words = listed.words.ok_or_else(|| Refusal::not_found("there is no such prompt"))?;
    // Nobody has needed it yet: it is spoken for whoever listens.
    Ok(wav(work(move || library.say(&words)).await?.map_err(|error| refused(error, tongue::asked()))?))
}

/// A file under this name: WAV of any usual rate and coding (PCM, floating point, A-law, μ-law), 32 MiB and 10 minutes at most.
#[utoipa::path(put, path = "/prompts/{name}", tag = "prompts", params(("name" = String, Path), About),
    request_body(content = Vec<u8>, content_type = "audio/wav"), responses((status = 200, body = PromptRow)))]
pub(crate) async fn upload(
    State(api): State<Api>,
    login: Login,
    Tongue(language): Tongue,
    At(name): At<String>,
    Asked(about): Asked<About>,
    Raw(bytes): Raw,
) -> Result<Json<PromptRow>, Refusal> {
    login.may(Act::Administer)?;
    let source = if about.recorded { PromptSource::Recorded } else { PromptSource::Uploaded };
    let note = Note { source, label: about.label, ..made_by(&api, &login) };
    let (library, kept) = (library(&api)?, name.clone());
    let listed = work(move || library.keep(&kept, &bytes, note)).await?.map_err(|error| refused(error, language))?;
    finished(&api, &login, "prompt.keep", &name, listed).await
}

/// Speaks words, for whoever wants to hear them; nothing is kept.
#[utoipa::path(post, path = "/speech", tag = "prompts", request_body = Words,
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>)))]
pub(crate) async fn say(
    State(api): State<Api>,
    login: Login,
    Tongue(language): Tongue,
    Body(words): Body<Words>,
) -> Result<Response, Refusal> {
    login.may(Act::Administer)?;
    let library = library(&api)?;
    Ok(wav(work(move || library.say(&words.text)).await?.map_err(|error| refused(error, language))?))
}

/// Words under this name, spoken now and kept as a file.
#[utoipa::path(put, path = "/prompts/{name}/words", tag = "prompts", params(("name" = String, Path)), request_body = Words,
    responses((status = 200, body = PromptRow)))]
pub(crate) async fn keep_words(
    State(api): State<Api>,
    login: Login,
    Tongue(language): Tongue,
    At(name): At<String>,
    Body(words): Body<Words>,
) -> Result<Json<PromptRow>, Refusal> {
    login.may(Act::Administer)?;
    let note = Note { source: PromptSource::Typed, text: words.text, label: words.label, ..made_by(&api, &login) };
    let (library, kept) = (library(&api)?, name.clone());
    let listed = work(move || library.keep_words(&kept, note)).await?.map_err(|error| refused(error, language))?;
    finished(&api, &login, "prompt.keep", &name, listed).await
}

/// Another name or label for a file. Refused while something would be silent without the old name.
#[utoipa::path(put, path = "/prompts/{name}/name", tag = "prompts", params(("name" = String, Path)), request_body = NewName,
    responses((status = 200, body = PromptRow)))]
pub(crate) async fn rename(
    State(api): State<Api>,
    login: Login,
    Tongue(language): Tongue,
    At(name): At<String>,
    Body(new): Body<NewName>,
) -> Result<Json<PromptRow>, Refusal> {
    login.may(Act::Administer)?;
    if new.name != name {
        not_needed(&api, &name, language).await?;
    }
    let (library, old) = (library(&api)?, name.clone());
    let renamed = work(move || library.rename(&old, &new.name, &new.label)).await?;
    finished(&api, &login, "prompt.rename", &name, renamed.map_err(|error| refused(error, language))?).await
}

/// Removes a file: what is spoken or built in is heard again. Refused while something would be silent without it.
#[utoipa::path(delete, path = "/prompts/{name}", tag = "prompts", params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn remove(
    State(api): State<Api>,
    login: Login,
    Tongue(language): Tongue,
    At(name): At<String>,
) -> Result<axum::http::StatusCode, Refusal> {
    login.may(Act::Administer)?;
    not_needed(&api, &name, language).await?;
    let (library, gone) = (library(&api)?, name.clone());
    work(move || library.remove(&gone)).await?.map_err(|error| refused(error, language))?;
    api.note(&login, "prompt.remove", &name).await;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Refuses if somebody would hear nothing without this file, and says who.
async fn not_needed(api: &Api, name: &str, language: Language) -> Result<(), Refusal> {
    let (library, asked) = (library(api)?, name.to_owned());
    let Some(listed) = work(move || library.one(&asked)).await? else { return Ok(()) };
    let music = api.store.settings().await?.hold_music;
    let uses = uses(&listed, &music);
    if uses.is_empty() || listed.has_fallback {
        return Ok(());
    }
    let places: Vec<&str> = uses.iter().map(|place| place.word(language)).collect();
    Err(match language {
        Language::Ja => Refusal::conflict(format!("使用中のため変更できません：{}", places.join("、"))),
        Language::En => Refusal::conflict(format!("it is in use: {}", places.join(", "))),
    })
}

fn uses(listed: &Listed, music: &str) -> Vec<Use> {
    let mut uses = Vec::new();
    if listed.name == music {
        uses.push(Use::HoldMusic);
    }
    match (listed.name.split('/').next().unwrap_or_default(), &listed.words) {
        ("customer", Some(_)) => uses.push(Use::Firm),
        ("state", _) => uses.push(Use::Operators),
        ("notice-confirmed" | "notice", _) => uses.push(Use::Notices),
        ("ringback" | "beep" | "silence", _) => uses.push(Use::Calls),
        (_, Some(_)) => uses.push(Use::Waiting),
        (_, None) => {}
    }
    uses
}

fn row(listed: Listed, music: &str) -> PromptRow {
    let used_by = uses(&listed, music);
    let source = listed.note.as_ref().map(|note| note.source);
    let Note { label, text, by, at_ms, .. } = listed.note.unwrap_or_default();
    let Listed { name, origin, length_ms, words, has_fallback, .. } = listed;
    PromptRow { name, origin, length_ms, words, has_fallback, label, source, text, by, at_ms, used_by }
}

async fn finished(
    api: &Api,
    login: &Login,
    what: &'static str,
    name: &str,
    listed: Listed,
) -> Result<Json<PromptRow>, Refusal> {
    api.note_more(login, what, name, &listed.name).await;
    let music = api.store.settings().await?.hold_music;
    Ok(Json(row(listed, &music)))
}

fn made_by(api: &Api, login: &Login) -> Note {
    Note { by: login.name.clone(), at_ms: api.now_ms(), ..Note::default() }
}

fn library(api: &Api) -> Result<Prompts, Refusal> {
    api.prompts.clone().ok_or_else(|| Refusal::unavailable("there is no library of prompts here"))
}

fn wav(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "audio/wav")], bytes).into_response()
}

/// Sound and files, off the threads that serve pages.
async fn work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::unavailable("the work on the prompts broke off"))
}

fn refused(error: PromptError, language: Language) -> Refusal {
    let said = error.to_string();
    let ja = language == Language::Ja;
    let or = |ja_text: &str, en: &str| if ja { ja_text.to_owned() } else { en.to_owned() };
    match error {
        PromptError::NotAudio(_) | PromptError::NotWav(..) => {
            let what = if ja { format!("音声として再生できません：{said}") } else { said };
            Refusal::invalid("file", what, or("WAVファイルを選んでください。", "choose a WAV file"))
        }
        PromptError::BadName(_) => Refusal::invalid(
            "name",
            if ja { format!("この名前は使えません：{said}") } else { said },
            or(
                "半角の小文字・数字・ハイフンで入力してください（例：our-music）。",
                "use small letters, digits and hyphens: our-music",
            ),
        ),
        PromptError::TooLong(_) => Refusal::invalid("text", said, or("短くしてください。", "make it shorter")),
        PromptError::Unknown(_) => {
            Refusal::not_found(or("この音声は登録されていません。", "there is no recorded prompt of this name"))
        }
        PromptError::Taken(_) => {
            Refusal::conflict(or("同じ名前の音声があります。", "there is a recorded prompt of that name already"))
        }
        PromptError::NoVoice => Refusal::conflict(or(
            "音声合成が設定されていません（denwaban.toml の [speech]）。",
            "no speech command is configured: see [speech] in denwaban.toml",
        )),
        PromptError::Full | PromptError::NoFolder => Refusal::conflict(said),
        PromptError::Read(..) | PromptError::Write(..) => {
            tracing::warn!(%said, "a prompt cannot be kept");
            Refusal::unavailable(if ja { format!("保存できません：{said}") } else { said })
        }
    }
}
