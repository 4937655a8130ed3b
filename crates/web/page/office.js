// What supervisors and administrators look after: firms' report settings, disputes, reports of the past, figures and proofs, administration. Loaded when one of
// them has logged in, and for nobody else.
import { adminDesk } from "/admin.js";
import { disputeDesk } from "/disputes.js";
import { feedbackDesk } from "/feedback.js";
import { operatorsDesk } from "/operators.js";
import { pastReports } from "/past.js";
import { figures } from "/past-figures.js";
import { profileDesk } from "/profile.js";
import { qualityDesk } from "/quality.js";

/** `tools` are the page's own, with `desk`, the report's form. */
export function office(tools) {
  const style = document.createElement("link");
  Object.assign(style, { rel: "stylesheet", href: "/office.css" });
  document.head.append(style);
  const past = pastReports({ ...tools, dispute: (id) => disputes.opens(id) });
  const admin = adminDesk(tools);
  const disputes = disputeDesk(tools, past);
  const parts = [profileDesk({ ...tools, onboard: admin.onboard }), disputes, feedbackDesk(tools), past, figures(tools), qualityDesk(tools), operatorsDesk(tools), admin];
  return {
    load: () => Promise.all(parts.map((part) => part.load())),
    hears: (stamped) => parts.forEach((part) => part.hears?.(stamped)),
    redraw: () => parts.forEach((part) => part.redraw()),
    forget: (next) => parts.forEach((part) => part.forget(next)),
  };
}
