// An operator's own scores and what was said to them (F62). Loaded for operators.
import { ownWords } from "/own.js";
import { words } from "/quality-words.js";

/** `tools` are the page's own. */
export function ownQuality(tools) {
  const { $, element, table, chip, when, api } = tools;
  const Q = () => words[tools.language()] ?? words.en;
  const place = $("quality");
  const own = ownWords(tools);
  let scores = null;

  async function load() {
    [scores] = await Promise.all([api("/quality/mine"), own.load()]);
    draw();
  }

  function draw() {
    if (!scores?.length) return;
    const list = element("table", { id: "quality-mine", ariaLabel: Q().mine });
    const lines = scores.flatMap((one) => [
      [when(one.scored_ms), element("strong", { textContent: `${one.percent} %` }), one.sheet?.comment ?? "", one.fresh ? chip(Q().fresh, "busy") : ""],
      ...(one.sheet?.marks ?? []).map((mark) => ["", mark[tools.language()] ?? mark.en, mark.comment, { text: `${mark.points}`, kind: "number" }]),
    ]);
    table(list, [Q().time, Q().criterion, Q().comment, Q().points], lines, Q().none);
    const fresh = scores.filter((one) => one.fresh).length;
    place.replaceChildren(element("details", { open: fresh > 0 }, element("summary", { textContent: Q().mine }), element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: Q().mine }, list)));
    place.hidden = false;
  }

  return { load, hears: own.hears, redraw() { draw(); own.redraw(); }, forget(next) { own.forget(next); scores = null; place.replaceChildren(); place.hidden = true; } };
}
