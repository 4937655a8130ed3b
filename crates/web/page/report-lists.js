// Lists beside the report's form: drafts that nobody has finished, manuals that one has not read, and for supervisors what was not
// delivered and what is to be done.
const REFRESH_MS = 500;

/** `tools` are the page's own, with `desk`, the report's form. */
export function reportLists(tools) {
  const { $, element, table, keyed, chip, filled, when, api, wrong, desk } = tools;
  const R = desk.words;
  const shown = { drafts: [], trouble: [], tasks: [], unread: [] };
  const drawn = new Map(); // part → what it shows: it is drawn again when that has changed, and not under anybody's hands
  const unfolded = new Set(); // manuals that somebody reads
  const written = new Map(); // task → what somebody writes as its result
  let writer = null; // whose that is: it is there again after a session that has ended
  let later = null;

  async function refresh() {
    const me = tools.me();
    if (!me) return;
    if (writer !== me.name) written.clear();
    writer = me.name;
    const supervises = me.role !== "operator";
    const none = () => [];
    const [drafts, unread, tasks] = await Promise.all([
      api("/reports/unfinished").catch(none),
      api("/manuals/unread").catch(none),
      supervises ? api("/tasks").catch(none) : [],
    ]);
    if (tools.me()?.name !== me.name) return;
    Object.assign(shown, { drafts, unread, trouble: tasks.filter((one) => one.delivery_now), tasks: tasks.filter((one) => !one.delivery_now) });
    draw();
  }

  /** Whether this part shows something else by now. */
  function isNew(part, what) {
    const now = JSON.stringify([what, tools.language(), tools.me()?.name]);
    if (drawn.get(part) === now) return false;
    drawn.set(part, now);
    return true;
  }

  function draw() {
    $("report-lists").hidden = !tools.me();
    $("report-drafts-part").hidden = !shown.drafts.length;
    if (isNew("drafts", shown.drafts)) table($("report-drafts"), [R().time, R().firm, tools.W().caller, R().operator, R().holder, ""], shown.drafts.map((draft) => [
      when(draft.created_ms), { text: draft.customer_name || tools.W().unknown, kind: "firm" }, draft.caller_display, draft.operator_name,
      draft.holder && !draft.holder.mine ? chip(draft.holder.name, "busy") : "",
      keyed(draft.id, element("button", { type: "button", className: "link", textContent: draft.holder && !draft.holder.mine ? R().takeOver : R().open, onclick: () => desk.openReport(draft.id, Boolean(draft.holder && !draft.holder.mine)) })),
    ]), R().noDrafts);
    $("report-unread-part").hidden = !shown.unread.length;
    if (isNew("unread", shown.unread)) $("report-unread").replaceChildren(...shown.unread.map((manual) => element("li", {},
      element("details", { open: isOpen(manual), ontoggle: (event) => opens(manual, event.target.open) }, element("summary", { textContent: `${manual.customer_name} ${filled(R().version, manual)} ${filled(R().from, { time: when(manual.from_ms) })}` }),
        element("p", { className: "report-manual", textContent: manual.text }),
        element("button", { type: "button", className: "main", textContent: R().acknowledge, ariaLabel: filled(R().acknowledgeOf, { firm: manual.customer_name }), onclick: () => act(`/customers/${manual.customer}/manuals/${manual.version}/acknowledge`) })))));
    const supervises = tools.me() && tools.me().role !== "operator";
    $("report-trouble-part").hidden = !supervises || !shown.trouble.length;
    if (isNew("trouble", shown.trouble)) table($("report-trouble"), [R().time, R().firm, R().recipient, R().state, R().why, ""], shown.trouble.map((one) => [
      when(one.created_ms), { text: one.customer_name, kind: "firm" }, `${one.label} (${tools.channel(one.delivery_now.channel)})`,
      chip(`${R().taskSorts[one.kind] ?? one.kind} · ${R().deliveryStates[one.delivery_now.state] ?? one.delivery_now.state}`, one.kind === "late" ? "busy" : "missed"), one.delivery_now.error,
      keyed(one.delivery, element("button", { type: "button", className: "link", textContent: R().again, ariaLabel: filled(R().againOf, { firm: one.customer_name, recipient: one.label }),
        onclick: () => act(`/deliveries/${one.delivery}/resend`) })),
    ]), R().noTrouble);
    $("report-tasks-part").hidden = !supervises || !shown.tasks.length;
    // A result that somebody is writing is left alone until it is done.
    const writes = document.activeElement?.dataset?.writes;
    if (writes && shown.tasks.some((one) => String(one.id) === writes)) return;
    if (isNew("tasks", shown.tasks)) table($("report-tasks"), [R().time, R().firm, R().tasks, R().why, R().result, ""], shown.tasks.map(task), R().noTasks);
  }

  const place = ({ customer, version }) => `${customer}/${version}`;
  const isOpen = (manual) => unfolded.has(place(manual));
  const opens = (manual, is) => { if (is) unfolded.add(place(manual)); else unfolded.delete(place(manual)); };

  /** A task, with the line in which its result is written (F35). */
  function task(one) {
    const what = R().taskSorts[one.kind] ?? one.kind;
    const result = element("input", { ariaLabel: `${R().result}: ${what}`, autocomplete: "off", value: written.get(one.id) ?? "",
      oninput: () => written.set(one.id, result.value) });
    result.dataset.writes = one.id;
    const ends = (end, words) => keyed(`${one.id} ${end}`, element("button", { type: "button", className: "link", textContent: words, ariaLabel: `${filled(R().doneOf, { what })}: ${words}`,
      onclick: () => act(`/tasks/${one.id}`, { end, note: result.value }) }));
    const told = element("span", { textContent: one.detail });
    if (one.text) told.append(element("details", {}, element("summary", { textContent: R().preview }), element("pre", { textContent: one.text })));
    return [when(one.created_ms), { text: one.customer_name, kind: "firm" }, what, told, result, element("span", { className: "acts" }, ends("done", R().done), ends("dropped", R().dropped))];
  }

  async function act(path, body) {
    $("report-lists-error").textContent = "";
    await api(path, { method: "POST", ...(body ? { body: JSON.stringify(body) } : {}) }).catch((error) => { $("report-lists-error").textContent = wrong(error); });
    await refresh();
  }

  return {
    refresh,
    hears({ event }) {
      if (!["report_changed", "report_sent", "delivery", "task", "firm_changed", "call_ended"].includes(event.kind)) return;
      later ??= setTimeout(() => { later = null; refresh(); }, REFRESH_MS);
    },
    redraw: draw,
    forget() {
      clearTimeout(later);
      later = null;
      Object.assign(shown, { drafts: [], trouble: [], tasks: [], unread: [] });
      for (const kept of [drawn, unfolded]) kept.clear();
      for (const id of ["report-drafts", "report-trouble", "report-tasks", "report-unread"]) $(id).replaceChildren();
      $("report-lists").hidden = true;
    },
  };
}
