// What a client firm has ordered about its reports, for supervisors and administrators: a document that is drawn from what is typed in
// it, part by part. What the server refuses stands beside its field; what somebody else has changed meanwhile is told, and neither's
// work is overwritten unasked; what is typed stays when another part, another firm or another language is chosen, and when the login
// runs out.
import { bound, problemsOf } from "/bound.js";
import { staying } from "/dom.js";
import { words } from "/profile-words.js";
import { peoplePart, placesPart, rulesPart } from "/profile-places.js";
import { faqPart, planPart, talkPart, unreadPart, wordingPart } from "/profile-talk.js";
import { dayParts } from "/profile-day.js";
import { tryPart } from "/profile-try.js";

// Which parts of the document a tab shows; those with none of them save by themselves.
const TABS = {
  places: ["recipients", "recipients_max"], rules: ["rules"], people: ["people"], schedule: [], notes: [], manual: [],
  talk: ["greetings", "phrases", "dos", "donts"], faq: ["faq"], unread: ["ladder", "call_out"],
  plan: ["features", "listening", "notice_only", "noise", "digest_hour", "billing"], wording: ["language", "templates", "form"], try: [],
};
const SAVES_ITSELF = ["schedule", "notes", "manual", "try"];
const REFRESH_MS = 300;

/** `tools` are the page's own. */
export function profileDesk(tools) {
  const { $, element, api, wrong, filled, when } = tools;
  const P = () => words[tools.language()] ?? words.en;
  const place = $("profile");
  const kept = new Map(); // by firm: what is being written
  const state = { user: null, firms: [], mine: null, tab: "places", turn: 0, later: null };
  const form = bound({ element, words: P, changed });
  const isAdmin = () => tools.me()?.role === "admin";
  const mayWrite = () => isAdmin() || state.tab === "people";
  const shell = {}; // the elements that stay while parts are drawn anew

  const inner = {
    ...tools, form, P, isAdmin, redraw: () => drawPart(), mine: () => state.mine, doc: () => state.mine.doc,
    isSaved: (read) => JSON.stringify(read(state.mine.doc)) === JSON.stringify(read(JSON.parse(state.mine.base))),
    /** `[id, name]` of everybody of the roster. */
    people: () => state.mine.doc.people.map((one) => [one.id, one.name || one.id]),
    /** `[id, name]` of the places where reports can go; `written`: without telephones. */
    places: (written) => state.mine.doc.recipients.filter((one) => !written || one.channel.type !== "phone")
      .map((one) => [one.id, placeName(one)]),
    placeName,
  };
  const day = dayParts(inner);
  const parts = {
    places: placesPart(inner), rules: rulesPart(inner), people: peoplePart(inner), schedule: day.schedule, notes: day.notes, manual: day.manual,
    talk: talkPart(inner), faq: faqPart(inner), unread: unreadPart(inner), plan: planPart(inner), wording: wordingPart(inner), try: tryPart(inner),
  };

  function placeName(one) {
    const owner = state.mine.doc.people.find((person) => person.id === one.person);
    return [one.label || owner?.name || one.id, P().channels[one.channel.type]].filter(Boolean).join(" · ");
  }

  // ---- Choosing a firm ----

  async function load() {
    const me = tools.me();
    state.user = me.name;
    state.firms = (await api("/customers")).filter((firm) => firm.active);
    draw();
    if (state.mine) noticed(state.mine).catch(() => {});
  }

  async function open(id) {
    said("");
    const turn = ++state.turn;
    try {
      const known = kept.get(id);
      const mine = known && isDirty(known) ? known
        : take({ id, trials: known?.trials ?? new Map(), day: known?.day ?? day.fresh() }, await api(`/customers/${id}/profile`));
      await day.load(mine);
      // Somebody has chosen another one since.
      if (turn !== state.turn) return;
      kept.set(id, mine);
      state.mine = mine;
      draw();
    } catch (error) { said(wrong(error), "error"); }
  }

  /** The document as the server has it now. */
  function take(mine, answer) {
    const { revision, updated_ms, updated_by } = answer;
    return Object.assign(mine, { revision, updated_ms, updated_by, base: JSON.stringify(answer.profile), doc: answer.profile, problems: [], conflict: null });
  }

  const isDirty = (mine) => Boolean(mine) && JSON.stringify(mine.doc) !== mine.base;

  function changed() {
    if (!state.mine) return;
    shell.unsaved.textContent = isDirty(state.mine) ? P().unsaved : "";
    shell.save.disabled = shell.discard.disabled = !mayWrite();
  }

  // ---- Drawing ----

  function draw() {
    const was = place.querySelector("details")?.open ?? false;
    const chooser = form.select("profile-firm", [["", P().choose], ...state.firms.map((firm) => [String(firm.id), `${firm.name} (${firm.code})`])], String(state.mine?.id ?? ""));
    chooser.onchange = () => { if (chooser.value) open(Number(chooser.value)); };
    Object.assign(shell, {
      unsaved: element("span", { id: "profile-unsaved", className: "quiet", role: "status" }),
      said: element("p", { id: "profile-said", role: "status" }),
      save: element("button", { className: "main", textContent: P().save, id: "profile-save" }),
      discard: form.button(P().discard, discard, { id: "profile-discard" }),
      conflict: element("div", { id: "profile-conflict", role: "alert" }),
      tabs: element("div", { className: "tabs", role: "tablist", ariaLabel: P().title }),
      part: element("div", { id: "profile-part", role: "tabpanel" }),
    });
    shell.foot = element("div", { className: "acts foot" }, shell.save, shell.discard, shell.unsaved);
    shell.form = element("form", { id: "profile-form", noValidate: true, hidden: !state.mine, onsubmit: save }, shell.part, shell.conflict, shell.foot);
    place.replaceChildren(element("details", { open: was }, element("summary", { textContent: P().title }),
      form.row(form.labelled(P().firm, chooser), ...(state.mine ? [element("div", { className: "acts" }, form.button(P().onboard, () => tools.onboard(state.mine.id), { id: "profile-onboard" }))] : [])), shell.tabs, shell.form, shell.said));
    place.hidden = false;
    if (state.mine) drawPart();
  }

  function drawTabs() {
    const wrongIn = (tab) => state.mine.problems.filter((problem) => TABS[tab].includes(problem.field?.match(/^[a-z_]+/)?.[0])).length;
    shell.tabs.replaceChildren(...Object.keys(TABS).map((tab) => {
      const count = wrongIn(tab);
      const button = form.button(P().tabs[tab], () => choose(tab), { role: "tab", id: `profile-tab-${tab}`, ariaSelected: String(tab === state.tab), tabIndex: tab === state.tab ? 0 : -1 });
      button.setAttribute("aria-controls", "profile-part");
      if (count) button.append(" ", element("span", { className: "chip missed", textContent: String(count), ariaLabel: filled(P().wrongHere, { count }) }));
      return button;
    }));
    shell.tabs.onkeydown = (event) => {
      const tabs = Object.keys(TABS);
      const at = tabs.indexOf(state.tab);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(tabs[(to + tabs.length) % tabs.length]);
      shell.tabs.querySelector("[aria-selected=true]").focus();
    };
  }

  function choose(tab) {
    state.tab = tab;
    drawPart();
  }

  /** The part anew, from what is typed; whoever was in a field of it, or at a button, still is. */
  const drawPart = () => staying(place, drawAll, () => $(`profile-tab-${state.tab}`));

  function drawAll() {
    form.forgets();
    drawTabs();
    const own = SAVES_ITSELF.includes(state.tab);
    const readOnly = !own && !mayWrite();
    shell.part.replaceChildren(...(readOnly ? [element("p", { className: "quiet", textContent: P().readOnly })] : []), ...[parts[state.tab].draw()].flat());
    // A trial may be sent by whoever may look.
    if (readOnly) for (const one of shell.part.querySelectorAll("input, select, textarea, button:not(.trial)")) one.disabled = true;
    shell.part.setAttribute("aria-labelledby", `profile-tab-${state.tab}`);
    shell.foot.hidden = own;
    form.tells([...state.mine.problems, ...state.mine.day.problems]);
    drawConflict();
    changed();
  }

  function said(text, kind = "") {
    if (shell.said) Object.assign(shell.said, { textContent: text, className: kind });
  }

  // ---- Saving ----

  async function save(event) {
    event?.preventDefault();
    const { mine } = state;
    // The key Enter means the part that is looked at.
    if (SAVES_ITSELF.includes(state.tab)) return void shell.part.querySelector("button.main")?.click();
    if (!mayWrite() || mine.isBusy) return;
    mine.isBusy = true; // its button is not disabled: whoever stands there would be lost
    said("");
    const { doc, revision } = mine;
    const sent = JSON.stringify(doc);
    try {
      const answer = isAdmin()
        ? await api(`/customers/${mine.id}/profile`, { method: "PUT", body: JSON.stringify({ revision, profile: doc }) })
        : await api(`/customers/${mine.id}/people`, { method: "PUT", body: JSON.stringify({ revision, people: doc.people }) }).then(() => api(`/customers/${mine.id}/profile`));
      const typedSince = JSON.stringify(mine.doc) === sent ? null : mine.doc;
      take(mine, answer);
      if (typedSince) mine.doc = typedSince;
      if (mine !== state.mine) return;
      drawPart();
      said(P().saved);
    } catch (error) { await refused(mine, error); } finally { mine.isBusy = false; }
  }

  async function refused(mine, error) {
    if (error.status === 409) {
      await compare(mine).catch((problem) => said(wrong(problem), "error"));
      return;
    }
    mine.problems = problemsOf(error);
    if (mine !== state.mine) return;
    const tab = Object.keys(TABS).find((one) => mine.problems.some((problem) => TABS[one].includes(problem.field?.match(/^[a-z_]+/)?.[0])));
    // Where one is first, if something is wrong there.
    const here = TABS[state.tab].some((part) => mine.problems.some((problem) => problem.field?.match(/^[a-z_]+/)?.[0] === part));
    if (tab && !here) state.tab = tab;
    drawPart();
    const homeless = form.tells(mine.problems);
    said([mine.problems.length ? filled(P().refused, { count: mine.problems.length }) : wrong(error), ...homeless.filter((one) => !TABS_OF(one)).map((one) => `${one.field}: ${one.what}`)].join(" "), "error");
    form.focusWrong();
  }

  const TABS_OF = (problem) => Object.values(TABS).flat().includes(problem.field?.match(/^[a-z_]+/)?.[0]);

  function discard() {
    const { mine } = state;
    Object.assign(mine, { doc: JSON.parse(mine.base), problems: [], conflict: null });
    said("");
    drawPart();
  }

  // ---- Somebody else was faster ----

  /** What they have changed, and which of it was changed here, too. */
  async function compare(mine) {
    const theirs = await api(`/customers/${mine.id}/profile`);
    const base = JSON.parse(mine.base);
    const differs = (one, other) => JSON.stringify(one) !== JSON.stringify(other);
    const byThem = Object.keys(base).filter((key) => differs(base[key], theirs.profile[key]));
    const byMe = Object.keys(base).filter((key) => differs(base[key], mine.doc[key]));
    mine.conflict = { theirs, byThem, both: byThem.filter((key) => byMe.includes(key) && differs(mine.doc[key], theirs.profile[key])) };
    // Whoever writes goes on writing in the same field: what is composed there would be lost.
    if (mine === state.mine) { if (isWriting()) drawConflict(); else drawPart(); }
  }

  const isWriting = () => document.activeElement?.matches("#profile :is(input, textarea)") ?? false;

  function drawConflict() {
    const { mine } = state;
    const { conflict } = mine;
    const names = (keys) => keys.map((key) => P().parts[key] ?? key).join(P().and);
    shell.conflict.hidden = !conflict;
    if (!conflict) return shell.conflict.replaceChildren();
    const { theirs, byThem, both } = conflict;
    const rebase = () => {
      for (const key of byThem) if (!both.includes(key)) mine.doc[key] = theirs.profile[key];
      Object.assign(mine, { revision: theirs.revision, updated_ms: theirs.updated_ms, updated_by: theirs.updated_by, base: JSON.stringify(theirs.profile), conflict: null });
      save();
    };
    shell.conflict.replaceChildren(element("p", { textContent: filled(P().conflict, { who: theirs.updated_by, time: when(theirs.updated_ms), parts: names(byThem) }) }),
      element("p", { textContent: both.length ? filled(P().conflictBoth, { parts: names(both) }) : P().conflictApart }),
      element("div", { className: "acts" },
        form.button(both.length ? P().keepMine : P().keepBoth, rebase, { id: "profile-keep-mine", className: "main" }),
        form.button(P().takeTheirs, () => { take(mine, theirs); drawPart(); said(P().tookTheirs); }, { id: "profile-take-theirs" })));
  }

  /** Somebody has saved this firm's profile: at once on the screen when nothing is typed here, told otherwise. */
  async function noticed(mine) {
    const now = await api(`/customers/${mine.id}/profile`);
    if (mine !== state.mine || now.revision <= mine.revision) return;
    if (isDirty(mine)) await compare(mine);
    else { take(mine, now); drawPart(); }
  }

  addEventListener("beforeunload", (event) => { if ([...kept.values()].some(isDirty)) event.preventDefault(); });

  return {
    load,
    hears({ event }) {
      const { mine } = state;
      if (!mine || event.customer !== mine.id) return;
      if (event.kind === "delivery") parts.places.hears(event);
      if (event.kind !== "firm_changed") return;
      if (event.what === "profile") {
        clearTimeout(state.later);
        // One's own saving is told, too, and mostly before it is answered.
        state.later = setTimeout(() => noticed(mine).catch(() => {}), REFRESH_MS);
      } else day.load(mine).then(() => {
        const shows = () => { if (mine === state.mine && SAVES_ITSELF.includes(state.tab)) drawPart(); };
        if (isWriting()) document.activeElement.addEventListener("blur", () => setTimeout(shows), { once: true }); else shows();
      }, () => {});
    },
    redraw: draw,
    /** Nothing is shown to whoever comes next; what was not saved waits for the one who typed it, until somebody else comes. */
    forget(next = null) {
      clearTimeout(state.later);
      state.turn += 1;
      if (next != null && next !== state.user) { kept.clear(); state.mine = null; }
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
