// Taking an invitation: a password, the app, recovery codes. The link's code stands behind "#", so that it is sent in bodies alone.
import { post } from "./centre.js";
import { field, form } from "./form.js";
import { language, make, says, view, words } from "./words.js";

function step(no) {
    return make("p", { class: "step", text: () => words("WEB_STEP", no) });
}

function done(told) {
    const print = make("button", { type: "button", text: "WEB_PRINT" });
    const on = make("button", { type: "button", class: "go", text: "WEB_CODES_KEPT" });
    history.replaceState(null, "", "/");
    print.addEventListener("click", () => window.print());
    on.addEventListener("click", () => location.assign("/"));
    view("WEB_CODES", step(3), make("p", { text: "WEB_CODES_WHY" }),
        make("p", { class: "holder", text: () => `samling · ${told.name}` }),
        make("ol", { class: "codes" }, ...told.codes.map((code) => make("li", {}, make("code", { text: () => code })))),
        make("p", { class: "buttons" }, print, on));
}

function app(code, told) {
    const picture = make("img", { class: "qr", src: `data:image/svg+xml,${encodeURIComponent(told.qr)}`, alt: "" });
    const word = field("WEB_CODE", { name: "word", inputmode: "numeric", autocomplete: "one-time-code" }, "WEB_APP_CODE_HINT");
    const secret = told.secret.match(/.{1,4}/g).join(" ");
    view("WEB_APP", step(2), make("p", { text: "WEB_APP_WHY" }), picture,
        make("details", {}, make("summary", { text: "WEB_APP_TYPE" }), make("p", {}, make("code", { text: () => secret }))),
        form("WEB_GO_ON", [word], async (typed) => done(await post("/api/invitation/finish", { code, word: typed.replace(/\s/g, "") }))));
}

function password(code, told) {
    const name = make("input", { name: "name", autocomplete: "username", value: told.name, readonly: "", hidden: "" });
    const chosen = field("WEB_PASSWORD_NEW", { name: "password", type: "password", autocomplete: "new-password", minlength: "8" }, "WEB_PASSWORD_HINT");
    const all = form("WEB_GO_ON", [chosen], async (typed) => app(code, await post("/api/invitation/begin", { code, password: typed })));
    all.prepend(name);
    view("WEB_INVITED", step(1), make("p", { text: () => words("WEB_INVITED_WHY", told.name) }), all);
    chosen.input.focus();
}

export async function invitation() {
    const code = location.hash.slice(1);
    try {
        password(code, await post("/api/invitation", { code }));
    } catch (error) {
        const wrong = make("p", { class: "wrong", role: "alert" });
        view("WEB_INVITED", wrong, make("p", {}, make("a", { href: "/", text: "WEB_LOG_IN" })));
        says(wrong, () => error.said?.[language()] ?? words("WEB_NO_ANSWER"));
    }
}
