// Tablets: what each clinic has, what waits for somebody, and inviting another one.
import { ago } from "./overview.js";
import { button, choice, span, table } from "./bits.js";
import { get, post } from "./centre.js";
import { field, form, why } from "./form.js";
import { STATES, shownDigits, tablet } from "./tablet.js";
import { moment } from "./when.js";
import { make, says, view, wide, words } from "./words.js";

const STATE = ["", "", "pending", "active", "draining", "revoked", "wiped"]; // by the number of the wire
const PENDING = 2, REVOKED = 5;
const SILENT_S = 7 * 86400, SKEW_S = 120, SOON_MS = 1000, JOIN_MS = 3000, REDRAW_MS = 60000;

function notes(one) {
    const clock = one.skew_s >= SKEW_S ? "WEB_TABLET_FAST" : one.skew_s <= -SKEW_S ? "WEB_TABLET_SLOW" : "";
    return [clock && make("span", { class: "badge", text: () => words(clock, span(one.skew_s)) }),
        one.quarantined > 0 && make("span", { class: "badge", text: () => words("WEB_BADGE_ASIDE", one.quarantined) }),
        one.copy_of > 0 && make("span", { class: "badge", text: () => words("WEB_TABLET_COPY_OF", one.copy_of) }),
        one.copied && make("span", { class: "badge", text: "WEB_TABLET_COPIED" })].filter(Boolean);
}

function row(one, now_s) {
    const away = one.state >= REVOKED;
    const silent = !away && one.state !== PENDING && (!one.last_contact_s || now_s - one.last_contact_s >= SILENT_S);
    return make("tr", { class: !away && (one.state === PENDING || silent) ? "attend" : "" },
        make("th", { scope: "row" }, make("a", { href: `/tablets?no=${one.no}`, text: () => one.label || words("WEB_TABLET_NO", one.no) }),
            make("span", { class: "hint under", text: () => [words("WEB_TABLET_NO", one.no), one.model, one.app].filter(Boolean).join(" · ") }),
            ...notes(one)),
        make("td", { text: () => words(STATES[STATE[one.state]]) + (silent ? `, ${words("WEB_TABLET_SILENT")}` : "") }),
        make("td", { text: () => ago(one.last_contact_s, now_s) }),
        make("td", { class: one.waiting ? "number attend" : "number", text: () => String(one.waiting) }));
}

function clinicPart(name, rows, now_s) {
    return make("section", { class: "clinic" }, make("h3", { text: name }), rows.length
        ? table("WEB_TABLETS", ["WEB_TABLET", "WEB_TABLET_STATE", "WEB_CONTACT", "#WEB_TABLET_WAITING"], rows.map((one) => row(one, now_s)), { heard: true, kind: "tablets" })
        : make("p", { class: "none", text: "WEB_TABLETS_NONE" }));
}

function asking(seen, names) {
    const pending = seen.tablets.filter((one) => one.state === PENDING);
    return pending.length > 0 && make("section", { class: "clinic asking" }, make("h3", { text: "WEB_TABLETS_ASKING" }), make("ul", { class: "plainly" }, ...pending.map((one) =>
        make("li", {}, make("a", { href: `/tablets?no=${one.no}`, text: () => `${one.label || words("WEB_TABLET_NO", one.no)}, ${names.get(one.clinic) ?? ""}` }),
            make("code", { text: () => shownDigits(one.digits) })))));
}

// ---- inviting

function invited(place, told, again) {
    const line = make("code", { text: () => told.invite });
    place.replaceChildren(make("h3", { text: "WEB_INVITE_MADE", tabindex: "-1" }),
        make("ol", { class: "plainly steps" }, make("li", { text: "WEB_INVITE_SCAN" }), make("li", { text: "WEB_INVITE_DIGITS" }), make("li", { text: "WEB_INVITE_LET" })),
        make("img", { class: "qr", src: `data:image/svg+xml,${encodeURIComponent(told.qr)}`, alt: "" }),
        make("p", { class: "holder", text: () => words("WEB_INVITE_UNTIL", moment(told.expires_s)) }),
        make("p", {}, make("span", { text: () => words("WEB_INVITE_OPEN", told.invite.split("#")[0]) })), make("p", {}, make("code", { class: "typed", text: () => told.code })),
        make("details", {}, make("summary", { text: "WEB_INVITE_TYPE" }), make("p", { text: "WEB_INVITE_TYPE_HOW" }), make("p", {}, line)),
        button("WEB_DONE", again));
    place.querySelector("h3").focus();
}

function inviting(place, clinics, close) {
    const clinic = choice("WEB_CLINIC", clinics.map((one) => [one.id, () => one.name]));
    const label = field("WEB_TABLET_LABEL", { name: "label", maxlength: "60", autocomplete: "off" }, "WEB_TABLET_LABEL_HINT");
    place.replaceChildren(make("h3", { text: "WEB_INVITE" }), make("p", { text: "WEB_INVITE_WHY" }),
        form("WEB_INVITE_MAKE", [clinic, label], async (at, name) => invited(place, await post(`/api/clinic/${at}/tablet`, { label: name }), close)),
        button("WEB_CANCEL", close, "plain"));
    clinic.input.focus();
}

// ---- the page

export function tablets(where) {
    const no = where.query.get("no");
    if (no) return tablet(where, no);
    const parts = make("div", {}, make("p", { text: "WEB_LOADING" })), invite = make("section", { class: "clinic panel", hidden: "" }), all = make("input", { type: "checkbox" });
    const begin = button("WEB_INVITE", () => open(), "go");
    const tools = make("div", { class: "tools" }, begin, make("label", { class: "show" }, all, make("span", { text: "WEB_TABLETS_GONE" })));
    let soon = 0, seen = null, turn = 0;
    const news = new EventSource("/api/events");
    view(wide("WEB_TABLETS"), tools, invite, parts);

    function close() {
        invite.hidden = true;
        begin.disabled = false;
        begin.focus();
    }

    function open() {
        invite.hidden = false;
        begin.disabled = true;
        inviting(invite, seen?.clinics ?? [], close);
    }

    function draw() {
        const shown = seen.tablets.filter((one) => all.checked || one.state < REVOKED);
        const names = new Map(seen.clinics.map((one) => [one.id, one.name]));
        const others = shown.filter((one) => !names.has(one.clinic));
        parts.replaceChildren(...[asking(seen, names), make("div", { class: "clinics" },
            ...seen.clinics.map((one) => clinicPart(() => one.name, shown.filter((tab) => tab.clinic === one.id), seen.now_s)),
            others.length > 0 && clinicPart("WEB_TABLETS_ELSEWHERE", others, seen.now_s))].filter(Boolean));
        begin.hidden = !seen.clinics.length;
        if (!seen.clinics.length) parts.append(make("p", { class: "none", text: "WEB_CLINICS_NONE" }));
    }

    // All of them, 200 at a time: what there is at most is bounded by the centre.
    async function read(quiet) {
        try {
            let next = await get("/api/tablets", quiet);
            const whole = { ...next, tablets: [...next.tablets] };
            while (next.more) {
                next = await get(`/api/tablets?after=${whole.tablets.at(-1).no}`, quiet);
                whole.tablets.push(...next.tablets);
            }
            seen = whole;
            draw();
        } catch (error) {
            if (error.status === 401) where.gone(error);
            else if (!seen) says(parts.firstChild, () => why(error));
        }
    }

    all.addEventListener("change", () => seen && draw());
    news.addEventListener("changed", () => { soon ||= setTimeout(() => { soon = 0; read(true); }, SOON_MS); });
    // Whoever has just made a code waits for a tablet, which is no news until it is let in.
    const tick = setInterval(() => { if (!invite.hidden || ++turn % (REDRAW_MS / JOIN_MS) === 0) read(true); }, JOIN_MS);
    read(false);
    return () => {
        news.close();
        clearTimeout(soon);
        clearInterval(tick);
    };
}
