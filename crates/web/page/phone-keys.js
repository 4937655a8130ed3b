// The buttons of a headset: by WebHID where the browser has it (usage page telephony), and the browser's own media session. Where
// neither is, nothing is missing: every button has its key on the page.

const TELEPHONY = 0x0b;
const LEDS = 0x08;
const HOOK_SWITCH = 0x20;
const PHONE_MUTE = 0x2f;
const LED_MUTE = 0x09;
const LED_OFF_HOOK = 0x17;
const LED_RING = 0x18;

const page = (usage) => usage >>> 16;
const id = (usage) => usage & 0xffff;

/** Every field of these reports: its usage, how many bits it has and where they lie: `{ report, usage, bit, size, bytes }`. */
export function fieldsOf(collections, kind) {
  const found = [];
  // A collection's reports have the items of those within it, too.
  for (const report of collections.flatMap((collection) => collection[kind] ?? [])) {
    const fields = [];
    let bit = 0;
    for (const item of report.items ?? []) {
      for (let n = 0; n < item.reportCount; n++, bit += item.reportSize) {
        const usage = item.isRange ? item.usageMinimum + n : item.usages?.[Math.min(n, item.usages.length - 1)];
        if (usage != null && !item.isConstant && !item.isArray) fields.push({ report: report.reportId, usage, bit, size: item.reportSize });
      }
    }
    found.push(...fields.map((field) => ({ ...field, bytes: Math.ceil(bit / 8) })));
  }
  return found;
}

const is = (data, { bit }) => Boolean((data.getUint8(bit >> 3) >> (bit & 7)) & 1);

/** `deeds`: what the buttons do: `answer()`, `hangUp()`, `mute()`; `changed()` when a headset comes or goes. */
export function keysOf(deeds) {
  let device = null;
  let inputs = [];
  let outputs = [];
  const before = new Map();
  const lamps = { [LED_RING]: false, [LED_OFF_HOOK]: false, [LED_MUTE]: false };
  let state = "idle"; // idle, ringing, talking

  async function use(next) {
    try {
      if (!next.opened) await next.open();
      [device, inputs, outputs] = [next, fieldsOf(next.collections, "inputReports"), fieldsOf(next.collections, "outputReports")];
      before.clear();
      next.oninputreport = pressed;
      light();
    } catch { device = null; }
    deeds.changed();
  }

  function pressed({ reportId, data }) {
    for (const field of inputs) {
      if (field.report !== reportId || field.size !== 1 || page(field.usage) !== TELEPHONY || field.bit >> 3 >= data.byteLength) continue;
      const [now, was] = [is(data, field), before.get(field.usage) ?? false];
      before.set(field.usage, now);
      if (now === was) continue;
      // The hook's switch stands where it was left: off the hook is picking up, on it is hanging up.
      if (id(field.usage) === HOOK_SWITCH) {
        if (now && state === "ringing") deeds.answer();
        else if (!now && state === "talking") deeds.hangUp();
      }
      if (id(field.usage) === PHONE_MUTE && now && state === "talking") deeds.mute();
    }
  }

  /** What the headset shows by its own lamps; and it is told that it is off the hook when somebody picks up by the keyboard. */
  async function light() {
    if (!device) return;
    const reports = new Map();
    for (const field of outputs) {
      if (page(field.usage) !== LEDS || field.size !== 1) continue;
      const bytes = reports.get(field.report) ?? new Uint8Array(field.bytes);
      if (lamps[id(field.usage)]) bytes[field.bit >> 3] |= 1 << (field.bit & 7);
      reports.set(field.report, bytes);
    }
    for (const [report, bytes] of reports) await device.sendReport(report, bytes).catch(() => {});
  }

  function lamp(which, on) {
    if (lamps[which] === on) return;
    lamps[which] = on;
    light();
  }

  function media(action, deed) {
    try { navigator.mediaSession?.setActionHandler(action, deed); } catch { /* a browser that does not know it has no such button */ }
  }

  const suits = ({ collections }) => collections.some(({ usagePage }) => usagePage === TELEPHONY);
  navigator.hid?.addEventListener("disconnect", ({ device: gone }) => { if (gone === device) { device = null; deeds.changed(); } });
  navigator.hid?.addEventListener("connect", ({ device: come }) => { if (!device && suits(come)) use(come); });

  return {
    possible: () => Boolean(navigator.hid),
    name: () => device?.productName ?? "",
    /** Asks the person which; gives whether there is one. */
    async choose() {
      const [chosen] = await navigator.hid.requestDevice({ filters: [{ usagePage: TELEPHONY }] }).catch(() => []);
      if (chosen) await use(chosen);
      return Boolean(chosen);
    },
    /** The one that was chosen before, without asking. */
    async restore(wanted) {
      if (!wanted || !navigator.hid || device) return;
      const known = (await navigator.hid.getDevices().catch(() => [])).find(suits);
      if (known) use(known);
    },
    rings(on) {
      state = on ? "ringing" : "idle";
      lamp(LED_RING, on);
    },
    talks(on) {
      if (on) state = "talking"; else if (state === "talking") state = "idle";
      lamp(LED_OFF_HOOK, on);
      if (!on) lamp(LED_MUTE, false);
      media("hangup", on ? deeds.hangUp : null);
      media("togglemicrophone", on ? deeds.mute : null);
    },
    muted(on) {
      lamp(LED_MUTE, on);
      try { navigator.mediaSession?.setMicrophoneActive?.(!on); } catch { /* not here */ }
    },
  };
}
