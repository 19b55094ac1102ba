// A part of a page that the centre is asked for: while it is under way, and when it fails, that stands there.
import { button } from "./bits.js";
import { why } from "./form.js";
import { make } from "./words.js";

// failed(parts, error, gone): why it failed stands there; whoever is no longer logged in is asked to
export function failed(parts, error, gone) {
    parts.replaceChildren(make("p", { class: "wrong", role: "alert", text: () => why(error) }));
    if (error.status === 401) gone(error);
}

// load(parts, gone, async () => […]): what is given back is shown in ${parts}
export async function load(parts, gone, draw) {
    if (!parts.childElementCount) parts.append(make("p", { text: "WEB_LOADING" }));
    try {
        parts.replaceChildren(...(await draw()).filter(Boolean));
    } catch (error) {
        if (error.status === undefined) throw error;
        failed(parts, error, gone);
        parts.append(button("WEB_AGAIN", () => load(parts, gone, draw)));
    }
}

// move(place, "/groups?clinic=17"): another page, as if a link were followed
export function move(place, address) {
    history.pushState(null, "", address);
    place.look();
}

// Columns for which there is room on a wide screen alone: their heads too
export function roomy(shown) {
    const heads = shown.querySelectorAll("thead th");
    shown.querySelector("tbody tr")?.childNodes.forEach((cell, at) => { if (cell.classList.contains("roomy")) heads[at].classList.add("roomy"); });
    return shown;
}

// named("WEB_OPEN", () => "Kari", does): a button of a row: what it says is "Open", what is read out "Open Kari"
export function named(text, name, does) {
    const one = make("button", { type: "button" }, make("span", { text }), make("span", { class: "heard", text: () => ` ${name()}` }));
    one.addEventListener("click", does);
    return one;
}
