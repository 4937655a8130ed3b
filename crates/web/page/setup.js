// The administrator's directory: client firms, their numbers, operators, trunks, logins. A list with a search, and the form of the row
// that is chosen. Loaded when an administrator has logged in, and for nobody else.
import { basicsOfFirm, basicsOfOperator, trunkForm } from "/directory-forms.js";
import { numbersPart } from "/directory-numbers.js";
import { endingOf, keepingOf, membersOf, softphoneOf, usersPart } from "/directory-people.js";
import { words as directoryWords } from "/directory-words.js";
import { staying } from "/dom.js";
import { blocks } from "/form.js";
import { firmForm, momentForm } from "/firm.js";
import { operatorForm } from "/operator.js";
import { words } from "/setup-words.js";

const TABS = ["firm", "numbers", "operator", "trunk", "users"];
/** Most rows that a list shows at once; a search finds the others. */
const SHOWN_MAX = 100;

/** Two forms of one row as one. */
const both = (element, one, other) => ({ form: element("div", {}, one.form, other.form), read: () => ({ ...other.read(), ...one.read() }) });

/** `tools` are the page's own: `$`, `element`, `api`, `wrong`, `when`, `filled`, `language()`, `changed()`, `table`, `chip`. */
export function setup(tools) {
  const { $, element, api } = tools;
  const build = blocks(element);
  const place = $("setup");
  const state = { tab: "firm", rows: { firm: [], operator: [], trunk: [] }, up: new Map(), find: "", ended: false, of: "firm", id: null, row: null, seen: null, form: null, side: {}, clean: "", drawn: "", user: null, later: null, turn: 0 };
  const W = () => words[tools.language()] ?? words.en;
  const G = () => directoryWords[tools.language()] ?? directoryWords.en;

  const kinds = {
    firm: { path: "/customers", make: (inner, row) => both(element, basicsOfFirm(inner, row), firmForm(inner, row)), label: (row) => row.code },
    operator: { path: "/operators", make: (inner, row) => both(element, basicsOfOperator(inner, row), operatorForm(inner, row)), label: (row) => row.login },
    trunk: { path: "/trunks", make: trunkForm, label: (row) => row.host },
  };
  const firms = () => state.rows.firm.filter((row) => row.active);
  const operators = () => state.rows.operator.filter((row) => row.active);
  // `side` is what is typed and shown beside the row's form; it stays for as long as the row does.
  const inner = () => ({ ...tools, build, words: W(), G, W, send, said, complaint, firms, operators, list, confirm, copied, side: state.side, ...known(), reload: () => load().then(() => tools.changed()) });
  const numbers = numbersPart(() => inner());
  const users = usersPart(() => inner());

  const typed = () => state.form ? JSON.stringify(state.form.read()) : "";
  const isChanged = () => state.form != null && typed() !== state.clean;
  const send = (path, method, body, headers = {}) => api(path, {
    method, headers: { "Content-Type": "application/json", "Accept-Language": tools.language(), ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

  async function load() {
    state.user = tools.me().name;
    const [firm, operator, trunk, now] = await Promise.all([api("/customers"), api("/operators"), api("/trunks"), api("/now")]);
    Object.assign(state, { rows: { firm, operator, trunk }, up: new Map(now.trunks.map((one) => [one.trunk, one.up])) });
    if (state.tab === "numbers") await numbers.load();
    if (state.tab === "users") await users.load();
    redraw();
  }

  /** Another row or tab; what is not saved is asked about first. */
  function leave(then) {
    if (!isChanged()) return then();
    state.later = then;
    drawLater();
    $("setup-later").querySelector("button").focus();
  }

  function drawLater() {
    const asks = $("setup-later");
    if (!asks) return;
    asks.hidden = !state.later;
    if (!state.later) return asks.replaceChildren();
    const go = () => { const then = state.later; Object.assign(state, { later: null, form: null }); draw(); then(); };
    const stay = () => { state.later = null; drawLater(); $("setup-form")?.querySelector("input, select, textarea")?.focus(); };
    asks.onkeydown = (event) => { if (event.key === "Escape") stay(); };
    asks.replaceChildren(element("p", { textContent: G().unsaved }),
      element("div", { className: "acts" }, build.button(G().goOn, stay, { id: "setup-stay", className: "main" }), build.button(G().discardAndGo, go, { id: "setup-go" })));
  }

  const open = (kind, id) => leave(() => fetchRow(kind, id));

  async function fetchRow(kind, id) {
    const turn = ++state.turn;
    try {
      // What somebody else has changed meanwhile is not undone.
      let seen = null;
      const row = await api(`${kinds[kind].path}/${id}`, { tagged: (tag) => { seen = tag; } });
      // Somebody has chosen something else since.
      if (turn !== state.turn) return false;
      const side = state.of === kind && state.id === id ? state.side : {};
      Object.assign(state, { tab: kind, of: kind, id, row, seen, side, form: null });
      draw();
      state.clean = typed();
      $("setup-form")?.querySelector("h3")?.focus();
      return true;
    } catch (error) {
      if (turn === state.turn) said(tools.wrong(error), "error");
      return false;
    }
  }

  function known() {
    const teams = [...state.rows.firm.map((firm) => firm.team), ...state.rows.operator.flatMap((operator) => operator.teams ?? [])];
    return { teams: [...new Set(teams.filter(Boolean))].sort(), codes: new Map(firms().map((firm) => [firm.code, firm.name])) };
  }

  /** A table with a name, scrolled on its own. */
  function list(name, heads, rows, none) {
    const made = element("table", { ariaLabel: name });
    tools.table(made, heads, rows, none ?? G().none);
    return element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: name }, made);
  }

  /** A button that asks once more in its place: what it means, then do it or not. */
  function confirm(text, label, means, work, more = {}) {
    const asks = element("div", { className: "acts" });
    const first = build.button(text, () => {
      const no = build.button(G().cancel, () => { asks.replaceChildren(first); first.focus(); });
      asks.onkeydown = (event) => { if (event.key === "Escape" && no.isConnected) no.click(); };
      asks.replaceChildren(element("strong", { textContent: means }), build.button(text, () => { asks.replaceChildren(first); first.focus(); return work(); }, { className: "danger", ariaLabel: label, ...(more.id ? { id: `${more.id}-sure` } : {}) }), no);
      no.focus();
    }, { ariaLabel: label, ...more });
    asks.append(first);
    return asks;
  }

  /** What is shown this once. */
  const copied = (id, text) => element("code", { id, className: "once", textContent: text });

  // ---- The lists ----

  const folded = (text) => String(text ?? "").normalize("NFKC").toLowerCase();
  const digits = (text) => folded(text).replace(/\D/g, "").replace(/^0/, "");

  function found(kind) {
    const wanted = folded(state.find).trim();
    const number = digits(wanted);
    const fits = (row) => [row.name, row.reading, row.code, row.login, row.host, row.provider].some((text) => folded(text).includes(wanted))
      || (number.length >= 3 && /^[\d\s+-]+$/.test(wanted) && (row.dids ?? []).some((did) => did.includes(number)));
    return state.rows[kind].filter((row) => (row.active || state.ended) && (!wanted || fits(row)));
  }

  function line(kind, row) {
    const edit = build.button(row.name, () => open(kind, row.id), { className: "link" });
    edit.dataset.edit = `${kind}-${row.id}`;
    const standing = row.active ? "" : tools.chip(G().ended, "missed");
    if (kind === "firm") return [edit, { text: row.code, kind: "code" }, row.dids.map(tools.number).join(G().comma), row.team, W().plans[row.plan], standing];
    if (kind === "operator") return [edit, { text: row.login, kind: "code" }, W().tiers[row.tier], row.teams.join(G().comma), row.skills.map(([name]) => name).join(G().comma), standing];
    const up = state.up.get(row.id);
    return [edit, { text: `${row.host} (${row.protocol})`, kind: "code" }, row.registration ? G().registers : G().noRegistration, row.active && up != null ? tools.chip(up ? G().usable : G().notUsable, up ? "ready" : "missed") : standing];
  }

  const heads = {
    firm: () => [G().name, G().code, G().numbers, W().team, W().plan, ""],
    operator: () => [G().name, G().login, W().tier, W().teams, W().skills, ""],
    trunk: () => [G().name, G().host, G().registration, G().state],
  };

  function listPart(kind) {
    const rows = found(kind);
    const table = element("div", { id: "setup-list" }, list(G().tabs[kind], heads[kind](), rows.slice(0, SHOWN_MAX).map((row) => line(kind, row)), state.find ? G().nothingFound : G().none));
    if (rows.length > SHOWN_MAX) table.append(element("p", { className: "quiet", textContent: tools.filled(G().more, { shown: SHOWN_MAX, count: rows.length }) }));
    return table;
  }

  function chooser(kind) {
    const again = () => $("setup-list").replaceWith(listPart(kind));
    const find = build.input("setup-find", state.find, { type: "search", oninput: (event) => { state.find = event.target.value; again(); } });
    const ended = build.check("setup-ended", G().showEnded, state.ended);
    ended.querySelector("input").onchange = (event) => { state.ended = event.target.checked; again(); };
    const parts = [build.row(build.labelled(G().find[kind], find), ended), listPart(kind), beginning(kind)];
    if (kind === "firm") parts.push(files());
    return parts;
  }

  /** A new row: what it cannot do without; the rest is filled in in its form. */
  function beginning(kind) {
    const input = (name, label, more = {}, hint = "") => build.labelled(label, build.input(name, "", { required: true, ...more }), hint);
    const ascii = { autocapitalize: "none", spellcheck: false };
    const fields = {
      firm: () => [input("new-name", G().name, { maxLength: 100 }), input("new-code", G().code, { ...ascii, maxLength: 40, placeholder: "sakura-dental" }, G().codeHint), input("new-dids", G().numbers, { required: false, inputMode: "tel" }, G().numbersHint), input("new-greeting", G().greeting, { required: false, maxLength: 500 })],
      operator: () => [input("new-name", G().name, { maxLength: 100 }), input("new-login", G().login, { ...ascii, maxLength: 40, placeholder: "101" }, G().loginHint)],
      trunk: () => [input("new-name", G().name, { maxLength: 100 }), input("new-host", G().host, { ...ascii, placeholder: "sip.example.jp" }, G().hostHint)],
    };
    const form = element("form", { id: "setup-new", onsubmit: (event) => { event.preventDefault(); leave(() => create(kind)); } }, build.row(...fields[kind]()),
      element("div", { className: "acts" }, element("button", { className: "main", textContent: G().add[kind] })));
    const details = element("details", { id: "setup-adding", open: !state.rows[kind].length }, element("summary", { textContent: G().add[kind] }), form);
    return details;
  }

  async function create(kind) {
    const value = (name) => $("setup-new").querySelector(`[name=new-${name}]`)?.value.trim() ?? "";
    const body = {
      firm: () => ({ name: value("name"), code: value("code"), greeting: value("greeting"), dids: value("dids").split(/[,、，\s]+/).filter(Boolean) }),
      operator: () => ({ name: value("name"), login: value("login") }),
      trunk: () => ({ name: value("name"), host: value("host") }),
    }[kind]();
    said("");
    try {
      const made = await send(kinds[kind].path, "POST", body);
      state.find = "";
      $("setup-new")?.reset();
      $("setup-adding").open = false;
      await load();
      tools.changed();
      if (!await fetchRow(kind, made.id)) return;
      if (made.sip_password) { state.side.secret = made.sip_password; draw(); }
      said(G().made);
    } catch (error) { said(complaint(error), "error"); }
  }

  /** Firms from and to a file. */
  function files() {
    const file = element("input", { type: "file", name: "setup-csv", accept: ".csv,text/csv" });
    const wrongs = element("ul", { id: "setup-csv-wrong" });
    const take = async () => {
      if (!file.files[0]) return file.focus();
      wrongs.replaceChildren();
      said("");
      try {
        const done = await api("/customers/import", { method: "POST", body: await file.files[0].text(), headers: { "Content-Type": "text/csv", "Accept-Language": tools.language() }, signal: AbortSignal.timeout(120_000) });
        await load();
        tools.changed();
        said(tools.filled(G().imported, done));
      } catch (error) {
        said(tools.wrong(error), "error");
        wrongs.replaceChildren(...(error.body?.rows ?? []).map((row) => element("li", { textContent: `${tools.filled(G().lineOf, row)} ${row.column}: ${row.what}${G().dash}${row.remedy}` })));
      }
    };
    return element("details", { id: "setup-files" }, element("summary", { textContent: G().files }), element("p", { className: "quiet", textContent: G().filesHint }),
      build.row(build.labelled(G().file, file)), wrongs,
      element("div", { className: "acts" }, build.button(G().take, () => leave(take), { id: "setup-import" }), element("a", { href: "/api/v1/customers/export", download: "customers.csv", textContent: G().give, id: "setup-export" })));
  }

  // ---- The form of a row ----

  function rowPart() {
    if (!state.row || state.of !== state.tab) return [];
    const given = inner();
    const done = () => { Object.assign(state, { row: null, id: null, form: null, side: {} }); return load().then(() => tools.changed()); };
    state.form = kinds[state.of].make(given, state.row);
    const form = element("form", { id: "setup-form", onsubmit: save },
      element("h3", { textContent: state.row.name, tabIndex: -1 }), ...(state.row.active ? [] : [element("p", { className: "quiet", textContent: G().endedHint })]), state.form.form,
      element("div", { id: "setup-conflict", role: "alert" }),
      element("div", { className: "acts" }, element("button", { className: "main", textContent: W().save }), build.button(W().discard, () => fetchRow(state.of, state.id), { id: "setup-discard" }), build.button(G().close, () => leave(close), { id: "setup-close" })));
    const rest = {
      firm: () => [momentForm(given, state.row), keepingOf(given, state.row), membersOf(given, state.row), endingOf(given, "firm", state.row, done)],
      operator: () => [softphoneOf(given, state.row), endingOf(given, "operator", state.row, done)],
      trunk: () => [endingOf(given, "trunk", state.row, done)],
    }[state.of]();
    return [element("div", { id: "setup-row" }, form, ...rest)];
  }

  function close() {
    const was = `${state.of}-${state.id}`;
    Object.assign(state, { row: null, id: null, form: null, side: {}, turn: state.turn + 1 });
    draw();
    place.querySelector(`[data-edit="${was}"]`)?.focus();
  }

  function tab(code) {
    const isOpen = code === state.tab;
    const button = build.button(G().tabs[code], () => choose(code), { id: `setup-tab-${code}`, role: "tab", ariaSelected: String(isOpen), tabIndex: isOpen ? 0 : -1 });
    button.setAttribute("aria-controls", "setup-panel");
    button.onkeydown = (event) => {
      const at = TABS.indexOf(code);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(TABS[(to + TABS.length) % TABS.length]);
    };
    return button;
  }

  function choose(code) {
    leave(async () => {
      Object.assign(state, { tab: code, find: "", row: null, id: null, form: null, side: {}, turn: state.turn + 1 });
      draw();
      $(`setup-tab-${code}`).focus();
      try {
        if (code === "numbers") await numbers.load();
        if (code === "users") await users.load();
        if (state.tab !== code) return;
        if (!kinds[code]) {
          draw();
          return $(`setup-tab-${code}`).focus();
        }
        // What others have added meanwhile is there, too.
        state.rows[code] = await api(kinds[code].path);
        if (state.tab === code) $("setup-list")?.replaceWith(listPart(code));
      } catch (error) { said(tools.wrong(error), "error"); }
    });
  }

  function draw() {
    const spoken = place.querySelector("#setup-said")?.textContent ?? "";
    const before = state.drawn === state.tab ? beside() : null;
    Object.assign(state, { form: null, drawn: state.tab });
    const content = { numbers: () => numbers.draw(), users: () => users.draw() }[state.tab] ?? (() => [...chooser(state.tab), ...rowPart()]);
    const panel = element("div", { id: "setup-panel", role: "tabpanel" }, element("div", { id: "setup-later", role: "alertdialog", ariaLabel: G().unsaved, hidden: true }), ...content());
    panel.setAttribute("aria-labelledby", `setup-tab-${state.tab}`);
    const parts = [element("summary", { textContent: W().title }), element("div", { className: "tabs", role: "tablist", ariaLabel: W().title }, ...TABS.map(tab)), panel, element("p", { id: "setup-said", role: "status", textContent: spoken })];
    const was = place.querySelector("details")?.open ?? state.row != null;
    staying(place, () => {
      place.replaceChildren(element("details", { open: was }, ...parts));
      before?.();
    }, () => $(`setup-tab-${state.tab}`));
    place.hidden = false;
    drawLater();
  }

  /** What is typed outside of the row's form, and what is unfolded; gives what puts it back. */
  function beside() {
    const others = "form:not(#setup-form, #member-add) [name]:not([type=file])";
    const written = new Map([...place.querySelectorAll(others)].map(({ name, value }) => [name, value]));
    const unfolded = [...place.querySelectorAll("details[id][open]")].map(({ id }) => id);
    return () => {
      for (const field of place.querySelectorAll(others)) field.value = written.get(field.name) ?? field.value;
      for (const id of unfolded) if ($(id)) $(id).open = true;
    };
  }

  function said(text, kind = "") {
    const line = place.querySelector("#setup-said");
    if (line) Object.assign(line, { textContent: text, className: kind });
  }

  async function save(event) {
    event.preventDefault();
    const { of, id } = state;
    const isOpen = () => state.of === of && state.id === id && state.form != null;
    said("");
    $("setup-conflict").replaceChildren();
    try {
      let seen = null;
      const headers = { "Content-Type": "application/json", "Accept-Language": tools.language(), ...(state.seen ? { "If-Match": state.seen } : {}) };
      const sent = typed();
      const row = await api(`${kinds[of].path}/${id}`, { method: "PUT", headers, body: sent, tagged: (tag) => { seen = tag; } });
      state.rows[of] = state.rows[of].map((one) => one.id === id ? row : one);
      if (isOpen()) {
        // What was typed meanwhile is kept, for the next time.
        const more = typed() === sent ? null : state.form.read();
        Object.assign(state, { row, seen });
        draw();
        state.clean = typed();
        if (more) { state.row = { ...row, ...more }; draw(); }
      }
      said(W().saved);
      tools.changed();
    } catch (error) {
      if (error.status === 409 && isOpen()) conflict(error);
      said(complaint(error), "error");
    }
  }

  /** Somebody else was faster: what is typed stays, and is sent all the same only if that is meant. */
  function conflict(error) {
    const overwrite = () => { state.seen = null; $("setup-form").requestSubmit(); };
    const look = () => fetchRow(state.of, state.id);
    $("setup-conflict").replaceChildren(element("p", { textContent: error.body?.what ?? "" }),
      element("div", { className: "acts" }, build.button(G().takeTheirs, look, { id: "setup-theirs" }), build.button(G().takeMine, overwrite, { id: "setup-mine" })));
  }

  /** Each wrong field by its name on the form, with the remedy. */
  function complaint(error) {
    const problems = error.body?.problems ?? (error.body?.field ? [error.body] : []);
    if (!problems.length) return [tools.wrong(error), error.body?.remedy].filter(Boolean).join(G().dash);
    const remedies = W().remedies;
    const one = ({ field, what, remedy }) => `${W().fields[field] ?? G().fields[field] ?? field}: ${remedies[field] ?? `${what}${G().dash}${remedy}`}`;
    return [...new Set(problems.map(one))].join(" / ");
  }

  function redraw() {
    if (state.form) state.row = { ...state.row, ...state.form.read() };
    draw();
  }

  return {
    load,
    /** In another language: what is in the inputs stays. */
    redraw,
    /** Nothing is left on the page; what was typed waits for whoever typed it, until somebody else comes. */
    forget(next = null) {
      // Without a form it was forgotten before: what is there was typed.
      const written = isChanged() ? { ...state.row, ...state.form.read() } : state.form ? null : state.row;
      const isOther = next != null && next !== state.user;
      const row = isOther ? null : written;
      Object.assign(state, { rows: { firm: [], operator: [], trunk: [] }, id: row && state.id, row, form: null, side: {}, later: null, turn: state.turn + 1 });
      if (isOther) Object.assign(state, { tab: "firm", find: "", ended: false });
      numbers.forget();
      users.forget();
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
