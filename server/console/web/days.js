// Days as the centre counts them (since 1970), as fields of a form and as people read them.
import { language } from "./words.js";

const DAY_MS = 86400000;
const at = (day) => new Date(day * DAY_MS);
const shown = (day, how) => at(day).toLocaleDateString(language() === "nb" ? "nb-NO" : "en-GB", { timeZone: "UTC", ...how });

export const iso = (day) => at(day).toISOString().slice(0, 10);
// NaN where it is no date
export const fromIso = (text) => Date.parse(`${text}T00:00:00Z`) / DAY_MS;
export const brief = (day) => shown(day, { day: "numeric", month: "numeric" });
export const weekday = (day) => shown(day, { weekday: "short" }).replace(".", "");
export const whole = (day) => shown(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export function clock(minutes) {
    const two = (n) => String(n).padStart(2, "0");
    return minutes === null ? "" : `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

// ${offset_min}: of the clock that said it; without it this machine's
export function moment(at_s, offset_min) {
    const there = offset_min === undefined ? {} : { timeZone: "UTC" };
    const date = new Date((at_s + (offset_min ?? 0) * 60) * 1000);
    return date.toLocaleString(language() === "nb" ? "nb-NO" : "en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...there });
}
