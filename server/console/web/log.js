// The logs: who did what, who has seen a person, and erasing a person, which two decide. Each account sees the parts that its role is for.
import { actor, button, choice, parted, table } from "./bits.js";
import { get, post } from "./centre.js";
import { erasing } from "./erase.js";
import { field, form, why } from "./form.js";
import { seen } from "./seen.js";
import { moment } from "./when.js";
import { make, says, view, wide, words } from "./words.js";

const KINDS = ["", "WEB_LOG_START", "WEB_LOG_OPS", "WEB_LOG_VERB", "WEB_LOG_DEVICE", "WEB_LOG_LOST", "WEB_LOG_REBUILD", "WEB_LOG_FOUND", "WEB_LOG_ACCESS", "WEB_LOG_ERASED", "WEB_LOG_ACCOUNT"];
const OPS = 2, CENTRE = 1, SENDERS_MAX = 4, EMPTY_MAX = 40; // EMPTY_MAX: questions in a row that found nothing

// ---- who did what

function senders(line) {
    const names = line.devices.map((no) => (no === CENTRE ? words("WEB_BY_CENTRE") : words("WEB_TABLET_NO", no)));
    return names.join(", ") + (line.devices.length === SENDERS_MAX ? " …" : "");
}

function row(line) {
    return make("tr", {}, make("th", { scope: "row", class: "number", text: () => String(line.no) }), make("td", { text: () => moment(line.at_s) }),
        make("td", { text: () => (line.kind === OPS ? senders(line) : actor(line.actor)) }),
        make("td", {}, make("span", { text: KINDS[line.kind] ?? "WEB_UNSAID" }),
            line.text === null ? make("em", { class: "under", text: "WEB_LOG_BLANK" }) : line.text && make("code", { class: "under", text: () => line.text })));
}

function day_s(text, days) {
    const at = text ? new Date(`${text}T00:00:00`) : null;
    if (!at || Number.isNaN(at.getTime())) return "";
    at.setDate(at.getDate() + days);
    return String(Math.max(0, Math.floor(at.getTime() / 1000)));
}

function optional(one) {
    one.input.removeAttribute("required");
    return one;
}

function searching(start) {
    const rows = [optional(field("WEB_LOG_WHO", { name: "who", maxlength: "100", autocomplete: "off" })), optional(field("WEB_LOG_TEXT", { name: "text", maxlength: "100", autocomplete: "off" })),
        choice("WEB_LOG_KIND", [["", () => words("WEB_LOG_ALL")], ...KINDS.slice(1).map((text, at) => [String(at + 1), () => words(text)])]),
        optional(field("WEB_LOG_FROM", { name: "from", type: "date" })), optional(field("WEB_LOG_TO", { name: "to", type: "date" }))];
    const all = form("WEB_LOG_SEARCH", rows, (who, text, kind, from, to) => start({ who, text, kind, from_s: day_s(from, 0), to_s: day_s(to, 1) }));
    all.className = "across";
    return all;
}

function audit(where, parts) {
    const body = make("tbody", { role: "rowgroup" }), list = table("WEB_LOG_AUDIT", ["#WEB_LOG_NO", "WEB_WHEN", "WEB_WHO", "WEB_LOG_WHAT"], [], { heard: true, kind: "log" });
    const state = make("p", { class: "hint", role: "status" }), older = button("WEB_LOG_OLDER", () => more());
    let asked = null, before = "", turn = 0;
    list.querySelector("tbody").replaceWith(body);

    // What is looked for may be far back: each question looks through some lines, and the next one goes on.
    async function more() {
        const mine = ++turn;
        older.hidden = true;
        for (let empty = 0; empty < EMPTY_MAX; empty++) {
            const told = await post("/api/log", { before, ...asked });
            if (mine !== turn) return;
            before = String(told.before);
            body.append(...told.lines.map((line) => parted(row(line))));
            older.hidden = told.before === 0;
            says(state, () => (told.before === 0 ? words("WEB_LOG_END", body.children.length) : words("WEB_LOG_BACK", told.before, told.count)));
            if (told.lines.length || told.before === 0) return;
        }
    }

    async function start(search) {
        asked = search;
        before = "";
        body.replaceChildren();
        await more();
    }

    parts.append(make("p", { class: "hint", text: "WEB_LOG_AUDIT_WHY" }), searching(start), list, state, older, chain());
    start({ who: "", text: "", kind: "", from_s: "", to_s: "" }).catch((error) => {
        if (error.status === 401) where.gone(error);
        else says(state, () => why(error));
    });
}

// ---- its chain

function chain() {
    const state = make("div", { role: "status" }), check = button("WEB_CHAIN_CHECK", () => run());

    function whole(told) {
        state.replaceChildren(make("p", { class: "holder", text: () => words("WEB_CHAIN_WHOLE", told.upto) }),
            make("p", {}, make("span", { text: "WEB_CHAIN_HEAD" }), make("code", { class: "under", text: () => told.head })), make("p", { text: "WEB_CHAIN_COMPARE" }));
    }

    function broken(lines) {
        state.replaceChildren(make("p", { class: "wrong", role: "alert", text: () => words("WEB_CHAIN_BROKEN", lines.join(", ")) }), make("p", { text: "WEB_CHAIN_THEN" }));
    }

    async function run() {
        const line = make("p"), wrong = [];
        let told = { upto: 0, more: true };
        check.disabled = true;
        state.replaceChildren(line);
        try {
            while (told.more) {
                told = await get(`/api/log/check?after=${told.upto}`);
                wrong.push(...told.wrong);
                const so_far = told.upto, of = told.count;
                says(line, () => words("WEB_CHAIN_AT", so_far, of));
            }
            if (wrong.length) broken(wrong);
            else whole(told);
        } catch (error) {
            state.replaceChildren(make("p", { class: "wrong", role: "alert", text: () => why(error) }));
        }
        check.disabled = false;
    }

    return make("section", { class: "clinic" }, make("h3", { text: "WEB_CHAIN" }), make("p", { class: "hint", text: "WEB_CHAIN_WHY" }), check, state);
}

// ---- the page

const PARTS = [
    { name: "audit", title: "WEB_LOG_AUDIT", rights: ["AUDIT_LOG"], open: audit },
    { name: "seen", title: "WEB_SEEN", rights: ["ACCESS_LOG", "INNSYN"], open: seen },
    { name: "erase", title: "WEB_ERASE", rights: ["ERASE"], open: erasing },
];

export function log(where) {
    const mine = PARTS.filter((one) => one.rights.some((right) => where.rights.includes(right)));
    const part = mine.find((one) => one.name === where.query.get("part")) ?? mine[0];
    const links = mine.map((one) => make("a", { href: `/log?part=${one.name}`, text: one.title, ...(one === part && { "aria-current": "page" }) }));
    const parts = make("div");
    view(wide("WEB_LOG"), links.length > 1 && make("nav", { class: "ways", "aria-label": words("WEB_LOG") }, ...links), make("h3", { text: part.title }), parts);
    return part.open(where, parts) ?? null;
}
