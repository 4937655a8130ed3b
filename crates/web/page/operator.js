// An operator's place in the queue, as a form: tier, teams, skills and languages with their levels, firms that the operator knows.
import { several } from "/form.js";

const TIERS = ["operator", "supervisor", "manager"];
const LANGUAGE = "lang:";
const LEVEL = 50;

/** The form of an operator's row; `read()` gives what is to be sent. */
export function operatorForm({ element, build, words: W, codes, teams: known }, operator) {
  const { labelled, input, button, select, group, row, list } = build;
  const tier = select("tier", TIERS.map((code) => [code, W.tiers[code]]), operator.tier);
  const teams = input("teams", operator.teams.join(", "));
  teams.setAttribute("list", "known-teams");
  const rank = input("rank", operator.rank, { type: "number", min: 0, max: 65535, required: true });
  const wrap = input("wrap_up_seconds", operator.wrap_up_seconds, { type: "number", min: 0, max: 3600, required: true });
  const most = input("wrap_up_max_seconds", operator.wrap_up_max_seconds, { type: "number", min: 0, max: 14400, required: true });

  const skills = operator.skills.map(([name, level]) => [name, level]);
  const shown = list(skills, ([name, level]) => {
    const is = name.startsWith(LANGUAGE);
    return element("span", { textContent: `${is ? `${W.language} ${name.slice(LANGUAGE.length)}` : name} · ${level}` });
  }, W);
  shown.id = "skills";
  const kind = select("skill-kind", [["", W.skill], [LANGUAGE, W.language]], "");
  const name = input("skill-name", "", { maxLength: 40, ariaLabel: W.skillName });
  const level = input("skill-level", LEVEL, { type: "number", min: 1, max: 100, ariaLabel: W.level });
  const takeSkill = () => {
    const skill = kind.value + (kind.value ? name.value.trim().toLowerCase() : name.value.trim());
    if (!name.value.trim()) return name.focus();
    const at = skills.findIndex(([other]) => other === skill);
    if (at >= 0) skills.splice(at, 1);
    shown.add([skill, Number(level.value) || LEVEL]);
    name.value = "";
  };
  const addSkill = button(W.addSkill, takeSkill, { id: "skill-add" });

  const knows = [...operator.knows];
  const firms = list(knows, (code) => element("span", { textContent: codes.get(code) ? `${codes.get(code)} (${code})` : code }), W);
  firms.id = "knows";
  const firm = input("knows-code", "", { ariaLabel: W.firm });
  firm.setAttribute("list", "known-firms");
  const takeFirm = () => {
    const code = firm.value.trim();
    if (!code) return firm.focus();
    if (!knows.includes(code)) firms.add(code);
    firm.value = "";
  };
  const addFirm = button(W.addFirm, takeFirm, { id: "knows-add" });

  const form = element("div", {},
    group(W.place, row(labelled(W.tier, tier, W.tierHint), labelled(W.teams, teams, W.teamsHint), labelled(W.rank, rank, W.rankHint), labelled(W.wrapUp, wrap), labelled(W.wrapUpMax, most, W.wrapUpHint))),
    group(W.skills, shown, row(labelled(W.kind, kind), labelled(W.skillName, name), labelled(W.level, level)), addSkill),
    group(W.knows, firms, row(labelled(W.firm, firm, W.knowsHint)), addFirm),
    element("datalist", { id: "known-teams" }, ...known.map((team) => new Option(team))),
    element("datalist", { id: "known-firms" }, ...[...codes].map(([code, text]) => new Option(text, code))));
  return {
    form,
    read() {
      // What was filled in and not added is meant, too.
      if (name.value.trim()) takeSkill();
      if (firm.value.trim()) takeFirm();
      const { id: _, active: __, realm: ___, ...kept } = operator;
      return {
        ...kept, tier: tier.value, teams: several(teams.value), rank: Number(rank.value), skills, knows,
        wrap_up_seconds: Number(wrap.value), wrap_up_max_seconds: Number(most.value),
      };
    },
  };
}
