// One field of a report's form: its input, how it says that nothing could be heard, and what the server thinks of it.

const PEOPLE_MAX = 6;
const COLOURS = { confirmed: "ready", plausible: "ready", doubtful: "busy", wrong: "missed" };
/** Small kana and width do not matter, nor whether it is hiragana: the roster is found as people type it. */
const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60)).replace(/\s/g, "");

const typeOf = (input) => typeof input === "string" ? input : "choice";

/**
 * `field` is `{ key, ja, en, input, required }` as the API has it; `value` is `{ said }`, `"unheard"` or nothing; `changed` hears each
 * value, `readBack` each tick. Gives `{ place, input, set, shows, complains, unheard, isEmpty, people }`.
 */
export function fieldOf(tools) {
  const { element, chip, R, field, sheet, changed } = tools;
  const id = `report-field-${field.key}`;
  const type = typeOf(field.input);
  const input = inputOf(tools, id);
  // How urgent it is, and how the caller seemed, is the operator's own judgement.
  const canBeUnheard = type !== "tick" && !["urgency", "mood"].includes(field.key);
  const missing = element("span", { className: "error", id: `${id}-missing` });
  const number = element("span", { className: "report-number" });
  const suggestions = element("div", { className: "acts report-suggestions" });
  const unheardButton = element("button", { type: "button", className: "report-unheard", textContent: R().unheard, title: R().unheardKey, tabIndex: -1, onclick: unheard });
  let isUnheard = false;
  let composing = false;
  let people = tools.people;
  let complaint = ""; // what is missing here
  let complaining = false; // somebody wanted to send: from now on it is said

  const label = element("label", { htmlFor: id, textContent: field[tools.language()] });
  if (field.required === "always") label.append(" ", element("small", { className: "quiet", textContent: R().required }));
  const place = element("div", { className: `report-field report-${type}` }, label,
    element("div", { className: "report-input" }, input, ...picker(type), ...(canBeUnheard ? [unheardButton] : [])), number, suggestions, missing);
  input.setAttribute("aria-describedby", missing.id);

  /** What is in it now: nothing when it is blank. */
  function value() {
    if (isUnheard) return "unheard";
    if (type === "tick") return input.checked ? { said: "yes" } : null;
    const said = type === "person" ? people.find((one) => one.name === input.value)?.id ?? input.value : input.value;
    return said.trim() ? { said } : null;
  }

  /** A calendar or a clock beside a day or a time, which may be said in words, too. */
  function picker(kind) {
    if (kind !== "date" && kind !== "time") return [];
    const choose = () => { if (pick.value && !isUnheard) { input.value = pick.value; typed(); } };
    const pick = element("input", { type: kind, className: "report-picker", tabIndex: -1, ariaLabel: field[tools.language()], onchange: choose });
    return [pick];
  }

  function typed() {
    if (isUnheard) return;
    changed(value());
    if (type === "person") suggest();
  }

  function unheard() {
    if (!canBeUnheard) return;
    isUnheard = !isUnheard;
    draw();
    changed(value());
    input.focus();
  }

  function draw() {
    unheardButton.setAttribute("aria-pressed", String(isUnheard));
    input.readOnly = isUnheard;
    place.classList.toggle("report-is-unheard", isUnheard);
  }

  function set(given) {
    if (composing) return; // whoever is typing knows better
    isUnheard = given === "unheard";
    const said = given?.said ?? "";
    if (type === "tick") input.checked = said === "yes";
    else input.value = type === "person" ? people.find((one) => one.id === said)?.name ?? said : said;
    draw();
  }

  /** People of the firm whose name or kana has what is typed; and what may be told of them now (F19, F20). */
  function suggest() {
    const asked = folded(input.value);
    const fits = people.filter((one) => asked && [one.name, one.kana, one.title].some((text) => folded(text ?? "").includes(asked)));
    suggestions.replaceChildren(...fits.slice(0, PEOPLE_MAX).map((one) => element("button", { type: "button", className: "link",
      textContent: [one.name, one.title, one.now?.sentence].filter(Boolean).join(" · "),
      onclick: () => { input.value = one.name; typed(); suggestions.replaceChildren(); input.focus(); } })));
  }

  // Made once: whoever is about to tick it does not lose it when something is saved.
  const digits = element("strong", { className: "report-digits" });
  const signals = element("span");
  const tick = element("input", { type: "checkbox", onchange: () => tools.readBack(tick.checked) });
  const checked = element("span", { hidden: true }, digits, " ", signals, element("label", { className: "report-tick" }, tick, ` ${R().readBack}`));
  const callers = element("button", { type: "button", className: "link", hidden: true, textContent: `${R().useCaller} (${sheet.caller_display})`,
    onclick: () => { set({ said: sheet.caller_display }); changed(value()); } });
  if (type === "phone") number.append(checked, callers);

  /** The number as it will be read, what speaks for and against it, and the tick of who has read it back. */
  function showsNumber(assured) {
    checked.hidden = !assured;
    callers.hidden = Boolean(assured) || !sheet.caller_display || isUnheard;
    digits.textContent = assured?.display ?? "";
    tick.checked = assured?.read_back ?? false;
    signals.replaceChildren(...(assured ? [chip(R().badges[assured.badge] ?? assured.badge, COLOURS[assured.badge] ?? ""), " ",
      ...assured.words.map((words) => element("span", { className: "quiet", textContent: `${words[tools.language()]} ` }))] : []));
  }

  function complain() {
    missing.textContent = complaining ? complaint : "";
    input.setAttribute("aria-invalid", String(complaining && Boolean(complaint)));
    place.classList.toggle("report-is-missing", Boolean(complaint));
  }

  // An input method's letters are no text before they are chosen: until then nothing is sent.
  input.addEventListener("compositionstart", () => { composing = true; });
  input.addEventListener("compositionend", () => { composing = false; typed(); });
  input.addEventListener("input", (event) => { if (!composing && !event.isComposing) typed(); });

  set(tools.value);
  return {
    place, input, set, unheard,
    /** What the server thinks of it. */
    shows({ missing: words, number: assured }) {
      complaint = words ?? "";
      complain();
      showsNumber(assured);
    },
    /** From now on it is said beside the field what is missing: a form that nobody has written yet does not complain. */
    complains() { complaining = true; complain(); },
    isEmpty: () => value() == null,
    /** The roster has changed. */
    people(list) { people = list; if (document.activeElement === input) suggest(); },
  };
}

function inputOf({ element, field, language }, id) {
  const plain = { id, name: field.key, autocomplete: "off" };
  switch (typeOf(field.input)) {
    case "text": return element("textarea", { ...plain, rows: 3 });
    case "items": return element("textarea", { ...plain, rows: 2 });
    case "phone": return element("input", { ...plain, inputMode: "tel", spellcheck: false });
    // A product's number is what it is: nobody corrects it (F25).
    case "token": return element("input", { ...plain, spellcheck: false, autocapitalize: "none", className: "report-token" });
    case "tick": return element("input", { ...plain, type: "checkbox" });
    case "choice": return element("select", plain, new Option("", ""), ...field.input.choice.map((choice) => new Option(choice[language()], choice.value)));
    default: return element("input", plain);
  }
}
