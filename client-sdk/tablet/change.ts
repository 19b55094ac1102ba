/* How a score has changed since the start. Shapes in, shapes out.
 *
 *   comparable   forms of one instrument and edition, scored by the same rule, in the same direction; any other point is left out
 *   for better   in the direction that the form has; of a load (Borg) neither end is better
 *   counts       only where a source gives the form a bound: the rules below are those of proto/model/instrument.def, with their
 *                sources there. Nothing else is ever said of a change but how large it is */
import type { ScoreLine } from '../web/types.ts';
import { BASELINE, MIDWAY, PAIN_ACTIVITY, PAIN_REST, PSFS } from './due.ts';

export interface Point { day: number; occasion: number; value: number; text: string; rated: number }
export const HIGHER = 2, LOWER = 3;
const ODI = 8;

interface Rule { points: number; single: number; percent: number }
const RULES: Record<number, Rule> = {
    [PAIN_REST]: { points: 2, single: 2, percent: 30 },
    [PAIN_ACTIVITY]: { points: 2, single: 2, percent: 30 },
    [PSFS]: { points: 2, single: 3, percent: 0 },
    [ODI]: { points: 10, single: 10, percent: 30 },
};

/** The forms that can be compared with the newest one, by day: those that count on their occasion, with a score. On the way there is one
 * of each session that asked, and each is a point of its own. */
export function comparable(scores: readonly ScoreLine[], instrument: number): ScoreLine[] {
    const scored = scores.filter((one) => one.score.instrument === instrument && (one.primary || one.score.occasion === MIDWAY) && one.replacedBy === 0n && one.why === 0);
    scored.sort((a, b) => a.score.day - b.score.day || a.score.occasion - b.score.occasion);
    const newest = scored.at(-1);
    return scored.filter((one) => one.score.version === newest?.score.version && one.ruleVersion === newest.ruleVersion &&
        one.better === newest.better);
}

/** A course of points: from the newest baseline on. Forms of an earlier course are not drawn together with this one's. */
export function points(scores: readonly ScoreLine[], instrument: number): Point[] {
    const lines = comparable(scores, instrument);
    const start = lines.map((one) => one.score.occasion).lastIndexOf(BASELINE);
    return lines.slice(Math.max(0, start)).map((one) => ({
        day: one.score.day, occasion: one.score.occasion, value: Number(one.text), text: one.text, rated: one.count,
    }));
}

export interface Change { from: Point; to: Point; by: number; direction: 'better' | 'worse' | 'same' | 'none'; counts: boolean | null }

/** From the baseline to the newest; null: one of both is missing. counts null: the form has no bound. */
export function change(scores: readonly ScoreLine[], instrument: number): Change | null {
    const course = points(scores, instrument), from = course[0], to = course.at(-1);
    if (!from || !to || from === to || from.occasion !== BASELINE) return null;
    const by = Math.round((to.value - from.value) * 100) / 100, better = comparable(scores, instrument)[0]?.better ?? 0;
    const gain = better === HIGHER ? by : better === LOWER ? -by : 0;
    const direction = by === 0 ? 'same' : gain > 0 ? 'better' : gain < 0 ? 'worse' : 'none';
    return { from, to, by, direction, counts: counts(RULES[instrument], from, to, gain) };
}

function counts(rule: Rule | undefined, from: Point, to: Point, gain: number): boolean | null {
    if (!rule) return null;
    const points = Math.min(from.rated, to.rated) === 1 ? rule.single : rule.points;
    return gain >= points || (rule.percent > 0 && from.value > 0 && gain * 100 >= rule.percent * from.value);
}

/** How many points of change the rule of a form asks for, null: it has none. */
export function boundOf(instrument: number): number | null {
    return RULES[instrument]?.points ?? null;
}
