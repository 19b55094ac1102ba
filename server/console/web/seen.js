// Who has seen a person, as a page to print.
import { actor, button, table } from "./bits.js";
import { get } from "./centre.js";
import { failed } from "./load.js";
import { person } from "./person.js";
import { moment } from "./when.js";
import { make, words } from "./words.js";

function place(line) {
    if (!line.device_no) return words("WEB_SEEN_CENTRE");
    return words(line.offline ? "WEB_SEEN_OFFLINE" : "WEB_SEEN_TABLET", line.device_no, moment(line.claimed_s));
}

function row(line) {
    return make("tr", {}, make("th", { scope: "row", text: () => moment(line.at_s) }), make("td", { text: () => (line.who ? actor(line.who) : words("WEB_SEEN_NOBODY")) }),
        make("td", { text: () => `${line.action}: ${line.what}` }), make("td", { text: () => line.list || words("WEB_SEEN_ALONE") }),
        make("td", { text: () => line.why }), make("td", { text: () => place(line) }));
}

function shown(told, no) {
    const rows = [...told.lines].reverse().map(row);
    const made = Date.now() / 1000;
    return [make("p", { class: "holder", text: () => words("WEB_SEEN_OF", no) }), make("p", { class: "hint", text: () => words("WEB_SEEN_MADE", moment(made), told.count) }),
        told.count > told.lines.length && make("p", { class: "wrong", text: () => words("WEB_SEEN_MORE", told.lines.length) }),
        rows.length ? table("WEB_SEEN", ["WEB_WHEN", "WEB_WHO", "WEB_SEEN_WHAT", "WEB_SEEN_HOW", "WEB_SEEN_PURPOSE", "WEB_SEEN_WHERE"], rows, { heard: true, kind: "log" }) : make("p", { class: "none", text: "WEB_SEEN_NONE" }),
        make("p", { class: "hint", text: "WEB_SEEN_TABLETS" }), button("WEB_PRINT", () => window.print())].filter(Boolean);
}

// An auditor's address, and that of whoever answers the person: what the one does not have the other may.
async function read(rights, no) {
    const all = [["ACCESS_LOG", `/api/log/seen/${no}`], ["INNSYN", `/api/participant/${no}/seen`]].filter(([right]) => rights.includes(right));
    for (const [at, [, address]] of all.entries()) {
        try {
            return await get(address);
        } catch (error) {
            if (error.status !== 404 || at === all.length - 1) throw error;
        }
    }
    return null;
}

export function seen(where, parts) {
    const no = where.query.get("person"), list = make("div");
    parts.append(make("p", { class: "hint", text: "WEB_SEEN_INTRO" }), person(where.rights, (id) => `/log?part=seen&person=${id}`, where.go), list);
    if (!no) return null;

    async function draw() {
        try {
            list.replaceChildren(...shown(await read(where.rights, encodeURIComponent(no)), no));
        } catch (error) {
            failed(list, error, where.gone);
        }
    }

    list.append(make("p", { text: "WEB_LOADING" }));
    draw();
    document.addEventListener("language", draw); // the centre says it in words
    return () => document.removeEventListener("language", draw);
}
