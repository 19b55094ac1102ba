// Groups: each clinic's, and what concerns a clinic as a whole: a new group, a day that is called off, a file of participants, the week's sheets.
import { get, post } from "./centre.js";
import { button, choice, sure, table, tell } from "./bits.js";
import { field, form, why } from "./form.js";
import { planFields } from "./plan.js";
import { group } from "./group.js";
import { importing } from "./import.js";
import { load, move, roomy } from "./load.js";
import { clinicSheets, groupSheet } from "./sheets.js";
import { day, dayOf, iso, plan } from "./when.js";
import { make, view, wide, words } from "./words.js";

const NONE = { name: "", code: "", kind: "", weekday: "", start: "", end: "", first: "", last: "", capacity: "", days: "", intervention: "" };
// ---- forms of a clinic

function added(clinic, catalogue, again) {
    return form("WEB_GROUP_ADD", planFields(catalogue, { start: "10:00", end: "11:00" }), async (name, kind, weekday, start, end, first, last, capacity, course) => {
        await post(`/api/clinic/${clinic.id}/group`, { ...NONE, name, code: name.slice(0, 32), kind, weekday, start, end, first, last, capacity, intervention: course === "none" ? "" : course });
        again();
    });
}

// What would be called off, group by group, and the button that does it.
function told(clinic, said, send, back) {
    const lines = said.sessions.map((one) => make("li", {}, make("span", { text: () => one.group }), make("span", { class: "hint", text: () => (one.left ? words("WEB_DAY_LEFT") : words("WEB_DAY_PEOPLE", one.people)) })));
    const panel = sure("WEB_DAY_SURE", [() => words("WEB_DAY_TOLD", said.cancelled, said.sessions.length, clinic.name, day(dayOf(said.day)))], "WEB_DAY_DO", [], send, back);
    panel.insertBefore(make("ul", { class: "plainly" }, ...lines), panel.querySelector("form"));
    return panel;
}

function dayOff(clinic, today) {
    const at = field("WEB_DAY", { type: "date", value: iso(today) }), reason = field("WEB_REASON_CODE", { type: "number", min: "0", max: "99" }, "WEB_REASON_CODE_HINT");
    const place = make("div");
    const address = () => `/api/clinic/${clinic.id}/day/${dayOf(at.input.value)}/cancel`;
    const ask = form("WEB_DAY_LOOK", [at, reason], async () => {
        const said = await post(address(), { reason: reason.input.value, save: "" });
        place.replaceChildren(said.cancelled ? told(clinic, said, save, () => place.replaceChildren()) : make("p", { class: "none", text: "WEB_DAY_NOTHING" }));
    });
    async function save() {
        const said = await post(address(), { reason: reason.input.value, save: "1" });
        const ids = said.sessions.filter((one) => !one.left).map((one) => one.session);
        const undo = button("WEB_UNDO", async () => {
            try {
                await post("/api/sessions/restore", { sessions: ids.join(" ") });
                place.replaceChildren();
                tell(place, "WEB_DAY_UNDONE");
            } catch (error) { tell(place, () => why(error)); }
        });
        place.replaceChildren(undo);
        tell(place, () => words("WEB_DAY_DONE", said.cancelled));
    }
    return make("div", {}, make("p", { class: "hint", text: "WEB_DAY_WHY" }), ask, place);
}

function more(text, inside) {
    return make("details", {}, make("summary", { text }), inside);
}

// ---- the list

function line(one) {
    const under = () => [one.leaders, one.course ? one.course_name : ""].filter(Boolean).join(" · ");
    const people = one.attending === null ? "–" : words("WEB_GROUP_PLACES", one.attending, one.capacity);
    return make("tr", { class: one.active ? "" : "over" },
        make("th", { scope: "row" }, make("a", { href: `/groups?group=${one.id}`, text: () => one.name }), make("span", { class: "hint under", text: under }),
            !one.active && make("span", { class: "hint under", text: "WEB_GROUP_OVER" })),
        make("td", { text: () => plan(one) }), make("td", { class: "number", text: () => people }), make("td", { class: "roomy whole", text: () => day(one.next_day) || words("WEB_NONE") }));
}

function lines(clinic) {
    if (!clinic.groups.length) return make("p", { class: "none", text: clinic.count ? "WEB_GROUPS_CHOOSE" : "WEB_GROUPS_EMPTY" });
    return roomy(table("WEB_GROUPS_TITLE", ["WEB_GROUP", "WEB_GROUP_WHEN", "#WEB_GROUP_PEOPLE", "WEB_GROUP_NEXT"], clinic.groups.map(line), { heard: true, kind: "lines" }));
}

function section(clinic, said, again) {
    const links = make("div", { class: "tools" }, clinic.sheets && make("a", { href: `/groups?sheets=${clinic.id}`, text: "WEB_SHEETS" }),
        clinic.import && make("a", { href: `/groups?import=${clinic.id}`, text: "WEB_IMPORT" }));
    return make("section", { class: "clinic" }, make("h3", { text: () => clinic.name }), lines(clinic), links,
        clinic.change && more("WEB_GROUP_NEW", added(clinic, said.catalogue, again)), clinic.change && more("WEB_DAY_OFF", dayOff(clinic, said.today)));
}

function chosen(place, said, only) {
    const pick = choice("WEB_CLINIC", [["", "WEB_CLINICS_ALL"], ...said.clinics.map((one) => [one.id, () => one.name])]);
    pick.input.value = only ?? "";
    pick.input.addEventListener("change", () => move(place, pick.input.value ? `/groups?clinic=${pick.input.value}` : "/groups"));
    return make("form", {}, pick.row);
}

function list(place) {
    const only = place.query.get("clinic"), parts = make("div");
    view(wide("WEB_GROUPS_TITLE"), parts);
    load(parts, place.gone, async () => {
        const said = await get(`/api/groups${only ? `?clinic=${encodeURIComponent(only)}` : ""}`);
        const shown = said.clinics.filter((one) => (only ? one.id === only : one.count || one.groups.length || said.clinics.length < 3));
        return [said.clinics.length > 1 && chosen(place, said, only), said.more && make("p", { class: "hint", text: "WEB_GROUPS_MORE" }),
            make("div", { class: "clinics" }, ...shown.map((one) => section(one, said, place.look))),
            !shown.length && make("p", { class: "none", text: "WEB_GROUPS_EMPTY" })];
    });
    return null;
}

export function groups(place) {
    const { query } = place;
    if (query.get("group")) return group(place, query.get("group"));
    if (query.get("import")) return importing(place, query.get("import"));
    if (query.get("sheets")) return clinicSheets(place, query.get("sheets"));
    if (query.get("sheet")) return groupSheet(place, query.get("sheet"));
    return list(place);
}
