// In place of the package `debug`: JsSIP's log, which nobody reads in an operator's browser, and which may hold callers' numbers.
const silent = Object.assign(() => {}, { enabled: false });
const debug = Object.assign(() => silent, { enable() {}, disable() {} });
module.exports = Object.assign(debug, { default: debug });
