// The console: who is here decides what is shown. The centre is asked each half minute whether somebody still is; only what a
// person does keeps the session open.
import { get, post } from "./centre.js";
import { invitation } from "./invitation.js";
import { lock, login, second } from "./login.js";
import { leaveOverview, overview } from "./overview.js";
import { make, says, speakFirst, view, words } from "./words.js";

const LOOK_MS = 30000, USED_MS = 60000;
let shown = null, usedAt = 0;

function head(session) {
    const open = session.state === "open";
    document.getElementById("who").hidden = !open;
    says(document.getElementById("name"), () => (open ? session.name : ""));
    if (!open) says(document.getElementById("state"), () => "");
}

function go(session) {
    if (session.state === shown) return;
    shown = session.state;
    leaveOverview();
    head(session);
    if (shown === "open") overview(look);
    else if (shown === "half") second(go);
    else if (shown === "idle") lock(go, session);
    else login(go);
}

function unreachable() {
    if (shown === null) view("WEB_NO_ANSWER", make("p", { text: "WEB_TRY_AGAIN" }));
    else says(document.getElementById("state"), () => words("WEB_NO_ANSWER"));
}

async function look(quiet = true) {
    try { go(await get("/api/session", quiet !== false)); } catch { unreachable(); }
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
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    setInterval(look, LOOK_MS);
    await look();
}

start();
