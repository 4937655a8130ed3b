// A client firm's calendar as a form: hours of the week, public holidays, closed periods with their wording, days with hours of
// their own. What is shown and sent is written as the API has it ("2026-12-29", "12-29", "09:00-18:00").

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const CLOSED = ["answer_as_usual", "announce", "message_box"];

/** From one edge to another, as people read it. */
const span = ({ from, to }) => from === to ? from : `${from} – ${to}`;

const hoursOf = (text) => text.split(/[,、，]/).map((part) => part.trim()).filter(Boolean);

/** The form of `calendar`, a copy that is changed; `read()` gives it with what is in the inputs. */
export function calendarForm({ element, build, words: W }, calendar) {
  const { labelled, input, button, select, check, group, row, list } = build;
  const choices = (names, own = []) => [...own, ...names.map((name) => [name, W.closedThen[name]])];
  const week = DAYS.map((day) => labelled(W.days[day], input(`week-${day}`, calendar.week[day].join(", "), { placeholder: "9:00-12:00, 13:00-18:00" })));
  const holidays = check("japanese_holidays", W.holidays, calendar.japanese_holidays);
  const then = select("when_closed", choices(CLOSED), calendar.when_closed);
  const wording = input("closed_wording", calendar.closed_wording, { maxLength: 300 });

  // ---- Closed periods ----

  const closed = list(calendar.closed, (period) => {
    const how = period.when_closed ? W.closedThen[period.when_closed] : "";
    const words = [period.wording, how].filter(Boolean).join(" · ");
    return element("span", {}, element("strong", { textContent: span(period) }), document.createTextNode(words ? ` ${words}` : ""));
  }, W);
  closed.id = "closed-periods";
  const from = edge("closed-from");
  const to = edge("closed-to");
  const yearly = check("closed-yearly", W.everyYear, false);
  const says = input("closed-says", "", { maxLength: 300, placeholder: W.wordingExample });
  const how = select("closed-then", choices(CLOSED, [["", W.asAbove]]), "");
  const addPeriod = () => {
    const every = yearly.querySelector("input").checked;
    const begins = from.read(every);
    if (!begins) return from.day.focus();
    closed.add({ from: begins, to: to.read(every) || from.readDay(every), wording: says.value.trim(), when_closed: how.value || null });
    for (const place of [from.day, from.time, to.day, to.time, says]) place.value = "";
    yearly.querySelector("input").checked = false;
    how.value = "";
  };
  const add = button(W.addPeriod, addPeriod, { id: "closed-add" });

  /** A day, and if wanted a time. */
  function edge(name) {
    const day = input(name, "", { type: "date" });
    const time = input(`${name}-time`, "", { type: "time" });
    const readDay = (every) => every ? day.value.slice(5) : day.value;
    return { day, time, readDay, read: (every) => readDay(every) && time.value ? `${readDay(every)} ${time.value}` : readDay(every) };
  }

  // ---- Days with hours of their own ----

  const open = list(calendar.also_open, (days) => element("span", {}, element("strong", { textContent: span(days) }), document.createTextNode(` ${days.hours.join(", ")}`)), W);
  const first = input("open-from", "", { type: "date" });
  const last = input("open-to", "", { type: "date" });
  const hours = input("open-hours", "", { placeholder: "9:00-15:00" });
  const addDays = () => {
    if (!first.value || !hours.value.trim()) return (first.value ? hours : first).focus();
    open.add({ from: first.value, to: last.value || first.value, hours: hoursOf(hours.value) });
    for (const place of [first, last, hours]) place.value = "";
  };
  const addOpen = button(W.addOpen, addDays);

  const form = element("div", {},
    group(W.week, element("div", { className: "fields week" }, ...week), element("p", { className: "quiet", textContent: W.weekHint }), holidays),
    group(W.whenClosed, row(labelled(W.then, then), labelled(W.wording, wording, W.wordingHint))),
    group(W.closedPeriods, closed, row(labelled(W.from, from.day), labelled(W.fromTime, from.time), labelled(W.to, to.day), labelled(W.toTime, to.time), yearly), row(labelled(W.wording, says), labelled(W.then, how)), add),
    group(W.openDays, open, row(labelled(W.from, first), labelled(W.to, last), labelled(W.hours, hours)), addOpen));
  return {
    form,
    read() {
      // What was filled in and not added is meant, too.
      if (from.day.value) addPeriod();
      if (first.value && hours.value.trim()) addDays();
      return {
        ...calendar,
        week: Object.fromEntries(DAYS.map((day, at) => [day, hoursOf(week[at].querySelector("input").value)])),
        japanese_holidays: holidays.querySelector("input").checked,
        closed_wording: wording.value,
        when_closed: then.value,
      };
    },
  };
}
