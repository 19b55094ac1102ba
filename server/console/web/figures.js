// Figures that were frozen: the list and freezing one; one held against what stands now is figure.js.
import { actor, percent } from "./bits.js";
import { get, post } from "./centre.js";
import { failed } from "./load.js";
import { dayOf, iso, moment } from "./when.js";
import { figure } from "./figure.js";
import { field, why } from "./form.js";
import { make, says, view, wide, word, words } from "./words.js";

const MONTHS = 12, TERTIAL = 4, MONTHS_BACK = 15, TERTIALS_BACK = 5;

// ---- days: whole months and tertials have names

const month = (day) => Number(iso(day).slice(5, 7));
const year = (day) => Number(iso(day).slice(0, 4));
const firstOf = (y, m) => dayOf(`${m > MONTHS ? y + 1 : y}-${String(m > MONTHS ? m - MONTHS : m).padStart(2, "0")}-01`);

export function period({ first, last }) {
    const y = year(first), m = month(first);
    if (first === firstOf(y, m) && last === firstOf(y, m + 1) - 1) {
        const name = word("MONTH", m - 1);
        return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${y}`;
    }
    if (first === firstOf(y, m) && last === firstOf(y, m + TERTIAL) - 1 && m % TERTIAL === 1) return words("WEB_FIG_TERTIAL", (m - 1) / TERTIAL + 1, y);
    return `${iso(first)} – ${iso(last)}`;
}

export const place = (one) => (one.group ? `${one.clinic}, ${one.group}` : one.clinic);

// ---- the list

function row(one) {
    return make("tr", { class: one.withdrawn ? "cancelled" : "" },
        make("th", { scope: "row" }, make("a", { href: `/figures?no=${one.no}`, text: () => words("WEB_FIG_NO", one.no) })),
        make("td", {}, make("span", { text: () => place(one) }), one.title && make("span", { class: "hint block", text: () => one.title }),
            one.withdrawn && make("span", { class: "badge", text: "WEB_FIG_WITHDRAWN" })),
        make("td", { text: () => period(one) }),
        make("td", { class: "wider", text: () => `${moment(one.made_s)}, ${actor(one.made_by)}` }),
        make("td", { class: "number", text: () => String(one.held) }),
        make("td", { class: "number wider", text: () => String(one.cancelled) }),
        make("td", { class: "number", text: () => percent(one.present, one.known) }));
}

function table(figures) {
    const heads = [["WEB_FIG"], ["WEB_FIG_OF"], ["WEB_FIG_PERIOD"], ["WEB_FIG_MADE", "wider"], ["WEB_FIG_HELD", "number"], ["WEB_FIG_CANCELLED", "number wider"],
        ["WEB_FIG_SHARE", "number"]];
    return make("div", { class: "scroll" }, make("table", { class: "groups figures" }, make("caption", { class: "heard", text: "WEB_FIG_LIST" }),
        make("thead", {}, make("tr", {}, ...heads.map(([text, style]) => make("th", { scope: "col", text, ...(style && { class: style }) })))),
        make("tbody", {}, ...figures.map(row))));
}

// ---- freezing

function select(label, id, ...inside) {
    const made = make("select", { id }, ...inside);
    return { row: make("div", { class: "field" }, make("label", { for: id, text: label }), made), made };
}

function periods(today) {
    const months = Array.from({ length: MONTHS_BACK }, (_, back) => {
        const at = year(today) * MONTHS + month(today) - 1 - back, first = firstOf(Math.floor(at / MONTHS), at % MONTHS + 1);
        return { value: `month:${iso(first).slice(0, 7)}`, first, last: firstOf(year(first), month(first) + 1) - 1 };
    });
    const tertials = Array.from({ length: TERTIALS_BACK }, (_, back) => {
        const at = year(today) * 3 + Math.floor((month(today) - 1) / TERTIAL) - back, y = Math.floor(at / 3), n = at % 3;
        return { value: `tertial:${y}-${n + 1}`, first: firstOf(y, n * TERTIAL + 1), last: firstOf(y, (n + 1) * TERTIAL + 1) - 1 };
    });
    return [["WEB_FIG_MONTHS", months], ["WEB_FIG_TERTIALS", tertials]];
}

// Its label is no text: in another language the page is drawn anew, since it is told in it.
function group(label, options) {
    return make("optgroup", { label: words(label) }, ...options.map((one) => make("option", { value: one.value, text: () => period(one) })));
}

function freezing(seen, done) {
    const clinic = select("WEB_FIG_CLINIC", "fig-clinic", ...seen.clinics.map((one) => make("option", { value: one.id, text: () => one.name })));
    const some = select("WEB_FIG_GROUP", "fig-group");
    const when = select("WEB_FIG_PERIOD", "fig-period", ...periods(seen.today).map(([label, options]) => group(label, options)));
    const title = field("WEB_FIG_TITLE", { type: "text", maxlength: "100" }, "WEB_FIG_TITLE_HINT");
    title.input.removeAttribute("required");
    const wrong = make("p", { class: "wrong", role: "alert" }), go = make("button", { type: "submit", class: "go", text: "WEB_FIG_FREEZE" });
    const groups = () => some.made.replaceChildren(make("option", { value: "", text: "WEB_FIG_ALL" }),
        ...seen.groups.filter((one) => one.clinic_id === clinic.made.value).map((one) => make("option", { value: one.id, text: () => one.name })));
    when.made.selectedIndex = 1; // the month that is over
    clinic.made.addEventListener("change", groups);
    groups();
    const all = make("form", { class: "filters" }, clinic.row, some.row, when.row, title.row, go, wrong);
    all.addEventListener("submit", async (event) => {
        event.preventDefault();
        const [kind, value] = when.made.value.split(":");
        const address = some.made.value ? `/api/figures/group/${some.made.value}` : `/api/figures/clinic/${clinic.made.value}`;
        go.disabled = true;
        says(wrong, () => "");
        try {
            done(await post(address, { month: "", tertial: "", [kind]: value, title: title.input.value.trim() }));
        } catch (error) {
            says(wrong, () => why(error));
            go.disabled = false;
        }
    });
    return all;
}

// ---- the page

function list({ gone }) {
    const form = make("div", { class: "freezing" }), saved = make("p", { class: "saved", role: "status" }), found = make("div", {}, make("p", { text: "WEB_LOADING" }));
    let figures = [];
    view(wide("WEB_FIG"), make("p", { class: "hint", text: "WEB_FIG_WHY" }), form, saved, found);

    function done(said) {
        says(saved, () => words("WEB_FIG_IS_FROZEN", said.no));
        figures = [];
        draw();
    }

    function more(next) {
        const button = make("button", { type: "button", text: "WEB_FIG_MORE" });
        button.addEventListener("click", () => { button.disabled = true; draw(next); });
        return button;
    }

    async function draw(after) {
        try {
            const seen = await get(after ? `/api/figures?after=${after}` : "/api/figures");
            figures = [...figures, ...seen.figures];
            if (!after) form.replaceChildren(...(seen.clinics.length ? [make("h3", { class: "above", text: "WEB_FIG_FREEZE" }), freezing(seen, done)] : []));
            found.replaceChildren(make("h3", { text: "WEB_FIG_LIST" }), figures.length ? table(figures) : make("p", { class: "none", text: "WEB_FIG_NONE" }));
            if (seen.next) found.append(more(seen.next));
        } catch (error) {
            failed(found, error, gone);
        }
    }

    draw();
    return null;
}

export function figures(given) {
    return given.query.get("no") ? figure(given) : list(given);
}
