// Choosing a person, by number or by name. A name is asked for in a body, so that it stands in no address; whom it finds the access log keeps.
import { table } from "./bits.js";
import { post } from "./centre.js";
import { field, form } from "./form.js";
import { make } from "./words.js";

const NUMBER = /^\d{1,19}$/;

function found(people, address) {
    if (!people.length) return make("p", { class: "none", text: "WEB_PERSON_NONE" });
    return table("WEB_PERSON_FOUND", ["WEB_PERSON", "WEB_PERSON_BORN", "WEB_GROUPS_OF"], people.map((one) => make("tr", {},
        make("th", { scope: "row" }, make("a", { href: address(one.id), text: () => `${one.name} (${one.id})` })),
        make("td", { text: () => (one.birth_year ? String(one.birth_year) : "–") }), make("td", { text: () => one.groups.map((group) => group.name).join(", ") }))));
}

// person(rights, address, go): a form; ${address}(id): the page about that one. Whoever sees no names finds by number alone.
export function person(rights, address, go) {
    const names = rights.includes("PERSON_SEE"), place = make("div", { role: "status" });
    const word = field(names ? "WEB_PERSON_WORD" : "WEB_PERSON_NUMBER", { name: "word", autocomplete: "off", ...(!names && { inputmode: "numeric", pattern: "\\s*\\d{1,19}\\s*" }) }, names ? "WEB_PERSON_HINT" : "WEB_PERSON_NUMBER_HINT");
    const all = form("WEB_FIND", [word], async (typed) => {
        const said = typed.trim();
        if (NUMBER.test(said)) go(address(said));
        else place.replaceChildren(found((await post("/api/participants", { name: said, walkins: "" })).people, address));
    });
    return make("div", { class: "finder" }, all, place);
}
