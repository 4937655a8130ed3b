// A new firm, from its name to the proof that it works (F61): the firm, how it was identified, its number, greeting and recipients; then
// a call that arrives, its greeting and its mail, with the evidence, and a sheet of it all. Supervisors prove; administrators set.
import { proofsPart, sheet } from "/onboarding-proofs.js";
import { words } from "/onboarding-words.js";
import { words as setupWords } from "/setup-words.js";

const STANDINGS = { not_begun: "", open: "busy", proved: "ready", changed: "missed" };
const CARRIERS = ["ntt", "kddi", "softbank", "ip", "mobile"];
const REFRESH_MS = 400;

/** `tools` are the page's own and the administration's. */
export function onboardingPart(tools) {
  const { element, build, A, api, send, show, list, chip, filled, when, isAdmin } = tools;
  const N = () => words[tools.language()] ?? words.en;
  const state = { firms: [], open: null, firm: null, profile: null, identity: [], runs: [], members: [], standing: null, written: {}, unproved: false, sheet: null, isHow: false, turn: 0 };
  const drafts = new Map(); // by firm: what is typed and not saved
  const inner = { ...tools, N, state, act, load, number: tools.number };
  const proofs = proofsPart(inner);
  const kept = (key, now) => state.written[key] ?? now ?? "";
  const write = (key, input) => { input.oninput = () => { state.written[key] = input.value; }; return input; };
  let later = 0;

  async function load() {
    const { open } = state;
    state.firms = await api("/onboardings");
    if (open == null || open === "new") return;
    const at = `/customers/${open}`;
    const [firm, profile, identity, proved, members] = await Promise.all([api(at), api(`${at}/profile`), api(`${at}/identity`), api(`${at}/onboardings`), isAdmin() ? api(`${at}/members`) : []]);
    // Another firm has been opened since.
    if (state.open !== open) return;
    const { runs, ...standing } = proved;
    Object.assign(state, { firm, profile, identity, runs, standing, members });
  }

  /** What is typed for a firm, now and when it is opened again. */
  function draftOf(id) {
    if (!drafts.has(id)) drafts.set(id, {});
    return drafts.get(id);
  }

  /** What was saved is typed no more; everything else is. */
  const saved = (written, ...keys) => { for (const key of keys) delete written[key]; };

  /** Does something, and shows what came of it. */
  function act(work, done = "") { return tools.act(work, done); }

  function open(id) {
    Object.assign(state, { open: id, firm: null, profile: null, identity: [], runs: [], members: [], standing: null, written: draftOf(id), sheet: null, isHow: false });
    return act(async () => {});
  }

  // ---- Every firm ----

  const standing = (one) => chip(N().standings[one.standing], STANDINGS[one.standing]);
  const changed = (one) => one.changed.map((what) => N().changed[what]).join(A().comma);

  function everybody() {
    const box = build.check("onboarding-unproved", N().unproved, state.unproved);
    box.querySelector("input").onchange = (event) => { state.unproved = event.target.checked; show(); };
    const rows = state.firms.filter((one) => !state.unproved || one.standing !== "proved").map((one) => {
      const opens = build.button(N().open, () => open(one.customer), { className: "link", ariaLabel: filled(N().openOf, { firm: one.name }) });
      opens.dataset.onboards = one.customer;
      return [{ text: `${one.name} (${one.code})`, kind: "firm" }, standing(one), changed(one), when(one.proved_ms), opens];
    });
    const add = isAdmin() ? [build.button(N().newFirm, () => open("new"), { id: "onboarding-new" })] : [];
    return [element("p", { className: "quiet", textContent: N().hint }), element("div", { className: "acts" }, ...add, box),
      list(N().title, [A().firm, A().state, N().since, N().proved, ""], rows)];
  }

  // ---- What is set ----

  function firmForm() {
    const { firm } = state;
    const plans = setupWords[tools.language()]?.plans ?? setupWords.en.plans;
    const line = (key, more) => write(key, build.input(`onboarding-${key}`, kept(key, firm?.[key]), { disabled: !isAdmin(), ...more }));
    const plan = write("plan", build.select("onboarding-plan", Object.entries(plans), kept("plan", firm?.plan ?? "widening")));
    plan.disabled = !isAdmin();
    const days = firm && isAdmin() ? [build.labelled(N().days, line("days", { type: "number", min: 1, max: 3653 }), N().daysHint)] : [];
    const code = firm ? [] : [build.labelled(N().code, line("code", { required: true, maxLength: 40 }), N().codeHint)];
    const did = firm ? [] : [build.labelled(N().did, line("did", { inputMode: "tel" }), N().didHint)];
    const save = () => act(async () => {
      const { written } = state;
      const { name, reading, plan: chosen, days: length, code: short, did: first } = written;
      if (!firm) {
        const made = await send("/customers", "POST", { code: short ?? "", name: name ?? "", reading: reading ?? "", plan: plan.value, greeting: "", dids: first ? [first] : [] });
        drafts.delete("new");
        if (state.open === "new") Object.assign(state, { open: made.id, written: draftOf(made.id) });
        await tools.changed?.();
        return;
      }
      const fresh = await api(`/customers/${firm.id}`);
      const { id: _, active: __, ...form } = fresh;
      await send(`/customers/${firm.id}`, "PUT", { ...form, name: name ?? form.name, reading: reading ?? form.reading, plan: chosen ?? form.plan, steps: (chosen ?? form.plan) === form.plan ? form.steps : [] });
      if (length) await send(`/keeping/${firm.id}`, "PUT", { days: Number(length) });
      saved(written, "name", "reading", "plan", "days");
    }, N().saved);
    return build.group(`1. ${N().steps.firm}`,
      build.row(...code, build.labelled(N().name, line("name", { required: true, maxLength: 100 })), build.labelled(N().reading, line("reading", { maxLength: 100 })), build.labelled(N().plan, plan), ...did, ...days),
      ...(isAdmin() ? [element("div", { className: "acts" }, build.button(firm ? N().save : N().create, save, { id: "onboarding-firm-save", className: "main" }))] : []));
  }

  function identityForm() {
    const rows = state.identity.map((one) => [one.checked_on, N().methods[one.method], one.document, one.reference, one.representative, one.purpose, one.note, `${one.noted_by} ${when(one.noted_ms)}`]);
    const parts = [list(N().steps.identity, [N().checkedOn, N().method, N().document, N().reference, N().representative, N().purpose, N().note, A().who], rows, N().noIdentity)];
    if (isAdmin()) {
      const line = (key, label, more = {}) => build.labelled(label, write(`id-${key}`, build.input(`identity-${key}`, kept(`id-${key}`), { maxLength: 100, ...more })));
      const method = write("id-method", build.select("identity-method", Object.entries(N().methods), kept("id-method", "in_person")));
      const add = () => act(async () => {
        const { written } = state;
        const form = Object.fromEntries(["document", "reference", "representative", "purpose", "checked_on", "note"].map((key) => [key, written[`id-${key}`] ?? ""]));
        await send(`/customers/${state.open}/identity`, "POST", { ...form, method: method.value });
        saved(written, ...Object.keys(written).filter((key) => key.startsWith("id-")));
      }, N().saved);
      parts.push(build.row(build.labelled(N().method, method), line("document", N().document), line("reference", N().reference), line("representative", N().representative), line("purpose", N().purpose), line("checked_on", N().checkedOn, { type: "date" }), line("note", N().note)),
        element("div", { className: "acts" }, build.button(N().addIdentity, add, { id: "identity-add" })));
    }
    return build.group(`2. ${N().steps.identity}`, ...parts);
  }

  function numberForm() {
    const { dids } = state.firm;
    const to = dids.length ? tools.number(dids[0]) : N().noNumber;
    const parts = [element("p", { id: "onboarding-dids", textContent: dids.map(tools.number).join(A().comma) || N().noNumber })];
    if (isAdmin()) {
      const did = write("did", build.input("onboarding-did", kept("did"), { inputMode: "tel" }));
      parts.push(build.row(build.labelled(N().did, did, N().didHint), element("div", { className: "acts" }, build.button(N().addDid, () => act(async () => { const { written } = state; await send("/dids", "POST", { number: did.value, customer: state.open }); saved(written, "did"); }, N().saved), { id: "onboarding-did-add" }))));
    }
    const how = element("details", { id: "onboarding-how", open: state.isHow, ontoggle: () => { state.isHow = how.open; } }, element("summary", { textContent: N().how }),
      element("p", { textContent: filled(N().howTo, { number: to }) }),
      element("dl", {}, ...CARRIERS.flatMap((carrier) => [element("dt", { textContent: N().carriers[carrier].name }), element("dd", { textContent: filled(N().carriers[carrier].how, { number: to }) })])),
      element("p", { className: "quiet", textContent: N().howCheck }));
    return build.group(`3. ${N().steps.number}`, ...parts, how);
  }

  /** The greeting of all hours: those of some hours are in the firm's settings. */
  function greetingForm() {
    const { firm, profile } = state;
    const always = profile.profile.greetings.find((one) => !one.hours);
    const text = write("greeting", element("textarea", { name: "onboarding-greeting", rows: 2, maxLength: 500, value: kept("greeting", always?.text ?? firm.greeting), disabled: !isAdmin() }));
    const reading = write("greeting-reading", element("textarea", { name: "onboarding-greeting-reading", rows: 2, maxLength: 500, value: kept("greeting-reading", always?.reading), disabled: !isAdmin() }));
    const save = () => act(async () => {
      const { written } = state;
      const fresh = await api(`/customers/${firm.id}/profile`);
      const hourly = fresh.profile.greetings.filter((one) => one.hours);
      await send(`/customers/${firm.id}/profile`, "PUT", { revision: fresh.revision, profile: { ...fresh.profile, greetings: [...hourly, { text: text.value, reading: reading.value }] } });
      saved(written, "greeting", "greeting-reading");
    }, N().saved);
    const hours = profile.profile.greetings.filter((one) => one.hours).length;
    return build.group(`4. ${N().steps.greeting}`, build.row(build.labelled(N().greeting, text), build.labelled(N().greetingReading, reading)),
      ...(hours ? [element("p", { className: "quiet", textContent: filled(N().hourly, { count: hours }) })] : []),
      ...(isAdmin() ? [element("div", { className: "acts" }, build.button(N().save, save, { id: "onboarding-greeting-save" }))] : []));
  }

  function recipientsForm() {
    const { firm, profile: { profile } } = state;
    const rows = profile.recipients.map((one) => [one.label || one.id, tools.channel(one.channel.type), one.channel.address ?? "", one.active ? chip(N().inUse, "ready") : chip(A().unused, "")]);
    const parts = [list(N().steps.recipients, [A().recipient, A().channel, N().address, A().state], rows, N().noRecipients)];
    if (isAdmin()) {
      const label = write("mail-label", build.input("onboarding-mail-label", kept("mail-label"), { maxLength: 100 }));
      const address = write("mail-address", build.input("onboarding-mail-address", kept("mail-address"), { type: "email", maxLength: 254 }));
      const add = () => act(async () => {
        const { written } = state;
        const fresh = await api(`/customers/${firm.id}/profile`);
        const known = new Set(fresh.profile.recipients.map((one) => one.id));
        let place = 1;
        while (known.has(`mail-${place}`)) place += 1;
        const made = { id: `mail-${place}`, label: label.value, channel: { type: "email", address: address.value } };
        const rules = fresh.profile.rules.length ? fresh.profile.rules : [{ to: [{ who: "everyone" }] }];
        await send(`/customers/${firm.id}/profile`, "PUT", { revision: fresh.revision, profile: { ...fresh.profile, recipients: [...fresh.profile.recipients, made], rules } });
        saved(written, "mail-label", "mail-address");
      }, N().saved);
      parts.push(build.row(build.labelled(N().label, label), build.labelled(N().address, address), element("div", { className: "acts" }, build.button(N().addMail, add, { id: "onboarding-mail-add" }))),
        element("p", { className: "quiet", textContent: N().moreRecipients }));
    }
    return build.group(`5. ${N().steps.recipients}`, ...parts);
  }

  /** Who of the firm logs in to my page; a telephone that is lost takes nobody's page away. */
  function loginsForm() {
    const at = `/customers/${state.open}/members`;
    const rows = state.members.filter((one) => one.active).map((one) => [one.name, one.login, N().roles[one.role],
      build.button(N().resetFactor, () => act(() => send(`${at}/${one.id}/second-factor`, "DELETE"), filled(N().factorGone, { name: one.name })), { className: "link", ariaLabel: `${N().resetFactor}: ${one.name}` })]);
    const login = write("member-login", build.input("onboarding-member-login", kept("member-login"), { spellcheck: false, autocapitalize: "none", maxLength: 100 }));
    const name = write("member-name", build.input("onboarding-member-name", kept("member-name"), { maxLength: 100 }));
    const add = async () => {
      const { written } = state;
      const made = await act(async () => {
        const made = await send(at, "POST", { login: login.value, name: name.value, role: state.members.length ? "member" : "owner" });
        saved(written, "member-login", "member-name");
        return made;
      });
      if (made) tools.said(filled(N().loginMade, made));
    };
    return build.group(`6. ${N().steps.logins}`, list(N().steps.logins, [N().name, N().login, N().role, ""], rows),
      build.row(build.labelled(N().login, login, N().loginHint), build.labelled(N().memberName, name), element("div", { className: "acts" }, build.button(N().addLogin, add, { id: "onboarding-member-add" }))));
  }

  function whole() {
    const back = element("div", { className: "acts" }, build.button(N().back, () => open(null), { id: "onboarding-back" }));
    if (state.open === "new") return [back, firmForm()];
    if (!state.firm) return [back];
    const head = element("h3", { id: "onboarding-firm" }, `${state.firm.name} `, standing(state.standing));
    const note = state.standing.changed.length ? [element("p", { className: "error", id: "onboarding-changed", textContent: filled(N().changedSince, { what: changed(state.standing), time: when(state.standing.proved_ms) }) })] : [];
    if (state.sheet) return [element("div", { className: "acts" }, build.button(N().back, () => { state.sheet = null; show(); }, { id: "onboarding-sheet-back" }), build.button(N().print, () => print(), { id: "onboarding-print", className: "main" }),
      element("a", { href: `/api/v1/onboardings/${state.sheet}`, download: `onboarding-${state.firm.code}-${state.sheet}.json`, textContent: N().json, id: "onboarding-json" })), ...note,
      sheet(inner, state.runs.find((run) => run.id === state.sheet))];
    return [back, head, ...note, firmForm(), identityForm(), numberForm(), greetingForm(), recipientsForm(), ...(isAdmin() ? [loginsForm()] : []), ...proofs.draw()];
  }

  /** Something has happened: it is shown at once, but not under somebody's hands. */
  function soon() {
    clearTimeout(later);
    later = setTimeout(async () => {
      const place = tools.$("admin-panel-onboarding");
      if (!place || place.hidden || state.open == null || state.open === "new") return;
      const turn = ++state.turn;
      try {
        await proofs.notice();
        await load();
      } catch { return; }
      const hands = document.activeElement;
      const typing = place.contains(hands) && hands.matches("input, textarea, select");
      const playing = [...place.querySelectorAll("audio")].find((audio) => !audio.paused);
      if (turn !== state.turn) return;
      // Nor is what somebody listens to cut off.
      if (typing) hands.addEventListener("blur", soon, { once: true });
      else if (playing) playing.addEventListener("pause", soon, { once: true });
      else show();
    }, REFRESH_MS);
  }

  return {
    load, open,
    /** Somebody goes elsewhere. */
    leave() { clearTimeout(later); },
    draw: () => state.open == null ? everybody() : whole(),
    hears({ event }) {
      const ours = event.customer == null || event.customer === state.open;
      if (["call_arrived", "call_answered", "call_ended", "delivery", "firm_changed"].includes(event.kind) && ours) soon();
    },
  };
}
