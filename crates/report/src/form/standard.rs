//! The base that every firm's form has, and the fields of each kind.

use super::{Choice, Field, Input, Need};
use crate::key;
use crate::kind::{Desired, Kind, Mood, Urgency};

/// The fields of a call of this kind: what the caller wants and who it is first, the full story last.
pub(super) fn fields(kind: Kind) -> Vec<Field> {
    let line = |key, ja, en, required| field(key, ja, en, Input::Line, required);
    // A booking and a complaint are of no use without a way to reach the caller (F16, F17).
    let reach = if kind.is_booking() || kind == Kind::Complaint { Need::Always } else { Need::CallBack };
    let phone = field(key::CALLBACK, "折返し番号", "Callback number", Input::Phone, reach);
    let person = field(key::PERSON, "名指し人・担当者", "Asked for", Input::Person, Need::No);
    let narrative = field(key::NARRATIVE, "詳細", "Details", Input::Text, Need::No);
    let spoken = !kind.is_noise();
    let named = if spoken { Need::Always } else { Need::No };
    let mut fields = vec![choice(key::DESIRED, "ご要望", "Wanted", desired(), named)];
    if kind == Kind::Silent {
        // Nobody spoke: there is nothing to ask for.
        fields.push(choice(key::URGENCY, "緊急度", "Urgency", urgency(), Need::No));
        fields.extend([phone, line(key::BUSINESS, "用件", "Business", Need::No), narrative]);
        return fields;
    }
    fields.extend([
        choice(key::URGENCY, "緊急度", "Urgency", urgency(), Need::No),
        line(key::COMPANY, "社名", "Company", if kind.is_booking() { Need::No } else { named }),
        line(key::NAME, "お名前", "Name", named),
        person,
        phone,
        field(key::READ_BACK, "復唱済み", "Read back", Input::Tick, Need::No),
        line(key::CALLBACK_WHEN, "連絡のつく時間", "Can be reached", Need::No),
        line(key::BUSINESS, "用件", "Business", if kind == Kind::WrongNumber { Need::No } else { Need::Always }),
    ]);
    if spoken {
        fields.push(line(key::BRIDGE_FAILED, "取次不成立", "Not put through", Need::No));
    }
    fields.extend(of_kind(kind));
    if spoken {
        fields.push(field(key::ITEMS, "用件（複数）", "Further matters", Input::Items, Need::No));
        fields.push(line(key::RELATION, "ご関係・経緯", "Relation", Need::No));
        fields.push(choice(key::MOOD, "ご様子", "Mood", mood(), Need::No));
        fields.push(line(key::MOOD_NOTE, "ご様子（補足）", "Mood in words", Need::No));
    }
    fields.push(narrative);
    if spoken {
        fields.push(line(key::CLOSING, "ご案内した内容", "Told the caller", Need::No));
        fields.push(field(key::FAQ_USED, "FAQでご案内", "Answered from the FAQ", Input::Items, Need::No));
    }
    fields
}

/// What only this kind has (F15, F16).
fn of_kind(kind: Kind) -> Vec<Field> {
    let line = |key, ja, en, required| field(key, ja, en, Input::Line, required);
    let day = |key, ja, en, required| field(key, ja, en, Input::Date, required);
    let time = |key, ja, en, required| field(key, ja, en, Input::Time, required);
    let token = |key, ja, en| field(key, ja, en, Input::Token, Need::No);
    let booking_name = line(key::BOOKING_NAME, "ご予約者名（フルネーム）", "Booked for (full name)", Need::Always);
    let menu = |required| line(key::MENU, "メニュー・内容", "What", required);
    match kind {
        Kind::Inquiry => vec![
            line(key::SERVICE, "サービス名", "Service", Need::No),
            token(key::ID_NUMBER, "ID番号", "ID number"),
            line(key::PRODUCT, "商品名", "Product", Need::No),
            token(key::PRODUCT_NUMBER, "品番", "Product number"),
            line(key::COLOUR, "色", "Colour", Need::No),
            line(key::SIZE, "サイズ", "Size", Need::No),
        ],
        Kind::BookingNew => vec![
            booking_name,
            day(key::DATE, "希望日", "Wished day", Need::Always),
            time(key::TIME, "希望時刻", "Wished time", Need::Always),
            line(key::SECOND_WISH, "第二希望", "Second wish", Need::No),
            menu(Need::Always),
        ],
        Kind::BookingChange => vec![
            booking_name,
            day(key::OLD_DATE, "変更前の日", "Day until now", Need::Always),
            time(key::OLD_TIME, "変更前の時刻", "Time until now", Need::No),
            day(key::DATE, "変更後の希望日", "Wished day", Need::Always),
            time(key::TIME, "変更後の希望時刻", "Wished time", Need::Always),
            line(key::SECOND_WISH, "第二希望", "Second wish", Need::No),
            menu(Need::No),
        ],
        Kind::BookingCancel => vec![
            booking_name,
            day(key::DATE, "取消する予約の日", "Booked day", Need::Always),
            time(key::TIME, "取消する予約の時刻", "Booked time", Need::No),
            menu(Need::No),
        ],
        Kind::Message | Kind::Complaint | Kind::Sales | Kind::WrongNumber | Kind::Silent => Vec::new(),
    }
}

fn field(key: &str, ja: &str, en: &str, input: Input, required: Need) -> Field {
    Field { key: key.to_owned(), ja: ja.to_owned(), en: en.to_owned(), input, required }
}

fn choice(key: &str, ja: &str, en: &str, choices: Vec<Choice>, required: Need) -> Field {
    field(key, ja, en, Input::Choice(choices), required)
}

fn one(value: &str, ja: &str, en: &str) -> Choice {
    Choice { value: value.to_owned(), ja: ja.to_owned(), en: en.to_owned() }
}

fn urgency() -> Vec<Choice> {
    Urgency::ALL.iter().map(|urgency| one(urgency.code(), urgency.ja(), urgency.en())).collect()
}

fn desired() -> Vec<Choice> {
    Desired::ALL.iter().map(|desired| one(desired.code(), desired.ja(), desired.en())).collect()
}

fn mood() -> Vec<Choice> {
    Mood::ALL.iter().map(|mood| one(mood.code(), mood.ja(), mood.en())).collect()
}
