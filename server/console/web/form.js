// A form of a few fields: one button, one line that says what went wrong.
import { Refused } from "./centre.js";
import { language, make, says, words } from "./words.js";

let fields = 0;

export function why(error) {
    if (!(error instanceof Refused) || !error.said) return words("WEB_NO_ANSWER");
    const said = error.said.said ?? error.said[language()];
    return error.said.retry_s ? `${said} ${words("WEB_RETRY", Math.ceil(error.said.retry_s / 60))}` : said;
}

// field("WEB_CODE", { name: "word", … }, "WEB_CODE_HINT"): { row, input }
export function field(label, given, hint) {
    const id = `field-${++fields}`;
    const input = make("input", { id, required: "", ...(hint && { "aria-describedby": `${id}-hint` }), ...given });
    const shown = given.type === "password" && make("label", { class: "show" }, make("input", { type: "checkbox" }), make("span", { text: "WEB_SHOW" }));
    if (shown) shown.firstChild.addEventListener("change", (event) => { input.type = event.target.checked ? "text" : "password"; });
    const row = make("div", { class: "field" }, make("label", { for: id, text: label }), hint && make("p", { id: `${id}-hint`, class: "hint", text: hint }), input, shown);
    return { row, input };
}

// form("WEB_LOG_IN", [field(…)], async (values) => …): what is thrown is said, and the first field asked for again
export function form(button, rows, send) {
    const go = make("button", { type: "submit", class: "go", text: button });
    const wrong = make("p", { class: "wrong", role: "alert" });
    const all = make("form", {}, ...rows.map((one) => one.row), wrong, go);
    all.addEventListener("submit", async (event) => {
        event.preventDefault();
        go.disabled = true;
        says(wrong, () => "");
        try {
            await send(...rows.map((one) => one.input.value));
        } catch (error) {
            says(wrong, () => why(error));
            rows.at(-1)?.input.select?.(); // a list to choose from has nothing to select
        } finally {
            go.disabled = false;
        }
    });
    return all;
}
