/* A form that is being filled in: its questions, its answers, and how they are handed to the library. Shapes in, shapes out. */
import type { ActivityLine, Instrument, Score, ScoreLine } from '../web/types.ts';
import { PSFS } from './due.ts';

export const STATED = 4;
/** what 0 means, where forms go both ways */
export const WORST = 1, BEST = 2;
export type Answer = number | null;

/** The person's activities in their order: of one that was replaced the newer, of two under one number the first. */
export function chosen(lines: readonly ActivityLine[]): ActivityLine[] {
    const standing = lines.filter((one) => one.replacedBy === 0n);
    const first = standing.filter((one, i) => standing.findIndex((other) => other.activity.ordinal === one.activity.ordinal) === i);
    return first.sort((a, b) => a.activity.ordinal - b.activity.ordinal);
}

/** How many questions are asked. PSFS has one for each activity, and its form at least three rows. */
export function questions(instrument: Instrument, activities: readonly ActivityLine[]): number {
    if (instrument.number !== PSFS) return instrument.itemsMin;
    const highest = Math.max(0, ...activities.map((one) => one.activity.ordinal));
    return Math.min(Math.max(highest, instrument.itemsMin), instrument.itemsMax);
}

/** Which question of PSFS stands on which row: rows without an activity are skipped. */
export function askable(instrument: Instrument, activities: readonly ActivityLine[]): number[] {
    if (instrument.number === PSFS) return activities.map((one) => one.activity.ordinal - 1);
    return Array.from({ length: questions(instrument, activities) }, (_, i) => i);
}

/** "7,-,4" */
export function answersText(answers: readonly Answer[]): string {
    return answers.map((one) => (one === null ? '-' : String(one))).join(',');
}

export function answersOf(text: string): Answer[] {
    return text.split(',').map((one) => (/^\d+$/.test(one) ? Number(one) : null));
}

/** The values that can be given, as whole numbers of the library. */
export function values(instrument: Instrument): number[] {
    const count = Math.floor((instrument.answerMax - instrument.answerMin) / instrument.answerStep) + 1;
    return Array.from({ length: count }, (_, i) => instrument.answerMin + i * instrument.answerStep);
}

/** Can each value have a button of its own? CR10 goes in tenths to 15 and is typed. */
export function tappable(instrument: Instrument): boolean {
    return values(instrument).length <= 21;
}

/** What somebody typed, as a whole number of the library; null: no answer of this form. */
export function typed(instrument: Instrument, text: string): Answer {
    const clean = text.trim().replace(',', '.');
    if (!/^\d+(\.\d+)?$/.test(clean)) return null;
    const value = Math.round(Number(clean) * instrument.perPoint * 1e6) / 1e6;
    const fits = Number.isInteger(value) && value >= instrument.answerMin && value <= instrument.answerMax &&
        (value - instrument.answerMin) % instrument.answerStep === 0;
    return fits ? value : null;
}

/** As people read it: tenths with a comma. */
export function shown(instrument: Instrument, value: number, comma: string): string {
    return String(value / instrument.perPoint).replace('.', comma);
}

/** What 0 means on this form: the baseline's direction again, so that start and end can be compared; the original's where there is none.
 * 0 where it is fixed. */
export function direction(instrument: Instrument, scores: readonly ScoreLine[]): number {
    if (instrument.better !== STATED) return 0;
    const before = scores.filter((one) => one.replacedBy === 0n && one.score.instrument === instrument.number);
    return before.sort((a, b) => b.score.day - a.score.day)[0]?.score.scale0Means || WORST;
}

/** The number of the version and all that is the same of each form of one instrument. */
export function scoreOf(instrument: Instrument, given: Omit<Score, 'instrument' | 'version' | 'answers'>, answers: readonly Answer[]): Score {
    return { ...given, instrument: instrument.number, version: instrument.version, answers: answersText(answers) };
}
