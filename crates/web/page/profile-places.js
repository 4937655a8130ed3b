// Where a firm's reports go, by which rules, and who its people are: parts of its profile.

const CHANNELS = {
  email: [["address", "mail"]], chatwork: [["room"], ["token", "secret"], ["mention", "several"]], slack: [["channel"], ["token", "secret"], ["mention", "several"]],
  slack_webhook: [["url", "secret"]], google_chat: [["url", "secret"]], teams: [["url", "secret"]],
  line_works: [["client_id"], ["client_secret", "secret"], ["service_account"], ["private_key", "key"], ["bot"], ["channel", "maybe"], ["user", "maybe"]],
  line: [["to"], ["token", "secret"]], discord: [["url", "secret"]], webhook: [["url", "secret"], ["secret", "secret"]], phone: [["number", "phone"]],
};
const KINDS = ["message", "inquiry", "booking_new", "booking_change", "booking_cancel", "complaint", "sales", "wrong_number", "silent"];
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WHO = ["named", "top", "firm", "everyone"];
const MAXES = { recipients: 100, rules: 100, people: 300, to: 50 };

export const choices = (codes, words) => codes.map((code) => [code, words[code] ?? code]);
export const kindChoices = (P) => choices(KINDS, P().kinds);

/** A code that none of them has. */
function fresh(items, prefix) {
  let n = items.length + 1;
  while (items.some((one) => one.id === `${prefix}-${n}`)) n += 1;
  return `${prefix}-${n}`;
}

const blank = (type) => ({ type, ...Object.fromEntries(CHANNELS[type].map(([field, sort]) => [field, sort === "several" ? [] : sort === "maybe" ? null : ""])) });

// ---- Recipients ----

export function placesPart(tools) {
  const { form, P, doc, mine, element, chip, api, wrong, filled, when } = tools;
  const before = new WeakMap(); // by recipient: what stood in its other channels' fields

  function channelFields(one, path) {
    const at = `${path}.channel`;
    return CHANNELS[one.channel.type].map(([field, sort]) => {
      const label = P().channelFields[one.channel.type][field];
      const common = { spellcheck: false, autocapitalize: "none" };
      switch (sort) {
        case "several": return form.several(one.channel, field, `${at}.${field}`, label, { ...common, hint: P().mentionHint });
        case "key": return form.text(one.channel, field, `${at}.${field}`, label, { ...common, hint: P().secretHint });
        case "secret": return form.line(one.channel, field, `${at}.${field}`, label, { ...common, hint: P().secretHint });
        case "maybe": return form.line(one.channel, field, `${at}.${field}`, label, { ...common, empty: null });
        case "mail": return form.line(one.channel, field, `${at}.${field}`, label, { ...common, inputMode: "email" });
        case "phone": return form.line(one.channel, field, `${at}.${field}`, label, { ...common, inputMode: "tel", hint: P().phoneHint });
        default: return form.line(one.channel, field, `${at}.${field}`, label, common);
      }
    });
  }

  /** Another channel: what was typed for the one before waits, in case it was a slip. */
  function change(one, type) {
    const typed = { ...before.get(one), [one.channel.type]: one.channel };
    before.set(one, typed);
    one.channel = typed[type] ?? blank(type);
    tools.redraw();
  }

  function recipient(one, path) {
    const pick = { type: one.channel.type };
    const others = tools.places(true).filter(([id]) => id !== one.id);
    return [
      form.row(form.line(one, "label", `${path}.label`, P().label, { hint: P().labelHint }),
        form.choice(one, "person", `${path}.person`, P().owner, [["", P().firmsOwn], ...tools.people()], { write: (value) => value || null }),
        form.choice(pick, "type", `${path}.channel.type`, P().channel, choices(Object.keys(CHANNELS), P().channels), { then: () => change(one, pick.type) })),
      form.row(...channelFields(one, path)),
      form.row(form.tick(one, "active", `${path}.active`, P().active),
        form.choice(one, "fallback", `${path}.fallback`, P().fallback, [["", P().nobodyElse], ...others], { write: (value) => value || null, hint: P().fallbackHint })),
      ...(one.channel.type === "phone" ? [] : [trial(one)]),
    ];
  }

  // ---- A trial ----

  function trial(one) {
    const place = element("span", { role: "status" });
    place.dataset.trialOf = one.id;
    shows(place, mine().trials.get(one.id));
    const button = form.button(P().trial, () => tries(one.id), { className: "trial", ariaLabel: filled(P().trialOf, { place: tools.placeName(one) }) });
    button.dataset.tries = one.id;
    return element("div", { className: "acts" }, button, place);
  }

  /** A trial goes to what is saved: to what stands on the screen unsaved it cannot. */
  async function tries(id) {
    const saved = tools.isSaved((profile) => id ? profile.recipients.find((one) => one.id === id) : profile.recipients);
    if (!saved) return told(id, { problem: P().trialUnsaved });
    told(id, { state: "waiting" });
    const now = mine();
    try {
      const asked = id ? `?recipient=${encodeURIComponent(id)}` : "";
      const answer = await api(`/customers/${now.id}/test-report${asked}`, { method: "POST" });
      if (mine() !== now) return;
      for (const delivery of answer.deliveries) told(delivery.recipient, { ...delivery, report: answer.report });
      if (!id) told(null, null);
      await look(answer.report);
    } catch (error) { told(id, { problem: [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — ") }); }
  }

  async function look(report) {
    const now = mine();
    const found = await api(`/reports/${report}`);
    if (mine() !== now) return;
    for (const delivery of found.deliveries) told(delivery.recipient, { ...delivery, report, why: delivery.error });
  }

  function told(id, news) {
    if (id) mine().trials.set(id, news);
    for (const place of document.querySelectorAll("[data-trial-of]")) if (place.dataset.trialOf === (id ?? "")) shows(place, news);
  }

  function shows(place, news) {
    if (!news) return place.replaceChildren();
    if (news.problem) return place.replaceChildren(element("span", { className: "missed", textContent: news.problem }));
    const kind = news.state === "accepted" ? "ready" : ["dead", "bounced"].includes(news.state) ? "missed" : "busy";
    place.replaceChildren(chip(P().trialStates[news.state] ?? news.state, kind), ` ${[news.accepted_ms && when(news.accepted_ms), news.why].filter(Boolean).join(" · ")}`);
  }

  return {
    draw() {
      const all = element("span", { role: "status" });
      all.dataset.trialOf = "";
      return [element("p", { className: "quiet", textContent: P().placesHint }),
        form.rows(doc().recipients, "recipients", { draw: recipient, id: "profile-places", addLabel: P().addPlace, max: MAXES.recipients, what: (one) => tools.placeName(one),
          add: () => ({ id: fresh(doc().recipients, "place"), label: "", person: null, channel: blank("email"), active: true, fallback: null }) }),
        form.row(form.count(doc(), "recipients_max", "recipients_max", P().recipientsMax, { min: 1, max: 30, hint: P().recipientsMaxHint })),
        element("div", { className: "acts" }, form.button(P().trialAll, () => tries(null), { id: "profile-trial-all", className: "trial" }), all)];
    },
    /** A delivery has come further: perhaps one of a trial. */
    hears(event) {
      if ([...mine().trials.values()].some((news) => news.report === event.report)) look(event.report).catch(() => {});
    },
  };
}

// ---- Rules ----

const readWho = (who) => typeof who === "string" ? who : Object.entries(who)[0].join(":");
const writeWho = (value) => {
  const [sort, ...id] = value.split(":");
  return id.length ? { [sort]: id.join(":") } : sort;
};

export function rulesPart(tools) {
  const { form, P, doc, element } = tools;
  const whoChoices = () => [...choices(WHO, P().who), ...tools.people().map(([id, name]) => [`person:${id}`, `${P().whoPerson}: ${name}`]),
    ...tools.places(true).map(([id, name]) => [`recipient:${id}`, `${P().whoPlace}: ${name}`])];

  /** The rule in a line, as it will be read. */
  function sentence(rule) {
    const { people, kinds, urgency, hours, days } = rule.when;
    const names = new Map(tools.people());
    const when = [people.map((id) => names.get(id) ?? id).join(P().or), kinds.map((kind) => P().kinds[kind]).join(P().or), urgency && urgency !== "normal" ? P().atLeast[urgency] : "",
      days.map((day) => P().days[day]).join(P().or), hours ? `${hours.from}–${hours.until}` : ""].filter(Boolean).join(P().and);
    const whom = new Map(whoChoices());
    const to = rule.to.map((one) => (whom.get(readWho(one.who)) ?? readWho(one.who)) + (one.by === "both" ? "" : ` (${P().by[one.by]})`)).join(P().and);
    return `${when || P().everyCall} → ${to || P().nobody}${rule.also ? ` ${P().alsoShort}` : ""}`;
  }

  function destination(to, path) {
    return form.row(form.choice(to, "who", `${path}.who`, P().toWhom, whoChoices(), { read: readWho, write: writeWho }),
      form.choice(to, "by", `${path}.by`, P().byWhat, choices(["both", "mail", "chat"], P().by)));
  }

  function rule(one, path) {
    const line = element("strong", { className: "sentence", textContent: sentence(one) });
    const at = `${path}.when`;
    const body = element("div", {},
      line,
      form.row(form.choice(one.when, "urgency", `${at}.urgency`, P().urgencyAtLeast, [["", P().any], ...choices(["high", "urgent"], P().atLeast)], { write: (value) => value || null }),
        form.hours(one.when, "hours", `${at}.hours`, P().hoursFrom, P().hoursUntil)),
      ...(doc().people.length || one.when.people.length ? [form.some(one.when, "people", `${at}.people`, P().askedFor, tools.people())] : []),
      form.some(one.when, "kinds", `${at}.kinds`, P().kind, kindChoices(P)),
      form.some(one.when, "days", `${at}.days`, P().onDays, choices(DAYS, P().days)),
      form.group(P().goesTo, form.rows(one.to, `${path}.to`, { draw: destination, addLabel: P().addTo, max: MAXES.to, what: (to, n) => `${P().goesTo} ${n + 1}`, add: () => ({ who: "named", by: "both" }) })),
      form.tick(one, "also", `${path}.also`, P().also, { hint: P().alsoHint }));
    body.addEventListener("input", () => { line.textContent = sentence(one); });
    body.addEventListener("change", () => { line.textContent = sentence(one); });
    return body;
  }

  return {
    draw: () => [element("p", { className: "quiet", textContent: P().rulesHint }),
      form.rows(doc().rules, "rules", { draw: rule, id: "profile-rules", addLabel: P().addRule, max: MAXES.rules, what: (_, n) => `${P().rule} ${n + 1}`,
        add: () => ({ when: { people: [], kinds: [], urgency: null, hours: null, days: [] }, to: [{ who: "named", by: "both" }], also: false }) })],
  };
}

// ---- People ----

export function peoplePart(tools) {
  const { form, P, doc, element } = tools;
  const person = (one, path) => form.row(form.line(one, "name", `${path}.name`, P().personName, { placeholder: "佐藤 花子" }),
    form.line(one, "kana", `${path}.kana`, P().kana, { placeholder: "さとう はなこ" }), form.line(one, "title", `${path}.title`, P().personTitle, { placeholder: "院長" }));
  return {
    draw: () => [element("p", { className: "quiet", textContent: P().peopleHint }),
      form.rows(doc().people, "people", { draw: person, id: "profile-people", addLabel: P().addPerson, max: MAXES.people, what: (one, n) => one.name || `${n + 1}`,
        add: () => ({ id: fresh(doc().people, "person"), name: "", kana: "", title: "" }) })],
  };
}
