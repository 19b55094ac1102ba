// One case in full: every value with who said it and when, what else there is to know, and deciding it. A decision names the page that was read: what
// came since refuses it, and the page shows how it stands then.
import { get, post } from "./centre.js";
import { field, why } from "./form.js";
import { capital } from "./value.js";
import { day, moment } from "./when.js";
import { make, says, word, words } from "./words.js";

const EMPTY = { note: "", take: "", set: "", stand: "", held: "", cancelled: "", remove: "" };
const CENTRE = 1;

// ---- who said it

const who = (one) => [one.user, one.device].filter(Boolean).join(", ");

function when(one) {
    if (!one.received_s) return "";
    return one.device_no === CENTRE ? words("WEB_CASE_DECIDED_AT", moment(one.received_s))
        : words("WEB_CASE_SAID", moment(one.claimed_s, one.offset_min), moment(one.received_s));
}

const saidBy = (one) => [make("span", { text: () => who(one) }), make("span", { class: "hint", text: () => when(one) })];

// [[head, …, whoever said it], …] under a caption
function table(caption, heads, rows) {
    return make("div", { class: "scroll" }, make("table", {}, make("caption", { text: caption }),
        make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col", text })))),
        make("tbody", {}, ...rows.map(([first, ...others]) => make("tr", {}, make("th", { scope: "row", text: () => first }), ...others.map((cell) => (typeof cell === "string" ? make("td", { text: () => cell }) : make("td", { class: "said" }, ...saidBy(cell)))))))));
}

// ---- another value than those that were registered: by the kinds of its fields

const control = {
    word: (one, choices) => make("select", {}, make("option", { value: "", text: "WEB_CASE_NOTHING" }), ...choices.filter((choice) => choice.field === one.field).map((choice) => make("option", { value: choice.value, text: () => choice.shown }))),
    switch: () => make("select", {}, ...[["", "WEB_CASE_NOTHING"], ["1", "WEB_CASE_YES"], ["0", "WEB_CASE_NOT"]].map(([value, text]) => make("option", { value, text }))),
    clock: () => make("input", { type: "time" }),
    date: () => make("input", { type: "date" }),
    text: (one) => make("input", { type: "text", maxlength: one.max, autocomplete: "off" }),
    load: (one) => make("input", { type: "number", min: one.min / 10, max: one.max / 10, step: "0.1", inputmode: "decimal" }),
    number: (one) => make("input", { type: "number", min: one.min, max: one.max, step: "1", inputmode: "numeric" }),
};
control.minutes = control.number;

// { rows, lines }: the fields, and what they say as lines "field=value"
function another(said) {
    const all = said.fields.map((one, at) => {
        const input = control[one.kind](one, said.choices), id = `another-${at}`;
        input.id = id;
        input.value = one.kind === "load" && one.now ? String(Number(one.now) / 10) : one.now;
        const name = () => (one.kind === "load" ? words("WEB_CASE_KG", capital(one.shown)) : capital(one.shown));
        return { one, input, row: make("div", { class: "field" }, make("label", { for: id, text: name }), input) };
    });
    const value = ({ one, input }) => (one.kind === "load" && input.value ? String(Math.round(Number(input.value) * 10)) : input.value.trim());
    return { rows: all.map((each) => each.row), inputs: all.map((each) => each.input),
        lines: () => all.filter((each) => value(each)).map((each) => `${each.one.field}=${value(each)}`).join("\n") };
}

// ---- the ways to decide: { head, lines, badges, body(): what is sent, path }

const take = (one, open) => ({ head: one.value, lines: saidBy(one), body: () => ({ take: String(one.take) }),
    badges: [open && one.shown && "WEB_CASE_SHOWN", one.less && "WEB_CASE_LESS"].filter(Boolean) });
const plain = (text, body) => ({ head: text, body: () => body });

function unitWays(said) {
    const open = said.state === "open", ways = open ? said.values.map((one) => take(one, true)) : [];
    if (said.fields?.length) {
        const form = another(said);
        ways.push({ head: words("WEB_CASE_ANOTHER"), inside: form.rows, inputs: form.inputs, body: () => ({ set: form.lines() }) });
    }
    return ways;
}

// "1. 10:00: Planned, 0 present"; without its number where it is the only one
function sessionText(said, one) {
    const status = { planned: 0, held: 1, cancelled: 2 }[one.status];
    const text = [one.start, words("WEB_CASE_SESSION", status === undefined ? words("WEB_CASES_DELETED") : word("SESSION", status), one.present)].filter(Boolean).join(": ");
    return said.sessions.length > 1 ? `${said.sessions.indexOf(one) + 1}. ${text}` : text;
}

function dayWays(said) {
    const way = (text, one, body) => plain(words(text, said.sessions.indexOf(one) + 1, one.start), body);
    return [plain(words("WEB_CASE_BOTH"), { stand: "1" }),
        ...said.sessions.map((one) => way("WEB_CASE_CANCELLED", one, { cancelled: String(one.session) })),
        ...said.sessions.filter((one) => !one.planned).map((one) => way("WEB_CASE_REMOVE", one, { remove: String(one.session) }))];
}

// They bear one name: which of the two is told by a number too.
const born = (said, one) => `${said.people.indexOf(one) + 1}. ${one.birth_year ? words("WEB_CASE_BORN", one.name, one.birth_year) : one.name}`;

// A walk-in is shown as who stands on the list, never the other way round.
function personWays(said) {
    const [one, other] = said.people, shown = (loser, winner) => ({ ...plain(words("WEB_CASE_ONE", born(said, winner), winner.standing), {}), path: "link",
        body: () => ({ loser: String(loser.participant), winner: String(winner.participant) }) });
    return [other.walk_in && shown(other, one), one.walk_in && shown(one, other), plain(words("WEB_CASE_TWO"), { stand: "1" })].filter(Boolean);
}

function ways(said) {
    const open = said.state === "open";
    if (said.rule === "unit") return unitWays(said);
    if (!open && !said.holds) return [];
    if (said.rule === "attended") return [plain(words("WEB_CASE_HELD"), { held: "1" }), plain(words("WEB_CASE_STANDS"), { stand: "1" })];
    if (said.rule === "same-day") return dayWays(said);
    return said.rule === "same-person" ? personWays(said) : [];
}

function pick(way, at, named) {
    const radio = named && make("input", { type: "radio", name: "how", value: at, required: "" });
    const inside = way.inside && make("div", { class: "inside" }, ...way.inside);
    for (const input of way.inputs ?? []) input.addEventListener("input", () => { radio.checked = true; });
    return make("div", { class: "pick" }, make(named ? "label" : "div", {}, radio, make("span", {}, make("strong", { text: () => way.head }),
        ...(way.badges ?? []).map((text) => make("span", { class: "badge", text })), ...(way.lines ?? []))), inside);
}

// ---- what is known

function person(said, one) {
    const marks = said.marks.filter((mark) => mark.participant === one.participant);
    return make("section", { class: "pick" }, make("h4", { text: () => born(said, one) }), make("p", { class: "hint", text: () => one.standing }),
        marks.length ? make("ul", { class: "marks" }, ...marks.map((mark) => make("li", {}, make("span", { text: () => `${[mark.group, mark.day && day(Date.parse(mark.day) / 86400000)].filter(Boolean).join(", ")}: ${mark.value}` }), ...saidBy(mark))))
            : make("p", { class: "none", text: "WEB_CASE_MARKS_NONE" }));
}

// One line for each person: the mark, or that somebody wrote down sets, and how many.
function proofs(said) {
    const all = new Map();
    for (const one of said.proofs) {
        const mine = all.get(one.participant) ?? { first: one, sets: 0 };
        mine.sets += one.table === "exercise_set";
        all.set(one.participant, mine);
    }
    return [...all.values()].map(({ first, sets }) => [first.person,
        [first.table === "attendance" && first.value, sets && words("WEB_CASE_SETS", sets)].filter(Boolean).join(", "), first]);
}

function known(said) {
    const parts = [];
    if (said.people) parts.push(make("div", { class: "beside" }, ...said.people.map((one) => person(said, one))));
    if (said.sessions) parts.push(make("div", { class: "beside" }, ...said.sessions.map((one) => make("div", { class: "pick" }, make("strong", { text: () => sessionText(said, one) }), ...saidBy(one)))));
    if (said.proofs?.length) {
        parts.push(table("WEB_CASE_PROOFS", ["WEB_CASE_PERSON", "WEB_CASE_VALUE", "WEB_CASE_WHO"], proofs(said)));
        if (said.rule === "unit") parts.push(make("p", { class: "hint", text: "WEB_CASE_PROOFS_WHY" }));
    }
    return parts;
}

function earlier(said) {
    return said.earlier?.length && table("WEB_CASE_EARLIER", ["WEB_CASE_VALUE", "WEB_CASE_WHO"], said.earlier.map((one) => [one.value, one]));
}

// ---- what was decided before

const HOW = { stand: "WEB_CASE_HOW_STAND", held: "WEB_CASE_HOW_HELD", cancelled: "WEB_CASE_HOW_CANCELLED", remove: "WEB_CASE_HOW_REMOVE", link: "WEB_CASE_HOW_LINK" };

// An account is told by its name: "account 3 kari.b".
const actor = (one) => one.actor.replace(/^account \d+ /, "");

function decisions(said) {
    if (!said.decisions?.length) return null;
    return make("section", {}, make("h4", { text: "WEB_CASE_DECISIONS" }), make("ul", { class: "marks" }, ...said.decisions.map((one) => make("li", {},
        make("span", { text: () => one.value || (HOW[one.how] ? words(HOW[one.how]) : words("WEB_CASE_HOW")) }),
        make("span", { class: "hint", text: () => words("WEB_CASE_DECIDED_BY", actor(one), moment(one.at_s)) }),
        one.note && make("span", { class: "hint", text: () => words("WEB_CASE_QUOTE", one.note) })))));
}

// ---- deciding

class Decision {
    constructor(queue, no, said) {
        Object.assign(this, { queue, no, said, wrong: make("p", { class: "wrong", role: "alert" }) });
        this.note = field("WEB_CASE_NOTE", { name: "note", maxlength: "200", autocomplete: "off" }, "WEB_CASE_NOTE_HINT");
        this.note.input.removeAttribute("required");
    }

    async send(path, body, told) {
        says(this.wrong, () => "");
        try {
            const answer = await post(`/api/case/${this.no}/${path}`, { seen: String(this.said.seen), note: this.note.input.value.trim(), ...body });
            await this.queue.decided([...told(answer), words("WEB_CASE_DONE_TABLETS")]);
        } catch (error) {
            if (error.status === 409) await this.queue.refused(error);
            else if (error.status === 401) this.queue.gone(error);
            else says(this.wrong, () => why(error));
        }
    }

    decided(answer) {
        return [answer.value ? words("WEB_CASE_DONE", this.no, answer.value) : words("WEB_CASE_DONE_PLAIN", this.no)];
    }

    form(all) {
        const open = this.said.state === "open";
        const form = make("form", { novalidate: "" }, make("fieldset", {}, make("legend", { text: open ? "WEB_CASE_RIGHT" : "WEB_CASE_AGAIN" }),
            !open && make("p", { class: "hint", text: "WEB_CASE_AGAIN_WHY" }), ...all.map((way, at) => pick(way, at, true))), this.note.row, this.wrong,
        make("button", { type: "submit", class: "go", text: "WEB_CASE_DECIDE" }));
        const go = form.lastChild;
        form.addEventListener("change", () => says(this.wrong, () => ""));
        if (all.length === 1) form.querySelector("[name=how]").checked = true;
        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            const chosen = form.querySelector("[name=how]:checked"), way = chosen && all[chosen.value];
            const broken = way?.inputs?.find((input) => !input.checkValidity());
            const body = way?.body();
            if (!way || body.set === "") says(this.wrong, () => words("WEB_CASE_CHOOSE"));
            if (broken) broken.reportValidity();
            if (!way || broken || body.set === "") return;
            go.disabled = true;
            await this.send(way.path ?? "decision", way.path ? body : { ...EMPTY, ...body, note: this.note.input.value.trim() }, (answer) => this.decided(answer));
            go.disabled = false;
        });
        return form;
    }

    // All open ones of the session at once.
    whole() {
        const count = this.said.same_session;
        if (!(count > 1)) return null;
        const told = (answer) => [words("WEB_CASE_PRESENT_DONE", answer.decided), answer.left && words("WEB_CASE_PRESENT_LEFT", answer.left)].filter(Boolean);
        return make("section", { class: "whole" }, make("h4", { text: "WEB_CASE_PRESENT" }), make("p", { text: () => words("WEB_CASE_PRESENT_WHY", count) }),
            this.queue.button(() => words("WEB_CASE_PRESENT_DO", count), () => this.send("present", {}, told)));
    }

    // Two who were linked are parted again.
    parted() {
        const loser = this.said.people?.find((one) => one.shown_as);
        if (!loser) return null;
        return make("div", {}, make("p", { class: "holder", text: "WEB_CASE_LINKED" }), this.note.row, this.wrong,
            this.queue.button("WEB_CASE_UNLINK", () => this.send("unlink", { loser: String(loser.participant) }, (answer) => this.decided(answer))));
    }
}

function nowValue(said) {
    if (said.state === "open" || said.rule !== "unit") return null;
    const rows = said.values.length ? said.values.map((one) => pick(take(one, false), 0, false)) : [make("p", { class: "none", text: "WEB_CASES_DELETED" })];
    return make("section", {}, make("h4", { text: "WEB_CASE_NOW" }), ...rows);
}

function deciding(queue, no, said, may) {
    const all = ways(said), decision = new Decision(queue, no, said);
    if (!may) return [make("div", {}, ...(said.state === "open" ? all.filter((way) => !way.inside).map((way, at) => pick(way, at, false)) : [])), said.state === "open" && make("p", { class: "hint", text: "WEB_CASE_SEE_ONLY" })];
    const parted = decision.parted();
    if (parted) return [parted];
    return all.length ? [decision.form(all), decision.whole()] : [make("p", { class: "hint", text: "WEB_CASE_OVER" })];
}

// The card of case ${no}; decided and refused of ${queue} go on from there.
export async function oneCase(queue, no) {
    const [said, news] = await Promise.all([get(`/api/case/${no}`), get(`/api/cases/news?no=${no}`, true)]);
    const open = said.state === "open";
    return make("article", { class: "clinic" }, make("h3", { tabindex: "-1", text: () => said.what }), make("p", { class: "holder", text: () => capital(said.title) }),
        make("p", { class: "hint", text: () => words(open ? "WEB_CASE_NO" : "WEB_CASE_NO_CLOSED", said.no, moment(open ? said.opened_s : said.changed_s)) }),
        make("p", { text: () => said.why }), ...known(said), nowValue(said), ...deciding(queue, no, said, news.decide), decisions(said), earlier(said));
}
