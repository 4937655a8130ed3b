// How a client firm's calls are answered, as a form: who rings and when, what a waiting caller gets, the calendar.
import { calendarForm } from "/calendar.js";
import { numberOrNothing } from "/form.js";

const RING_MS = 3000;
const PLANS = ["widening", "longest_idle", "fewest_calls", "least_talk", "round_robin", "top_down", "weighted", "ring_all"];
const WHO = ["best", "suited", "everyone", "supervisors", "managers"];
const TELL = ["nothing", "position", "expected_wait"];
const ABANDONED = ["report", "call_back", "ignore"];
// What a plan that is made a widening one begins with.
const USUAL = [["best1", 0], ["best3", 1], ["everyone", 2], ["supervisors", 2.5], ["managers", 2.5]];

const rings = (ms) => Number((ms / RING_MS).toFixed(4));
const choices = (codes, words) => codes.map((code) => [code, words[code] ?? code]);

/** The form of a firm's row; `read()` gives what is to be sent. */
export function firmForm(tools, firm) {
  const { element, build, words: W, teams } = tools;
  const { labelled, input, select, group, row } = build;
  const plan = select("plan", choices(PLANS, W.plans), firm.plan);
  const team = input("team", firm.team, { maxLength: 40 });
  team.setAttribute("list", "known-teams");
  const ring = input("ring_seconds", firm.ring_seconds, { type: "number", min: 1, max: 120, required: true });
  const priority = input("priority", firm.priority, { type: "number", min: 0, max: 9, required: true });
  const steps = stepsForm(tools, firm.steps);
  const widening = () => { steps.form.hidden = plan.value !== "widening"; };
  plan.onchange = () => { if (plan.value === "widening" && !steps.count()) steps.usual(); widening(); };
  widening();

  const waiting = waitingForm(tools, firm.waiting);
  const abandoned = select("abandoned", choices(ABANDONED, W.abandonedPolicies), firm.abandoned);
  const calendar = calendarForm(tools, structuredClone(firm.calendar));
  const form = element("div", {},
    group(W.ringing, row(labelled(W.plan, plan), labelled(W.team, team, W.teamHint), labelled(W.ringSeconds, ring), labelled(W.priority, priority, W.priorityHint)), steps.form),
    group(W.waiting, waiting.form, row(labelled(W.abandoned, abandoned))),
    calendar.form,
    element("datalist", { id: "known-teams" }, ...teams.map((name) => new Option(name))));
  return {
    form,
    read() {
      const { id: _, active: __, ...kept } = firm;
      return {
        ...kept, plan: plan.value, steps: plan.value === "widening" ? steps.read() : [], team: team.value.trim(),
        ring_seconds: Number(ring.value), priority: Number(priority.value), waiting: waiting.read(), abandoned: abandoned.value, calendar: calendar.read(),
      };
    },
  };
}

/** Who rings from which ring on: a line a step. */
function stepsForm({ element, build, words: W, filled }, given) {
  const { labelled, input, button, select } = build;
  const place = element("ol", { className: "lines", id: "steps" });
  const add = (who, after) => {
    const [word, count] = who.startsWith("best") ? ["best", who.slice(4)] : [who, "1"];
    const at = input("step-rings", after, { type: "number", min: 0, max: 40, step: "any", required: true, ariaLabel: W.stepRings });
    const whom = select("step-who", choices(WHO, W.who), word);
    whom.ariaLabel = W.stepWho;
    const many = input("step-count", count, { type: "number", min: 1, max: 100, ariaLabel: W.stepCount });
    const seconds = element("span", { className: "quiet" });
    const show = () => {
      many.hidden = whom.value !== "best";
      seconds.textContent = filled(W.stepSeconds, { seconds: Number((Number(at.value) * RING_MS / 1000).toFixed(3)) });
    };
    at.oninput = whom.onchange = show;
    show();
    const line = element("li", {}, labelled(W.stepRings, at), seconds, labelled(W.stepWho, whom), many, button(W.remove, () => { line.remove(); more.focus(); }, { className: "link" }));
    place.append(line);
  };
  const more = button(W.addStep, () => add("everyone", lines().length ? Number(value(lines().at(-1), "step-rings")) + 1 : 0), { id: "step-add" });
  for (const step of given) add(step.who, rings(step.after_ms));
  const lines = () => [...place.children];
  const value = (line, name) => line.querySelector(`[name=${name}]`).value;
  const form = element("div", {}, element("p", { className: "quiet", textContent: W.stepsHint }), place,
    more);
  return {
    form,
    count: () => lines().length,
    usual: () => USUAL.forEach(([who, after]) => add(who, after)),
    read: () => lines().map((line) => ({
      after_ms: Math.round(Number(value(line, "step-rings")) * RING_MS),
      who: value(line, "step-who") === "best" ? `best${value(line, "step-count")}` : value(line, "step-who"),
    })).sort((one, other) => one.after_ms - other.after_ms),
  };
}

/** What a caller gets for whom nobody is free. */
function waitingForm({ element, build, words: W }, policy) {
  const { labelled, input, select, check, row } = build;
  const seconds = (name, value) => input(name, value, { type: "number", min: 0, max: 3600, placeholder: W.never });
  const announce = seconds("announce_after_seconds", policy.announce_after_seconds);
  const announcement = input("announcement", policy.announcement, { maxLength: 300, placeholder: W.announcementUsual });
  const tell = select("tell", choices(TELL, W.tells), policy.tell);
  const every = input("every_seconds", policy.every_seconds, { type: "number", min: 10, max: 3600, required: true });
  const callback = check("callback", W.callback, policy.callback, W.callbackHint);
  const message = seconds("message_after_seconds", policy.message_after_seconds);
  return {
    form: element("div", {},
      row(labelled(W.announceAfter, announce, W.emptyNever), labelled(W.announcement, announcement)),
      row(labelled(W.tell, tell), labelled(W.every, every), labelled(W.messageAfter, message, W.emptyNever)), callback),
    read: () => ({
      ...policy, announce_after_seconds: numberOrNothing(announce.value), announcement: announcement.value.trim(), tell: tell.value,
      every_seconds: Number(every.value), callback: callback.querySelector("input").checked, message_after_seconds: numberOrNothing(message.value),
    }),
  };
}

/** How a call to the firm is answered at a moment: a button, and what the switch says. */
export function momentForm({ element, build, words: W, api, wrong, when, filled, side }, firm) {
  const { labelled, input, button, group, row } = build;
  const at = input("moment", side.moment, { type: "datetime-local", oninput: () => { side.moment = at.value; } });
  const said = element("p", { id: "moment-said", role: "status" });
  const ask = async () => {
    const ms = at.value ? new Date(at.value + "+09:00").getTime() : Date.now();
    try {
      const answer = await api(`/dids/${encodeURIComponent(firm.dids[0])}/check?at_ms=${ms}`);
      const { standing } = answer;
      const why = standing?.why?.holiday ?? W.why[standing?.why] ?? "";
      const opens = answer.opens_ms ? filled(W.opens, { time: when(answer.opens_ms) }) : "";
      const parts = standing?.standing === "open" ? [W.isOpen] : [filled(W.isClosed, { why }), W.closedThen[standing?.then], answer.spoken, opens];
      said.textContent = [when(answer.at_ms), ...parts.filter(Boolean)].join(" · ");
    } catch (error) { said.textContent = wrong(error); }
  };
  return group(W.moment, row(labelled(W.momentAt, at, W.momentHint)), button(W.momentAsk, ask, { id: "moment-ask", disabled: !firm.dids.length }), said);
}
