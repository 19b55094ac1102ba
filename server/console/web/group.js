// One group: its plan, who leads it, who is in it, and its sessions.
import { get, post } from "./centre.js";
import { button, choice, facts, sure, table, tell } from "./bits.js";
import { field, form, why } from "./form.js";
import { load, named, roomy } from "./load.js";
import { GOES_ON, newcomer } from "./newcomer.js";
import { news } from "./news.js";
import { planFields } from "./plan.js";
import { clock, day, iso, plan } from "./when.js";
import { make, says, view, wide, word, words } from "./words.js";

const SET = { name: "", code: "", kind: "", weekday: "", start: "", end: "", first: "", last: "", capacity: "", intervention: "", active: "", seen: "", preview: "" };
const PLANNED = 0, CANCELLED = 2;

function part(title, ...inside) {
    return make("section", { class: "clinic" }, make("h3", { text: title }), ...inside.filter(Boolean));
}

function more(text, inside) {
    return make("details", {}, make("summary", { text }), inside);
}

// ---- the plan

function follows(said) {
    return () => words("WEB_PLAN_FOLLOWS", said.cancelled, said.restored, said.timed, said.added);
}

// A change is told first: how many sessions it moves.
function changing(one, change, done, place) {
    const back = () => place.replaceChildren();
    return async () => {
        const said = await post(`/api/group/${one.id}/plan`, { ...SET, ...change(), seen: one.seen, preview: "1" });
        const save = async () => {
            await post(`/api/group/${one.id}/plan`, { ...SET, ...change(), seen: one.seen });
            done("WEB_GROUP_SAVED");
        };
        place.replaceChildren(sure("WEB_PLAN_SURE", [follows(said), "WEB_PLAN_LEFT"], "WEB_SAVE", [], save, back));
    };
}

function planForm(one, done) {
    const place = make("div"), course = one.course ? `${one.course}/${one.version}` : "none";
    const catalogue = course === "none" || one.catalogue.some((row) => `${row.code}/${row.version}` === course) ? one.catalogue
        : [{ code: one.course, version: one.version, name: one.course_name }, ...one.catalogue];
    const given = { ...one, start: clock(one.start_min), end: clock(one.end_min), first: iso(one.first_day), last: iso(one.last_day), course };
    const fields = planFields(catalogue, given), before = fields.map((row) => row.input.value);
    const names = ["name", "kind", "weekday", "start", "end", "first", "last", "capacity", "intervention"];
    // only what was changed is said; a date that was taken away is "none"
    const change = () => Object.fromEntries(fields.map((row, at) => [names[at], row.input.value, before[at]]).filter(([, now, was]) => now !== was)
        .map(([name, now]) => [name, now === "" && (name === "first" || name === "last") ? "none" : now]));
    const look = changing(one, change, done, place);
    return make("div", {}, form("WEB_GO_ON", fields, async () => {
        if (Object.keys(change()).length) await look();
        else place.replaceChildren(make("p", { class: "none", text: "WEB_NOTHING_CHANGED" }));
    }), place);
}

function planPart(one, done) {
    const over = make("div");
    const end = changing(one, () => ({ active: one.active ? "0" : "1" }), done, over);
    const close = button(one.active ? "WEB_GROUP_END" : "WEB_GROUP_BEGIN", () => end().catch((error) => { over.replaceChildren(); tell(over, () => why(error)); }));
    const span = () => [iso(one.first_day) && words("WEB_FROM", day(one.first_day)), iso(one.last_day) && words("WEB_TO", day(one.last_day))].filter(Boolean).join(" ") || words("WEB_NONE");
    return part("WEB_PLAN", !one.active && make("p", { class: "wrong", text: "WEB_GROUP_OVER" }), facts([["WEB_CLINIC", () => one.clinic_name], ["WEB_GROUP_WHEN", () => plan(one)],
        ["WEB_GROUP_SPAN", span], ["WEB_GROUP_KIND", () => word("KIND", one.kind)], ["WEB_GROUP_CAPACITY", () => String(one.capacity)],
        ["WEB_GROUP_COURSE", () => (one.course ? `${one.course_name} (${one.course}/${one.version})` : words("WEB_GROUP_COURSE_NONE"))]]),
        one.change && more("WEB_PLAN_CHANGE", planForm(one, done)), one.change && close, over);
}

// ---- who leads

function leaders(one, done) {
    const wrong = make("p", { class: "wrong", role: "alert" }), there = new Set(one.leaders.map((row) => row.id));
    const remove = async (user) => {
        try {
            await post(`/api/group/${one.id}/leader/${user.id}/remove`);
            done("WEB_LEADER_GONE");
        } catch (error) { says(wrong, () => why(error)); }
    };
    const told = (row) => () => `${row.name}${row.role === null ? "" : `, ${word("ROLE", row.role).toLowerCase()}`}`;
    const items = one.leaders.map((row) => make("li", {}, make("span", { text: told(row) }), one.change && named("WEB_REMOVE", () => row.name, () => remove(row))));
    const free = one.staff.filter((row) => !there.has(row.id)), who = choice("WEB_LEADER", free.map((row) => [row.id, told(row)]));
    return part("WEB_LEADERS", items.length ? make("ul", { class: "plainly" }, ...items) : make("p", { class: "none", text: "WEB_LEADERS_NONE" }), wrong,
        one.change && free.length > 0 && more("WEB_LEADER_ADD", form("WEB_ADD", [who], async (user) => {
            await post(`/api/group/${one.id}/leader/${user}`, { role: "" });
            done("WEB_LEADER_ADDED");
        })));
}

// ---- who is in it

function person(row) {
    const span = () => [row.start_day !== null && words("WEB_FROM", day(row.start_day)), row.end_day !== null && words("WEB_TO", day(row.end_day))].filter(Boolean).join(" ");
    return make("tr", { class: GOES_ON.has(row.status) ? "" : "over" },
        make("th", { scope: "row" }, make("a", { href: `/participants?person=${row.id}`, text: () => row.name })),
        make("td", { class: "number roomy", text: () => (row.birth_year ? String(row.birth_year) : "") }),
        make("td", { text: () => word("ENROLMENT", row.status) }), make("td", { class: "roomy", text: span }));
}

function people(one, done) {
    const heads = ["WEB_PERSON_CALLED", "#WEB_BORN", "WEB_ENROLMENT", "WEB_WHEN"];
    const rows = (which) => table("WEB_PEOPLE", heads, which.map(person), { heard: true, kind: "lines" });
    const now = one.people.filter((row) => GOES_ON.has(row.status)), was = one.people.filter((row) => !GOES_ON.has(row.status));
    return part("WEB_PEOPLE", now.length ? roomy(rows(now)) : make("p", { class: "none", text: "WEB_PEOPLE_NONE" }),
        was.length > 0 && more(() => words("WEB_PEOPLE_BEFORE", was.length), roomy(rows(was))), one.change_people && one.active && more("WEB_PERSON_ADD", newcomer(one, done)));
}

// ---- sessions

function session(row, one, place, done) {
    const state = () => (row.status === CANCELLED && row.reason !== null ? words("WEB_SESSION_CANCELLED", row.reason) : word("SESSION", row.status));
    const ask = () => {
        const reason = field("WEB_REASON_CODE", { type: "number", min: "0", max: "99" }, "WEB_REASON_CODE_HINT");
        place.replaceChildren(sure("WEB_SESSION_SURE", [() => words("WEB_SESSION_TOLD", day(row.day), clock(row.start_min))], "WEB_SESSION_CANCEL", [reason], async () => {
            await post(`/api/session/${row.id}/cancel`, { reason: reason.input.value });
            done("WEB_SESSION_DONE");
        }, () => place.replaceChildren()));
    };
    const restore = async () => {
        try {
            await post("/api/sessions/restore", { sessions: row.id });
            done("WEB_SESSION_BACK");
        } catch (error) { place.replaceChildren(); tell(place, () => why(error)); }
    };
    const at = () => day(row.day);
    const does = one.change && (row.status === CANCELLED ? named("WEB_SESSION_RESTORE", at, restore) : row.status === PLANNED && !row.present && named("WEB_SESSION_CANCEL", at, ask));
    return make("tr", { class: row.status === CANCELLED ? "cancelled" : "" }, make("th", { scope: "row", text: () => `${day(row.day)} ${clock(row.start_min)}` }),
        make("td", { text: state }), make("td", { class: "number roomy", text: () => (row.marked ? words("WEB_SESSION_MARKED", row.present, row.marked) : "") }), make("td", {}, does));
}

function sessions(one, done) {
    const place = make("div", { "aria-live": "polite" });
    const rows = (which) => roomy(table("WEB_SESSIONS", ["WEB_DAY", "WEB_SESSION_STATE", "#WEB_SESSION_CAME", "WEB_ACTION"], which.map((row) => session(row, one, place, done)), { heard: true, kind: "lines" }));
    const ahead = one.sessions.filter((row) => row.day >= one.today), was = one.sessions.filter((row) => row.day < one.today).reverse();
    return part("WEB_SESSIONS", place, ahead.length ? rows(ahead) : make("p", { class: "none", text: "WEB_SESSIONS_NONE" }), was.length > 0 && more("WEB_SESSIONS_BEFORE", rows(was)),
        one.sheets && make("p", {}, make("a", { href: `/groups?sheet=${one.id}`, text: "WEB_SHEET_OF" })));
}

export function group(place, id) {
    let changed = null;
    const parts = make("div"), main = view(wide("WEB_GROUP"), make("p", { class: "way" }, make("a", { href: "/groups", text: "WEB_GROUPS_ALL" })), parts);
    const draw = (then) => load(parts, place.gone, async () => {
        changed?.own();
        const one = await get(`/api/group/${encodeURIComponent(id)}`);
        says(main.querySelector("h2"), () => one.name);
        const done = (text) => draw(text);
        if (then) main.querySelector("h2").focus();
        return [then && make("p", { class: "told", role: "status", text: then }), make("div", { class: "clinics" }, make("div", {}, planPart(one, done), leaders(one, done)), make("div", {}, people(one, done), sessions(one, done)))];
    });
    draw();
    changed = news(parts, () => draw());
    return changed.end;
}
