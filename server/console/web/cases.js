// Saker: what somebody has to decide, the oldest first, and one of it in full; what was put aside as well. What stands in the list names people, so
// it is fetched when a person asks for it and not by itself: news only say that there are some.
import { aside } from "./aside.js";
import { oneCase } from "./case.js";
import { get } from "./centre.js";
import { why } from "./form.js";
import { ago } from "./overview.js";
import { brief, capital } from "./value.js";
import { day } from "./when.js";
import { make, says, view, wide, word, words } from "./words.js";

const NEWS_MS = 1000, ATTENDED = 2, SAME_DAY = 3, SAME_PERSON = 5;
const VIEWS = {
    open: { text: "WEB_CASES_OPEN", counted: "WEB_CASES_OPEN_COUNT", count: "open", from: "/api/cases?state=open", rows: "cases", none: "WEB_CASES_NONE", one: oneCase },
    closed: { text: "WEB_CASES_CLOSED", from: "/api/cases?state=closed", rows: "cases", none: "WEB_CASES_NONE_CLOSED", one: oneCase },
    aside: { text: "WEB_CASES_ASIDE", counted: "WEB_CASES_ASIDE_COUNT", count: "aside", from: "/api/quarantine?state=open", rows: "asides", none: "WEB_ASIDES_NONE", one: aside, right: "QUARANTINE" },
    rests: { text: "WEB_CASES_RESTS", from: "/api/quarantine?state=closed", rows: "asides", none: "WEB_ASIDES_NONE_RESTS", one: aside, right: "QUARANTINE" },
};

// ---- a row in words

function what(row) {
    if (row.rule === SAME_PERSON) return words("WEB_CASES_ONE_PERSON");
    if (row.rule === SAME_DAY) return words("WEB_CASES_TWO_SESSIONS");
    if (row.rule === ATTENDED) return words("WEB_CASES_ATTENDED", row.present);
    if (row.exercise !== null) return words("WEB_CASES_SET", word("EXERCISE", row.exercise), row.set);
    return row.values?.[0]?.[0]?.column === "session.status" ? words("WEB_CASES_SOMETHING") : capital(word("FIELD", row.field));
}

const values = (row) => [...new Set((row.values ?? []).map(brief))].join(" / ");

export function caseTitle(row) {
    return [row.person ?? row.group ?? words("WEB_CASES_SOMETHING"), what(row)].join(": ");
}

function caseWords(row) {
    const said = values(row);
    return { head: row.person ?? row.group ?? words("WEB_CASES_SOMETHING"), about: said ? `${what(row)}: ${said}` : what(row),
        where: [row.person && row.group, row.day !== null && day(row.day), row.clinic_name], at_s: row.opened_s };
}

function asideWords(row) {
    return { head: row.readable ? row.person ?? row.group ?? words("WEB_CASES_SOMETHING") : words("WEB_ASIDE_UNREADABLE"), about: word("REASON", row.reason),
        where: [row.person && row.group, row.day !== null && day(row.day), row.device || words("WEB_TABLET_NO", row.device_no), row.clinic_name], at_s: row.received_s };
}

// ---- the page

class Queue {
    constructor({ query, gone, look }, rights) {
        this.view = VIEWS[query.get("view")] && rights.includes(VIEWS[query.get("view")].right ?? "CASE_SEE") ? query.get("view") : "open";
        this.kind = VIEWS[this.view];
        this.clinic = /^\d+$/.test(query.get("clinic") ?? "") ? query.get("clinic") : "";
        Object.assign(this, { gone, look, rights, rows: [], stamp: null, over: false, soon: 0 });
        this.tabs = make("nav", { class: "tabs", "aria-label": words("WEB_CASES_VIEWS") });
        this.filter = make("div", { class: "filter" });
        this.news = make("p", { class: "news", role: "status" });
        this.list = make("ol", { class: "rows" });
        this.more = make("p", {});
        this.slot = make("section", { class: "one" }, make("p", { class: "none", text: this.kind.one === aside ? "WEB_ASIDE_PICK" : "WEB_CASES_PICK" }));
        this.split = make("div", { class: "split" }, make("section", { class: "queue" }, this.news, this.list, this.more), this.slot);
        this.list.addEventListener("click", (event) => this.clicked(event));
    }

    address(no, name = this.view) {
        const query = new URLSearchParams({ ...(name !== "open" && { view: name }), ...(this.clinic && { clinic: this.clinic }), ...(no && { no }) });
        return query.size ? `/cases?${query}` : "/cases";
    }

    // ---- the list

    async fetch(after) {
        const from = this.kind.from + (this.clinic && `&clinic=${this.clinic}`) + (after ? `&after=${after}` : "");
        const got = await get(from);
        if (this.over) return;
        this.rows = after ? [...this.rows, ...got[this.kind.rows]] : got[this.kind.rows];
        Object.assign(this, { stamp: got.stamp, counts: got, hasMore: got.more });
        this.news.replaceChildren();
        this.draw();
    }

    draw() {
        const now_s = this.counts.now_s;
        this.tabs.replaceChildren(...Object.entries(VIEWS).filter(([, one]) => this.rights.includes(one.right ?? "CASE_SEE")).map(([name, one]) => make("a", {
            href: this.address(0, name), ...(name === this.view && { "aria-current": "page" }),
            text: () => (one.count ? words(one.counted, this.counts[one.count]) : words(one.text)) })));
        this.drawFilter();
        this.list.replaceChildren(...this.rows.map((row) => this.row(row, now_s)));
        this.more.replaceChildren(...(this.rows.length ? [] : [make("span", { class: "none", text: this.kind.none })]));
        if (this.hasMore) this.more.replaceChildren(this.button("WEB_CASES_MORE", () => this.fetch(this.rows.at(-1).no)));
        this.mark();
    }

    drawFilter() {
        if (this.counts.clinics.length < 2) return;
        const id = "cases-clinic", counted = Boolean(this.kind.count);
        const names = this.counts.clinics.filter((one) => !counted || one.open || one.id === this.clinic);
        const select = make("select", { id }, make("option", { value: "", text: "WEB_CASES_CLINIC_ALL" }), ...names.map((one) => make("option", {
            value: one.id, text: () => (counted ? words("WEB_CASES_CLINIC_COUNT", one.name, one.open) : one.name) })));
        select.value = this.clinic;
        select.addEventListener("change", () => {
            this.clinic = select.value;
            history.pushState(null, "", this.address());
            this.look();
            document.getElementById(id)?.focus();
        });
        this.filter.replaceChildren(make("label", { for: id, text: "WEB_CASES_CLINIC" }), select);
    }

    row(row, now_s) {
        const told = this.kind.one === aside ? asideWords(row) : caseWords(row);
        if (this.counts.clinics.length < 2) told.where.pop();
        return make("li", {}, make("a", { href: this.address(row.no), "data-no": row.no },
            make("strong", { text: () => told.head }), make("span", { text: () => told.about }),
            make("span", { class: "hint", text: () => [...told.where.filter(Boolean), ago(told.at_s, now_s)].join(" · ") })));
    }

    mark() {
        for (const link of this.list.querySelectorAll("a"))
            if (link.dataset.no === String(this.no)) link.setAttribute("aria-current", "true");
            else link.removeAttribute("aria-current");
        this.split.classList.toggle("chosen", Boolean(this.no));
    }

    // ---- one of it

    clicked(event) {
        const link = event.target.closest("a");
        if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        history.pushState(null, "", link.href);
        this.show(link.dataset.no);
    }

    async show(no, told = []) {
        this.no = no;
        this.mark();
        const back = make("p", { class: "back" }, make("a", { href: this.address(), text: "WEB_CASES_BACK" }));
        this.slot.replaceChildren(back, make("p", { text: "WEB_LOADING" }));
        try {
            const shown = await this.kind.one(this, no);
            if (this.over || this.no !== no) return;
            this.slot.replaceChildren(back, ...told, shown);
            (told[0] ?? this.slot.querySelector("h3")).focus();
        } catch (error) {
            if (error.status === 401) this.gone(error);
            else this.slot.replaceChildren(back, ...told, make("p", { class: "wrong", role: "alert", text: () => (error.status === 404 ? words("WEB_CASE_GONE") : why(error)) }));
        }
    }

    // Something was decided: what it was, how many are left, and the next one.
    async decided(sentences) {
        const told = make("div", { class: "told", role: "status", tabindex: "-1" }, ...sentences.map((text) => make("p", { text: () => text })));
        const no = this.no;
        try { await this.fetch(); } catch (error) { this.gone(error); return; }
        if (this.over) return;
        if (this.kind.count) {
            const left = this.counts[this.kind.count], next = this.rows.find((row) => String(row.no) !== String(no));
            told.append(make("p", { text: () => (left ? words("WEB_CASE_LEFT", left) : words("WEB_CASE_LEFT_NONE")) }));
            if (next) told.append(this.button(() => words("WEB_CASE_NEXT", this.kind.one === aside ? asideWords(next).head : caseTitle(next)), () => {
                history.pushState(null, "", this.address(next.no));
                this.show(String(next.no));
            }, "go"));
        }
        await this.show(no, [told]);
    }

    // Refused, since something came meanwhile: what, and how it stands now.
    async refused(error) {
        const told = make("p", { class: "wrong", role: "alert", tabindex: "-1", text: () => why(error) });
        await this.show(this.no, [told]);
    }

    button(text, does, kind = "") {
        const one = make("button", { type: "button", text, ...(kind && { class: kind }) });
        one.addEventListener("click", async () => {
            one.disabled = true;
            try { await does(); } catch (error) { this.gone(error); } finally { one.disabled = false; }
        });
        return one;
    }

    // ---- news

    heard() {
        this.soon ||= setTimeout(async () => {
            this.soon = 0;
            try {
                const { stamp } = await get("/api/cases/news", true);
                if (this.over || stamp === this.stamp || this.stamp === null || this.news.firstChild) return;
                this.news.append(make("span", { text: "WEB_CASES_NEWS" }), " ", this.button("WEB_CASES_NEWS_SHOW", () => this.fetch()));
            } catch { /* the next one tells */ }
        }, NEWS_MS);
    }

    listen() {
        this.stream = new EventSource("/api/events");
        this.stream.addEventListener("open", () => says(document.getElementById("state"), () => words("WEB_LIVE")));
        this.stream.addEventListener("changed", () => this.heard());
        this.stream.addEventListener("error", () => {
            says(document.getElementById("state"), () => words("WEB_NOT_LIVE"));
            if (this.stream.readyState !== EventSource.CLOSED || this.over) return;
            this.gone(null);
            this.again = setTimeout(() => this.listen(), 5000);
        });
    }

    leave() {
        this.over = true;
        this.stream?.close();
        clearTimeout(this.soon);
        clearTimeout(this.again);
    }
}

export function cases(place) {
    const parts = make("div", {}, make("p", { text: "WEB_LOADING" }));
    let queue = null, over = false;
    view(wide("WEB_CASES_TITLE"), parts);

    async function begin() {
        try {
            const { rights } = await get("/api/session", true);
            if (over) return;
            queue = new Queue(place, rights);
            await queue.fetch();
            if (over) return;
            parts.replaceChildren(make("div", { class: "tools apart" }, queue.tabs, queue.filter), queue.split);
            queue.listen();
            if (/^\d+$/.test(place.query.get("no") ?? "")) await queue.show(place.query.get("no"));
        } catch (error) {
            if (over) return;
            parts.replaceChildren(make("p", { class: "wrong", role: "alert", text: () => why(error) }));
            if (error.status === 401) place.gone(error);
        }
    }

    begin();
    return () => { over = true; queue?.leave(); };
}
