// Every firm's recipients: what came of the last delivery to each, and a test for those who may send one.

const STATES = { accepted: "ready", dead: "missed", bounced: "missed", retry: "missed" };

/** `tools` are the page's own and the administration's. */
export function channelsPart(tools) {
  const { element, build, A, api, act, list, chip, filled, when } = tools;
  const state = { channels: [], next: null, failing: true };
  const asked = (after) => `/channels?${new URLSearchParams({ ...(state.failing ? { failing: "true" } : {}), ...(after ? { after } : {}) })}`;

  async function load() {
    ({ channels: state.channels, next: state.next } = await api(asked()));
  }

  async function further() {
    const page = await api(asked(state.next));
    state.channels.push(...page.channels);
    state.next = page.next;
    tools.show();
  }

  function line(one) {
    const place = one.label || one.recipient;
    const names = { firm: one.customer_name, place };
    const outcome = one.active ? chip(one.state ? A().states[one.state] : A().never, STATES[one.state] ?? "busy") : chip(A().unused, "");
    const test = build.button(A().sendTest, () => act(() => api(`/customers/${one.customer}/test-report?recipient=${encodeURIComponent(one.recipient)}`, { method: "POST" }), A().testSent), { className: "link", ariaLabel: filled(A().testOf, names), disabled: !one.active });
    test.dataset.tests = `${one.customer}/${one.recipient}`;
    return [{ text: one.customer_name, kind: "firm" }, place, tools.channel(one.channel), outcome, when(one.accepted_ms ?? one.at_ms), one.error, tools.isAdmin() ? test : ""];
  }

  return {
    load,
    draw() {
      const failing = build.check("channels-failing", A().failing, state.failing);
      failing.querySelector("input").onchange = (event) => { state.failing = event.target.checked; act(async () => {}); };
      const more = state.next == null ? [] : [build.button(A().more, () => further().catch((error) => tools.said(tools.wrong(error), "error")))];
      return [element("div", { className: "acts" }, failing, build.button(A().refresh, () => act(async () => {}), { id: "channels-refresh" })),
        list(A().tabs.channels, [A().firm, A().recipient, A().channel, A().last, A().time, A().detail, ""], state.channels.map(line), state.failing ? A().noneFailing : A().none), ...more];
    },
  };
}
