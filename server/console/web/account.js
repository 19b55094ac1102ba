// The own account: what it may, another password, new recovery codes. Both want the password that holds now.
import { button, facts, tell } from "./bits.js";
import { get, post } from "./centre.js";
import { field, form } from "./form.js";
import { failed } from "./load.js";
import { moment } from "./when.js";
import { make, view, word, words } from "./words.js";

const old = () => field("WEB_PASSWORD_NOW", { name: "password", type: "password", autocomplete: "current-password" }, "WEB_PASSWORD_NOW_HINT");

function role(one) {
    const where = one.unit === null ? words("WEB_WHOLE_CENTRE") : one.unit;
    const until = one.to_day === null ? "" : words("WEB_UNTIL", new Date(one.to_day * 86400000).toISOString().slice(0, 10));
    return [word("ACCOUNT_ROLE", one.role), where, until].filter(Boolean).join(", ");
}

// A password that is wrong may have ended the session; then the first page is shown.
async function shown(where, password) {
    try {
        await post("/api/login/unlock", { password });
    } catch (error) {
        where.gone(error);
        throw error;
    }
}

function holder(name) {
    return make("input", { name: "name", autocomplete: "username", value: name, readonly: "", hidden: "" });
}

function changing(where, name, place) {
    const chosen = field("WEB_PASSWORD_NEW", { name: "new", type: "password", autocomplete: "new-password", minlength: "8" }, "WEB_PASSWORD_HINT");
    const all = form("WEB_PASSWORD_CHANGE", [old(), chosen], async (now, next) => {
        await shown(where, now);
        await post("/api/account/password", { password: next });
        place.replaceChildren();
        tell(place, "WEB_PASSWORD_CHANGED");
    });
    all.prepend(holder(name));
    return all;
}

function codes(told, place, close) {
    place.replaceChildren(make("p", { text: "WEB_CODES_WHY" }), make("p", { class: "holder", text: () => `samling · ${told.name}` }),
        make("ol", { class: "codes" }, ...told.codes.map((code) => make("li", {}, make("code", { text: () => code })))),
        make("p", { class: "buttons" }, button("WEB_PRINT", () => window.print()), button("WEB_CODES_KEPT", close, "go")));
}

function renewing(where, name, place, close) {
    const all = form("WEB_CODES_MAKE", [old()], async (now) => {
        await shown(where, now);
        codes(await post("/api/account/codes"), place, close);
    });
    all.prepend(holder(name));
    return all;
}

function part(title, text, does, make_) {
    const place = make("div", {}), begin = button(does, () => {
        begin.hidden = true;
        place.replaceChildren(make_(place, close), button("WEB_CANCEL", close, "plain"));
        place.querySelector("[type=password]").focus();
    });
    function close() {
        begin.hidden = false;
        place.replaceChildren();
        begin.focus();
    }
    return make("section", { class: "part" }, make("h3", { text: title }), make("p", { class: "hint", text }), begin, place);
}

export function account(where) {
    const parts = make("div", {}, make("p", { text: "WEB_LOADING" }));
    view("WEB_ACCOUNT", parts);

    function draw(seen) {
        parts.replaceChildren(make("p", { class: "holder", text: () => seen.name }),
            facts([["WEB_ROLES", () => seen.roles.map(role).join(" · ")], ["WEB_LOGGED_IN", () => moment(seen.login_s)], ["WEB_CODES_LEFT", () => words("WEB_CODES_LEFT_OF", seen.codes)]]),
            part("WEB_PASSWORD", "WEB_PASSWORD_WHY", "WEB_PASSWORD_OTHER", (place) => changing(where, seen.name, place)),
            part("WEB_CODES", "WEB_CODES_RENEW_WHY", "WEB_CODES_RENEW", (place, close) => renewing(where, seen.name, place, () => { close(); read(); })));
    }

    async function read() {
        try {
            draw(await get("/api/account"));
        } catch (error) {
            failed(parts, error, where.gone);
        }
    }

    read();
    return null;
}
