// One group's people by its sessions. What stands in a cell is a sign, a colour and words for who does not see it; a cell opens who said what
// (mark.js). Nothing is fetched anew by itself: each look at it is a line of the access log.
import { address, asked, dates, when } from "./attendance.js";
import { percent } from "./bits.js";
import { get } from "./centre.js";
import { failed } from "./load.js";
import { brief, clock, iso, weekday, whole } from "./when.js";
import { mark } from "./mark.js";
import { make, says, view, wide, word, words } from "./words.js";

const CANCELLED = 2;
const LATE = 1, EARLY = 2, VIDEO = 4, DISPUTED = 8;
const PRESENCES = ["UNKNOWN", "PRESENT", "NOTIFIED", "NO_SHOW", "NOT_EXPECTED"];
const SIGNS = {
    UNKNOWN: "WEB_ATT_SIGN_UNKNOWN", PRESENT: "WEB_ATT_SIGN_PRESENT", NOTIFIED: "WEB_ATT_SIGN_NOTIFIED", NO_SHOW: "WEB_ATT_SIGN_NO_SHOW",
    NOT_EXPECTED: "WEB_ATT_SIGN_NOT_EXPECTED", AHEAD: "WEB_ATT_SIGN_AHEAD", LATE: "WEB_ATT_SIGN_LATE", EARLY: "WEB_ATT_SIGN_EARLY",
    VIDEO: "WEB_ATT_SIGN_VIDEO", DISPUTED: "WEB_ATT_SIGN_DISPUTED" };
const FLAGS = [[LATE, "LATE", "WEB_ATT_LATE"], [EARLY, "EARLY", "WEB_ATT_EARLY"], [VIDEO, "VIDEO", "WEB_ATT_VIDEO"], [DISPUTED, "DISPUTED", "WEB_ATT_DISPUTED"]];

// ---- what is said of one person in one session: [session, presence, evidence, flags, reason, minutes, case]

export const at = (cell) => ({ presence: cell[1], evidence: cell[2], flags: cell[3] ?? 0, reason: cell[4] ?? -1, open_case: cell[6] ?? 0 });

function kind(cell, session, today) {
    return cell.presence === 0 && session.day > today ? "AHEAD" : PRESENCES[cell.presence];
}

export function told(cell, session, today) {
    const named = { UNKNOWN: "WEB_ATT_UNKNOWN", AHEAD: "WEB_ATT_AHEAD" };
    const what = kind(cell, session, today);
    const flags = FLAGS.filter(([bit]) => cell.flags & bit).map(([, , text]) => words(text));
    return [named[what] ? words(named[what]) : word("PRESENCE", cell.presence), ...flags].join(", ");
}

function sign(cell, session, today) {
    const flags = FLAGS.filter(([bit]) => cell.flags & bit).map(([, name]) => words(SIGNS[name]));
    return [words(SIGNS[kind(cell, session, today)]), flags.join("")];
}

function legend() {
    const item = (name, text, style) => make("li", {}, make("span", { class: `sign ${style}`, "aria-hidden": "true", text: SIGNS[name] }), make("span", { text }));
    return make("ul", { class: "legend", "aria-label": words("WEB_ATT_LEGEND") },
        item("PRESENT", () => word("PRESENCE", 1), "is-present"), item("NOTIFIED", () => word("PRESENCE", 2), "is-notified"),
        item("NO_SHOW", () => word("PRESENCE", 3), "is-no_show"), item("NOT_EXPECTED", () => word("PRESENCE", 4), "is-not_expected"),
        item("UNKNOWN", "WEB_ATT_UNKNOWN", "is-unknown"), item("AHEAD", "WEB_ATT_AHEAD", "is-ahead"), item("LATE", "WEB_ATT_LATE", ""),
        item("EARLY", "WEB_ATT_EARLY", ""), item("VIDEO", "WEB_ATT_VIDEO", ""), item("DISPUTED", "WEB_ATT_DISPUTED", "disputed"));
}

// ---- the table; plain DOM, for there are thousands of cells

function plain(tag, style, text) {
    const element = document.createElement(tag);
    if (style) element.className = style;
    if (text !== undefined) element.textContent = text;
    return element;
}

function headCell(session, seen) {
    const th = plain("th", session.day === seen.today ? "day today" : "day");
    th.scope = "col";
    th.append(plain("span", "week", session.day === seen.today ? words("WEB_ATT_TODAY") : weekday(session.day)), plain("span", "date", brief(session.day)));
    if (session.start_min !== null) th.title = `${whole(session.day)} ${clock(session.start_min)}`;
    return th;
}

// Share, or why there is none
function stateCell(session, seen) {
    const td = plain("td", session.day === seen.today ? "today" : "");
    if (session.status === CANCELLED) td.append(plain("span", "off", words("WEB_ATT_CANCELLED_BRIEF")));
    else if (session.unrecorded) td.append(plain("span", "attend", words("WEB_ATT_MISSING", session.unknown)));
    if (session.status !== CANCELLED && session.known) td.append(plain("span", "rate", percent(session.present, session.known)));
    if (session.case) {
        const link = plain("a", "", words("WEB_ATT_CASE", session.case));
        link.href = `/cases?no=${session.case}`;
        td.append(link);
    }
    if (session.unrecorded) td.classList.add("late");
    return td;
}

function bodyCell(seen, row, cell, buttons) {
    const session = seen.sessions[cell[0]], value = at(cell);
    const td = plain("td", `is-${kind(value, session, seen.today).toLowerCase()}${value.flags & DISPUTED ? " disputed" : ""}${session.day === seen.today ? " today" : ""}${session.status === CANCELLED ? " off" : ""}`);
    const [letter, more] = sign(value, session, seen.today);
    const inner = seen.all ? plain("button", "cell") : plain("span", "cell");
    if (!seen.all) inner.setAttribute("role", "img");
    if (seen.all) {
        inner.type = "button";
        inner.tabIndex = -1;
        inner.dataset.row = row;
        inner.dataset.column = cell[0];
        buttons.push(inner);
    }
    inner.dataset.sign = letter; // drawn by the style; what is read aloud are words, and the row's and the column's head say the rest
    if (more) inner.dataset.more = more;
    inner.setAttribute("aria-label", told(value, session, seen.today));
    td.append(inner);
    return td;
}

function personRow(seen, person, row, buttons) {
    const tr = plain("tr"), th = plain("th", "who"), cells = new Array(seen.sessions.length);
    th.scope = "row";
    th.append(plain("span", "", person.name));
    if (!person.enrolled || person.walk_in) th.append(plain("span", "hint", words("WEB_ATT_WALK_IN")));
    tr.append(th);
    if (seen.all) {
        const dose = plain("td", "dose", "…"), completion = plain("td", "completion", "");
        dose.dataset.person = completion.dataset.person = person.id;
        tr.append(dose, completion);
    }
    for (const cell of person.cells) cells[cell[0]] = cell;
    for (let s = 0; s < cells.length; s++) {
        const nothing = !cells[s] || (cells[s][1] === 0 && seen.sessions[s].status === CANCELLED);
        tr.append(nothing ? plain("td", seen.sessions[s].day === seen.today ? "today" : "") : bodyCell(seen, row, cells[s], buttons));
    }
    return tr;
}

export function table(seen) {
    const all = plain("table", "sheet"), head = plain("thead"), body = plain("tbody"), buttons = [];
    const first = plain("tr"), second = plain("tr"), name = plain("th", "who", words("WEB_ATT_PERSON")), share = plain("th", "who", words("WEB_ATT_SHARE"));
    name.scope = "col";
    share.scope = "row";
    first.append(name);
    second.append(share);
    if (seen.all) {
        for (const text of ["WEB_ATT_DOSE", "WEB_ATT_COMPLETION"]) {
            const th = plain("th", text === "WEB_ATT_DOSE" ? "dose" : "completion", words(text));
            th.scope = "col";
            first.append(th);
            second.append(plain("td"));
        }
    }
    for (const session of seen.sessions) {
        first.append(headCell(session, seen));
        if (seen.all) second.append(stateCell(session, seen));
    }
    head.append(first);
    if (seen.all) head.append(second);
    seen.people.forEach((person, row) => body.append(personRow(seen, person, row, buttons)));
    all.append(plain("caption", "heard", words("WEB_ATT_TABLE")), head, body);
    if (buttons.length) buttons[0].tabIndex = 0;
    return { all, buttons };
}

// One cell is in the tab order; arrow keys go to the next one in that direction.
function roving(all, buttons) {
    const places = new Map(buttons.map((one) => [`${one.dataset.row} ${one.dataset.column}`, one]));
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const far = Math.max(0, ...buttons.map((one) => Math.max(Number(one.dataset.row), Number(one.dataset.column))));
    all.addEventListener("keydown", (event) => {
        const from = event.target.closest("button.cell"), step = steps[event.key];
        if (!from || !step) return;
        event.preventDefault();
        for (let row = Number(from.dataset.row) + step[0], column = Number(from.dataset.column) + step[1]; row >= 0 && column >= 0 && row <= far && column <= far; row += step[0], column += step[1]) {
            const to = places.get(`${row} ${column}`);
            if (!to) continue;
            to.focus();
            return;
        }
    });
    all.addEventListener("focusin", (event) => {
        const to = event.target.closest("button.cell");
        if (!to) return;
        for (const one of all.querySelectorAll("button.cell[tabindex='0']")) one.tabIndex = -1;
        to.tabIndex = 0;
    });
    return places;
}

// ---- who has completed, as the centre's rules say it

const VERDICTS = ["under-way", "completed", "interrupted", "cannot-be-said"];
const WHYS = ["", "ended", "misses", "unknown", "none-held", "end-score", "no-intervention"];

function verdict(one) {
    const because = WHYS.indexOf(one.why);
    return [word("COMPLETION", VERDICTS.indexOf(one.verdict)), because > 0 && word("COMPLETION_WHY", because)].filter(Boolean).join(": ");
}

function completion(all, seen, people) {
    const by = new Map(people.map((one) => [String(one.participant), one]));
    for (const td of all.querySelectorAll("td.dose, td.completion")) {
        const one = by.get(td.dataset.person), person = seen.people.find((p) => p.id === td.dataset.person);
        td.replaceChildren();
        if (!one) continue;
        if (td.className === "completion") {
            td.append(plain("span", one.differs ? "attend" : "", verdict(one)));
            if (one.differs) td.append(plain("span", "hint", words("WEB_ATT_DIFFERS")));
            continue;
        }
        td.append(plain("span", "", words("WEB_ATT_OF", one.attended, one.held)));
        if (person.planned) td.append(plain("span", "hint", words("WEB_ATT_PLANNED", person.planned)));
    }
}

// ---- the page

function heading(seen) {
    const group = seen.group, who = group.leaders.length ? `, ${group.leaders.join(", ")}` : "";
    return [make("h3", { text: () => group.name }),
        make("p", { class: "hint", text: () => `${group.clinic}${group.clinic ? ", " : ""}${when(group)}${who}. ${whole(seen.from)} – ${whole(seen.to)}` })];
}

function tools(query, seen, show) {
    const print = make("button", { type: "button", text: "WEB_ATT_PRINT" });
    const form = make("form", { class: "filters" }, ...dates(seen), make("button", { type: "submit", class: "go", text: "WEB_ATT_SHOW" }), print);
    print.addEventListener("click", () => window.print());
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        show(address({ group: query.get("group"), ...Object.fromEntries(new FormData(form)) }));
    });
    return form;
}

export function sheet({ query, gone, look }) {
    const parts = make("div", {}, make("p", { text: "WEB_LOADING" })), state = make("p", { role: "status", class: "saved" });
    const back = make("p", { class: "step" }, make("a", { href: address({ from: query.get("from"), to: query.get("to") }), text: "WEB_ATT_BACK" }));
    const news = make("button", { type: "button", class: "news", text: "WEB_ATT_NEWS" });
    const wanted = asked(query, ["group", "from", "to"]);
    let seen = null, stream = null, over = false, quietUntil = 0, people = [];
    news.hidden = true;
    view(wide("WEB_ATT"), back, news, state, parts);

    const show = (to) => { history.pushState(null, "", to); look(); };

    function refused(error) {
        failed(parts, error, gone);
    }

    async function completed(all) {
        if (!seen.all || !seen.people.length) return;
        try {
            people = await get(`/api/attendance/completion?group=${seen.group.id}`);
        } catch {
            people = [];
        }
        if (!over) completion(all, seen, people);
    }

    function opened(places, event) {
        const cell = event.target.closest("button.cell");
        if (!cell) return;
        const person = seen.people[cell.dataset.row], column = Number(cell.dataset.column);
        mark({ seen, person, session: seen.sessions[column], cell: at(person.cells.find((one) => one[0] === column)), saved: (said) => saved(said, person, cell.dataset) });
    }

    async function saved(said, person, { row, column }) {
        quietUntil = Date.now() + 3000; // the news of what was done here
        await draw([row, column]);
        says(state, () => said.case ? words("WEB_ATT_SAVED_CASE") : words("WEB_ATT_SAVED", person.name, said.presence));
        if (said.case) state.append(" ", make("a", { href: `/cases?no=${said.case}`, text: () => words("WEB_ATT_CASE", said.case) }));
    }

    // ${focus}: the cell that had it
    function place(focus) {
        const { all, buttons } = table(seen);
        const scroll = make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": words("WEB_ATT_TABLE") }, all);
        const places = roving(all, buttons);
        all.addEventListener("click", (event) => opened(places, event));
        const none = !seen.sessions.length ? "WEB_ATT_SESSIONS_NONE" : !seen.people.length ? "WEB_ATT_PEOPLE_NONE" : null;
        parts.replaceChildren(...heading(seen), tools(query, seen, show), !seen.all ? make("p", { class: "hint", text: "WEB_ATT_SOME" }) : "",
            none ? make("p", { class: "none", text: none }) : scroll, none ? "" : legend(), none || !seen.all ? "" : make("p", { class: "hint step", text: "WEB_ATT_KEYS" }));
        const near = all.querySelector("th.today") ?? [...all.querySelectorAll("th.day")].find((_, i) => seen.sessions[i].day > seen.today);
        if (near) scroll.scrollLeft = near.offsetLeft - scroll.clientWidth / 2;
        if (focus) places.get(focus.join(" "))?.focus();
        return all;
    }

    async function draw(focus) {
        try {
            seen = await get(`/api/attendance?${wanted}`);
            if (over) return;
            news.hidden = true;
            const all = place(focus);
            await completed(all);
        } catch (error) {
            refused(error);
        }
    }

    function spoken() {
        if (seen) completion(place(), seen, people);
    }

    news.addEventListener("click", () => draw());
    document.addEventListener("language", spoken);
    stream = new EventSource("/api/events");
    stream.addEventListener("changed", () => { if (seen && Date.now() > quietUntil) news.hidden = false; });
    draw();
    return () => {
        over = true;
        stream.close();
        document.removeEventListener("language", spoken);
    };
}
