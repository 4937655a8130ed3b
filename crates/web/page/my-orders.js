// A firm's roster, the places where its reports go and the rules that choose among them, on my page. One document: it is saved as a
// whole, or not at all, and what was typed stays until then.

const CODE = { people: "person", recipients: "place" };

/** The part of `#keeping` for whoever manages the firm's page. */
export function orders({ element, button, filled, send, api, wrong, W }) {
  let whole = null;
  let place = null;
  let changed = false;
  let loaded = "";
  let turn = 0;
  let drawn = null; // the form, even while another page hides it

  const labelled = (text, field) => element("label", {}, element("span", { textContent: text }), field);
  const fresh = (items, prefix) => {
    let n = items.length + 1;
    while (items.some((one) => one.id === `${prefix}-${n}`)) n += 1;
    return `${prefix}-${n}`;
  };

  /** A field that writes into `owner[key]`; `path` is how a refusal names it. */
  function line(owner, key, path, label, more = {}) {
    const field = element("input", { value: owner[key] ?? "", autocomplete: "off", ...more });
    field.dataset.path = path;
    field.oninput = () => { owner[key] = field.value; changed = true; };
    return labelled(label, field);
  }

  function choice(label, path, choices, value, write) {
    const field = element("select", {}, ...choices.map(([code, text]) => new Option(text, code)));
    field.dataset.path = path;
    field.value = value;
    field.onchange = () => { write(field.value); changed = true; draw(); };
    return labelled(label, field);
  }

  const chosen = (label, is, write) => {
    const field = element("input", { type: "checkbox", checked: is });
    field.onchange = () => { write(field.checked); changed = true; };
    return element("label", { className: "tick" }, field, element("span", { textContent: label }));
  };

  /** The rows of one list: each can go up, down and away. */
  function rows(items, list, name, inside) {
    return element("ol", { className: "orders" }, ...items.map((one, n) => {
      const what = name(one, n);
      const at = (act, row) => `${list}[${row}] ${act}`;
      const act = (code, text, label, off, does) => {
        const made = button(text, () => { const row = does(); changed = true; draw(); focuses(at(code, row), at("up", row), at("down", row), at("remove", row), `add ${list}`); }, { disabled: off, ariaLabel: filled(label, { what }) });
        made.dataset.path = at(code, n);
        return made;
      };
      const move = (to) => () => { items.splice(to, 0, ...items.splice(n, 1)); return to; };
      const group = element("fieldset", {}, element("legend", { textContent: what }), element("div", { className: "fields" }, ...inside(one, `${list}[${n}]`)),
        element("div", { className: "acts" }, act("up", "↑", W().upOf, n === 0, move(n - 1)), act("down", "↓", W().downOf, n === items.length - 1, move(n + 1)),
          act("remove", W().remove, W().removeOf, false, () => { items.splice(n, 1); return Math.min(n, items.length - 1); })));
      return element("li", {}, group);
    }));
  }

  const person = (id) => whole.people.find((one) => one.id === id)?.name || id;
  const placeName = (one) => one.label || one.channel.address || W().channels[one.channel.type] || one.channel.type;
  const people = () => whole.people.map((one) => [one.id, one.name || one.id]);

  const roster = () => rows(whole.people, "people", (one, n) => one.name || `${n + 1}`, (one, path) => [
    line(one, "name", `${path}.name`, W().memberName, { required: true, placeholder: "佐藤 花子" }),
    line(one, "kana", `${path}.kana`, W().kana, { placeholder: "さとう はなこ" }),
    line(one, "title", `${path}.title`, W().personTitle),
  ]);

  const places = () => rows(whole.recipients, "recipients", placeName, (one, path) => [
    line(one, "label", `${path}.label`, W().placeLabel),
    one.channel.type === "email"
      ? line(one.channel, "address", `${path}.channel.address`, W().mail, { type: "email", required: true, inputMode: "email" })
      : element("p", { className: "quiet", textContent: `${W().channels[one.channel.type] ?? one.channel.type} ${W().byUs}` }),
    choice(W().whose, `${path}.person`, [["", W().firms], ...people()], one.person ?? "", (value) => { one.person = value || null; }),
    chosen(W().inUse, one.active, (is) => { one.active = is; }),
  ]);

  // Whom a rule tells, as one word of a list: `person:sato`.
  const read = (who) => typeof who === "string" ? who : Object.entries(who)[0].join(":");
  const write = (code) => { const [sort, ...id] = code.split(":"); return id.length ? { [sort]: id.join(":") } : sort; };
  const whom = () => [...Object.entries(W().who), ...people().map(([id, name]) => [`person:${id}`, name]),
    ...whole.recipients.map((one) => [`recipient:${one.id}`, placeName(one)])];

  /** What else a rule depends on, which is kept as it is. */
  const besides = ({ when }) => [when.people.length > 1 ? when.people.map(person).join(W().or) : "", when.kinds.length > 1 ? when.kinds.map((kind) => W().kinds[kind]).join(W().or) : "",
    when.days.map((day) => W().days[day]).join(W().or), when.hours ? `${when.hours.from}–${when.hours.until}` : ""].filter(Boolean).join(", ");

  const rules = () => rows(whole.rules, "rules", (_, n) => filled(W().rule, { n: n + 1 }), (one, path) => {
    const single = (key, label, choices) => one.when[key].length > 1 ? []
      : [choice(label, `${path}.when.${key}`, [["", W().any], ...choices], one.when[key][0] ?? "", (value) => { one.when[key] = value ? [value] : []; })];
    const rest = besides(one);
    return [
      ...single("people", W().askedFor, people()),
      ...single("kinds", W().kind, Object.entries(W().kinds)),
      choice(W().urgency, `${path}.when.urgency`, [["", W().any], ["high", W().atLeast.high], ["urgent", W().atLeast.urgent]], one.when.urgency ?? "", (value) => { one.when.urgency = value || null; }),
      ...(rest ? [element("p", { className: "quiet", textContent: filled(W().besides, { what: rest }) })] : []),
      ...one.to.map((to, n) => choice(W().goesTo, `${path}.to[${n}].who`, [...(one.to.length > 1 ? [["", W().nobody]] : []), ...whom()], read(to.who),
        (value) => { if (value) to.who = write(value); else one.to.splice(n, 1); })),
      keyed(`${path} to`, button(W().addTo, () => { one.to.push({ who: "firm", by: "both" }); changed = true; draw(); })),
      chosen(W().also, one.also, (is) => { one.also = is; }),
    ];
  });

  /** The first of these that can be worked with, after everything was drawn anew. */
  function focuses(...paths) {
    const found = paths.map((path) => place.querySelector(`[data-path="${CSS.escape(path)}"]:not(:disabled)`)).find((one) => one);
    found?.focus();
  }

  const keyed = (path, made) => { made.dataset.path = path; return made; };
  const add = (text, list, make) => keyed(`add ${list}`, button(text, () => { whole[list].push(make()); changed = true; draw(); place.querySelector(`[data-list=${list}] li:last-child input, [data-list=${list}] li:last-child select`)?.focus(); }));
  const panel = (title, hint, list, inside, more) => {
    const made = element("section", { className: "panel" }, element("h2", { textContent: title }), element("p", { className: "quiet", textContent: hint }), inside, element("div", { className: "acts" }, more));
    made.dataset.list = list;
    return made;
  };

  const said = element("p", { role: "alert", className: "error" });
  const kept = element("p", { role: "status" });

  const lists = (orders) => JSON.stringify([orders.people, orders.recipients, orders.rules]);

  /** Where the house has changed something else of the profile meanwhile, it is no conflict. */
  async function put(body) {
    try {
      return await send("PUT", "/orders", body);
    } catch (error) {
      if (error.status !== 409) throw error;
      const fresh = await api("/orders");
      if (lists(fresh) !== loaded) throw error;
      return send("PUT", "/orders", { ...body, revision: fresh.revision });
    }
  }

  async function save(event) {
    event.preventDefault();
    for (const field of place.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    said.textContent = kept.textContent = "";
    const asked = whole;
    const { revision, people: roster, recipients, rules: read } = whole;
    const sent = JSON.stringify({ people: roster, recipients, rules: read });
    try {
      const now = await put({ revision, ...JSON.parse(sent) });
      if (whole !== asked) return; // somebody else is here by now, or it was read anew
      const { people: roster, recipients, rules: read } = whole;
      // What was typed meanwhile is kept, for the next time, and whoever types is left alone.
      changed = JSON.stringify({ people: roster, recipients, rules: read }) !== sent;
      loaded = lists(now);
      kept.textContent = W().saved;
      if (changed) return void (whole.revision = now.revision);
      // From now on the fields write into another document: those that stand there are drawn anew, in whichever language they are by now.
      whole = now;
      if (drawn?.isConnected) { turn += 1; draw(); }
    } catch (error) {
      if (whole !== asked) return;
      said.textContent = wrong(error);
      const field = place.querySelector(`[data-path="${CSS.escape(error.body?.field ?? "-")}"]`);
      if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
    }
  }

  function draw() {
    const focus = document.activeElement?.dataset?.path;
    const form = element("form", {},
      panel(W().roster, W().rosterHint, "people", roster(), add(W().addPerson, "people", () => ({ id: fresh(whole.people, CODE.people), name: "", kana: "", title: "" }))),
      panel(W().places, filled(W().placesHint, { count: whole.recipients_max }), "recipients", places(), add(W().addPlace, "recipients",
        () => ({ id: fresh(whole.recipients, CODE.recipients), label: "", person: null, channel: { type: "email", address: "" }, active: true, fallback: null }))),
      panel(W().rules, W().rulesHint, "rules", rules(), add(W().addRule, "rules",
        () => ({ when: { people: [], kinds: [], urgency: null, hours: null, days: [] }, to: [{ who: "named", by: "both" }], also: false }))),
      said, kept, element("div", { className: "acts" }, keyed("save", element("button", { className: "main", textContent: W().save }))));
    form.onsubmit = save;
    form.noValidate = true;
    drawn = form;
    place.replaceChildren(form);
    if (focus) focuses(focus);
  }

  return {
    /** What is not saved yet stays when the page is drawn again, in another language too. */
    async show(where) {
      place = where;
      const mine = ++turn;
      said.textContent = kept.textContent = "";
      if (!changed) {
        const fresh = await api("/orders");
        // Somebody has gone elsewhere, or begun to type, since.
        if (mine !== turn || changed) return;
        whole = fresh;
        loaded = lists(whole);
      }
      draw();
    },
    /** Something else is shown in its place. */
    hides() { turn += 1; },
    /** Nothing is left for whoever logs in next. */
    forget() { turn += 1; whole = null; changed = false; loaded = ""; said.textContent = kept.textContent = ""; },
    get isChanged() { return changed; },
  };
}
