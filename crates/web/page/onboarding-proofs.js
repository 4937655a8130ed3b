// The three proofs of a run, with their evidence: what waits, what holds, who says so. And the sheet that is printed of them.

const STATES = { accepted: "ready", dead: "missed", bounced: "missed", retry: "missed" };
const WINDOW_SECONDS = 8;

/** `tools` are the administration's, with `N`, `state`, `act`, `load`. */
export function proofsPart(tools) {
  const { element, build, A, N, state, act, api, send, list, chip, filled, when } = tools;
  const newest = () => state.runs[0];
  const say = (what, body = {}) => send(`/onboardings/${newest().id}/${what}`, "POST", body);
  const kept = (key, now) => state.written[key] ?? now;
  const write = (key, input) => { input.oninput = () => { state.written[key] = input.value; }; return input; };
  const mark = (holds) => chip(holds ? N().holds : N().waits, holds ? "ready" : "busy");
  const facts = (...pairs) => element("dl", { className: "facts" }, ...pairs.filter(([, text]) => text).map(([name, text]) => element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: text }))));

  /** A call that has come since is noted by itself; one that nobody answered makes way for the next. */
  async function notice() {
    const run = newest();
    if (!run || run.proved_ms || run.greeting || run.call?.operator != null) return;
    await say("call").catch((error) => { if (error.status !== 404 && error.status !== 409) throw error; });
  }

  function arrives(run) {
    const { call, route } = run;
    const [did] = state.firm.dids;
    const parts = [element("p", {}, mark(Boolean(call)), ` ${call ? N().callHere : filled(N().callNow, { number: did ? tools.number(did) : N().noNumber })}`)];
    if (call) parts.push(facts([N().call, call.call], [N().did, tools.number(call.did)], [N().caller, callerOf(tools, call)], [N().arrived, when(call.arrived_ms)], [N().answered, when(call.answered_ms)], [N().operator, call.operator_name || N().nobody], [A().who, `${call.noted_by} ${when(call.noted_ms)}`]));
    if (route) {
      const what = route.known ? filled(N().routeKnown, { number: tools.number(route.did) }) : filled(N().routeUnknown, { number: tools.number(route.did) });
      parts.push(element("p", { id: "onboarding-route", className: route.known && route.trunks_up.length ? "" : "error", textContent: [what, filled(N().routeTrunks, { up: route.trunks_up.join(A().comma) || A().none, down: route.trunks_down.join(A().comma) || A().none }), filled(N().routeOperators, { count: route.operators }), route.open ? N().routeOpen : N().routeClosed, when(route.at_ms)].join(" · ") }));
    }
    if (!run.proved_ms) parts.push(element("div", { className: "acts" }, build.button(N().askRoute, () => act(() => say("route")), { id: "onboarding-ask-route", disabled: !did }), build.button(N().lookForCall, () => act(() => say("call")), { id: "onboarding-look" })));
    return build.group(`${N().proofOf} 1: ${N().proofs.call}`, ...parts);
  }

  function greeted(run) {
    const { call, greeting } = run;
    const parts = [element("p", {}, greeting && !greeting.right ? chip(N().wrong, "missed") : mark(Boolean(greeting)), ` ${greeting ? "" : call?.operator != null ? N().greetNow : N().greetLater}`)];
    if (greeting) {
      parts.push(element("blockquote", { id: "onboarding-greeted", textContent: greeting.greeting }), facts([N().greetingReading, greeting.reading], [N().heard, N().heards[greeting.heard]], [N().window, filled(N().seconds, { from: greeting.from_ms / 1000, until: greeting.until_ms / 1000 })], [N().operator, greeting.operator_name],
        [N().revision, String(greeting.revision)], [N().note, greeting.note], [A().who, `${greeting.by} ${when(greeting.at_ms)}`]));
    }
    if (run.proved_ms || call?.operator == null) return build.group(`${N().proofOf} 2: ${N().proofs.greeting}`, ...parts);
    if (!greeting) parts.push(element("blockquote", { textContent: run.written.text }), facts([N().greetingReading, run.written.reading]));
    const player = element("audio", { controls: true, preload: "none", ariaLabel: N().listen, src: `/api/v1/calls/${call.call}/recording` });
    const from = write("window-from", build.input("onboarding-from", kept("window-from", 0), { type: "number", min: 0, step: "any" }));
    const until = write("window-until", build.input("onboarding-until", kept("window-until", WINDOW_SECONDS), { type: "number", min: 0, step: "any" }));
    const note = write("greet-note", build.input("onboarding-greet-note", kept("greet-note", ""), { maxLength: 500 }));
    const judge = (right) => act(async () => {
      const { written } = state;
      await say("greeting", { call: call.call, heard: "recording", right, from_ms: Math.round(Number(from.value) * 1000), until_ms: Math.round(Number(until.value) * 1000), note: note.value });
      for (const key of ["greet-note", "window-from", "window-until"]) delete written[key];
    });
    parts.push(player, build.row(build.labelled(N().from, from), build.labelled(N().until, until), build.labelled(N().note, note, N().noteHint)),
      element("div", { className: "acts" }, build.button(N().right, () => judge(true), { id: "onboarding-right", className: "main" }), build.button(N().notRight, () => judge(false), { id: "onboarding-not-right" })));
    return build.group(`${N().proofOf} 2: ${N().proofs.greeting}`, ...parts);
  }

  const says = (one) => one.arrived == null ? "" : `${one.arrived ? N().isThere : N().isNotThere} — ${one.said_by} ${when(one.said_ms)}`;
  const mailLine = (run) => (one) => {
    const confirm = (arrived) => act(() => say("mail/arrived", { recipient: one.recipient, arrived }));
    const acts = run.proved_ms || one.arrived ? [] : [
      build.button(N().isThere, () => confirm(true), { disabled: one.state !== "accepted", ariaLabel: `${one.label}: ${N().isThere}` }), build.button(N().isNotThere, () => confirm(false), { className: "link", ariaLabel: `${one.label}: ${N().isNotThere}` })];
    for (const button of acts) button.dataset.arrived = one.recipient;
    return [one.label, tools.channel(one.channel), chip(A().states[one.state] ?? one.state, STATES[one.state] ?? "busy"), when(one.accepted_ms), { text: one.remote_id, kind: "code" }, one.error, element("span", {}, says(one), ...acts)];
  };

  function mailed(run) {
    const { mail } = run;
    const holds = Boolean(mail?.recipients.length) && mail.recipients.every((one) => one.state === "accepted" && one.arrived);
    const parts = [element("p", {}, mark(holds), ` ${mail ? filled(N().mailSent, { who: mail.sent_by, time: when(mail.sent_ms) }) : N().mailNow}`)];
    if (mail) parts.push(list(N().proofs.mail, [A().recipient, A().channel, A().state, N().accepted, N().remote, A().detail, N().said], mail.recipients.map(mailLine(run))));
    if (!run.proved_ms) parts.push(element("div", { className: "acts" }, build.button(mail ? N().sendAgain : N().sendTest, () => act(() => say("mail")), { id: "onboarding-send" })));
    return build.group(`${N().proofOf} 3: ${N().proofs.mail}`, ...parts);
  }

  return {
    notice,
    draw() {
      const run = newest();
      const begin = build.button(run ? N().again : N().begin, () => act(async () => { await api(`/customers/${state.open}/onboardings`, { method: "POST" }); }), { id: "onboarding-begin", className: run ? "" : "main" });
      const title = element("h3", { textContent: N().proofsTitle });
      if (!run) return [title, element("p", { textContent: N().beginHint }), element("div", { className: "acts" }, begin)];
      const opens = (one) => {
        const button = build.button(N().showSheet, () => { state.sheet = one.id; tools.show(); }, { ariaLabel: `${N().showSheet}: ${when(one.begun_ms)}`, className: "link" });
        button.dataset.sheet = one.id;
        return button;
      };
      const rows = state.runs.map((one) => [when(one.begun_ms), one.begun_by, one.proved_ms ? chip(N().standings.proved, "ready") : chip(N().standings.open, "busy"), when(one.proved_ms), one.proved_by, opens(one)]);
      const head = run.proved_ms ? filled(N().provedAt, { time: when(run.proved_ms), who: run.proved_by }) : filled(N().begunAt, { time: when(run.begun_ms), who: run.begun_by });
      return [title, element("p", { id: "onboarding-run", textContent: head }), arrives(run), greeted(run), mailed(run), element("div", { className: "acts" }, begin),
        element("h3", { textContent: N().runs }), list(N().runs, [N().begunHead, A().who, A().state, N().proved, A().who, ""], rows)];
    },
  };
}

const callerOf = ({ number, N }, call) => call.purged_ms ? N().purged : number(call.caller) || N().withheld;

/** A run with its evidence on one page. */
export function sheet(tools, run) {
  const { element, N, A, state, filled, when, table } = tools;
  const { call, greeting, mail } = run;
  const rows = [
    [N().proofs.call, call ? N().holds : N().waits, call ? `${N().call} ${call.call} · ${N().did} ${tools.number(call.did)} · ${N().caller} ${callerOf(tools, call)} · ${N().arrived} ${when(call.arrived_ms)} · ${N().answered} ${when(call.answered_ms)} · ${call.operator_name}` : ""],
    [N().proofs.greeting, greeting?.right ? N().holds : greeting ? N().wrong : N().waits, greeting ? `「${greeting.greeting}」 (${N().revision} ${greeting.revision}, ${greeting.fingerprint}) · ${N().heards[greeting.heard]} · ${filled(N().seconds, { from: greeting.from_ms / 1000, until: greeting.until_ms / 1000 })} · SHA-256 ${greeting.recording_sha256 || "—"} · ${greeting.by} ${when(greeting.at_ms)} ${greeting.note}` : ""],
    ...(mail?.recipients ?? [null]).map((one) => [N().proofs.mail, one?.arrived && one.state === "accepted" ? N().holds : N().waits, one ? `${one.label} (${tools.channel(one.channel)}) · ${one.delivery} · ${N().accepted} ${when(one.accepted_ms)} · ${one.remote_id} ${one.error} · ${one.arrived ? N().isThere : ""} ${one.said_by} ${when(one.said_ms)}` : ""]),
  ];
  const made = element("table", { ariaLabel: N().sheet });
  table(made, [N().proofOf, A().state, N().evidence], rows, A().none);
  return element("article", { className: "certificate", id: "onboarding-sheet" }, element("h3", { textContent: N().sheet }),
    element("p", {}, element("strong", { textContent: state.firm.name }), ` (${state.firm.code}) · ${state.firm.dids.map(tools.number).join(A().comma)}`),
    element("p", { textContent: run.proved_ms ? filled(N().provedAt, { time: when(run.proved_ms), who: run.proved_by }) : N().notProved }), made,
    element("p", { className: "quiet", textContent: `${N().runNumber} ${run.id} · ${filled(N().begunAt, { time: when(run.begun_ms), who: run.begun_by })}` }));
}
