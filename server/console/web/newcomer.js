// Somebody comes into a group: looked for first, so that nobody stands there twice.
import { post } from "./centre.js";
import { table } from "./bits.js";
import { field, form, why } from "./form.js";
import { named } from "./load.js";
import { optional } from "./plan.js";
import { day } from "./when.js";
import { make, says, word, words } from "./words.js";

export const GOES_ON = new Set([0, 1, 3, 4]); // enrolments that have not ended
export const ENROL = { status: "", planned: "", start: "", end: "", seen: "" };

export function search(name, walkins = false) {
    return post("/api/participants", { name, walkins: walkins ? "1" : "" });
}

// Whoever was found, with one button each
export function hits(said, text, does) {
    if (!said.people.length) return make("p", { class: "none", text: "WEB_SEARCH_NOBODY" });
    const rows = said.people.sort((a, b) => a.name.localeCompare(b.name, "nb")).map((row) => {
        const chosen = named(text, () => row.name, () => does(row));
        const now = row.groups.filter((one) => GOES_ON.has(one.status)), told = now.length ? now : row.groups.slice(0, 1);
        const groups = () => told.map((one) => `${one.name}, ${one.clinic_name} (${word("ENROLMENT", one.status).toLowerCase()})`).join("; ");
        return make("tr", {}, make("th", { scope: "row" }, make("span", { text: () => row.name }), make("span", { class: "hint under", text: groups }),
            row.last_day !== null && make("span", { class: "hint under", text: () => words("WEB_CAME_LAST", day(row.last_day), row.last_group) }), row.shown_as && make("span", { class: "hint under", text: () => words("WEB_SHOWN_AS", row.shown_name) })),
            make("td", { class: "number", text: () => (row.birth_year ? String(row.birth_year) : "") }), make("td", {}, chosen));
    });
    const shown = table("WEB_SEARCH_FOUND", ["WEB_PERSON_CALLED", "#WEB_BORN", "WEB_ACTION"], rows, { kind: "lines" });
    return make("div", {}, shown, said.more && make("p", { class: "hint", text: "WEB_SEARCH_MORE" }));
}

export function searchForm(found) {
    const name = field("WEB_SEARCH_NAME", { name: "name", minlength: "2", maxlength: "120", autocomplete: "off", type: "search" }, "WEB_SEARCH_HINT");
    return form("WEB_SEARCH", [name], found);
}

function unknown(one, name, done) {
    const called = field("WEB_PERSON_NAME", { value: name, maxlength: "120", autocomplete: "off" }), born = optional(field("WEB_BORN", { type: "number", min: "1900", max: "2100" }));
    const planned = optional(field("WEB_PLANNED", { type: "number", min: "1", max: "60" })), start = optional(field("WEB_START", { type: "date" }, "WEB_START_HINT"));
    return form("WEB_PERSON_MAKE", [called, born, planned, start], async (text, year, count, first) => {
        await post(`/api/group/${one.id}/participant`, { name: text, "birth-year": year, planned: count, start: first });
        done("WEB_PERSON_ADDED");
    });
}

// newcomer(group, done): who was looked for is enrolled, or made anew
export function newcomer(one, done) {
    const place = make("div"), wrong = make("p", { class: "wrong", role: "alert" });
    const enrol = async (row) => {
        try {
            await post(`/api/group/${one.id}/participant/${row.shown_as ?? row.id}`, { ...ENROL, status: "attending" });
            done("WEB_PERSON_ADDED");
        } catch (error) { says(wrong, () => why(error)); }
    };
    const ask = searchForm(async (name) => {
        const said = await search(name);
        place.replaceChildren(hits(said, "WEB_ENROL", enrol), make("details", said.people.length ? {} : { open: "" }, make("summary", { text: "WEB_PERSON_NEW" }), unknown(one, name, done)));
    });
    return make("div", {}, make("p", { class: "hint", text: "WEB_PERSON_ADD_WHY" }), ask, wrong, place);
}
