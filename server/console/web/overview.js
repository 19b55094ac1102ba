// What a coordinator begins with: what needs a hand, then each clinic with its tablets and today's groups.
import { get } from "./centre.js";
import { clock } from "./when.js";
import { make, says, view, wide, words } from "./words.js";

const SOON_MS = 500; // many tablets that sync at once make few questions
const REDRAW_MS = 60000; // "3 min ago" grows older by itself
const DAY_S = 86400, SILENT_DAYS = 7, BACKUP_DAYS = 2;
const PENDING = 2, STATES = { 2: "WEB_TABLET_PENDING", 3: "WEB_TABLET_ACTIVE", 4: "WEB_TABLET_DRAINING" };
const HELD = 1, CANCELLED = 2;

export function ago(then_s, now_s) {
    const passed_s = Math.max(0, now_s - then_s);
    if (!then_s) return words("WEB_NEVER");
    if (passed_s < 60) return words("WEB_AGO_NOW");
    if (passed_s < 3600) return words("WEB_AGO_MINUTES", Math.floor(passed_s / 60));
    if (passed_s < DAY_S) return words("WEB_AGO_HOURS", Math.floor(passed_s / 3600));
    return passed_s < 2 * DAY_S ? words("WEB_AGO_DAY") : words("WEB_AGO_DAYS", Math.floor(passed_s / DAY_S));
}

// ${attend}: it needs a hand; said in words as well as by colour
function tile(label, value, attend, hint) {
    return make("li", { class: attend ? "tile attend" : "tile" }, make("span", { class: "label", text: label }),
        make("strong", { text: value }), make("span", { class: "hint", text: attend ? hint : "WEB_FINE" }));
}

function tiles(seen) {
    const waiting = seen.clinics.reduce((sum, clinic) => sum + clinic.waiting, 0);
    const old = !seen.backup_s || seen.now_s - seen.backup_s >= BACKUP_DAYS * DAY_S;
    return make("ul", { class: "tiles" },
        tile("WEB_CASES", () => String(seen.open_cases), seen.open_cases > 0, "WEB_CASES_HINT"),
        tile("WEB_ASIDE", () => String(seen.quarantined), seen.quarantined > 0, "WEB_ASIDE_HINT"),
        tile("WEB_WAITING", () => String(waiting), waiting > 0, "WEB_WAITING_HINT"),
        tile("WEB_BACKUP", () => ago(seen.backup_s, seen.now_s), old, "WEB_BACKUP_HINT"));
}

function tablet(device, now_s) {
    const silent = device.last_contact_s === null || now_s - device.last_contact_s >= SILENT_DAYS * DAY_S;
    const attend = device.state === PENDING || silent;
    return make("tr", { class: attend ? "attend" : "" },
        make("th", { scope: "row", text: () => device.label || words("WEB_TABLET_NO", device.no) }),
        make("td", { text: silent && device.state !== PENDING ? "WEB_TABLET_SILENT" : STATES[device.state] }),
        make("td", { text: () => ago(device.last_contact_s, now_s) }),
        make("td", { class: device.waiting ? "number attend" : "number", text: () => String(device.waiting) }));
}

function tablets(clinic, now_s) {
    if (!clinic.devices.length) return make("p", { class: "none", text: "WEB_TABLETS_NONE" });
    const heads = ["WEB_TABLET", "WEB_TABLET_STATE", "WEB_CONTACT", "WEB_TABLET_WAITING"];
    return make("table", { class: "tablets" }, make("caption", { class: "heard", text: "WEB_TABLETS" }),
        make("thead", {}, make("tr", {}, ...heads.map((text, at) => make("th", { scope: "col", text, ...(at === 3 && { class: "number" }) })))),
        make("tbody", {}, ...clinic.devices.map((device) => tablet(device, now_s))));
}

function progress(group) {
    if (group.status === CANCELLED) return words("WEB_GROUP_CANCELLED");
    if (group.status !== HELD && group.marked === 0) return words("WEB_GROUP_NOT_YET", group.persons);
    return words("WEB_GROUP_MARKED", group.marked, group.persons);
}

function groups(clinic) {
    if (!clinic.groups.length) return make("p", { class: "none", text: "WEB_GROUPS_NONE" });
    return make("table", {}, make("caption", { text: "WEB_GROUPS" }), make("tbody", {}, ...clinic.groups.map((group) =>
        make("tr", { class: group.status === CANCELLED ? "cancelled" : "" }, make("td", { class: "time", text: () => clock(group.start_min) }),
            make("th", { scope: "row", text: () => group.name }), make("td", { class: "number", text: () => progress(group) })))));
}

function badge(text, count) {
    return count > 0 && make("span", { class: "badge", text: () => words(text, count) });
}

function clinicCard(clinic, now_s) {
    return make("section", { class: "clinic" },
        make("h3", {}, make("span", { text: () => clinic.name }), badge("WEB_BADGE_CASES", clinic.open_cases),
            badge("WEB_BADGE_ASIDE", clinic.quarantined)),
        tablets(clinic, now_s), groups(clinic));
}

let stream = null, again = 0, clockTick = 0, soon = 0, drawnAt = 0;

function leave() {
    stream?.close();
    stream = null;
    clearTimeout(again);
    clearInterval(clockTick);
    clearTimeout(soon);
    soon = 0;
}

function say(text) {
    says(document.getElementById("state"), () => words(text));
}

export function overview({ gone }) {
    const parts = make("div", {}, make("p", { text: "WEB_LOADING" }));
    leave();
    view(wide("WEB_OVERVIEW"), parts);

    async function draw(quiet) {
        try {
            const seen = await get("/api/overview", quiet);
            parts.replaceChildren(tiles(seen), make("div", { class: "clinics" }, ...seen.clinics.map((one) => clinicCard(one, seen.now_s))));
            if (seen.read_only) parts.prepend(make("p", { class: "wrong", role: "alert", text: "WEB_READ_ONLY" }));
            if (!seen.clinics.length) parts.append(make("p", { class: "none", text: "WEB_CLINICS_NONE" }));
        } catch (error) {
            if (error.status === 403) parts.replaceChildren(make("p", { text: "WEB_OVERVIEW_NOT" }));
            else gone(error);
        }
    }

    function drawSoon() {
        soon ||= setTimeout(() => { soon = 0; drawnAt = Date.now(); draw(true); }, Math.max(0, drawnAt + SOON_MS - Date.now()));
    }

    function listen() {
        stream = new EventSource("/api/events");
        stream.addEventListener("open", () => say("WEB_LIVE"));
        stream.addEventListener("changed", drawSoon);
        stream.addEventListener("error", () => {
            say("WEB_NOT_LIVE");
            if (stream?.readyState !== EventSource.CLOSED) return;
            gone(null);
            again = setTimeout(listen, 5000);
        });
    }

    draw(true);
    clockTick = setInterval(() => draw(true), REDRAW_MS);
    listen();
    return leave;
}
