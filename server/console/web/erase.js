// Erasing a person: what is asked for, and by whom; another person confirms it. Nothing is erased by one.
import { actor, button, sure, tell } from "./bits.js";
import { get, post } from "./centre.js";
import { field } from "./form.js";
import { failed } from "./load.js";
import { person } from "./person.js";
import { moment } from "./when.js";
import { make, words } from "./words.js";

const named = (one) => (one.name ? `${one.name} (${one.participant})` : words("WEB_PERSON_NO", one.participant));

function typed(no) {
    return field("WEB_ERASE_TYPE", { name: "number", inputmode: "numeric", autocomplete: "off", pattern: `\\s*${no}\\s*`, title: no }, "WEB_ERASE_TYPE_HINT");
}

function confirming(one, done, back) {
    return sure("WEB_ERASE_CONFIRM", [() => words("WEB_ERASE_ALL", named(one)), "WEB_ERASE_STAYS", "WEB_ERASE_TIME"], "WEB_ERASE_DO", [typed(one.participant)],
        () => done(`/api/erasure/${one.participant}/confirm`, undefined, "WEB_ERASE_DONE"), back);
}

function withdrawing(one, done, back) {
    return sure("WEB_ERASE_WITHDRAW", ["WEB_ERASE_WITHDRAW_WHY"], "WEB_ERASE_WITHDRAW", [], () => done(`/api/erasure/${one.participant}/withdraw`, undefined, "WEB_ERASE_WITHDRAWN"), back);
}

function request(one, done) {
    const place = make("div");
    const offer = (text, panel) => button(text, () => place.replaceChildren(panel(one, done, close)));
    function close() {
        place.replaceChildren(make("p", { class: "buttons" }, ...[!one.mine && !one.old && offer("WEB_ERASE_CONFIRM", confirming), offer("WEB_ERASE_WITHDRAW", withdrawing)].filter(Boolean)));
    }
    close();
    return make("section", { class: "clinic" }, make("h4", { text: () => named(one) }), make("p", { text: () => words("WEB_ERASE_ASKED_BY", actor(one.actor), moment(one.at_s)) }),
        make("p", {}, make("span", { text: "WEB_ERASE_REASON_IS" }), " ", make("strong", { text: () => one.reason })),
        one.mine && make("p", { class: "hint", text: "WEB_ERASE_MINE" }), one.old && make("p", { class: "hint", text: "WEB_ERASE_OLD" }), place);
}

function asking(no, done, cancel) {
    const reason = field("WEB_ERASE_REASON", { name: "reason", maxlength: "200", autocomplete: "off" }, "WEB_REASON_HINT");
    return sure(() => words("WEB_PERSON_NO", no), [() => words("WEB_ERASE_ASK_WHOM", no), "WEB_ERASE_ASK_WHY"], "WEB_ERASE_ASK_DO", [reason],
        (text) => done(`/api/erasure/${no}`, { reason: text }, "WEB_ERASE_ASKED"), cancel);
}

export function erasing(where, parts) {
    const no = where.query.get("person"), list = make("div", { class: "requests" }), place = make("div");
    parts.append(make("p", { class: "hint", text: "WEB_ERASE_INTRO" }), list, make("h3", { text: "WEB_ERASE_ASK" }), place);

    async function done(path, body, text) {
        await post(path, body);
        if (no) history.replaceState(null, "", "/log?part=erase");
        choosing();
        await read(text);
    }

    function choosing() {
        place.replaceChildren(person(where.rights, (id) => `/log?part=erase&person=${id}`, where.go));
    }

    async function read(text) {
        try {
            const told = await get("/api/erasures");
            list.replaceChildren(...(told.requests.length ? told.requests.map((one) => request(one, done)) : [make("p", { class: "none", text: "WEB_ERASE_NONE" })]));
            if (text) tell(list, text);
        } catch (error) {
            failed(list, error, where.gone);
        }
    }

    if (no) place.append(asking(no, done, () => where.go("/log?part=erase")));
    else choosing();
    read();
}
