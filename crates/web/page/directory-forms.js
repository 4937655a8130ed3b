// What a client firm and an operator are, apart from how calls are distributed: names, greeting, who may be called; and a trunk's form.
import { numberOrNothing, several } from "/form.js";

const TRANSFERS = ["never", "urgent_only", "listed_callers", "always"];
const SRTP = ["off", "preferred", "required"];
const DIGESTS = ["md5", "sha256", "both"];
const EXTRACTORS = ["p_called_party_id", "to", "request_uri", "diversion_top", "diversion_bottom", "history_info", "alert_info"];
const REDIRECTIONS = ["diversion", "history_info"];
const TARGET_SECONDS = 30;
const EXPIRES_SECONDS = 3600;
const ASCII = { autocapitalize: "none", spellcheck: false };

const prose = (element, name, value, rows, more = {}) => element("textarea", { name, value: value ?? "", rows, ...more });
const choices = (codes, words) => codes.map((code) => [code, words[code] ?? code]);
/** A number as people write it, if it is one that is kept; what is typed stays as it is typed. */
const written = (number) => (text) => /^[1-9]\d+$/.test(text) ? number(text) : text;
const on = (box) => box.querySelector("input").checked;

/** Name, greeting, numbers, transfer targets: a firm's own. `read()` gives these fields alone. */
export function basicsOfFirm({ element, build, G, number }, firm) {
  const { labelled, input, select, check, group, row } = build;
  const name = input("name", firm.name, { required: true, maxLength: 100 });
  const reading = input("reading", firm.reading, { maxLength: 100 });
  const code = input("code", firm.code, { required: true, maxLength: 40, ...ASCII });
  const dids = input("dids", firm.dids.map(written(number)).join(G().comma), { inputMode: "tel" });
  const greeting = prose(element, "greeting", firm.greeting, 2, { maxLength: 500 });
  const manual = prose(element, "manual", firm.manual, 3, { maxLength: 20_000 });
  const needs = input("needs", firm.needs.join(G().comma));
  const whisper = check("whisper", G().whisper, firm.whisper, G().whisperHint);

  const listed = firm.transfer?.listed_callers;
  const transfer = select("transfer", choices(TRANSFERS, G().transfers), listed ? "listed_callers" : firm.transfer);
  const callers = input("transfer-callers", (listed ?? []).map(written(number)).join(G().comma), { inputMode: "tel" });
  const callersPlace = labelled(G().transferCallers, callers, G().numbersHint);
  const shown = () => { callersPlace.hidden = transfer.value !== "listed_callers"; };
  transfer.onchange = shown;
  shown();
  const targets = targetLines({ element, build, G, number }, firm.targets);

  return {
    form: element("div", {},
      group(G().firm, row(labelled(G().name, name), labelled(G().reading, reading), labelled(G().code, code, G().codeHint), labelled(G().numbers, dids, G().numbersHint)),
        labelled(G().greeting, greeting, G().greetingHint), labelled(G().manual, manual, G().manualHint), row(labelled(G().needs, needs, G().needsHint)), whisper),
      group(G().transfer, row(labelled(G().transferWhen, transfer), callersPlace), targets.form)),
    read: () => ({
      name: name.value.trim(), reading: reading.value.trim(), code: code.value.trim(), dids: several(dids.value), greeting: greeting.value.trim(), manual: manual.value.trim(), needs: several(needs.value),
      whisper: on(whisper), transfer: transfer.value === "listed_callers" ? { listed_callers: several(callers.value) } : transfer.value, targets: targets.read(),
    }),
  };
}

/** Whom to call for a firm, in this order. */
function targetLines({ element, build, G, number }, given) {
  const { labelled, input, button } = build;
  const place = element("ol", { className: "lines", id: "targets" });
  const add = ({ name = "", number: digits = "", ring_seconds: seconds = TARGET_SECONDS } = {}) => {
    const who = input("target-name", name, { maxLength: 100 });
    const up = button("↑", () => { line.previousElementSibling?.before(line); up.focus(); }, { className: "link", ariaLabel: `${G().up}: ${name || G().target}` });
    const line = element("li", {}, labelled(G().targetName, who), labelled(G().targetNumber, input("target-number", written(number)(digits), { inputMode: "tel" })),
      labelled(G().targetSeconds, input("target-seconds", seconds, { type: "number", min: 1, max: 120 })), up,
      button(G().remove, () => { line.remove(); more.focus(); }, { className: "link", ariaLabel: `${G().remove}: ${name || G().target}` }));
    place.append(line);
    return who;
  };
  const more = button(G().addTarget, () => add().focus(), { id: "target-add" });
  given.forEach(add);
  const value = (line, name) => line.querySelector(`[name=${name}]`).value.trim();
  return {
    form: element("div", {}, element("p", { className: "quiet", textContent: G().targetsHint }), place, more),
    // A line in which nothing was written is none.
    read: () => [...place.children].filter((line) => value(line, "target-name") || value(line, "target-number"))
      .map((line) => ({ name: value(line, "target-name"), number: value(line, "target-number"), ring_seconds: Number(value(line, "target-seconds")) })),
  };
}

/** An operator's name and telephone. The extension stays: the password's hash is made with it. */
export function basicsOfOperator({ element, build, G }, operator) {
  const { labelled, input, select, check, group, row } = build;
  const name = input("name", operator.name, { required: true, maxLength: 100 });
  const login = input("login", operator.login, { readOnly: true });
  const srtp = select("srtp", choices(SRTP, G().srtps), operator.srtp);
  const digest = select("digest", choices(DIGESTS, G().digests), operator.digest);
  const ready = check("ready_on_register", G().readyOnRegister, operator.ready_on_register, G().readyOnRegisterHint);
  return {
    form: group(G().operator, row(labelled(G().name, name), labelled(G().login, login, G().loginStays), labelled(G().srtp, srtp), labelled(G().digest, digest, G().digestHint)), ready),
    read: () => ({ name: name.value.trim(), srtp: srtp.value, digest: digest.value, ready_on_register: on(ready) }),
  };
}

/** The way to a carrier. The password is never shown; one that is not typed anew stays. */
export function trunkForm({ element, build, G }, trunk) {
  const { labelled, input, select, check, group, row } = build;
  const word = (key, label, more = {}, hint = "") => labelled(label, input(key, trunk[key] ?? "", { ...ASCII, ...more }), hint);
  const count = (key, label, min, max, hint = "", more = {}) => labelled(label, input(key, trunk[key] ?? "", { type: "number", min, max, required: true, ...more }), hint);
  const choice = (key, label, codes, hint = "") => labelled(label, select(key, choices(codes, G().choices[key]), trunk[key]), hint);
  const many = (key, label, hint = "") => labelled(label, input(key, trunk[key].join(", "), ASCII), hint);
  const flag = (key) => check(key, G().flags[key], trunk[key], G().flagHints[key]);

  const registration = trunk.registration;
  const registers = check("registers", G().registers, registration != null, G().registersHint);
  const registrar = input("registrar", registration?.registrar ?? "", { ...ASCII, placeholder: "sip:sip.example.jp" });
  const aor = input("aor", registration?.aor ?? "", { ...ASCII, placeholder: "sip:0312345678@sip.example.jp" });
  const expires = input("expires_seconds", registration?.expires_seconds ?? EXPIRES_SECONDS, { type: "number", min: 30, max: 86_400 });
  const registering = row(labelled(G().registrar, registrar), labelled(G().aor, aor), labelled(G().expires, expires));
  const shown = () => { registering.hidden = !on(registers); };
  registers.querySelector("input").onchange = shown;
  shown();

  const password = input("password", trunk.password ?? "", { type: "password", autocomplete: "new-password", placeholder: trunk.has_password ? "••••••••" : "" });
  const extractors = EXTRACTORS.join(", ");
  const form = element("div", {},
    element("p", { className: "notice", id: "trunk-warning", textContent: G().trunkWarning }),
    group(G().line, row(labelled(G().name, input("name", trunk.name, { required: true, maxLength: 100 })), word("provider", G().provider, {}, G().providerHint), count("priority", G().linePriority, 0, 65_535, G().linePriorityHint), word("host", G().host, { required: true }, G().hostHint),
      choice("protocol", G().protocol, ["udp", "tcp", "tls", "auto"]), word("domain", G().domain, {}, G().domainHint), labelled(G().srtp, select("srtp", choices(SRTP, G().srtps), trunk.srtp))),
    row(many("sources", G().sources, G().sourcesHint), many("certificate_names", G().certificateNames, G().certificateNamesHint)), flag("match_port"), flag("trusted")),
    group(G().registration, registers, registering, row(word("user", G().user, { autocomplete: "off" }), labelled(G().password, password, trunk.has_password ? G().passwordKept : ""), word("realm", G().realm, {}, G().realmHint))),
    group(G().showing, row(word("caller_id", G().callerId, { inputMode: "tel" }, G().callerIdHint), choice("numbers", G().numberForm, ["national", "international"]), choice("identity", G().identity, ["none", "preferred", "asserted"]), choice("shows", G().shows, ["main", "dialled", "caller"]))),
    element("details", {}, element("summary", { textContent: G().details }),
      row(many("extractors", G().extractors, extractors), many("redirection", G().redirection, REDIRECTIONS.join(", ")),
        count("calls_max", G().callsMax, 1, 10_000), count("spacing_ms", G().spacing, 0, 10_000), count("session_expires_seconds", G().session, 90, 86_400, G().emptyNone, { required: false }), count("probe_seconds", G().probe, 5, 3600, G().emptyNone, { required: false })),
      flag("compact"), flag("plain_pcmu")));

  const field = (name) => form.querySelector(`[name=${name}]`);
  const text = (name) => field(name).value.trim();
  return {
    form,
    read: () => ({
      name: text("name"), provider: text("provider"), priority: Number(text("priority")), protocol: text("protocol"), host: text("host"), domain: text("domain"), sources: several(text("sources")),
      match_port: field("match_port").checked, certificate_names: several(text("certificate_names")),
      registration: on(registers) ? { registrar: registrar.value.trim(), aor: aor.value.trim(), expires_seconds: Number(expires.value) } : null,
      user: text("user"), realm: text("realm") || null, extractors: several(text("extractors")), trusted: field("trusted").checked, caller_id: text("caller_id"), compact: field("compact").checked,
      session_expires_seconds: numberOrNothing(text("session_expires_seconds")), probe_seconds: numberOrNothing(text("probe_seconds")), calls_max: Number(text("calls_max")), spacing_ms: Number(text("spacing_ms")),
      plain_pcmu: field("plain_pcmu").checked, srtp: text("srtp"), numbers: text("numbers"), identity: text("identity"), shows: text("shows"), redirection: several(text("redirection")),
      ...(password.value ? { password: password.value } : {}),
    }),
  };
}
