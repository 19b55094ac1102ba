// The console: who is here decides what is shown, and the address which page. The centre is asked each half minute whether somebody still is; only
// what a person does keeps the session open.
import { get, post } from "./centre.js";
import { invitation } from "./invitation.js";
import { lock, login, second } from "./login.js";
import { pages } from "./pages.js";
import { make, says, speakFirst, view, words } from "./words.js";

const LOOK_MS = 30000, USED_MS = 60000;
let shown = null, rights = "", usedAt = 0, page = null, leave = null;

// ---- pages

function close() {
    leave?.();
    leave = null;
    page = null;
}

function menu(session) {
    const mine = pages.filter((one) => !one.right || one.right.split(" ").some((right) => session.rights.includes(right)));
    const items = mine.filter((one) => one.right).map((one) => make("a", { href: one.path, text: one.title }));
    const nav = document.getElementById("menu");
    nav.replaceChildren(...items);
    nav.hidden = items.length < 2;
    return mine;
}

// The page that the address names; of one that is not for this account the first that is.
function open(session) {
    const mine = menu(session);
    close();
    page = mine.find((one) => one.path === location.pathname) ?? mine.find((one) => one.right);
    for (const item of document.getElementById("menu").children)
        if (page && item.getAttribute("href") === page.path) item.setAttribute("aria-current", "page");
    if (!page) view("WEB_NOTHING", make("p", { text: "WEB_NOTHING_WHY" }));
    else leave = page.open({ query: new URLSearchParams(location.search), gone: look, look: again, go, rights: session.rights }) ?? null;
}

function again() {
    if (shown === "open" && now) open(now);
}

export function go(address) {
    history.pushState(null, "", address);
    again();
}

function followed(event) {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    const known = pages.some((one) => one.path === link.pathname);
    if (!known || shown !== "open") return;
    event.preventDefault();
    go(link.href);
}

// ---- who is here

let now = null;

function head(session) {
    const isOpen = session.state === "open";
    document.getElementById("who").hidden = !isOpen;
    if (!isOpen) document.getElementById("menu").hidden = true;
    says(document.getElementById("name"), () => (isOpen ? session.name : ""));
    if (!isOpen) says(document.getElementById("state"), () => "");
}

function meet(session) {
    const may = (session.rights ?? []).join();
    now = session;
    if (session.state === shown && may === rights) return;
    shown = session.state;
    rights = may;
    close();
    head(session);
    if (shown === "open") open(session);
    else if (shown === "half") second(meet);
    else if (shown === "idle") lock(meet, session);
    else login(meet);
}

function unreachable() {
    if (shown === null) view("WEB_NO_ANSWER", make("p", { text: "WEB_TRY_AGAIN" }));
    else says(document.getElementById("state"), () => words("WEB_NO_ANSWER"));
}

async function look(quiet = true) {
    try { meet(await get("/api/session", quiet !== false)); } catch { unreachable(); }
}

function used() {
    if (shown !== "open" || Date.now() - usedAt < USED_MS) return;
    usedAt = Date.now();
    look(false);
}

async function out() {
    try { await post("/api/logout"); } catch { /* it is over already */ }
    look();
}

// What the centre said in one language is asked for in the other; the button keeps the focus.
function spoken() {
    if (shown !== "open" || !page?.told) return;
    const held = document.activeElement;
    again();
    held?.focus();
}

async function start() {
    await speakFirst();
    const status = await get("/api/status").catch(() => null);
    if (status) says(document.getElementById("version"), () => `${words("WEB_VERSION")} ${status.version}`);
    if (location.pathname === "/invitation") {
        invitation();
        return;
    }
    says(document.getElementById("out"), () => words("WEB_LOG_OUT")).addEventListener("click", out);
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, used, { passive: true });
    document.addEventListener("click", followed);
    document.addEventListener("language", spoken);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    window.addEventListener("popstate", again);
    setInterval(look, LOOK_MS);
    await look();
}

start();
