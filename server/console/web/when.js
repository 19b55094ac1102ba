// Days, moments and times of day as people of the page's language write them, and as the centre and the fields of a form have them. A day is a
// number: days since 1970; a moment: seconds since then.
import { language, word, words } from "./words.js";

const DAY_MS = 86400000, WEEK = 7, THURSDAY = 3;
export const locale = () => (language() === "en" ? "en-GB" : "nb-NO");
const two = (n) => String(n).padStart(2, "0");
const shown = (number, how) => new Date(number * DAY_MS).toLocaleDateString(locale(), { timeZone: "UTC", ...how });

// "Mon 24 Nov", with the year where it is not this one; "" of null
export function day(number) {
    if (number === null) return "";
    const thisYear = new Date(number * DAY_MS).getUTCFullYear() === new Date().getFullYear();
    return shown(number, { weekday: "short", day: "numeric", month: "short", ...(!thisYear && { year: "numeric" }) });
}

export const brief = (number) => shown(number, { day: "numeric", month: "numeric" });
export const weekday = (number) => shown(number, { weekday: "short" }).replace(".", "");
export const whole = (number) => shown(number, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

// "2026-11-24", as fields of a form and the centre have it; dayOf: back, NaN where it is no date
export function iso(number) {
    return number === null ? "" : new Date(number * DAY_MS).toISOString().slice(0, 10);
}

export function dayOf(text) {
    return Date.parse(`${text}T00:00:00Z`) / DAY_MS;
}

export function clock(minutes) {
    return minutes === null ? "" : `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

// moment(at_s): "12 Nov 2026, 10:03" by this machine's clock, "–" of 0 or null; moment(at_s, 60): by a clock that is so many minutes ahead of UTC
export function moment(at_s, offset_min) {
    const there = offset_min !== undefined, at = new Date((at_s + (there ? offset_min * 60 : 0)) * 1000);
    return at_s ? at.toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short", ...(there && { timeZone: "UTC" }) }) : "–";
}

export function week(number) {
    const monday = number - ((number + THURSDAY) % WEEK + WEEK) % WEEK;
    const thursday = new Date((monday + THURSDAY) * DAY_MS), first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
    return { monday, number: Math.floor((thursday - first) / DAY_MS / WEEK) + 1 };
}

// "Mondays 10:00–11:00"
export function plan(group) {
    const times = group.start_min === null ? "" : `${clock(group.start_min)}\u2060–\u2060${clock(group.end_min)}`;
    return group.weekday ? words("WEB_GROUP_WEEKLY", word("WEEKDAY", group.weekday - 1), times) : words("WEB_GROUP_NO_DAY");
}
