// Attendance: the groups with their share, and one group's people by its sessions (sheet.js).
import { percent } from "./bits.js";
import { get } from "./centre.js";
import { failed } from "./load.js";
import { clock, dayOf, iso } from "./when.js";
import { sheet } from "./sheet.js";
import { make, view, wide, word, words } from "./words.js";

const KINDS = 3;
const FILTERS = ["clinic", "type", "leader", "from", "to", "evening"];

// ---- what is looked for: in the page's address dates are dates, for the centre days

export function address(given) {
    const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value));
    return query.size ? `/attendance?${query}` : "/attendance";
}

export function asked(query, names) {
    const to = new URLSearchParams();
    for (const name of names) {
        const value = query.get(name);
        const day = name === "from" || name === "to";
        if (value && (!day || !Number.isNaN(dayOf(value)))) to.set(name, day ? dayOf(value) : value);
    }
    return to;
}

export function dates(seen) {
    const one = (label, name, day) => {
        const input = make("input", { type: "date", name, value: iso(day), id: `att-${name}` });
        return make("div", { class: "field" }, make("label", { for: input.id, text: label }), input);
    };
    return [one("WEB_ATT_FROM", "from", seen.from), one("WEB_ATT_TO", "to", seen.to)];
}

function choice(label, name, options, chosen) {
    const select = make("select", { name, id: `att-${name}` }, make("option", { value: "", text: "WEB_ATT_ALL" }),
        ...options.map(([value, text]) => make("option", { value, text })));
    select.value = chosen ?? "";
    return make("div", { class: "field" }, make("label", { for: select.id, text: label }), select);
}

function filters(query, seen, show) {
    const evening = make("input", { type: "checkbox", name: "evening", value: "1" });
    evening.checked = query.get("evening") === "1";
    const kinds = Array.from({ length: KINDS }, (_, kind) => [String(kind), () => word("KIND", kind)]);
    const named = (list) => list.map((one) => [one.id, () => one.name]);
    const all = make("form", { class: "filters", role: "search" },
        seen.clinics.length > 1 && choice("WEB_ATT_CLINIC", "clinic", named(seen.clinics), query.get("clinic")),
        choice("WEB_ATT_TYPE", "type", kinds, query.get("type")),
        seen.leaders.length > 0 && choice("WEB_ATT_LEADER", "leader", named(seen.leaders), query.get("leader")),
        ...dates(seen), make("label", { class: "show" }, evening, make("span", { text: "WEB_ATT_EVENING" })),
        make("button", { type: "submit", class: "go", text: "WEB_ATT_SHOW" }));
    all.addEventListener("submit", (event) => {
        event.preventDefault();
        show(address(Object.fromEntries(new FormData(all))));
    });
    return all;
}

// ---- the groups

export function when(group) {
    const day = group.weekday ? word("WEEKDAY", group.weekday - 1) : "";
    return `${day.charAt(0).toUpperCase()}${day.slice(1)} ${clock(group.start_min)}`.trim();
}


function share(group) {
    if (!group.known) return make("td", { class: "share", text: () => "–" });
    const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
    bar.firstChild.style.width = `${Math.round(100 * group.present / group.known)}%`;
    return make("td", { class: "share" }, make("strong", { text: () => percent(group.present, group.known) }), bar,
        make("span", { class: "hint", text: () => words("WEB_ATT_OF", group.present, group.known) }));
}

function row(group, seen, figures) {
    const href = address({ group: group.id, from: iso(seen.from), to: iso(seen.to) });
    const late = group.unrecorded > 0;
    return make("tr", {},
        make("th", { scope: "row" }, make("a", { href, text: () => group.name }),
            !group.active && make("span", { class: "hint", text: () => ` (${words("WEB_ATT_INACTIVE")})` })),
        make("td", { text: () => when(group) }),
        make("td", { class: "wider", text: () => group.leaders.join(", ") }),
        ...(figures ? [share(group),
            make("td", { class: late ? "number attend" : "number", text: () => String(group.unrecorded ?? "") }),
            make("td", { class: "number wider", text: () => String(group.sessions ?? "") }),
            make("td", { class: "number wider", text: () => String(group.cancelled ?? "") })] : []));
}

// Clinic by clinic, by name
function clinics(groups) {
    const by = new Map();
    const order = (a, b) => a.clinic.localeCompare(b.clinic, "nb") || a.name.localeCompare(b.name, "nb");
    for (const group of [...groups].sort(order)) {
        const key = group.clinic_id ?? "";
        by.set(key, [...(by.get(key) ?? []), group]);
    }
    return [...by.values()];
}

function table(groups, seen) {
    const figures = groups.some((group) => group.sessions !== undefined);
    const head = (text, kind) => make("th", { scope: "col", text, ...(kind && { class: kind }) });
    const columns = figures ? 7 : 3;
    return make("table", { class: "groups" }, make("caption", { class: "heard", text: "WEB_ATT_GROUPS" }),
        make("thead", {}, make("tr", {}, head("WEB_ATT_GROUP"), head("WEB_ATT_WHEN"), head("WEB_ATT_LEADER", "wider"),
            ...(figures ? [head("WEB_ATT_SHARE"), head("WEB_ATT_UNRECORDED", "number"), head("WEB_ATT_HELD", "number wider"),
                head("WEB_ATT_CANCELLED", "number wider")] : []))),
        ...clinics(groups).map((some) => make("tbody", {},
            make("tr", {}, make("th", { scope: "rowgroup", colspan: columns, class: "of", text: () => some[0].clinic || words("WEB_ATT_NO_CLINIC") })),
            ...some.map((group) => row(group, seen, figures)))));
}

function list({ query, gone, look }) {
    const form = make("div"), found = make("div", { "aria-live": "polite" }, make("p", { text: "WEB_LOADING" }));
    const wanted = asked(query, FILTERS);
    let groups = [];
    view(wide("WEB_ATT"), form, found);

    function show(to) {
        history.pushState(null, "", to);
        look();
    }

    function more(next, seen) {
        const button = make("button", { type: "button", text: "WEB_ATT_MORE" });
        button.addEventListener("click", () => { button.disabled = true; draw(next, seen); });
        return button;
    }

    async function draw(after, first) {
        try {
            if (after) wanted.set("after", after);
            const seen = await get(`/api/attendance/groups?${wanted}`);
            groups = [...groups, ...seen.groups];
            if (!after) form.replaceChildren(filters(query, seen, show));
            found.replaceChildren(make("h3", { text: "WEB_ATT_GROUPS" }), ...(groups.length
                ? [make("div", { class: "scroll" }, table(groups, first ?? seen)), make("p", { class: "hint", text: "WEB_ATT_SHARE_WHY" })]
                : [make("p", { class: "none", text: "WEB_ATT_GROUPS_NONE" })]));
            if (seen.next) found.append(more(seen.next, first ?? seen));
        } catch (error) {
            failed(found, error, gone);
        }
    }

    draw();
    return null;
}

export function attendance(place) {
    return place.query.get("group") ? sheet(place) : list(place);
}
