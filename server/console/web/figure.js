// One frozen figure, then and now: the sums, each session that differs, and who said what of it since. It names people, so it is fetched when
// somebody opens it and never by itself.
import { actor, percent } from "./bits.js";
import { get, post } from "./centre.js";
import { failed } from "./load.js";
import { dayOf, iso, moment, whole } from "./when.js";
import { period, place } from "./figures.js";
import { field, form } from "./form.js";
import { make, view, wide, word, words } from "./words.js";

const SUMS = ["held", "cancelled", "unsaid", "recorded", "expected", "known", "present", "no-show"];
const KINDS = ["mark", "session", "enrolment", "link", "group", "erased"];
const COUNTS = [["unknown", () => word("PRESENCE", 0)], ["present", () => word("PRESENCE", 1)], ["notified", () => word("PRESENCE", 2)],
    ["no_show", () => word("PRESENCE", 3)], ["not", () => word("PRESENCE", 4)], ["enrolled", () => words("WEB_FIG_ENROLLED")]];
const APPLIED = 0;

const signed = (n) => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : "0");

// ---- the sums

function sumRow(label, then, now, difference, differs) {
    return make("tr", { class: differs ? "differs" : "" }, make("th", { scope: "row", text: label }),
        ...[then, now].map((value) => make("td", { class: "number", text: () => String(value) })),
        make("td", { class: differs ? "number attend" : "number", text: difference }));
}

function sums(seen) {
    const at = Object.fromEntries(seen.sums.map((one) => [one.what, one]));
    const share = (when) => (at.known[when] ? Math.round(100 * at.present[when] / at.known[when]) : 0);
    const heads = [["WEB_FIG_WHAT"], ["WEB_FIG_THEN", "number"], ["WEB_FIG_NOW", "number"], ["WEB_FIG_DIFFERENCE", "number"]];
    return make("table", { class: "sums" }, make("caption", { class: "heard", text: "WEB_FIG_SUMS" }),
        make("thead", {}, make("tr", {}, ...heads.map(([text, style]) => make("th", { scope: "col", text, ...(style && { class: style }) })))),
        make("tbody", {}, ...SUMS.map((name, i) => sumRow(() => word("FROZEN_SUM", i), at[name].then, at[name].now,
            () => signed(at[name].now - at[name].then), at[name].now !== at[name].then)),
            sumRow("WEB_FIG_SHARE_OF", percent(at.present.then, at.known.then), percent(at.present.now, at.known.now), () => words("WEB_FIG_POINTS", signed(share("now") - share("then"))), share("now") !== share("then"))));
}

// ---- the sessions that differ

function change(one) {
    const parts = [];
    if (one.then_status < 0) parts.push(words("WEB_FIG_NEW"));
    else if (one.now_status < 0) parts.push(words("WEB_FIG_GONE"));
    else if (one.then_status !== one.now_status) parts.push(words("WEB_FIG_STOOD", word("SESSION", one.then_status), word("SESSION", one.now_status)));
    for (const [name, text] of COUNTS) {
        const then = one[`then_${name}`], now = one[`now_${name}`];
        if (then !== now) parts.push(words("WEB_FIG_CHANGED", text(), then, now));
    }
    return parts.join(", ");
}

function became(said) {
    const parts = [said.retaken && words("WEB_FIG_RETAKEN"), said.verdict !== APPLIED && word("VERDICT", said.verdict), said.why > 0 && word("REASON", said.why)];
    return parts.filter(Boolean).join(", ");
}

function saidLine(said) {
    const kind = word("FROZEN_SAID", KINDS.indexOf(said.kind));
    return make("li", {}, make("strong", { text: () => words("WEB_FIG_SAID", said.person || kind, said.value) }), make("br"),
        make("span", { text: () => said.who }), make("br"),
        make("span", { class: "hint", text: () => words("WEB_FIG_AT", moment(said.claimed_s, said.offset_min), moment(said.received_s)) }),
        became(said) && make("span", { class: "hint", text: () => ` ${became(said)}` }),
        said.case > 0 && make("a", { href: `/cases?no=${said.case}`, text: () => ` ${words("WEB_FIG_CASE", said.case)}` }));
}

function session(one, said) {
    const day = dayOf(one.day), href = `/attendance?group=${one.group_id}&from=${iso(day - 14)}&to=${iso(day + 14)}`;
    return make("details", { class: "moved" },
        make("summary", {}, make("strong", { text: () => `${one.group}, ${whole(day)}` }), make("span", { class: "block", text: () => change(one) })),
        said.length ? make("ol", { class: "past" }, ...said.map(saidLine)) : make("p", { class: "none", text: "WEB_FIG_SAID_NONE" }),
        make("p", {}, make("a", { href, text: "WEB_FIG_SHEET" })));
}

function sessions(seen) {
    if (!seen.sessions.length) return [make("p", { class: "none", text: "WEB_FIG_SAME" })];
    const of = seen.sessions.map(() => []);
    for (const said of seen.said) of[said.at].push(said);
    return [...seen.sessions.map((one, i) => session(one, of[i])), seen.more && make("p", { class: "wrong", text: "WEB_FIG_TOO_MANY" })];
}

// ---- the page

function head(seen) {
    const days = { first: dayOf(seen.first), last: dayOf(seen.last) };
    return [make("h3", { text: () => `${place(seen)}: ${period(days)}` }),
        seen.title && make("p", { text: () => seen.title }),
        make("p", { class: "hint", text: () => words("WEB_FIG_MADE_BY", moment(seen.made_s), actor(seen.made_by)) }),
        seen.withdrawn_s > 0 && make("p", { class: "wrong", text: () => words("WEB_FIG_WITHDRAWN_BY", moment(seen.withdrawn_s), actor(seen.withdrawn_by), seen.withdrawn_why) })];
}

function withdrawing(no, look) {
    const reason = field("WEB_FIG_WITHDRAW_WHY", { type: "text", maxlength: "100" }, "WEB_FIG_WITHDRAW_HINT");
    return make("details", { class: "withdraw above" }, make("summary", { text: "WEB_FIG_WITHDRAW" }), form("WEB_FIG_WITHDRAW", [reason], async (why_) => {
        await post(`/api/figure/${no}/withdraw`, { reason: why_.trim() });
        look();
    }));
}

function printing() {
    const button = make("button", { type: "button", text: "WEB_FIG_PRINT" });
    button.addEventListener("click", () => print());
    return button;
}

// On paper everything is unfolded.
function unfold() {
    for (const one of document.querySelectorAll("details.moved")) one.open = true;
}

export function figure({ query, gone, look }) {
    const no = Number(query.get("no")), parts = make("div", {}, make("p", { text: "WEB_LOADING" }));
    const back = make("p", { class: "step" }, make("a", { href: "/figures", text: "WEB_FIG_BACK" }));
    view(wide("WEB_FIG"), back, parts);

    async function draw() {
        try {
            const seen = await get(`/api/figure/${no}`);
            const [mine] = (await get(`/api/figures?after=${no + 1}`)).figures;
            parts.replaceChildren(...[...head(seen), make("h3", { class: "above", text: "WEB_FIG_SUMS" }), sums(seen), make("h3", { class: "above", text: "WEB_FIG_SESSIONS" }), ...sessions(seen),
                make("div", { class: "buttons above" }, printing()), mine?.may_change && !seen.withdrawn_s && withdrawing(no, look)].filter(Boolean));
        } catch (error) {
            failed(parts, error, gone);
        }
    }

    window.addEventListener("beforeprint", unfold);
    draw();
    return () => window.removeEventListener("beforeprint", unfold);
}
