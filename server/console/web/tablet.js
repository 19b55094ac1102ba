// One tablet: what it is, what became of all that it sent, its copies and its history; and letting it in and out.
import { failed } from "./load.js";
import { ago } from "./overview.js";
import { actor, button, facts, span, sure, table, tell, tick } from "./bits.js";
import { get, post } from "./centre.js";
import { field, why } from "./form.js";
import { moment } from "./when.js";
import { make, says, view, wide, words } from "./words.js";

export const STATES = { pending: "WEB_TABLET_PENDING", active: "WEB_TABLET_ACTIVE", draining: "WEB_TABLET_DRAINING", revoked: "WEB_TABLET_REVOKED", wiped: "WEB_TABLET_WIPED" };
const SUMS = { applied: "WEB_SUM_APPLIED", merged: "WEB_SUM_MERGED", same: "WEB_SUM_SAME", superseded: "WEB_SUM_SUPERSEDED", case: "WEB_SUM_CASE", quarantined: "WEB_SUM_ASIDE", held: "WEB_SUM_HELD", lost: "WEB_SUM_LOST" };
const BY = { centre: "WEB_BY_CENTRE", device: "WEB_BY_TABLET", journal: "WEB_BY_JOURNAL" };
const SKEW_S = 120;

export const shownDigits = (digits) => `${digits.slice(0, 3)} ${digits.slice(3)}`;
const named = (one) => one.label || words("WEB_TABLET_NO", one.device_no);

// ---- what is done to it

function reason() {
    return field("WEB_REASON", { name: "reason", maxlength: "200", autocomplete: "off" }, "WEB_REASON_HINT");
}

function approval(one, done, back) {
    const same = tick("WEB_APPROVE_SAME");
    return sure("WEB_APPROVE", ["WEB_APPROVE_WHY"], "WEB_APPROVE_DO", [
        { row: make("p", { class: "digits" }, make("code", { text: () => shownDigits(one.digits) })), input: { value: one.digits } }, same,
    ], (digits) => done("approve", { digits }, "WEB_APPROVED"), back);
}

function shutOut(one, done, back) {
    const waits = () => (one.waiting ? words("WEB_REVOKE_WAITING", one.waiting) : words("WEB_REVOKE_EMPTY"));
    return sure("WEB_REVOKE", ["WEB_REVOKE_WHY", waits, "WEB_REVOKE_AGAIN"], "WEB_REVOKE_DO", [reason()],
        (text) => done("revoke", { reason: text }, "WEB_REVOKED"), back);
}

function emptying(one, done, back) {
    return sure("WEB_DRAIN", ["WEB_DRAIN_WHY", "WEB_DRAIN_THEN"], "WEB_DRAIN_DO", [reason()], (text) => done("drain", { reason: text }, "WEB_DRAINED"), back);
}

function useAgain(one, done, back) {
    return sure("WEB_USE_AGAIN", ["WEB_USE_AGAIN_WHY"], "WEB_USE_AGAIN_DO", [], () => done("approve", { digits: "" }, "WEB_USED_AGAIN"), back);
}

// The code is shown where its number was asked for, until somebody goes on.
function unlocking(one, done, back) {
    const number = field("WEB_TABLET_UNLOCK_NUMBER", { name: "number", type: "number", min: "1", max: "999999", step: "1", inputmode: "numeric", autocomplete: "off" }, "WEB_TABLET_UNLOCK_NUMBER_HINT");
    const panel = sure("WEB_TABLET_UNLOCK", ["WEB_TABLET_UNLOCK_WHY", "WEB_TABLET_UNLOCK_WHO"], "WEB_TABLET_UNLOCK_DO", [number], async (n) => {
        const told = await post(`/api/tablet/${one.device_no}/unlock`, { number: n });
        const line = make("p", { role: "status", tabindex: "-1" }, make("span", { text: () => words("WEB_TABLET_UNLOCK_CODE", told.number, told.device_no) }));
        panel.replaceChildren(make("h4", { text: "WEB_TABLET_UNLOCK" }), line, make("p", {}, make("code", { class: "typed", text: () => told.code })), button("WEB_DONE", back));
        line.focus();
    }, back);
    return panel;
}

const ACTS = {
    pending: [["WEB_APPROVE", approval, "go"], ["WEB_REVOKE", shutOut]],
    active: [["WEB_TABLET_UNLOCK", unlocking], ["WEB_DRAIN", emptying], ["WEB_REVOKE", shutOut]],
    draining: [["WEB_TABLET_UNLOCK", unlocking], ["WEB_USE_AGAIN", useAgain], ["WEB_REVOKE", shutOut]],
};

function acts(one, done) {
    const place = make("div", { class: "acts" });
    const close = () => {
        const offered = (ACTS[one.state] ?? []).map(([text, panel, kind]) => button(text, () => place.replaceChildren(panel(one, done, () => { close(); place.querySelector("button")?.focus(); })), kind));
        place.replaceChildren(offered.length ? make("p", { class: "buttons" }, ...offered) : make("p", { class: "none", text: "WEB_TABLET_OVER" }));
    };
    close();
    return place;
}

// ---- what is shown

function about(one, now_s) {
    const clock = () => (Math.abs(one.skew_s) < SKEW_S ? words("WEB_TABLET_RIGHT") : words(one.skew_s > 0 ? "WEB_TABLET_FAST" : "WEB_TABLET_SLOW", span(one.skew_s)));
    const since = () => (one.oldest_age_s ? words("WEB_TABLET_WAITS", one.waiting, span(one.oldest_age_s)) : String(one.waiting));
    const waits = () => (one.waiting ? since() : words("WEB_TABLET_EMPTY"));
    return facts([["WEB_CLINIC", () => one.clinic], ["WEB_TABLET_JOINED", () => moment(one.joined_s)],
        ["WEB_CONTACT", () => (one.last_contact_s ? `${moment(one.last_contact_s)} (${ago(one.last_contact_s, now_s)})` : words("WEB_NEVER"))],
        ["WEB_TABLET_WAITING", waits], ["WEB_TABLET_CLOCK", clock], ["WEB_TABLET_MODEL", () => one.model || words("WEB_UNSAID")],
        ["WEB_TABLET_APP", () => (one.app || words("WEB_UNSAID")) + (one.schema < one.schema_centre ? ` · ${words("WEB_TABLET_OLDER")}` : "")],
        ["WEB_TABLET_KEY", () => one.key]]);
}

function sums(one) {
    const line = (text, count) => make("tr", { class: count && (text === SUMS.lost || text === SUMS.quarantined) ? "attend" : "" }, make("th", { scope: "row", text }), make("td", { class: "number", text: () => String(count) }));
    return make("section", { class: "clinic" }, make("h3", { text: "WEB_SUMS" }), make("p", { class: "hint", text: "WEB_SUMS_WHY" }), make("div", { class: "scroll" },
        make("table", {}, make("caption", { class: "heard", text: "WEB_SUMS" }),
            make("tbody", {}, line("WEB_SUM_SENT", one.sent), ...Object.entries(SUMS).map(([name, text]) => line(text, one[name]))))));
}

function kin(one, now_s) {
    return one.kin.length > 0 && make("section", { class: "clinic" }, make("h3", { text: "WEB_KIN" }), make("p", { class: "hint", text: "WEB_KIN_WHY" }),
        table("WEB_KIN", ["WEB_TABLET", "WEB_TABLET_STATE", "WEB_CONTACT"], one.kin.map((other) => make("tr", {},
            make("th", { scope: "row" }, make("a", { href: `/tablets?no=${other.device_no}`, text: () => `${named(other)} (${words("WEB_TABLET_NO", other.device_no)})` }),
                other.parent > 0 && make("span", { class: "hint under", text: () => words("WEB_TABLET_COPY_OF", other.parent) })),
            make("td", { text: STATES[other.state] ?? "WEB_UNSAID" }), make("td", { text: () => ago(other.last_contact_s, now_s) }))), { heard: true }));
}

function past(one) {
    return make("section", { class: "clinic" }, make("h3", { text: "WEB_HISTORY" }), table("WEB_HISTORY", ["WEB_WHEN", "WEB_TABLET_STATE", "WEB_WHO"],
        one.history.map((line) => make("tr", {}, make("th", { scope: "row", text: () => moment(line.at_s) }), make("td", { text: STATES[line.state] ?? "WEB_UNSAID" }),
            make("td", { text: () => (line.who ? actor(line.who) : words(BY[line.by] ?? "WEB_BY_CENTRE")) }))), { heard: true }));
}

// ---- if it is lost

function missing(one, told) {
    const seen = told.devices[0], list = told.unrecorded;
    const parts = [make("p", { text: () => words("WEB_LOST_SINCE", moment(seen.last_contact_s)) }),
        seen.last_user && make("p", { text: () => words("WEB_LOST_USER", seen.last_user) }),
        make("p", { text: () => (seen.waiting ? words("WEB_LOST_WAITING", seen.waiting) : words("WEB_LOST_EMPTY")) }),
        seen.goes_on_as > 0 && make("p", { text: () => words("WEB_LOST_GOES_ON", seen.goes_on_as) })];
    if (!list.length) return [...parts, make("p", { class: "holder", text: "WEB_LOST_NONE" })];
    return [...parts, table("WEB_LOST_SESSIONS", ["WEB_DAY", "WEB_GROUP", "#WEB_PERSONS", "WEB_DONE_BY"], list.map((session) => make("tr", {},
        make("th", { scope: "row", text: () => session.day }), make("td", { text: () => session.group }), make("td", { class: "number", text: () => String(session.people) }), make("td", {}))),
    { kind: "fill" }), button("WEB_PRINT", () => window.print())];
}

function lost(one) {
    const place = make("div", {}), wrong = make("p", { class: "wrong", role: "alert" });
    const show = button("WEB_LOST_SHOW", async () => {
        show.disabled = true;
        says(wrong, () => "");
        try {
            place.replaceChildren(...missing(one, await get(`/api/tablet/${one.device_no}/lost`)).filter(Boolean));
        } catch (error) {
            says(wrong, () => why(error));
        }
        show.disabled = false;
    });
    return make("section", { class: "clinic" }, make("h3", { text: "WEB_LOST" }), make("p", { class: "hint", text: "WEB_LOST_WHY" }), show, wrong, place);
}

// ---- the page

export function tablet(where, no) {
    const parts = make("div", {}, make("p", { text: "WEB_LOADING" }));
    view(wide("WEB_TABLETS"), make("p", { class: "way" }, make("a", { href: "/tablets", text: "WEB_TABLETS_ALL" })), parts);

    async function done(act, body, text) {
        await post(`/api/tablet/${no}/${act}`, body);
        await read(text);
    }

    function draw(one) {
        const now_s = Math.floor(Date.now() / 1000);
        parts.replaceChildren(make("section", { class: "clinic head" }, make("h3", {}, make("span", { text: () => named(one) }), make("span", { class: one.state === "active" ? "badge calm" : "badge", text: STATES[one.state] ?? "WEB_UNSAID" })),
            make("p", { class: "hint", text: () => words("WEB_TABLET_NO", one.device_no) }), about(one, now_s), acts(one, done)),
        ...[make("div", { class: "clinics" }, ...[sums(one), kin(one, now_s), past(one), lost(one)].filter(Boolean))]);
    }

    async function read(text) {
        try {
            draw(await get(`/api/tablet/${encodeURIComponent(no)}`));
            if (text) tell(parts, text);
        } catch (error) {
            failed(parts, error, where.gone);
        }
    }

    read();
    return null;
}
