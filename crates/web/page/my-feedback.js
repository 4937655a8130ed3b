// Praise, complaints and wishes about a report (F63): what was said, what was answered, and a form to say more.

/** What stands below a report. `tools` are the page's own. */
export function feedbackPart({ element, button, chip, W, filled, when, sends, may, written }, whole) {
  const key = `feedback ${whole.id}`;
  const made = element("div", { className: "dispute feedback" });
  for (const one of whole.feedback) {
    made.append(element("p", {}, chip(W.feedbackKinds[one.kind], one.answer ? "done" : "high"), ` ${one.words} `, element("small", { className: "quiet", textContent: `${one.said_by} ${when(one.said_ms)}` })),
      element("p", { className: one.answer ? "" : "quiet", textContent: one.answer ? filled(W.feedbackAnswer, { text: one.answer }) : W.feedbackWaits }));
  }
  if (!may("handle")) return made;
  const place = element("div");
  const ask = () => {
    const before = written.get(key);
    const kind = element("select", { name: "kind" }, ...Object.entries(W.feedbackKinds).map(([code, text]) => new Option(text, code, false, code === before?.kind)));
    const own = element("textarea", { name: "words", maxLength: 500, value: before?.words ?? "" });
    const error = element("p", { className: "error", role: "alert" });
    const form = element("form", {}, element("label", {}, element("span", { textContent: W.feedbackKind }), kind), element("label", {}, element("span", { textContent: W.feedbackWords }), own), error,
      element("div", { className: "acts" }, element("button", { className: "main", textContent: W.feedbackSend }), button(W.cancel, () => { written.delete(key); offer(); place.querySelector("button").focus(); })));
    form.oninput = () => written.set(key, { kind: kind.value, words: own.value });
    form.onsubmit = (event) => {
      event.preventDefault();
      sends(whole, key, "feedback", { kind: kind.value, words: own.value }, error, W.feedbackSent);
    };
    form.oninput(); // that it is open is kept, too
    place.replaceChildren(form);
    return kind;
  };
  const offer = () => place.replaceChildren(button(W.feedback, () => ask().focus()));
  // What was being written stays, whatever else is drawn anew.
  if (written.has(key)) ask(); else offer();
  made.append(place);
  return made;
}
