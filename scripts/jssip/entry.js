// What the page needs of JsSIP, as a module.
import JsSIP from "jssip/lib/JsSIP.js";
export const { UA, WebSocketInterface, C } = JsSIP;
