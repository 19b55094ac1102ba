// One participant: where he is enrolled and how that stands, when he came last, his referrals, and who is shown as him.
import { get, post } from "./centre.js";
import { button, choice, facts, sure, table } from "./bits.js";
import { field, form, why } from "./form.js";
import { linking, parting } from "./linking.js";
import { load, named } from "./load.js";
import { ENROL, GOES_ON } from "./newcomer.js";
import { news } from "./news.js";
import { optional } from "./plan.js";
import { day, dayOf, iso } from "./when.js";
import { make, says, view, wide, word, words } from "./words.js";

const STATES = ["waiting-list", "offered", "declined", "waiting-start", "attending", "completed", "discontinued", "never-came", "not-relevant", "registered-in-error"];
const VERDICTS = ["under-way", "completed", "interrupted", "cannot-be-said"];
const WHYS = ["", "ended", "misses", "unknown", "none-held", "end-score", "no-intervention"];
const FOLLOWS = { forms: "WEB_FOLLOWS_FORMS", notes: "WEB_FOLLOWS_NOTES", contacts: "WEB_FOLLOWS_CONTACTS", work_status: "WEB_FOLLOWS_WORK", activities: "WEB_FOLLOWS_ACTIVITIES", consents: "WEB_FOLLOWS_CONSENTS", episodes: "WEB_FOLLOWS_EPISODES" };

function more(text, inside) {
    return make("details", {}, make("summary", { text }), inside);
}

// ---- an enrolment

function stateForm(one, row, done) {
    const state = choice("WEB_ENROLMENT", STATES.map((name, at) => [name, () => word("ENROLMENT", at)])), given = { planned: row.planned ? String(row.planned) : "", start: iso(row.start_day), end: iso(row.end_day) };
    state.input.value = STATES[row.status];
    const planned = optional(field("WEB_PLANNED", { type: "number", min: "1", max: "60", value: given.planned }));
    const start = optional(field("WEB_FIRST", { type: "date", value: given.start })), end = optional(field("WEB_LAST", { type: "date", value: given.end }));
    return form("WEB_SAVE", [state, planned, start, end], async (name, count, first, last) => {
        const said = { ...ENROL, seen: one.seen, status: name === STATES[row.status] ? "" : name, planned: count === given.planned ? "" : count, start: first === given.start ? "" : first, end: last === given.end ? "" : last };
        await post(`/api/group/${row.group}/participant/${one.id}`, said);
        done("WEB_ENROLMENT_SAVED");
    });
}

function moved(one, row, to, at, said, done, place) {
    const along = Object.keys(FOLLOWS).filter((name) => said[name]).map((name) => words(FOLLOWS[name], said[name])).join(", ");
    const name = to.input.selectedOptions[0].textContent;
    return sure("WEB_MOVE_SURE", [() => words("WEB_MOVE_TOLD", one.name, row.group_name, name, day(dayOf(at.input.value))), along && (() => words("WEB_MOVE_FOLLOWS", along)), "WEB_MOVE_STAYS"].filter(Boolean), "WEB_MOVE_DO", [], async () => {
        await post(`/api/group/${row.group}/participant/${one.id}/move?to=${to.input.value}`, { date: at.input.value, preview: "" });
        done("WEB_MOVE_DONE");
    }, () => place.replaceChildren());
}

// The groups are asked for when somebody wants to move.
function moveForm(one, row, today, done) {
    const parts = make("div"), place = make("div");
    const details = more("WEB_MOVE", make("div", {}, parts, place));
    details.addEventListener("toggle", () => {
        if (!details.open || parts.childElementCount) return;
        load(parts, () => {}, async () => {
            const said = await get("/api/groups");
            const groups = said.clinics.filter((clinic) => clinic.change).flatMap((clinic) => clinic.groups.filter((group) => group.active && group.id !== row.group).map((group) => [group.id, () => `${clinic.name}: ${group.name}`]));
            const to = choice("WEB_MOVE_TO", groups), at = field("WEB_MOVE_DAY", { type: "date", value: iso(today) });
            return [groups.length ? form("WEB_GO_ON", [to, at], async () => {
                const told = await post(`/api/group/${row.group}/participant/${one.id}/move?to=${to.input.value}`, { date: at.input.value, preview: "1" });
                place.replaceChildren(moved(one, row, to, at, told, done, place));
            }) : make("p", { class: "none", text: "WEB_MOVE_NOWHERE" })];
        });
    });
    return details;
}

function completion(one, row) {
    const place = make("div", { "aria-live": "polite" });
    const ask = named("WEB_COMPLETION", () => row.group_name, async () => {
        try {
            const [said] = await get(`/api/group/${row.group}/participant/${one.id}/completion`);
            place.replaceChildren(said ? facts([["WEB_COMPLETION_HELD", () => String(said.held)], ["WEB_COMPLETION_CAME", () => String(said.attended)], ["WEB_COMPLETION_MISSED", () => String(said.missed)],
                ["WEB_COMPLETION_UNKNOWN", () => String(said.unknown)], ["WEB_COMPLETION_SAYS", () => [word("COMPLETION", VERDICTS.indexOf(said.verdict)), said.why && word("COMPLETION_WHY", WHYS.indexOf(said.why))].filter(Boolean).join(": ")],
                said.differs && ["WEB_COMPLETION_DIFFERS", () => word("ENROLMENT", row.status)]]) : make("p", { class: "none", text: "WEB_COMPLETION_NONE" }));
        } catch (error) { place.replaceChildren(make("p", { class: "wrong", role: "alert", text: () => why(error) })); }
    });
    return make("div", {}, ask, place);
}

function enrolment(one, row, done) {
    const span = () => [row.start_day !== null && words("WEB_FROM", day(row.start_day)), row.end_day !== null && words("WEB_TO", day(row.end_day))].filter(Boolean).join(" ") || words("WEB_NONE");
    const change = row.change && one.shown_as === null;
    return make("div", { class: "part" }, make("h4", {}, make("a", { href: `/groups?group=${row.group}`, text: () => row.group_name })),
        facts([["WEB_CLINIC", () => row.clinic_name], ["WEB_ENROLMENT", () => word("ENROLMENT", row.status)], ["WEB_WHEN", span], row.planned > 0 && ["WEB_PLANNED", () => String(row.planned)]]),
        row.attendance && completion(one, row), change && more("WEB_ENROLMENT_CHANGE", stateForm(one, row, done)), change && GOES_ON.has(row.status) && moveForm(one, row, one.today, done));
}

// ---- the person

export function days(one) {
    if (one.shut) return make("p", { class: "none", text: "WEB_SHUT_NONE" });
    if (!one.days.length) return make("p", { class: "none", text: "WEB_DAYS_NONE" });
    return table("WEB_DAYS", ["WEB_DAY", "WEB_GROUP", "WEB_ATTENDED"], one.days.map((row) => make("tr", {}, make("th", { scope: "row", class: "whole", text: () => day(row.day) }),
        make("td", { text: () => `${row.group_name}, ${row.clinic_name}` }), make("td", { text: () => word("PRESENCE", row.presence) }))), { heard: true, kind: "lines" });
}

function episode(row) {
    const at = (name, number) => number !== null && [name, () => day(number)];
    return make("div", { class: "part" }, facts([["WEB_CLINIC", () => row.clinic_name], at("WEB_EPISODE_REFERRED", row.referred), at("WEB_EPISODE_ASSESSED", row.assessed), at("WEB_EPISODE_DEADLINE", row.deadline),
        at("WEB_EPISODE_CONTACT", row.first_contact), ["WEB_EPISODE_SOURCE", () => word("SOURCE", row.source)], ["WEB_EPISODE_TARGET", () => word("TARGET", row.target)],
        ["WEB_EPISODE_GOAL", () => word("GOAL", row.goal)], ["WEB_EPISODE_OUTCOME", () => word("OUTCOME", row.outcome)]]));
}

export function badges(one) {
    return make("p", { class: "tools" }, one.birth_year > 0 && make("span", { text: () => words("WEB_BORN_IN", one.birth_year) }), one.provisional && make("span", { class: "badge", text: "WEB_WALKIN" }), one.shut && make("span", { class: "badge", text: "WEB_SHUT" }),
        one.shown_as && make("span", { class: "badge", text: () => words("WEB_SHOWN_AS", one.shown_name) }));
}

// Shut at the person's wish, and opened again: what it means stands there before the button that does it.
function record(one, done) {
    const place = make("div"), [verb, does, told] = one.shut ? ["open", "WEB_SHUT_OPEN", "WEB_SHUT_OPENED"] : ["shut", "WEB_SHUT_DO", "WEB_SHUT_DONE"];
    return make("div", { class: "part" }, make("p", { text: one.shut ? "WEB_SHUT_IS" : "WEB_SHUT_NOT" }), one.change && one.shown_as === null && button(does, () => {
        const note = optional(field("WEB_NOTE", { maxlength: "200", autocomplete: "off" }));
        place.replaceChildren(sure(does, [one.shut ? "WEB_SHUT_OPEN_WHY" : "WEB_SHUT_WHY", () => one.name], does, [note], async () => {
            await post(`/api/participant/${one.id}/${verb}`, { note: note.input.value, seen: one.seen });
            done(told);
        }, () => place.replaceChildren()));
    }), place);
}

function section(title, ...inside) {
    return make("section", { class: "clinic" }, make("h3", { text: title }), ...inside.filter(Boolean));
}

export function participant(place, id) {
    let changed = null;
    const parts = make("div"), main = view(wide("WEB_PARTICIPANT"), make("p", { class: "way" }, make("a", { href: "/participants", text: "WEB_PARTICIPANTS_ALL" })), parts);
    const draw = (then) => load(parts, place.gone, async () => {
        changed?.own();
        const one = await get(`/api/participant/${encodeURIComponent(id)}`), done = (text) => draw(text);
        says(main.querySelector("h2"), () => one.name);
        if (then) main.querySelector("h2").focus();
        return [then && make("p", { class: "told", role: "status", text: then }), badges(one), make("div", { class: "clinics" },
            make("div", {}, section("WEB_ENROLMENTS", ...(one.enrolments.length ? one.enrolments.map((row) => enrolment(one, row, done)) : [make("p", { class: "none", text: "WEB_ENROLMENTS_NONE" })]))),
            make("div", {}, section("WEB_DAYS", days(one)), one.episodes.length > 0 && section("WEB_EPISODES", ...one.episodes.map(episode)),
                (one.change || one.shut) && section("WEB_RECORD", record(one, done)),
                (one.change || one.linked.length > 0) && section("WEB_SAME", one.shown_as ? parting(one, one, done) : linking(place, one), ...one.linked.map((row) => parting(one, row, done)))))];
    });
    draw();
    changed = news(parts, () => draw());
    return changed.end;
}
