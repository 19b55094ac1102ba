// Values, days and moments of a list, as people of the page's language call them.
import { language, word, words } from "./words.js";

const WORDED = { "attendance.presence": "PRESENCE", "session.status": "SESSION", "enrolment.status": "ENROLMENT", "exercise_set.side": "SIDE", "consent.state": "CONSENT" };
const MINUTES = new Set(["attendance.minutes", "contact.minutes"]);
const WHOLE = "exercise_set."; // told whole, or it is another one

const locale = () => (language() === "en" ? "en-GB" : "nb-NO");

// day(20400), days since 1970: "fre. 10. nov.", with the year where it is not this one
export function day(number) {
    const at = new Date(number * 86400000), thisYear = at.getUTCFullYear() === new Date().getFullYear();
    return at.toLocaleDateString(locale(), { weekday: "short", day: "numeric", month: "short", timeZone: "UTC", ...(!thisYear && { year: "numeric" }) });
}

// moment(at_s): by this machine's clock; moment(at_s, 60): by a clock that is so many minutes ahead of UTC
export function moment(at_s, offset_min) {
    const there = offset_min !== undefined, at = new Date((at_s + (there ? offset_min * 60 : 0)) * 1000);
    return at.toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short", ...(there && { timeZone: "UTC" }) });
}

function clock(minutes) {
    return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

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
