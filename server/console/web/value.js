// Values of a list, as people of the page's language call them.
import { clock, day, locale } from "./when.js";
import { word, words } from "./words.js";

const WORDED = { "attendance.presence": "PRESENCE", "session.status": "SESSION", "enrolment.status": "ENROLMENT", "exercise_set.side": "SIDE", "consent.state": "CONSENT" };
const MINUTES = new Set(["attendance.minutes", "contact.minutes"]);
const WHOLE = "exercise_set."; // told whole, or it is another one

// {text, column, value}: a word, or the field's name and the value
function said({ text, column, value }, alone) {
    if (WORDED[column]) return word(WORDED[column], value);
    const shown = column.endsWith("_min") ? clock(value)
        : column.endsWith("day") ? day(value)
        : column.endsWith("load_hg") ? `${(value / 10).toLocaleString(locale())} kg`
        : MINUTES.has(column) ? words("WEB_CASE_MINUTES", value) : String(value);
    return alone ? shown : `${word("FIELD", text)} ${shown}`;
}

// brief([{…}, …]): one value of a unit in few words: what it is first of all
export function brief(fields) {
    if (!fields.length) return words("WEB_CASES_DELETED");
    if (!fields[0].column.startsWith(WHOLE)) return said(fields[0], true);
    return fields.map((one) => said(one, false)).join(", ");
}

export function capital(text) {
    return text ? text[0].toLocaleUpperCase(locale()) + text.slice(1) : text;
}
