// One person in one session: what stands there, who said what of it, and saying it otherwise. A dialog: the sheet stays where it is.
import { get, post } from "./centre.js";
import { moment, whole } from "./when.js";
import { why } from "./form.js";
import { told } from "./sheet.js";
import { make, says, word, words } from "./words.js";

const PRESENT = 1, APPLIED = 0, CENTRE = 1;
const WORDS = ["unknown", "present", "notified", "no-show", "not-expected"], ORDER = [1, 2, 3, 4, 0];
const FLAGS = [["late", "WEB_ATT_LATE", 1], ["left-early", "WEB_ATT_EARLY", 2], ["by-video", "WEB_ATT_VIDEO", 4]];
const EVIDENCE = { tapped: "WEB_ATT_HOW_SEEN", self: "WEB_ATT_HOW_SAID" }, SELF = 3;

// ---- saying it otherwise

function radio(name, value, text, chosen) {
    const input = make("input", { type: "radio", name, value });
    input.checked = chosen;
    return make("label", { class: "show" }, input, make("span", { text }));
}

function group(legend, ...rows) {
    return make("fieldset", {}, make("legend", { text: legend }), ...rows);
}

function form({ seen, person, session, cell }, done) {
    const flags = FLAGS.map(([name, text, bit]) => {
        const input = make("input", { type: "checkbox", name });
        input.checked = Boolean(cell.flags & bit);
        return make("label", { class: "show" }, input, make("span", { text }));
    });
    const more = group("WEB_ATT_MORE_SAID", ...flags);
    const reason = make("input", { type: "text", id: "mark-reason", maxlength: "150", "aria-describedby": "mark-reason-hint" });
    const wrong = make("p", { class: "wrong", role: "alert" });
    const save = make("button", { type: "submit", class: "go", text: "WEB_ATT_SAVE" });
    const all = make("form", {},
        group("WEB_ATT_PRESENCE", ...ORDER.map((n) => radio("presence", String(n), () => word("PRESENCE", n), n === cell.presence))),
        more, group("WEB_ATT_HOW", ...Object.entries(EVIDENCE).map(([name, text]) => radio("evidence", name, text, (name === "self") === (cell.evidence === SELF)))),
        make("div", { class: "field" }, make("label", { for: "mark-reason", text: "WEB_ATT_WHY" }), make("p", { class: "hint", id: "mark-reason-hint", text: "WEB_ATT_WHY_HINT" }), reason),
        wrong, save);
    const shown = () => { more.hidden = all.elements.presence.value !== String(PRESENT); };
    shown();
    all.addEventListener("change", shown);
    all.addEventListener("submit", async (event) => {
        event.preventDefault();
        const presence = Number(all.elements.presence.value), there = presence === PRESENT;
        const body = { seen: String(seen.csn), presence: WORDS[presence], evidence: all.elements.evidence.value, code: "", reason: reason.value.trim() };
        for (const [name, , bit] of FLAGS) {
            const is = all.elements[name].checked;
            body[name] = there && is !== Boolean(cell.flags & bit) ? (is ? "yes" : "no") : "";
        }
        save.disabled = true;
        try {
            const said = await post(`/api/attendance/${session.id}/${person.id}`, body);
            done(said);
        } catch (error) {
            says(wrong, () => why(error));
        } finally {
            save.disabled = false;
        }
    });
    return all;
}

// ---- what was said of it

function values(said) {
    if (said.removed) return words("WEB_ATT_REMOVED");
    const flags = [["late", "WEB_ATT_LATE"], ["left_early", "WEB_ATT_EARLY"], ["by_video", "WEB_ATT_VIDEO"]];
    return [said.presence !== null && word("PRESENCE", said.presence), said.evidence !== null && word("EVIDENCE", said.evidence),
        ...flags.map(([name, text]) => said[name] && words(text)), said.minutes !== null && words("WEB_ATT_MINUTES", said.minutes),
        said.reason && words("WEB_ATT_CODE", said.reason)].filter(Boolean).join(", ");
}

function by(said) {
    const where = said.device_no === CENTRE ? words("WEB_ATT_CENTRE") : words("WEB_ATT_BY_TABLET", said.device_no, said.device);
    return said.who ? words("WEB_ATT_BY", said.who, where) : where;
}

function became(said) {
    if (said.verdict !== APPLIED) return [word("VERDICT", said.verdict), said.why ? word("REASON", said.why) : ""].filter(Boolean).join(": ");
    return said.stands ? words("WEB_ATT_STANDS") : said.presence === null ? "" : words("WEB_ATT_REPLACED");
}

function one(said) {
    return make("li", {}, make("strong", { text: () => values(said) }), make("br"), make("span", { text: () => by(said) }), make("br"),
        make("span", { class: "hint", text: () => words("WEB_ATT_AT", moment(said.claimed_s, said.offset_min), moment(said.received_s)) }), make("br"),
        make("span", { class: said.stands ? "stands" : "hint", text: () => became(said) }),
        said.case > 0 && make("a", { href: `/cases?no=${said.case}`, text: () => ` ${words("WEB_ATT_CASE", said.case)}` }));
}

function past({ session, person }) {
    const all = make("div"), ask = make("button", { type: "button", text: "WEB_ATT_PAST" });
    ask.addEventListener("click", async () => {
        ask.disabled = true;
        try {
            const { said } = await get(`/api/attendance/${session.id}/${person.id}`);
            all.replaceChildren(make("h4", { text: "WEB_ATT_PAST", tabindex: "-1" }), said.length ? make("ol", { class: "past" }, ...said.map(one)) : make("p", { class: "none", text: "WEB_ATT_PAST_NONE" }));
            all.firstChild.focus();
        } catch (error) {
            const wrong = make("p", { class: "wrong", role: "alert" });
            says(wrong, () => why(error));
            all.replaceChildren(wrong, ask);
            ask.disabled = false;
        }
    });
    all.append(ask);
    return all;
}

// ---- the dialog

export function mark(what) {
    const { seen, person, session, cell, saved } = what;
    const title = make("h3", { id: "mark-title", text: () => person.name });
    const close = make("button", { type: "button", text: "WEB_ATT_CLOSE" });
    const dialog = make("dialog", { "aria-labelledby": "mark-title" }, title,
        make("p", { text: () => `${whole(session.day)}. ${told(cell, session, seen.today)}.` }),
        cell.open_case > 0 && make("p", {}, make("a", { href: `/cases?no=${cell.open_case}`, text: () => words("WEB_ATT_CASE", cell.open_case) })),
        seen.may_change && form(what, (said) => { dialog.close(); saved(said); }), past(what), close);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    for (const link of dialog.querySelectorAll("a")) link.addEventListener("click", () => dialog.close());
    document.getElementById("main").append(dialog);
    dialog.showModal();
}
