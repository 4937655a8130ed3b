// A firm's days: who is away until when and what is said of it, instructions that run out, and the manual in its versions. Each is
// saved by itself; what is being written of one waits while another part is looked at.
import { problemsOf } from "/bound.js";
import { choices, kindChoices } from "/profile-places.js";

const JAPAN_MS = 9 * 3_600_000;
const AWAY = ["out", "meeting", "visitor", "trip", "break", "off", "all_day"];
const HOUR_MS = 3_600_000;
const AHEAD_DAYS = 60;
const SENTENCE_MS = 250;

/** Times on this page are Japanese, wherever the browser is. */
export const toJapan = (ms) => ms == null ? "" : new Date(ms + JAPAN_MS).toISOString().slice(0, 16);
export const fromJapan = (text) => text ? new Date(`${text}:00+09:00`).getTime() : null;

export function dayParts(tools) {
  const { form, P, mine, element, chip, api, wrong, filled, when } = tools;
  const day = () => mine().day;

  const newEntry = () => {
    const hour = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
    return { id: 0, person: "", from: toJapan(hour - HOUR_MS), until: toJapan(hour + HOUR_MS), away: "out", note: "" };
  };
  const newNote = () => ({ id: 0, text: "", from: "", until: "", about: { callers: [], names: [], people: [], kinds: [] } });

  async function load(now) {
    const [entries, notes, manuals, readers, operators] = await Promise.all([
      api(`/customers/${now.id}/schedules?days=${AHEAD_DAYS}`), api(`/customers/${now.id}/notes`), api(`/customers/${now.id}/manuals`),
      api(`/customers/${now.id}/manuals/readers`), api("/operators")]);
    Object.assign(now.day, { entries, notes, manuals, readers, operators: operators.filter((one) => one.active) });
    // Nobody begins a manual with an empty page.
    now.day.manual ??= { text: manuals[0]?.text ?? "", changes: "", from: "" };
  }

  /** What is wrong stands beside the fields of this form: `at` is where they begin. */
  async function saves(at, path, body, then) {
    const now = mine();
    Object.assign(day(), { problems: [], said: "" });
    try {
      await api(path, { method: "POST", body: JSON.stringify(body) });
      then();
      await load(now);
      now.day.said = P().saved;
    } catch (error) {
      now.day.problems = problemsOf(error).map((one) => {
        const field = `${at}.${one.field}`;
        const remedy = P().remedies[field];
        return remedy ? { field, what: remedy } : { ...one, field };
      });
      if (!now.day.problems.length) now.day.said = wrong(error);
    }
    if (mine() !== now) return;
    tools.redraw();
    if (day().problems.length) form.focusWrong();
  }

  async function removes(path) {
    const now = mine();
    Object.assign(day(), { problems: [], said: "" });
    await api(path, { method: "DELETE" }).catch((error) => { now.day.said = wrong(error); });
    await load(now).catch(() => {});
    if (mine() === now) tools.redraw();
  }

  const sayings = () => element("p", { id: "profile-day-said", role: "status", textContent: day().said ?? "" });
  const acts = (...buttons) => element("div", { className: "acts" }, ...buttons);
  const empty = (text) => element("p", { className: "quiet", textContent: text });

  // ---- Schedules ----

  function schedule() {
    const entry = day().entry;
    const names = new Map(tools.people());
    const sentence = element("p", { id: "profile-sentence", className: "sentence", role: "status" });
    const lines = day().entries.map((one) => element("li", {},
      element("strong", { textContent: names.get(one.person) ?? one.person }), ` ${when(one.from_ms)} – ${when(one.until_ms)} `, chip(P().away[one.away], "busy"), one.note ? ` ${one.note} ` : " ",
      form.button(P().change, () => { day().entry = { ...one, from: toJapan(one.from_ms), until: toJapan(one.until_ms) }; tools.redraw(); }, { className: "link", ariaLabel: `${names.get(one.person) ?? one.person}: ${P().change}` }), " ",
      form.button(P().remove, () => removes(`/customers/${mine().id}/schedules/${one.id}`), { className: "link", ariaLabel: `${names.get(one.person) ?? one.person}: ${P().remove}` })));
    const absence = () => ({ id: entry.id, person: entry.person, from_ms: fromJapan(entry.from), until_ms: fromJapan(entry.until), away: entry.away, note: entry.note });
    const fields = element("div", {}, form.row(
      form.choice(entry, "person", "entry.person", P().person, [["", P().choose], ...tools.people()]), form.choice(entry, "away", "entry.away", P().why, choices(AWAY, P().away)),
      dated(entry, "from", "entry.from_ms", P().from), dated(entry, "until", "entry.until_ms", P().until), form.line(entry, "note", "entry.note", P().entryNote, { hint: P().entryNoteHint })));
    const tell = () => says(sentence, absence());
    fields.addEventListener("input", tell);
    fields.addEventListener("change", tell);
    tell();
    return [lines.length ? element("ul", { className: "lines", id: "profile-entries" }, ...lines) : empty(P().noEntries),
      form.group(entry.id ? P().changeEntry : P().addEntry, ...(tools.people().length ? [] : [empty(P().noPeople)]), fields, sentence,
        acts(form.button(P().save, () => saves("entry", `/customers/${mine().id}/schedules`, absence(), () => { day().entry = newEntry(); }), { className: "main", id: "profile-entry-save" }),
          ...(entry.id ? [form.button(P().cancel, () => { day().entry = newEntry(); tools.redraw(); })] : []))), sayings()];
  }

  const dated = (object, key, path, label, hint) => form.line(object, key, path, label, { type: "datetime-local", hint });

  /** What an operator will say of this absence, a moment after it was typed. */
  function says(place, { person, from_ms, until_ms, away }) {
    clearTimeout(place.later);
    if (!person || from_ms == null || until_ms == null || until_ms <= from_ms) return place.replaceChildren();
    place.later = setTimeout(async () => {
      const answer = await api(`/customers/${mine().id}/schedules/sentence`, { method: "POST", body: JSON.stringify({ person, from_ms, until_ms, away }) }).catch(() => null);
      place.replaceChildren(...(answer?.said ? [`${filled(P().willSay, { time: when(answer.at_ms) })} 「${answer.said.sentence}」`, element("br"), `${P().willPromise} 「${answer.said.promise}」`] : answer ? [P().backAlready] : []));
    }, SENTENCE_MS);
  }

  // ---- Notes ----

  function about({ callers, names, people, kinds }) {
    const known = new Map(tools.people());
    return [callers.join(P().or), names.join(P().or), people.map((id) => known.get(id) ?? id).join(P().or), kinds.map((kind) => P().kinds[kind]).join(P().or)].filter(Boolean).join(P().and) || P().everyCall;
  }

  function notes() {
    const note = day().note;
    const lines = day().notes.map((one) => element("li", {}, element("span", { className: "note" }, element("strong", { textContent: one.text }), element("br"),
      element("small", { className: "quiet", textContent: `${about(one.about)} · ${when(one.from_ms)} – ${one.until_ms ? when(one.until_ms) : P().standing}` })), " ",
      form.button(P().change, () => { day().note = { ...structuredClone(one), from: toJapan(one.from_ms), until: toJapan(one.until_ms) }; tools.redraw(); }, { className: "link", ariaLabel: `${P().change}: ${one.text}` }), " ",
      form.button(P().endNote, () => removes(`/customers/${mine().id}/notes/${one.id}`), { className: "link", ariaLabel: `${P().endNote}: ${one.text}` })));
    const body = () => ({ id: note.id, text: note.text, from_ms: fromJapan(note.from), until_ms: fromJapan(note.until), about: note.about });
    return [lines.length ? element("ul", { className: "lines", id: "profile-notes" }, ...lines) : empty(P().noNotes),
      form.group(note.id ? P().changeNote : P().addNote, form.text(note, "text", "note.text", P().noteText),
        form.row(dated(note, "from", "note.from_ms", P().from, P().emptyNow), dated(note, "until", "note.until_ms", P().until, P().emptyStanding)),
        form.row(form.several(note.about, "callers", "note.about.callers", P().aboutCallers, { inputMode: "tel", hint: P().aboutHint }), form.several(note.about, "names", "note.about.names", P().aboutNames)),
        ...(tools.people().length || note.about.people.length ? [form.some(note.about, "people", "note.about.people", P().askedFor, tools.people())] : []), form.some(note.about, "kinds", "note.about.kinds", P().kind, kindChoices(P)),
        acts(form.button(P().save, () => saves("note", `/customers/${mine().id}/notes`, body(), () => { day().note = newNote(); }), { className: "main", id: "profile-note-save" }),
          ...(note.id ? [form.button(P().cancel, () => { day().note = newNote(); tools.redraw(); })] : []))), sayings()];
  }

  // ---- The manual ----

  function version(one, place, all) {
    const { readers, operators } = day();
    const now = Date.now();
    const force = all.filter((other) => other.from_ms <= now).sort((a, b) => b.from_ms - a.from_ms || b.version - a.version)[0];
    const mark = one === force ? chip(P().inForce, "ready") : one.from_ms > now ? chip(P().upcoming, "busy") : chip(P().former, "");
    const read = readers.filter((reader) => reader.version === one.version);
    const unread = operators.filter((operator) => !read.some((reader) => reader.operator === operator.id));
    const acknowledged = one.version === 0 ? [] : [element("p", {}, filled(P().readBy, { count: read.length, all: operators.length }), " ", read.map((reader) => `${reader.name} (${when(reader.at_ms)})`).join(P().or)),
      ...(one === force && unread.length ? [element("p", { className: "missed", textContent: filled(P().unreadBy, { names: unread.map((operator) => operator.name).join(P().or) }) })] : [])];
    return element("li", {}, element("details", {}, element("summary", {}, filled(P().version, one), " ", mark, ` ${one.from_ms ? when(one.from_ms) : ""} ${one.changes}`),
      element("pre", { className: "manual", textContent: one.text, tabIndex: 0 })), ...acknowledged);
  }

  function manual() {
    const draft = day().manual;
    const body = () => ({ text: draft.text, changes: draft.changes, from_ms: fromJapan(draft.from) });
    return [element("ol", { className: "versions", id: "profile-manuals" }, ...day().manuals.map(version)),
      form.group(P().newVersion, form.text(draft, "text", "manual.text", P().manualText, { rows: 12 }), form.row(form.line(draft, "changes", "manual.changes", P().changes, { hint: P().changesHint }), dated(draft, "from", "manual.from_ms", P().holdsFrom, P().emptyNow)),
        acts(form.button(P().publish, () => saves("manual", `/customers/${mine().id}/manuals`, body(), () => { day().manual = { text: draft.text, changes: "", from: "" }; }), { className: "main", id: "profile-manual-save" }))), sayings()];
  }

  return { load, fresh: () => ({ entry: newEntry(), note: newNote(), manual: null, problems: [], entries: [], notes: [], manuals: [], readers: [], operators: [] }), schedule: { draw: schedule }, notes: { draw: notes }, manual: { draw: manual } };
}
