// The outbox's page. Everything that was received is written as text; a mail's HTML stands in a frame that can do nothing.
"use strict";

const WORDS = {
  ja: {
    title: "送信箱（デモ）",
    about: "デモの会社に届いたメールとチャットです。届いたままの姿を、新しい順に表示します。外部には何も送信されません。",
    switches: "送信先を故障させる",
    received: "届いたもの",
    empty: "まだ何も届いていません。通話の報告を送信すると、ここに表示されます。",
    language: "English",
    text: "本文", html: "HTMLメール", raw: "届いたままのデータ",
    none: "正常", busy: "混雑（後で再送）", broken: "障害（500／切断）", silent: "応答なし",
    refuses: "拒否（再送しない）", forgets: "受け取ったのに応答しない",
    shown: "届きました", repeated: "同じキーの再送（二重には表示されません）", failed: "受け取られませんでした",
    refused: "仕様と異なるため拒否", forgot: "受け取ったのに応答していません",
    mail: "メール", chatwork: "Chatwork", slack: "Slack（ボット）", slack_webhook: "Slack（Webhook）",
    google_chat: "Google Chat", teams: "Microsoft Teams", line_works: "LINE WORKS", line: "LINE", discord: "Discord",
    webhook: "Webhook",
  },
  en: {
    title: "Outbox (demo)",
    about: "Mails and chats that reached the demo's firms, as they came, newest first. Nothing leaves this computer.",
    switches: "Make a destination fail",
    received: "Received",
    empty: "Nothing yet. Send a call's report, and it appears here.",
    language: "日本語",
    text: "Text", html: "HTML mail", raw: "As it came",
    none: "Works", busy: "Busy (later)", broken: "Broken (500, cut off)", silent: "Never answers",
    refuses: "Refuses (for good)", forgets: "Takes it, but does not answer",
    shown: "Arrived", repeated: "Sent again with the same key (shown once)", failed: "Not taken",
    refused: "Refused: not as documented", forgot: "Taken, but not answered",
    mail: "E-mail", chatwork: "Chatwork", slack: "Slack (bot)", slack_webhook: "Slack (webhook)",
    google_chat: "Google Chat", teams: "Microsoft Teams", line_works: "LINE WORKS", line: "LINE", discord: "Discord",
    webhook: "Webhook",
  },
};
const FAULTS = ["none", "busy", "broken", "silent", "refuses", "forgets"];
const POLL_MS = 1500;
const OWN_LINK = /(http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?\/[\w./?&=%~-]*)/;

const asked = new URLSearchParams(location.search).get("lang");
let language = WORDS[asked] ? asked : navigator.language.startsWith("ja") ? "ja" : "en";
const word = (name) => WORDS[language][name] ?? name;
const shown = new Map();

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function speak() {
  document.documentElement.lang = language;
  document.title = word("title");
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word);
  document.getElementById("language").textContent = word("language");
  document.getElementById("services").replaceChildren();
  document.getElementById("entries").replaceChildren();
  shown.clear();
}

function folded(title, content, open) {
  const details = element("details");
  details.open = open;
  details.append(element("summary", "", title), content);
  return details;
}

// Text, in which the links to this computer's own pages (the one that confirms) can be followed.
function words(text) {
  const made = element("pre");
  for (const part of text.split(OWN_LINK)) {
    if (part.startsWith("http://")) {
      const link = element("a", "", part);
      link.href = part;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      made.append(link);
    } else {
      made.append(part);
    }
  }
  return made;
}

function frame(url) {
  const frame = element("iframe");
  frame.setAttribute("sandbox", "");
  frame.setAttribute("loading", "lazy");
  frame.title = word("html");
  frame.src = url;
  return frame;
}

function item(entry) {
  const item = element("li");
  item.dataset.service = entry.service;
  const head = element("div", "head");
  const time = element("time", "", new Date(entry.at_ms).toLocaleTimeString(language));
  time.dateTime = new Date(entry.at_ms).toISOString();
  const good = entry.verdict === "shown" || entry.verdict === "repeated";
  const verdict = element("span", "verdict", word(entry.verdict) + (entry.why ? ` (${entry.why})` : ""));
  verdict.dataset.good = String(good);
  head.append(time, element("span", "service", word(entry.service)), element("span", "to", entry.to), verdict);
  item.append(head);
  if (entry.subject) item.append(element("p", "subject", entry.subject));
  item.append(folded(word("text"), words(entry.text), true));
  if (entry.html) item.append(folded(word("html"), frame(entry.html), false));
  item.append(folded(word("raw"), element("pre", "", entry.raw), false));
  return item;
}

function showServices(services) {
  const place = document.getElementById("services");
  if (place.childElementCount === 0) {
    for (const service of services) {
      const label = element("label", "", word(service.name));
      const select = element("select");
      select.name = service.name;
      for (const fault of FAULTS) select.append(new Option(word(fault), fault));
      select.addEventListener("change", () => fail(service.name, select.value));
      label.append(select);
      place.append(label);
    }
  }
  for (const service of services) {
    const select = place.querySelector(`select[name="${service.name}"]`);
    if (select && document.activeElement !== select) select.value = service.fault;
  }
}

async function fail(service, fault) {
  await fetch("/outbox/fault", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ service, fault }),
  });
}

function showEntries(entries) {
  const list = document.getElementById("entries");
  document.getElementById("empty").hidden = entries.length > 0;
  const ids = new Set(entries.map((entry) => entry.id));
  for (const [id, old] of shown) {
    if (!ids.has(id)) {
      old.remove();
      shown.delete(id);
    }
  }
  let before = null;
  // From the oldest up, so that each new one is put in front of the one that came before it.
  for (const entry of [...entries].reverse()) {
    if (!shown.has(entry.id)) {
      const made = item(entry);
      shown.set(entry.id, made);
      list.insertBefore(made, before);
    }
    before = shown.get(entry.id);
  }
}

async function look() {
  try {
    const answer = await fetch("/outbox/entries");
    if (answer.ok) {
      const { entries, services } = await answer.json();
      showServices(services);
      showEntries(entries);
    }
  } catch {
    // The demo has ended, or is starting: the next look tells.
  }
  setTimeout(look, POLL_MS);
}

document.getElementById("language").addEventListener("click", () => {
  language = language === "ja" ? "en" : "ja";
  speak();
});
speak();
look();
