// Praise, complaints and wishes about a report (F63): what was said, what was answered, and a form to say more.

/** What stands below a report. `tools` are the page's own; `again` shows the report anew. */
export function feedbackPart({ element, button, chip, W, filled, when, send, wrong, may }, whole, again) {
  const made = element("div", { className: "dispute feedback" });
  for (const one of whole.feedback) {
    made.append(element("p", {}, chip(W.feedbackKinds[one.kind], one.answer ? "done" : "high"), ` ${one.words} `, element("small", { className: "quiet", textContent: `${one.said_by} ${when(one.said_ms)}` })),
      element("p", { className: one.answer ? "" : "quiet", textContent: one.answer ? filled(W.feedbackAnswer, { text: one.answer }) : W.feedbackWaits }));
  }
  if (!may("handle")) return made;
  const place = element("div");
  const ask = () => {
    const kind = element("select", { name: "kind" }, ...Object.entries(W.feedbackKinds).map(([code, text]) => new Option(text, code)));
    const own = element("textarea", { name: "words", maxLength: 500 });
    const error = element("p", { className: "error", role: "alert" });
    const form = element("form", {}, element("label", {}, element("span", { textContent: W.feedbackKind }), kind), element("label", {}, element("span", { textContent: W.feedbackWords }), own), error,
      element("div", { className: "acts" }, element("button", { className: "main", textContent: W.disputeSend }), button(W.cancel, offer)));
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        await send("POST", `/reports/${whole.id}/feedback`, { kind: kind.value, words: own.value });
        await again();
      } catch (why) { error.textContent = wrong(why); }
    };
    place.replaceChildren(form);
    kind.focus();
  };
  const offer = () => place.replaceChildren(button(W.feedback, ask));
  offer();
  made.append(place);
  return made;
}
