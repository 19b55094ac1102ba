// The week's sheets: names and sessions with empty boxes, one group on each page of paper; and the same as a form, to type back what was written.
import { get, send } from "./centre.js";
import { button, table } from "./bits.js";
import { form } from "./form.js";
import { load, move } from "./load.js";
import { clock, day, week } from "./when.js";
import { make, view, wide, word, words } from "./words.js";

const CANCELLED = 2, WEEK = 7, MARKS = [[1, "present"], [2, "notified"], [3, "no-show"]];

function head(one) {
    return make("th", { scope: "col", class: "box" }, make("span", { text: () => day(one.day) }), make("span", { class: "under", text: () => clock(one.start_min) }),
        one.status === CANCELLED && make("span", { class: "under", text: "WEB_GROUP_CANCELLED" }));
}

function grid(group, cell, kind) {
    const rows = group.people.map((person) => make("tr", {}, make(person.name ? "th" : "td", { ...(person.name && { scope: "row" }), text: () => (person.birth_year ? `${person.name} (${person.birth_year})` : person.name) }),
        ...group.sessions.map((session, at) => cell(person, session, person.marks[at]))));
    return make("div", { class: "scroll" }, make("table", { class: kind }, make("caption", { class: "heard", text: () => group.name }),
        make("thead", {}, make("tr", {}, make("th", { scope: "col", text: "WEB_PERSON_CALLED" }), ...group.sessions.map(head))), make("tbody", {}, ...rows)));
}

// ---- paper

// What is recorded already is printed; of a session that is cancelled there is no box.
function box(_, session, mark) {
    if (session.status === CANCELLED) return make("td", { class: "box", text: () => "–" });
    return make("td", { class: "box", text: () => (mark ? word("PRESENCE", mark) : "") });
}

function guests(group) {
    const empty = { name: "", birth_year: 0, marks: group.sessions.map(() => 0) };
    return { ...group, people: [...group.people, empty, empty, empty] };
}

function paper(group, said) {
    return make("section", { class: group.sessions.length ? "week" : "week screen" }, make("h3", { text: () => group.name }), make("p", { class: "hint", text: () => [words("WEB_WEEK", week(said.first_day).number), group.clinic_name, group.leaders].filter(Boolean).join(" · ") }),
        group.sessions.length ? grid(guests(group), box, "paper") : make("p", { class: "none", text: "WEB_SHEET_NONE" }), group.sessions.length > 0 && make("p", { class: "hint", text: "WEB_SHEET_KEY" }));
}

// ---- typed back

function marks(person, session, mark, today) {
    if (session.status === CANCELLED || session.day > today) return make("td", { class: "box", text: session.status === CANCELLED ? "WEB_GROUP_CANCELLED" : "WEB_SHEET_AHEAD" });
    if (mark) return make("td", { class: "box", text: () => word("PRESENCE", mark) });
    const id = `cell-${session.id}-${person.id}`;
    const pick = make("select", { id, "data-cell": `${session.id};${person.id}` }, make("option", { value: "", text: () => "" }), ...MARKS.map(([value, name]) => make("option", { value: name, text: () => word("PRESENCE", value) })));
    return make("td", { class: "box" }, make("label", { class: "heard", for: id, text: () => `${person.name}, ${day(session.day)}` }), pick);
}

// What was not taken: it stands there as somebody else recorded it meanwhile.
function left(said) {
    const kept = said.kept.map((row) => make("tr", {}, make("th", { scope: "row", text: () => row.name }), make("td", { text: () => word("PRESENCE", row.presence) })));
    const refused = said.refused.map((row) => make("tr", {}, make("th", { scope: "row", text: () => String(row.row) }), make("td", { text: () => row.text })));
    return [make("p", { class: "told", role: "status", text: () => words("WEB_SHEET_SAVED", said.saved) }), kept.length > 0 && table("WEB_SHEET_KEPT", ["WEB_PERSON_CALLED", "WEB_ATTENDED"], kept, { kind: "lines" }),
        refused.length > 0 && table("WEB_SHEET_REFUSED", ["WEB_IMPORT_ROW", "WEB_IMPORT_WHY"], refused, { kind: "lines" })];
}

function typing(group, today, again) {
    const cells = grid(group, (person, session, mark) => marks(person, session, mark, today), "typed");
    const ask = form("WEB_SHEET_SAVE", [], async () => {
        const typed = [...cells.querySelectorAll("select")].filter((one) => one.value).map((one) => `${one.dataset.cell};${one.value}`);
        if (typed.length) again(await send(`/api/group/${group.id}/sheet`, ["session;participant;presence", ...typed].join("\n")));
    });
    return make("section", { class: "clinic screen" }, make("h3", { text: "WEB_SHEET_TYPE" }), make("p", { class: "hint", text: "WEB_SHEET_TYPE_WHY" }), cells, ask);
}

// ---- the page

function ways(place, said, address) {
    const { number } = week(said.first_day), go = (step) => button(step < 0 ? "WEB_WEEK_BEFORE" : "WEB_WEEK_AFTER", () => move(place, `${address}&day=${said.first_day + step * WEEK}`));
    return make("div", { class: "tools screen" }, go(-1), make("strong", { text: () => words("WEB_WEEK", number) }), go(1), button("WEB_PRINT", () => window.print(), "go"));
}

function page(place, api, address, back) {
    const at = place.query.get("day"), parts = make("div");
    view(wide("WEB_SHEETS"), make("p", { class: "way screen" }, make("a", { href: back, text: "WEB_GROUPS_ALL" })), parts);
    const draw = (told) => load(parts, place.gone, async () => {
        const said = await get(`${api}${at ? `?day=${encodeURIComponent(at)}` : ""}`), one = said.groups.length === 1 && said.groups[0];
        const type = one && one.change && one.sessions.some((session) => session.day <= said.today && session.status !== CANCELLED);
        return [...(told ? left(told) : []), ways(place, said, address), type && typing(one, said.today, draw), ...said.groups.map((group) => paper(group, said)),
            !said.groups.length && make("p", { class: "none", text: "WEB_GROUPS_EMPTY" })];
    });
    draw();
    return null;
}

export function clinicSheets(place, clinic) {
    const id = encodeURIComponent(clinic);
    return page(place, `/api/clinic/${id}/sheets`, `/groups?sheets=${id}`, `/groups?clinic=${id}`);
}

export function groupSheet(place, group) {
    const id = encodeURIComponent(group);
    return page(place, `/api/group/${id}/sheet`, `/groups?sheet=${id}`, `/groups?group=${id}`);
}
