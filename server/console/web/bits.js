// What several pages draw in the same way: a list of facts, a table, and a question before something is done.
import { form } from "./form.js";
import { make, says, words } from "./words.js";

// "kari (account)", "root (at the centre's machine)"
export function actor(text) {
    const account = /^account \d+ (.+)$/.exec(text), machine = /^(.+?) uid=\d+(?: as (.+))?$/.exec(text);
    if (account) return words("WEB_BY_ACCOUNT", account[1]);
    if (machine) return words("WEB_BY_MACHINE", machine[2] ? `${machine[2]}, ${machine[1]}` : machine[1]);
    return text === "centre" || !text ? words("WEB_BY_CENTRE") : text;
}

// "3 d", "5 h", "12 min"
export function span(seconds) {
    const s = Math.abs(seconds);
    if (s < 7200) return words("WEB_SPAN_MINUTES", Math.round(s / 60));
    return s < 172800 ? words("WEB_SPAN_HOURS", Math.round(s / 3600)) : words("WEB_SPAN_DAYS", Math.round(s / 86400));
}

// facts([["WEB_CONTACT", () => "…"], …]): without those that are false
export function facts(rows) {
    return make("dl", { class: "facts" }, ...rows.filter(Boolean).flatMap(([name, value]) =>
        [make("dt", { text: name }), make("dd", { text: value })]));
}

// table(caption, ["WEB_WHEN", "#WEB_PERSONS", …], rows): each row a tr; of "#…" the column holds numbers; ${heard}: the caption is for screen readers alone
export function table(caption, heads, rows, { heard = false, kind = "" } = {}) {
    const all = make("div", { class: "scroll" }, make("table", kind ? { class: kind } : {}, make("caption", { text: caption, ...(heard && { class: "heard" }) }),
        make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col", text: text.replace("#", ""), ...(text[0] === "#" && { class: "number" }) })))),
        make("tbody", {}, ...rows)));
    return kind === "log" ? parted(all) : all;
}

// A table whose rows stand below one another on a narrow screen is still a table for who does not see it.
const PARTS = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", "th[scope=col]": "columnheader", "th[scope=row]": "rowheader", td: "cell" };
export function parted(all) {
    for (const [what, role] of Object.entries(PARTS))
        for (const part of [...(all.matches(what) ? [all] : []), ...all.querySelectorAll(what)]) part.setAttribute("role", role);
    return all;
}

export function button(text, does, kind = "") {
    const one = make("button", { type: "button", text, ...(kind && { class: kind }) });
    one.addEventListener("click", does);
    return one;
}

// A field with a few to choose from: options [[value, () => text], …]
let choices = 0;
export function choice(label, options, hint) {
    const id = `choice-${++choices}`;
    const input = make("select", { id, ...(hint && { "aria-describedby": `${id}-hint` }) },
        ...options.map(([value, text]) => make("option", { value, text })));
    return { row: make("div", { class: "field" }, make("label", { for: id, text: label }), hint && make("p", { id: `${id}-hint`, class: "hint", text: hint }), input), input };
}

// Something has to be ticked before the form goes out.
export function tick(text) {
    const input = make("input", { type: "checkbox", required: "" });
    return { row: make("label", { class: "tick" }, input, make("span", { text })), input };
}

// sure(title, sentences, button, rows, send, back): what will happen, in words; then the button that does it, and a way back
export function sure(title, sentences, does, rows, send, back) {
    const heading = make("h4", { text: title, tabindex: "-1" });
    const panel = make("section", { class: "sure" }, heading, ...sentences.map((text) => make("p", { text })),
        form(does, rows, send), button("WEB_CANCEL", back, "plain"));
    queueMicrotask(() => heading.focus());
    return panel;
}

// What the centre says has happened, for whoever does not see it.
export function tell(parent, text) {
    const line = make("p", { class: "told", role: "status" });
    parent.prepend(line);
    says(line, typeof text === "function" ? text : () => words(text));
}

// "67 %"; "–" of nothing
export const percent = (part, whole) => (whole ? `${Math.round(100 * part / whole)}\u00a0%` : "–");
