// A page that shows people says that something changed, and shows it when it is asked to: each look stands in the access log.
import { button } from "./bits.js";
import { make } from "./words.js";

const OWN_MS = 2000; // what this page did itself is news to nobody

// news(parts, again): what ends it. again(): draws ${parts} anew; call own() of what is given back after an own action
export function news(parts, again) {
    const stream = new EventSource("/api/events"), line = make("p", { class: "told", role: "status" });
    let quiet_until = Date.now() + OWN_MS;
    stream.addEventListener("changed", () => {
        if (Date.now() < quiet_until || line.isConnected) return;
        line.replaceChildren(make("span", { text: "WEB_CHANGED" }), " ", button("WEB_CHANGED_SHOW", () => {
            line.remove();
            again();
        }));
        parts.before(line);
    });
    return { own: () => { quiet_until = Date.now() + OWN_MS; line.remove(); }, end: () => stream.close() };
}
