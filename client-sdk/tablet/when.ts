/* Days and times as people read them. Days are whole numbers since 1970-01-01, and no time zone touches them. */
import { t, tOf } from './words.ts';

const DAY_MS = 86400000;

/** 0 Monday … 6 */
export function weekday(day: number): number {
    return (((day + 3) % 7) + 7) % 7;
}

/** "23. november" */
export function dateWords(day: number): string {
    const date = new Date(day * DAY_MS);
    return t('DATE_WORDS', date.getUTCDate(), tOf('MONTH', date.getUTCMonth()));
}

/** "i dag", "i går", "i morgen", "mandag 16. november" */
export function dayWords(day: number, today: number): string {
    if (day === today) return t('TAB_TODAY');
    if (day === today - 1) return t('TAB_YESTERDAY');
    if (day === today + 1) return t('TAB_TOMORROW');
    return `${tOf('WEEKDAY', weekday(day))} ${dateWords(day)}`;
}

/** 605: "10:05"; below 0, not said: "" */
export function timeWords(minutes: number): string {
    if (minutes < 0) return '';
    return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** "10:00–11:30", or the one that is said */
export function spanWords(start: number, end: number): string {
    return [timeWords(start), timeWords(end)].filter(Boolean).join('–');
}

/** Seconds since 1970 on this tablet's clock: "10:42" if today, else "23. november 10:42" */
export function momentWords(seconds: number): string {
    const at = new Date(seconds * 1000), time = timeWords(at.getHours() * 60 + at.getMinutes());
    if (at.toDateString() === new Date().toDateString()) return time;
    return `${t('DATE_WORDS', at.getDate(), tOf('MONTH', at.getMonth()))} ${time}`;
}
