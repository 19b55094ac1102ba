/* The programme of a movement group: which stations there are, what somebody did last time, and with which values a set begins.
 * Shapes in, shapes out: nothing is read or saved here.
 *
 *   last time   of one person: the newest earlier session of the group in which that person has sets; so somebody who was away last
 *               week begins where they left off, not with nothing */
import type { ExerciseSet, Id, Session, SetLine } from '../web/types.ts';

export type Field = 'reps' | 'loadHg' | 'durationS' | 'distanceM';
export type Values = Required<Omit<ExerciseSet, 'session' | 'participant' | 'exercise' | 'setNo'>>;

/** The codes that have a name in the catalogue. */
export const EXERCISE_LAST = 31;
const STATIONS_FIRST = 8;
const NOT_SAID = -1;
const CANCELLED = 2;

export const EMPTY: Values = {
    reps: NOT_SAID, loadHg: NOT_SAID, durationS: NOT_SAID, distanceM: NOT_SAID, side: NOT_SAID, adapted: NOT_SAID, pain: NOT_SAID,
    stopped: NOT_SAID,
};

/* What is counted in an exercise, most of all first; what stands in no row is counted in repetitions and kilos. */
const COUNTED: Record<number, Field[]> = {
    15: ['durationS'], 16: ['durationS'], 20: ['durationS'], 21: ['durationS', 'distanceM'], 22: ['durationS', 'distanceM'],
    23: ['durationS', 'distanceM'], 24: ['durationS', 'distanceM'], 25: ['durationS', 'distanceM'], 26: ['durationS'],
    27: ['durationS'], 28: ['durationS'], 29: ['durationS'], 2: ['reps'], 6: ['reps'], 9: ['reps'], 10: ['reps'], 17: ['reps'],
    18: ['reps'], 19: ['reps'], 30: ['reps'], 31: ['reps'],
};
const ONE_SIDED = new Set([3, 4, 16, 20]);
const MINUTE_S = 60, FIRST_S: Record<number, number> = { 15: 30, 16: 20, 20: 30, 26: 60 }, FIRST_OTHER_S = 10 * MINUTE_S, FIRST_REPS = 10;

export function fieldsOf(exercise: number): Field[] {
    return COUNTED[exercise] ?? ['reps', 'loadHg'];
}

/** Is it done with one side at a time? */
export function oneSided(exercise: number): boolean {
    return ONE_SIDED.has(exercise);
}

export const RANGE: Record<Field | 'pain', { min: number; max: number; step: number }> = {
    reps: { min: 0, max: 500, step: 1 },
    loadHg: { min: 0, max: 5000, step: 5 },
    durationS: { min: 0, max: 7200, step: 5 },
    distanceM: { min: 0, max: 50000, step: 50 },
    pain: { min: 0, max: 10, step: 1 },
};

/** How far one press goes: a long ride is not counted in steps of five seconds. */
export function stepOf(field: Field, value: number): number {
    if (field === 'durationS') return value >= 10 * MINUTE_S ? MINUTE_S : value >= 2 * MINUTE_S ? 30 : RANGE.durationS.step;
    if (field === 'loadHg') return RANGE.loadHg.step;
    return field === 'distanceM' && value >= 2000 ? 100 : RANGE[field].step;
}

/** The sessions of the group before this one, newest first; cancelled ones had no exercises. */
export function earlier(sessions: readonly Session[], now: Session): Session[] {
    const before = sessions.filter((one) => one.id !== now.id && one.status !== CANCELLED &&
        (one.day < now.day || (one.day === now.day && one.startMin < now.startMin)));
    return before.sort((a, b) => b.day - a.day || b.startMin - a.startMin);
}

/** Of one person: the sets of each exercise, by number. */
export function byExercise(lines: readonly SetLine[]): Map<number, SetLine[]> {
    const found = new Map<number, SetLine[]>();
    for (const line of lines) found.set(line.set.exercise, [...(found.get(line.set.exercise) ?? []), line]);
    for (const sets of found.values()) sets.sort((a, b) => a.set.setNo - b.set.setNo);
    return found;
}

/** The stations, in order: what is written down in this session first, then what the group did last time by how many did it, then
 * a few of the list, so that a new group has something to begin with. */
export function stations(now: readonly SetLine[], last: readonly SetLine[]): number[] {
    const people = new Map<number, Set<Id>>();
    for (const { set } of [...last, ...now]) {
        const who = people.get(set.exercise) ?? new Set<Id>();
        people.set(set.exercise, who.add(set.participant));
    }
    const known = [...people].sort((a, b) => b[1].size - a[1].size || a[0] - b[0]).map(([exercise]) => exercise);
    for (let exercise = 1; known.length < STATIONS_FIRST && exercise <= EXERCISE_LAST; exercise++)
        if (!known.includes(exercise) && people.size === 0) known.push(exercise);
    return known;
}

/** All others, for the list behind "more". */
export function otherStations(shown: readonly number[]): number[] {
    return Array.from({ length: EXERCISE_LAST }, (_, i) => i + 1).filter((exercise) => !shown.includes(exercise));
}

export function valuesOf(set: Required<ExerciseSet>): Values {
    const { reps, loadHg, durationS, distanceM, side, adapted, pain, stopped } = set;
    return { reps, loadHg, durationS, distanceM, side, adapted, pain, stopped };
}

/** The set of last time that set ${setNo} repeats: that of the same number, else the last one there was; undefined: never done. */
export function asLast(last: readonly SetLine[], setNo: number): Values | undefined {
    const line = last.find((one) => one.set.setNo === setNo) ?? last.at(-1);
    return line && carried(valuesOf(line.set));
}

/** With what the steppers of a new set begin: last time's, else this session's set before, else what is usual. What was felt last time
 * is not said anew for this time. */
export function draft(exercise: number, setNo: number, last: readonly SetLine[], done: readonly SetLine[]): Values {
    const before = done.filter((one) => one.set.setNo < setNo).at(-1);
    return asLast(last, setNo) ?? (before && carried(valuesOf(before.set))) ?? usual(exercise);
}

function carried(values: Values): Values {
    return { ...values, pain: NOT_SAID, stopped: NOT_SAID };
}

function usual(exercise: number): Values {
    const values = { ...EMPTY };
    for (const field of fieldsOf(exercise)) {
        if (field === 'reps') values.reps = FIRST_REPS;
        if (field === 'durationS') values.durationS = FIRST_S[exercise] ?? FIRST_OTHER_S;
    }
    return values;
}

/** The number of the next set, 0 where there is no room for one. */
export function nextSet(done: readonly SetLine[]): number {
    const highest = Math.max(0, ...done.map((one) => one.set.setNo));
    return highest < 20 ? highest + 1 : 0;
}

/** Says anything of what was done? An exercise without a number is none. */
export function saysAnything(values: Values): boolean {
    return values.reps >= 0 || values.loadHg >= 0 || values.durationS >= 0 || values.distanceM >= 0;
}

export interface Spoken { (id: 'TIMES' | 'SECONDS' | 'MINUTES' | 'METRES' | 'KILOS' | 'LEFT' | 'RIGHT' | 'ADAPTED' | 'PAIN' | 'STOPPED', value: string): string }

/** "10 × 20 kg · venstre": what was done, in as few signs as possible. ${say} puts a number into words. */
export function spoken(values: Values, say: Spoken, comma: string): string[] {
    const parts: string[] = [];
    if (values.reps >= 0 && values.loadHg > 0) parts.push(`${values.reps} × ${say('KILOS', kilos(values.loadHg, comma))}`);
    else if (values.reps >= 0) parts.push(say('TIMES', String(values.reps)));
    else if (values.loadHg > 0) parts.push(say('KILOS', kilos(values.loadHg, comma)));
    if (values.durationS >= 0) parts.push(lasting(values.durationS, say));
    if (values.distanceM >= 0) parts.push(say('METRES', String(values.distanceM)));
    if (values.side === 1) parts.push(say('LEFT', ''));
    if (values.side === 2) parts.push(say('RIGHT', ''));
    if (values.adapted === 1) parts.push(say('ADAPTED', ''));
    if (values.pain >= 0) parts.push(say('PAIN', String(values.pain)));
    if (values.stopped === 1) parts.push(say('STOPPED', ''));
    return parts;
}

export function kilos(loadHg: number, comma: string): string {
    return loadHg % 10 === 0 ? String(loadHg / 10) : `${Math.floor(loadHg / 10)}${comma}${loadHg % 10}`;
}

function lasting(seconds: number, say: Spoken): string {
    const minutes = Math.floor(seconds / MINUTE_S), rest = seconds % MINUTE_S;
    if (minutes === 0) return say('SECONDS', String(seconds));
    return rest === 0 ? say('MINUTES', String(minutes)) : `${say('MINUTES', String(minutes))} ${say('SECONDS', String(rest))}`;
}
