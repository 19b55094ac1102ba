// One thing that a tablet sent and the centre put aside: what it would have said, and what becomes of it.
import { get, post } from "./centre.js";
import { field, why } from "./form.js";
import { moment } from "./when.js";
import { make, says, words } from "./words.js";

function would(said) {
    if (!said.fields.length) return null;
    return make("div", { class: "scroll" }, make("table", {}, make("caption", { text: "WEB_ASIDE_WOULD" }),
        make("thead", {}, make("tr", {}, ...["WEB_ASIDE_FIELD", "WEB_ASIDE_VALUE"].map((text) => make("th", { scope: "col", text })))),
        make("tbody", {}, ...said.fields.map((one) => make("tr", {}, make("th", { scope: "row", text: () => one.shown }), make("td", { text: () => one.value }))))));
}

// What became of all that was tried, in one sentence each.
function became(rows) {
    const count = (...verdicts) => rows.filter((one) => verdicts.includes(one.verdict)).length;
    const still = count("quarantined"), cases = count("case"), taken = rows.length - still - cases;
    return [taken && words("WEB_ASIDE_TAKEN", taken), cases && words("WEB_ASIDE_CASES", cases), still && words("WEB_ASIDE_STILL", still)].filter(Boolean);
}

function actions(queue, no, said) {
    const wrong = make("p", { class: "wrong", role: "alert" });
    const reason = field("WEB_ASIDE_REASON", { name: "note", maxlength: "200", autocomplete: "off" }, "WEB_ASIDE_REASON_HINT");
    async function send(way, body, sentences) {
        says(wrong, () => "");
        try {
            await queue.decided(sentences(await post(`/api/quarantine/${no}/${way}`, body)));
        } catch (error) {
            if (error.status === 401) throw error;
            says(wrong, () => why(error));
        }
    }
    const retry = (all) => send("retry", { all }, became);
    const reopen = () => send("reopen", null, () => [words("WEB_ASIDE_BACK")]);
    function close(all) {
        if (reason.input.value.trim()) return send("close", { note: reason.input.value.trim(), all }, (rows) => [words("WEB_ASIDE_RESTED", rows.length)]);
        says(wrong, () => words("WEB_ASIDE_REASON_NEEDED"));
        reason.input.focus();
        return null;
    }
    const take = make("p", { class: "buttons" }, queue.button("WEB_ASIDE_RETRY", () => retry(""), "go"), queue.button("WEB_ASIDE_RETRY_ALL", () => retry("1")));
    if (said.state === "closed") return make("div", {}, wrong, make("p", { class: "buttons" }, queue.button("WEB_ASIDE_REOPEN", reopen), queue.button("WEB_ASIDE_RETRY", () => retry(""), "go")));
    return make("div", { class: "decide" }, wrong, take, reason.row,
        make("p", { class: "buttons" }, queue.button("WEB_ASIDE_CLOSE", () => close("")), queue.button("WEB_ASIDE_CLOSE_ALL", () => close("1"))));
}

// The card of change ${no}; decided and refused of ${queue} go on from there.
export async function aside(queue, no) {
    const said = await get(`/api/quarantine/${no}`);
    return make("article", { class: "clinic" }, make("h3", { tabindex: "-1", text: () => said.what }),
        make("p", { class: "holder", text: () => `${said.why}.` }),
        make("p", { class: "hint", text: () => words("WEB_ASIDE_NO", said.csn, moment(said.received_s)) }),
        make("p", { text: () => said.device }),
        said.claimed_s !== 0 && make("p", { text: () => words("WEB_ASIDE_SAID", said.who, moment(said.claimed_s, said.offset_min)) }),
        said.note && make("p", { text: () => words("WEB_ASIDE_NOTED", said.note) }),
        would(said), make("p", { class: "hint", text: "WEB_ASIDE_WHY" }), actions(queue, no, said));
}
