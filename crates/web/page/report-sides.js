// What stands beside a report's form: what the operator has to know about the firm and the caller, and may say.

const FAQ_MAX = 5;
const PHRASE_KEYS = 9;

/** `tools` are those of the form, with `R()`, `use(text)` for what goes into the report, `usedFaq(id)` and `reload()`. */
export function sides(tools) {
  const { $, element, chip, filled, when, api, wrong, R, use } = tools;
  let sheet = null;
  let held = []; // notes that are about this call
  let wanted = ""; // what is being looked for in the questions

  /** A part with a heading; nothing at all when there is nothing to tell. */
  function part(title, ...inside) {
    const told = inside.flat().filter(Boolean);
    return told.length ? [element("section", { className: "report-part" }, element("h3", { textContent: title }), ...told)] : [];
  }

  const list = (items) => items?.length ? element("ul", {}, ...items.map((item) => element("li", {}, ...[item].flat()))) : null;
  /** What is said, and the button that puts it into the report: the first nine in the order of the page have a key (Ctrl+1 …). */
  const phrase = (text, title) => {
    const button = element("button", { type: "button", className: "link", textContent: R().usePhrase, onclick: () => use(text) });
    button.dataset.phrase = title ?? text;
    return [...(title ? [element("strong", { textContent: `${title} ` })] : []), text, " ", button];
  };

  /** The keys of the phrases, as they stand on the page now. */
  function numbers() {
    [...$("report-body").querySelectorAll("button[data-phrase]")].forEach((button, place) => {
      button.textContent = place < PHRASE_KEYS ? `${R().usePhrase} (Ctrl+${place + 1})` : R().usePhrase;
      button.ariaLabel = `${button.textContent}: ${button.dataset.phrase}`;
    });
  }

  function draws(given) {
    sheet = given;
    const { firm, people, manual, faq, earlier } = sheet;
    const finding = document.activeElement?.id === "report-faq-find";
    $("report-sides").replaceChildren(element("div", { id: "report-notes" }),
      ...part(R().people, list(people.map(person))),
      ...part(R().absent, list(firm.absent.map((one) => phrase(one.text, one.title)))),
      ...part(R().dos, list(firm.dos)),
      ...part(R().donts, list(firm.donts)),
      ...(manual ? part(`${R().manual} ${filled(R().version, manual)}`, readTick(manual, firm), manual.changes && element("p", {}, element("strong", { textContent: manual.changes })), element("p", { className: "report-manual", textContent: manual.text })) : []),
      ...(faq.length ? part(R().faq, questions(faq)) : []),
      ...part(R().earlier, earlier.length ? list(earlier.map(before)) : element("p", { className: "quiet", textContent: R().earlierNone })),
    );
    drawNotes();
    numbers();
    if (finding) $("report-faq-find")?.focus();
  }

  function drawNotes() {
    $("report-notes")?.replaceChildren(...part(R().notes, list(held.map((note) => note.text))));
  }

  /** A person, the day, and the sentence that is said of it. */
  function person(one) {
    const name = element("strong", { textContent: [one.name, one.kana && `（${one.kana}）`, one.title].filter(Boolean).join(" ") });
    return [name, ...(one.today.length ? [` ${one.today.join("、")}`] : []), ...(one.now ? [element("br"), one.now.sentence, element("br"), ...phrase(one.now.promise)] : [])];
  }

  function readTick(manual, firm) {
    if (manual.acknowledged) return null;
    const read = (event) => acknowledge(manual.version, event.target);
    return element("button", { type: "button", className: "main", textContent: R().acknowledge, ariaLabel: filled(R().acknowledgeOf, { firm: firm.name }), onclick: read });
  }

  async function acknowledge(version, button) {
    button.disabled = true;
    await api(`/customers/${sheet.report.customer}/manuals/${version}/acknowledge`, { method: "POST" }).catch((error) => { $("report-error").textContent = wrong(error); });
    tools.reload();
  }

  /** What may be answered at once (F24); which answer was given goes into the report. */
  function questions(faq) {
    const found = element("ul");
    const find = element("input", { id: "report-faq-find", type: "search", value: wanted, placeholder: R().faqFind, ariaLabel: R().faqFind, autocomplete: "off", oninput: () => { wanted = find.value; draw(); } });
    function draw() {
      const asked = find.value.trim().toLowerCase();
      const fits = faq.map((entry, place) => ({ ...entry, place }))
        .filter((entry) => !asked || [entry.question, entry.answer, ...entry.keywords].join(" ").toLowerCase().includes(asked)).slice(0, FAQ_MAX);
      found.replaceChildren(...fits.map((entry) => {
        const said = element("button", { type: "button", className: "link", textContent: R().faqUse, onclick: async () => {
          await tools.usedFaq(entry.place).then(() => { said.textContent = R().faqUsed; said.disabled = true; }, (error) => { $("report-error").textContent = wrong(error); });
        } });
        return element("li", {}, element("strong", { textContent: entry.question }), element("br"), `${entry.answer} `, said);
      }));
    }
    draw();
    return [find, found];
  }

  /** An earlier report of this caller, and whether anybody has read it (F09). */
  function before(report) {
    return [element("strong", { textContent: `${when(report.at_ms)} ${report[tools.language()]} ` }), [report.text, report.told].filter(Boolean).join(" → "), " ",
      ...(report.deliveries.length ? report.deliveries.flatMap((one) => [delivery(one), " "]) : [chip(R().reportStates[report.state] ?? report.state, "busy")])];
  }

  /** An earlier call of this number: with its report, or that nobody has answered it. */
  function calledBefore(call) {
    const missed = call.answered ? [] : [" ", chip(R().notAnswered, "missed")];
    return call.report ? [...before(call.report), ...missed] : [element("strong", { textContent: `${when(call.at_ms)} ` }), call.operator_name, ...missed];
  }

  /** Where one recipient's copy is. */
  function delivery(one) {
    const state = one.seen_ms ? filled(R().seenAt, { time: when(one.seen_ms) }) : R().deliveryStates[one.state] ?? one.state;
    const kind = one.seen_ms || one.state === "accepted" ? "ready" : ["dead", "bounced"].includes(one.state) ? "missed" : "busy";
    const unread = one.state === "accepted" && !one.seen_ms ? ` · ${R().unread}` : "";
    return element("span", { className: `chip ${kind}`, textContent: `${one.label}: ${state}${unread}`, title: one.why ?? "" });
  }

  return {
    draws, delivery,
    /** Instructions that are about this call, as far as it is known by now (F23). */
    notes(notes) {
      held = notes;
      drawNotes();
    },
    /** How a complaint is taken (F08), as soon as it is one; and what else is said to this kind. */
    script(given, kind) {
      const lines = kind === "complaint" ? given.firm.script : [];
      const closing = given.kinds.find((one) => one.kind === kind)?.closing;
      $("report-script").hidden = !lines.length && !closing;
      $("report-script").replaceChildren(
        ...(lines.length ? [element("h3", { textContent: R().script }), element("ol", {}, ...lines.map((line) => element("li", { textContent: line })))] : []),
        ...(closing ? [element("h3", { textContent: R().closing }), element("p", {}, ...phrase(closing))] : []),
      );
      numbers();
    },
    /** What is known while the phone rings: of the firm's people and the day, for this caller, and what this number called for before. */
    before({ sheet: known, manual }) {
      const text = known?.manual?.text ?? manual;
      const day = (one) => [element("strong", { textContent: [one.name, one.kana && `（${one.kana}）`, one.title].filter(Boolean).join(" ") }),
        ...(one.today.length ? [` ${one.today.join("、")}`] : []), ...(one.now ? [element("br"), one.now.sentence] : [])];
      return [
        ...part(R().notes, list(known?.notes)),
        ...part(R().people, list(known?.people.map(day))),
        ...part(R().earlier, list(known?.earlier.map(calledBefore))),
        ...part(R().dos, list(known?.dos)),
        ...part(R().donts, list(known?.donts)),
        ...part(R().manual, text && element("p", { className: "report-manual", textContent: text })),
      ];
    },
    forgets() {
      sheet = null;
      held = [];
      wanted = "";
      $("report-sides").replaceChildren();
      $("report-script").hidden = true;
    },
  };
}
