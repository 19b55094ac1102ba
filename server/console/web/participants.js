// Participants: found by name, or those whom a tablet wrote down and nobody has linked.
import { button } from "./bits.js";
import { why } from "./form.js";
import { move } from "./load.js";
import { hits, search, searchForm } from "./newcomer.js";
import { comparing } from "./linking.js";
import { participant } from "./participant.js";
import { make, view, wide } from "./words.js";

export function participants(place) {
    const { query } = place, person = query.get("person"), other = query.get("with");
    if (person && other) return comparing(place, person, other);
    if (person) return participant(place, person);
    const found = make("div", { "aria-live": "polite" });
    const open = (row) => move(place, `/participants?person=${row.id}`);
    const walkins = button("WEB_WALKINS", async () => {
        try {
            found.replaceChildren(hits(await search("", true), "WEB_OPEN", open));
        } catch (error) { found.replaceChildren(make("p", { class: "wrong", role: "alert", text: () => why(error) })); }
    });
    view(wide("WEB_PARTICIPANTS"), searchForm(async (name) => found.replaceChildren(hits(await search(name), "WEB_OPEN", open))),
        make("p", { class: "hint above", text: "WEB_WALKINS_WHY" }), walkins, found);
    return null;
}
