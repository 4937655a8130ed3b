// What operators say for a firm, what is done when nobody reads, what the firm has bought, and how its reports read: parts of its
// profile.
import { choices, kindChoices } from "/profile-places.js";

const FEATURES = ["faq", "booking", "bridge", "schedule", "complaint"];
const NOISE = ["sales", "wrong_number", "silent"];
const TREATMENTS = ["normal", "digest", "suppress"];
const INPUTS = ["line", "text", "phone", "token", "date", "time", "items", "person", "tick", "choice"];
const NEEDS = ["always", "call_back", "no"];
const LIST_MAX = 50;
const MINUTE_S = 60;

// ---- Greetings, phrases, dos and don'ts ----

export function talkPart({ form, P, doc, element }) {
  const greeting = (one, path) => [
    form.row(form.hours(one, "hours", `${path}.hours`, P().hoursFrom, P().hoursUntil)),
    form.text(one, "text", `${path}.text`, P().greetingText, { rows: 2, placeholder: "お電話ありがとうございます。さくら歯科でございます。" }),
    form.line(one, "reading", `${path}.reading`, P().reading)];
  const phrase = (one, path) => form.row(form.line(one, "title", `${path}.title`, P().phraseTitle), form.text(one, "text", `${path}.text`, P().phraseText, { rows: 2 }));

  /** What is said at the end of a call of each kind; nothing: the usual. */
  function closings() {
    const { phrases } = doc();
    return kindChoices(P).map(([kind, name]) => {
      const path = `phrases.closings.${kind}`;
      const input = element("input", { name: path, value: phrases.closings[kind] ?? "", autocomplete: "off", placeholder: P().usual });
      const place = form.framed(name, path, input);
      input.addEventListener("input", () => {
        if (input.value) phrases.closings[kind] = input.value;
        else delete phrases.closings[kind];
      });
      return place;
    });
  }

  return {
    draw: () => [
      form.group(P().greetings, element("p", { className: "quiet", textContent: P().greetingsHint }),
        form.rows(doc().greetings, "greetings", { draw: greeting, id: "profile-greetings", addLabel: P().addGreeting, max: LIST_MAX, what: (_, n) => `${P().greetings} ${n + 1}`, add: () => ({ hours: null, text: "", reading: "" }) })),
      form.group(P().absent, element("p", { className: "quiet", textContent: P().absentHint }),
        form.rows(doc().phrases.absent, "phrases.absent", { draw: phrase, addLabel: P().addPhrase, max: LIST_MAX, what: (one, n) => one.title || `${n + 1}`, add: () => ({ title: "", text: "" }) })),
      form.group(P().closings, form.row(...closings())),
      form.group(P().complaint, form.several(doc().phrases, "complaint", "phrases.complaint", P().complaintLines, { rows: 4, hint: P().complaintHint })),
      form.group(P().dosAndDonts, form.row(form.several(doc(), "dos", "dos", P().dos, { rows: 5, hint: P().onePerLine }), form.several(doc(), "donts", "donts", P().donts, { rows: 5, hint: P().onePerLine }))),
    ],
  };
}

export function faqPart({ form, P, doc, element }) {
  const entry = (one, path) => [form.line(one, "question", `${path}.question`, P().question), form.text(one, "answer", `${path}.answer`, P().answer, { rows: 2 }),
    form.several(one, "keywords", `${path}.keywords`, P().keywords, { hint: P().keywordsHint })];
  return {
    draw: () => [element("p", { className: "quiet", textContent: P().faqHint }),
      form.rows(doc().faq, "faq", { draw: entry, id: "profile-faq", addLabel: P().addQuestion, max: 500, what: (one, n) => one.question || `${n + 1}`, add: () => ({ question: "", answer: "", keywords: [] }) })],
  };
}

// ---- What is done when nobody reads an urgent report ----

export function unreadPart(tools) {
  const { form, P, doc, element } = tools;
  const read = (to) => typeof to === "string" ? to : to.phone !== undefined ? "phone" : `recipient:${to.recipient}`;
  const write = (value) => value === "phone" ? { phone: "" } : value.startsWith("recipient:") ? { recipient: value.slice("recipient:".length) } : value;

  function rung(one, path) {
    const whom = [["supervisor", P().supervisor], ["phone", P().phoneCall], ...tools.places(false).map(([id, name]) => [`recipient:${id}`, name])];
    const number = one.to.phone === undefined ? [] : [form.line(one.to, "phone", `${path}.to.phone`, P().phoneNumber, { inputMode: "tel", hint: P().phoneHint })];
    const whole = form.row(form.count(one, "after_seconds", `${path}.after_seconds`, P().afterMinutes, { by: MINUTE_S, min: 0, max: 1440 }),
      form.choice(one, "to", `${path}.to`, P().tellWhom, whom, { read, write, then: tools.redraw }), ...number);
    // What is wrong with a number is said of the whole destination: that stands beside the number where there is one.
    if (number.length) form.places.set(`${path}.to`, form.places.get(`${path}.to.phone`));
    return whole;
  }

  return {
    draw: () => [
      form.group(P().ladder, element("p", { className: "quiet", textContent: P().ladderHint }),
        form.rows(doc().ladder, "ladder", { draw: rung, id: "profile-ladder", addLabel: P().addRung, max: 12, ordered: false, what: (_, n) => `${P().rung} ${n + 1}`,
          add: () => ({ after_seconds: (doc().ladder.at(-1)?.after_seconds ?? 0) + 5 * MINUTE_S, to: "supervisor" }) })),
      form.group(P().callOut, element("p", { className: "quiet", textContent: P().callOutHint }),
        form.row(form.tick(doc().call_out, "on", "call_out.on", P().callOutOn), form.line(doc().call_out, "number", "call_out.number", P().phoneNumber, { inputMode: "tel" }),
          form.tick(doc().call_out, "urgent_only", "call_out.urgent_only", P().urgentOnly))),
    ],
  };
}

// ---- What the firm has bought ----

export function planPart({ form, P, doc, element, api, wrong, filled, when, mine }) {
  /** A billing class of one's own for a kind; nothing: the usual. */
  function billing() {
    const { classes } = doc().billing;
    return kindChoices(P).map(([kind, name]) => {
      const path = `billing.classes.${kind}`;
      const input = element("input", { name: path, value: classes[kind] ?? "", autocomplete: "off", spellcheck: false, placeholder: P().usual });
      input.addEventListener("input", () => {
        if (input.value) classes[kind] = input.value;
        else delete classes[kind];
      });
      return form.framed(name, path, input);
    });
  }

  /** Whether the firm's people hear recordings by telephone; supervisors can take the PIN away. */
  function dialIn() {
    const place = element("p", { id: "firm-dial-in", role: "status" });
    const path = `/customers/${mine().id}/dial-in`;
    const show = async () => {
      const line = await api(path);
      if (!line.line) return;
      const told = line.locked_until_ms ? filled(P().pinLocked, { time: when(line.locked_until_ms) }) : line.set_ms ? filled(P().pinSet, { time: when(line.set_ms) }) : P().pinNone;
      const remove = element("button", { type: "button", textContent: P().pinRemove, onclick: () => api(path, { method: "DELETE" }).then(show).catch((error) => { place.textContent = wrong(error); }) });
      place.replaceChildren(filled(P().pinLine, { line: line.line, code: line.code }), " ", told, " ", ...(line.set_ms ? [remove] : []));
    };
    show().catch((error) => { place.textContent = wrong(error); });
    return place;
  }

  return {
    draw: () => [
      form.group(P().features, element("p", { className: "quiet", textContent: P().featuresHint }), form.row(...FEATURES.map((one) => form.tick(doc().features, one, `features.${one}`, P().featureWords[one]))),
        form.tick(doc(), "notice_only", "notice_only", P().noticeOnly, { hint: P().noticeOnlyHint })),
      form.group(P().listening, element("p", { className: "quiet", textContent: P().listeningHint }), form.row(form.tick(doc().listening, "on", "listening.on", P().listeningOn),
        form.count(doc().listening, "hours", "listening.hours", P().listeningHours, { min: 1 }), form.count(doc().listening, "times_max", "listening.times_max", P().listeningTimes, { min: 0, hint: P().listeningTimesHint })), dialIn()),
      form.group(P().noise, form.row(...NOISE.map((one) => form.choice(doc().noise, one, `noise.${one}`, P().kinds[one], choices(TREATMENTS, P().treatments))),
        form.count(doc(), "digest_hour", "digest_hour", P().digestHour, { min: 0, max: 23, hint: P().digestHint }))),
      form.group(P().billing, element("p", { className: "quiet", textContent: P().billingHint }), form.row(...billing())),
    ],
  };
}

// ---- How reports read ----

export function wordingPart(tools) {
  const { form, P, doc, element } = tools;

  function own(one, path) {
    const read = (input) => input == null ? "" : typeof input === "string" ? input : "choice";
    const write = (value) => value === "" ? null : value === "choice" ? { choice: [] } : value;
    const list = one.input?.choice;
    const option = (choice, at) => form.row(form.line(choice, "value", `${at}.value`, P().optionValue), form.line(choice, "ja", `${at}.ja`, P().inJapanese), form.line(choice, "en", `${at}.en`, P().inEnglish));
    return [
      form.row(form.line(one, "key", `${path}.key`, P().fieldKey, { spellcheck: false, hint: P().fieldKeyHint }), form.line(one, "ja", `${path}.ja`, P().inJapanese, { empty: null }), form.line(one, "en", `${path}.en`, P().inEnglish, { empty: null })),
      form.row(form.choice(one, "input", `${path}.input`, P().fieldInput, [["", P().asUsual], ...choices(INPUTS, P().inputs)], { read, write, then: tools.redraw }),
        form.choice(one, "required", `${path}.required`, P().fieldNeed, [["", P().asUsual], ...choices(NEEDS, P().needs)], { write: (value) => value || null }),
        form.tick(one, "hidden", `${path}.hidden`, P().fieldHidden)),
      ...(list ? [form.group(P().options, form.rows(list, `${path}.input.choice`, { draw: option, addLabel: P().addOption, max: 50, what: (choice, n) => choice.ja || `${n + 1}`, add: () => ({ value: "", ja: "", en: "" }) }))] : []),
      form.some(one, "kinds", `${path}.kinds`, P().fieldKinds, kindChoices(P), { hint: P().fieldKindsHint }),
    ];
  }

  return {
    draw: () => [
      form.row(form.choice(doc(), "language", "language", P().language, choices(["ja", "en"], P().languages))),
      form.group(P().templates, element("p", { className: "quiet", textContent: P().templatesHint }),
        form.line(doc().templates, "subject", "templates.subject", P().templateSubject, { empty: null, spellcheck: false, placeholder: P().usual }),
        form.text(doc().templates, "mail", "templates.mail", P().templateMail, { empty: null, rows: 6, spellcheck: false, placeholder: P().usual }),
        form.text(doc().templates, "chat", "templates.chat", P().templateChat, { empty: null, rows: 6, spellcheck: false, placeholder: P().usual })),
      form.group(P().form, form.some(doc().form, "without", "form.without", P().without, kindChoices(P)),
        element("p", { className: "quiet", textContent: P().fieldsHint }),
        form.rows(doc().form.fields, "form.fields", { draw: own, id: "profile-fields", addLabel: P().addField, max: 40, what: (one, n) => one.ja || one.key || `${n + 1}`,
          add: () => ({ key: "", ja: "", en: null, input: null, required: null, kinds: [], hidden: false }) })),
    ],
  };
}
