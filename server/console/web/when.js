// Days and times of day as people of the page's language write them. A day is a number: days since 1970.
import { language, word, words } from "./words.js";

const DAY_MS = 86400000, WEEK = 7, THURSDAY = 3;
const locale = () => (language() === "en" ? "en-GB" : "nb-NO");
const two = (n) => String(n).padStart(2, "0");

// "Mon 24 Nov", with the year where it is not this one; "" of null
export function day(number) {
    if (number === null) return "";
    const at = new Date(number * DAY_MS), thisYear = at.getUTCFullYear() === new Date().getFullYear();
    return at.toLocaleDateString(locale(), { weekday: "short", day: "numeric", month: "short", timeZone: "UTC", ...(!thisYear && { year: "numeric" }) });
}

// "2026-11-24", as fields of a form and the centre have it
export function iso(number) {
    return number === null ? "" : new Date(number * DAY_MS).toISOString().slice(0, 10);
}

export function dayOf(text) {
    return Math.floor(Date.parse(text) / DAY_MS);
}

export function clock(minutes) {
    return minutes === null ? "" : `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
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
