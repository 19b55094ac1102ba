// Getting in: name and password, then the second step; and the password alone after a pause.
import { get, post } from "./centre.js";
import { field, form } from "./form.js";
import { make, view } from "./words.js";

const nameField = () => field("WEB_NAME", { name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
const passwordField = () => field("WEB_PASSWORD", { name: "password", type: "password", autocomplete: "current-password" });

export function login(go) {
    view("WEB_LOG_IN", form("WEB_LOG_IN", [nameField(), passwordField()], async (name, password) => {
        go(await post("/api/login", { name, password }));
    }));
}

// What was refused may have ended the session, or another window may have gone on with it.
async function tried(go, state, path, body) {
    try {
        go(await post(path, body));
    } catch (error) {
        const now = await get("/api/session", true);
        if (now.state !== state) go(now);
        throw error;
    }
}

async function leave(go) {
    try { await post("/api/logout"); } catch { /* it is over already */ }
    go(await get("/api/session", true));
}

function other(go) {
    const button = make("button", { type: "button", class: "plain", text: "WEB_OTHER" });
    button.addEventListener("click", () => leave(go));
    return button;
}

export function second(go) {
    const word = field("WEB_CODE", { name: "word", autocomplete: "one-time-code", autocapitalize: "none", spellcheck: "false" }, "WEB_CODE_HINT");
    view("WEB_SECOND", form("WEB_LOG_IN", [word], (typed) => tried(go, "half", "/api/login/second", { word: typed })), other(go));
}

export function lock(go, session) {
    const name = make("input", { name: "name", autocomplete: "username", value: session.name, readonly: "", hidden: "" });
    const all = form("WEB_UNLOCK", [passwordField()], (password) => tried(go, "idle", "/api/login/unlock", { password }));
    all.prepend(name);
    view("WEB_LOCKED", make("p", { text: "WEB_LOCKED_WHY" }), make("p", { class: "holder", text: () => session.name }), all, other(go));
    all.querySelector("[type=password]").focus();
}
