// Participants out of a spreadsheet: chosen, its columns named, looked at, and only then taken in. The file goes through the same reading as
// `samlingd participant import`.
import { get, send } from "./centre.js";
import { choice, facts, table, tell } from "./bits.js";
import { form, why } from "./form.js";
import { load } from "./load.js";
import { make, says, view, wide, words } from "./words.js";

const WANTED = [["name", "WEB_IMPORT_NAME"], ["group", "WEB_IMPORT_GROUP"], ["birth-year", "WEB_BORN"], ["planned", "WEB_PLANNED"]];
const SHOWN_MAX = 200, FILE_BYTES_MAX = 8 << 20; // SAM_CSV_BYTES_MAX: a line that is cut while it still sends learns no reason

function refused(said) {
    const rows = said.refused.slice(0, SHOWN_MAX).map((row) => make("tr", {}, make("th", { scope: "row", class: "whole", text: () => String(row.row) }), make("td", { text: () => row.text })));
    return make("div", {}, table(() => words("WEB_IMPORT_REFUSED", said.refused_count), ["WEB_IMPORT_ROW", "WEB_IMPORT_WHY"], rows, { kind: "lines" }),
        said.refused_count > SHOWN_MAX && make("p", { class: "hint", text: () => words("WEB_IMPORT_MORE", said.refused_count - SHOWN_MAX) }));
}

// What it comes to.
function seen(said) {
    const groups = said.groups.map((row) => make("tr", {}, make("th", { scope: "row" }, make("span", { text: () => row.group }), row.make > 0 && make("span", { class: "hint under", text: "WEB_IMPORT_MADE" })),
        make("td", { class: "number", text: () => String(row.there) }), make("td", { class: "number", text: () => String(row.new) })));
    return make("div", {}, facts([["WEB_IMPORT_ROWS", () => String(said.rows)], ["WEB_IMPORT_NEW", () => String(said.persons)], ["WEB_IMPORT_THERE", () => String(said.there)], said.twice > 0 && ["WEB_IMPORT_TWICE", () => String(said.twice)],
        ["WEB_IMPORT_NOT", () => String(said.refused_count)], said.later > 0 && ["WEB_IMPORT_LATER", () => String(said.later)], said.not_imported !== "" && ["WEB_IMPORT_IGNORED", () => said.not_imported]]),
        groups.length > 0 && table("WEB_IMPORT_GROUPS", ["WEB_GROUP", "#WEB_IMPORT_THERE", "#WEB_IMPORT_NEW"], groups, { kind: "lines" }), said.refused_count > 0 && refused(said));
}

export function importing(place, clinic) {
    const parts = make("div");
    view(wide("WEB_IMPORT"), make("p", { class: "way" }, make("a", { href: `/groups?clinic=${encodeURIComponent(clinic)}`, text: "WEB_GROUPS_ALL" })), parts);
    const address = `/api/clinic/${encodeURIComponent(clinic)}/import`;
    let file = null;

    // Columns, then the preview, then the taking in: each below the one before.
    function columns(look, below) {
        const picks = WANTED.map(([name, label]) => {
            const pick = choice(label, [["", "WEB_IMPORT_NO_COLUMN"], ...look.columns.map((one) => [one.heading, () => one.heading])]);
            pick.input.value = look.columns.find((one) => one.taken_as === name)?.heading ?? "";
            return pick;
        });
        const make_groups = choice("WEB_IMPORT_MAKE", [["", "WEB_IMPORT_MAKE_NO"], ["1", "WEB_IMPORT_MAKE_YES"]]);
        const query = () => new URLSearchParams([...WANTED.map(([name], at) => [name, picks[at].input.value]), ["make", make_groups.input.value]].filter(([, value]) => value)).toString().replaceAll("+", "%20");
        const result = make("div", { class: "result" });
        const ask = form("WEB_IMPORT_LOOK", [...picks, make_groups], async () => {
            const said = await send(`${address}?${query()}`, file);
            const take = form("WEB_IMPORT_SAVE", [], async () => {
                const done = await send(`${address}?${query()}&save=1`, file);
                result.replaceChildren(seen(done));
                tell(result, () => words("WEB_IMPORT_DONE", done.persons));
            });
            result.replaceChildren(make("h3", { text: "WEB_IMPORT_PREVIEW" }), seen(said), said.persons ? take : make("p", { class: "none", text: "WEB_IMPORT_NOBODY" }));
        });
        below.replaceChildren(make("h3", { text: "WEB_IMPORT_COLUMNS" }), ask, result);
    }

    function chooser(name) {
        const input = make("input", { type: "file", id: "import-file", accept: ".csv,text/csv,text/plain" }), below = make("div"), wrong = make("p", { class: "wrong", role: "alert" });
        input.addEventListener("change", async () => {
            below.replaceChildren();
            says(wrong, () => "");
            [file] = input.files;
            if (!file) return;
            if (file.size > FILE_BYTES_MAX) {
                says(wrong, () => words("WEB_IMPORT_LARGE"));
                return;
            }
            try {
                columns(await send(`${address}?look=1`, file), below);
            } catch (error) { says(wrong, () => why(error)); }
        });
        return [make("p", { text: () => words("WEB_IMPORT_INTO", name) }), make("p", { class: "hint", text: "WEB_IMPORT_HOW" }),
            make("div", { class: "field" }, make("label", { for: "import-file", text: "WEB_IMPORT_FILE" }), input), wrong, below];
    }

    load(parts, place.gone, async () => {
        const said = await get(`/api/groups?clinic=${encodeURIComponent(clinic)}`), one = said.clinics.find((row) => row.id === clinic && row.import);
        return one ? chooser(one.name) : [make("p", { class: "wrong", text: "WEB_IMPORT_NOT_HERE" })];
    });
    return null;
}
