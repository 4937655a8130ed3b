// Settings tried before they are saved: who would get a report, why, and how it would look to each.
import { choices, kindChoices } from "/profile-places.js";
import { problemsOf } from "/bound.js";
import { fromJapan } from "/profile-day.js";

export function tryPart(tools) {
  const { form, P, doc, mine, element, api, wrong, filled } = tools;
  let asked = { kind: "message", urgency: "normal", person: "", at: "" };

  async function tries(place) {
    const now = mine();
    try {
      const body = { profile: doc(), kind: asked.kind, urgency: asked.urgency, person: asked.person || null, at_ms: asked.at ? fromJapan(asked.at) : null };
      const answer = await api(`/customers/${now.id}/profile/try`, { method: "POST", body: JSON.stringify(body) });
      if (mine() === now) shows(place, answer);
    } catch (error) {
      const problems = problemsOf(error);
      // They stand beside their fields on the other tabs, too.
      if (problems.length) mine().problems = problems;
      place.replaceChildren(element("p", { className: "missed", textContent: problems.length ? P().tryFirst : wrong(error) }),
        ...problems.map((one) => element("p", { textContent: `${P().parts[one.field.match(/^[a-z_]+/)?.[0]] ?? one.field}: ${[one.what, one.remedy].filter(Boolean).join(" — ")}` })));
    }
  }

  function shows(place, { policy, recipients, beyond_plan: beyond }) {
    place.replaceChildren(element("p", {}, element("strong", { textContent: P().policies[policy] }), recipients.length ? "" : ` ${P().nobody}`),
      ...(beyond.length ? [element("p", { className: "missed", textContent: filled(P().beyondPlan, { places: beyond.join(P().or) }) })] : []),
      ...recipients.map((one) => element("details", { open: recipients.length === 1 },
        element("summary", { textContent: `${one.label} · ${P().channels[one.channel]} — ${one.why}` }),
        ...(one.subject ? [element("p", {}, element("strong", { textContent: one.subject }))] : []), element("pre", { textContent: one.text, tabIndex: 0 }))));
  }

  return {
    draw() {
      const place = element("div", { id: "profile-tried", role: "status" });
      return [element("p", { className: "quiet", textContent: P().tryHint }),
        form.row(form.choice(asked, "kind", "try.kind", P().kind, kindChoices(P)), form.choice(asked, "urgency", "try.urgency", P().urgency, choices(["normal", "high", "urgent"], P().urgencies)),
          form.choice(asked, "person", "try.person", P().askedFor, [["", P().nobodyNamed], ...tools.people()]), form.line(asked, "at", "try.at", P().tryAt, { type: "datetime-local", hint: P().emptyNow })),
        element("div", { className: "acts" }, form.button(P().try, () => tries(place), { id: "profile-try", className: "main" })), place];
    },
  };
}

