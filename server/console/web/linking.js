// Two names that are one person: found, looked at side by side, shown as one, and given back.
import { get, post } from "./centre.js";
import { button, sure, table } from "./bits.js";
import { field } from "./form.js";
import { load, move } from "./load.js";
import { hits, search, searchForm } from "./newcomer.js";
import { badges, days } from "./participant.js";
import { optional } from "./plan.js";
import { make, view, wide, word, words } from "./words.js";

// linking(place, one): looks for the other one
export function linking(place, one) {
    const found = make("div", { "aria-live": "polite" });
    const ask = searchForm(async (name) => {
        const said = await search(name);
        said.people = said.people.filter((row) => row.id !== one.id);
        found.replaceChildren(hits(said, "WEB_COMPARE", (row) => move(place, `/participants?person=${one.id}&with=${row.shown_as ?? row.id}`)));
    });
    return make("details", {}, make("summary", { text: "WEB_LINK_FIND" }), make("p", { class: "hint", text: "WEB_LINK_WHY" }), ask, found);
}

// parting(one, row, done): ${row} is shown as somebody: given back with a note
export function parting(one, row, done) {
    const place = make("div");
    const text = () => (row === one ? words("WEB_SHOWN_AS", one.shown_name) : words("WEB_LINKED", row.name));
    const ask = one.change && button("WEB_PART", () => {
        const note = optional(field("WEB_NOTE", { maxlength: "200", autocomplete: "off" }));
        place.replaceChildren(sure("WEB_PART_SURE", ["WEB_PART_TOLD"], "WEB_PART", [note], async () => {
            await post(`/api/participant/${row.id}/unlink`, { note: note.input.value, seen: one.seen });
            done("WEB_PARTED");
        }, () => place.replaceChildren()));
    });
    return make("div", { class: "part" }, make("p", { text }), ask, place);
}

function column(one) {
    const rows = one.enrolments.map((row) => make("tr", {}, make("th", { scope: "row", text: () => `${row.group_name}, ${row.clinic_name}` }), make("td", { text: () => word("ENROLMENT", row.status) })));
    return make("section", { class: "clinic" }, make("h3", { text: () => one.name }), badges(one),
        rows.length ? table("WEB_ENROLMENTS", ["WEB_GROUP", "WEB_ENROLMENT"], rows, { kind: "lines" }) : make("p", { class: "none", text: "WEB_ENROLMENTS_NONE" }), make("h4", { text: "WEB_DAYS" }), days(one));
}

// The walk-in is shown as the one of the list; of two alike the newer as the older.
function order(a, b) {
    const first = a.provisional !== b.provisional ? a.provisional : Number(a.id) > Number(b.id);
    return first ? [a, b] : [b, a];
}

export function comparing(place, person, other) {
    const parts = make("div");
    view(wide("WEB_COMPARE_TITLE"), make("p", { class: "way" }, make("a", { href: `/participants?person=${encodeURIComponent(person)}`, text: "WEB_BACK" })), parts);
    load(parts, place.gone, async () => {
        const both = await Promise.all([person, other].map((id) => get(`/api/participant/${encodeURIComponent(id)}`)));
        const [loser, winner] = order(...both), note = optional(field("WEB_NOTE", { maxlength: "200", autocomplete: "off" }));
        const seen = String(Math.min(...both.map((one) => Number(one.seen))));
        const panel = sure("WEB_LINK_SURE", [() => words("WEB_LINK_TOLD", loser.name, winner.name), "WEB_LINK_REVERSIBLE"], "WEB_LINK_DO", [note], async () => {
            await post(`/api/participant/${loser.id}/link/${winner.id}`, { note: note.input.value, seen });
            move(place, `/participants?person=${winner.id}`);
        }, () => move(place, `/participants?person=${person}`));
        return [make("div", { class: "clinics" }, column(both[0]), column(both[1])), both.every((one) => one.change) && panel];
    });
    return null;
}
