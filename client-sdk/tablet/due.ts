/* Which forms are due for somebody: at the start of a course, half way through it and at its end. Shapes in, shapes out.
 *
 *   the set     the person's own activities (PSFS), work ability, pain at rest and in activity; DOMAIN section 3, first of its order.
 *               Work status is asked with it at the start and at the end; it is kept as a work status, not as a form
 *   a course    from the newest referral on; a form from before it belongs to an earlier course and does not answer for this one
 *   midway      from half of the planned sessions on, until the end is due; never asked where nobody has said how many are planned
 *   end         from the last planned session on, or where the enrolment has ended. Mail gets a third of the answers back: it is asked
 *               in the room, at the last session itself */
import type { Episode, Group, Id, Intervention, ScoreLine, WorkLine } from '../web/types.ts';

export const PAIN_REST = 1, PAIN_ACTIVITY = 2, PSFS = 3, WORK_ABILITY = 4, BORG_RPE = 5, BORG_CR10 = 6, WORK_STATUS = 7;
export const BASELINE = 0, MIDWAY = 1, END = 2, OCCASIONS = 6;
export const THE_SET: readonly number[] = [PSFS, WORK_ABILITY, PAIN_REST, PAIN_ACTIVITY];

const WAITING_START = 3, ATTENDING = 4, COMPLETED = 5, DISCONTINUED = 6;

export interface Course {
    enrolment: number;
    scores: readonly ScoreLine[];
    works: readonly WorkLine[];
    today: number;
    episodes: readonly Episode[];
    /** sessions of the course so far that the person was expected at, this day's too */
    sessions: number;
    /** of the whole course; -1: not said */
    planned: number;
    /** 0: the course needs no form at its end */
    needsEndScore: number;
    /** this is the group's last session, as far as the plan goes */
    last: boolean;
}
export interface Due { instrument: number; occasion: number }

const NO_DAY = -2147483648;

/** The first day whose forms belong to the course. */
export function courseStart(episodes: readonly Episode[]): number {
    return Math.max(NO_DAY, ...episodes.map((one) => one.referralDay));
}

/** Is there a form to that instrument and occasion in this course? One that was corrected is answered by its correction. */
export function answered(scores: readonly ScoreLine[], instrument: number, occasion: number, from: number): boolean {
    return scores.some((one) => one.replacedBy === 0n && one.score.instrument === instrument && one.score.occasion === occasion &&
        one.score.day >= from);
}

/** The occasion that it is time for. */
export function occasionNow(course: Course): number {
    const over = course.enrolment === COMPLETED || course.enrolment === DISCONTINUED;
    const through = course.planned > 0 && course.sessions >= course.planned;
    if (over || through || course.last) return course.needsEndScore === 0 ? BASELINE : END;
    return course.planned > 1 && course.sessions * 2 >= course.planned ? MIDWAY : BASELINE;
}

/** What is due now, in the order in which it is asked. Somebody who began without a baseline is asked for what it is time for: a
 * baseline that is taken at the end would be none. */
export function due(course: Course): Due[] {
    if (course.enrolment < WAITING_START || course.enrolment > DISCONTINUED) return [];
    const occasion = occasionNow(course), from = courseStart(course.episodes);
    if (course.enrolment > ATTENDING && occasion !== END) return [];
    const forms = THE_SET.filter((instrument) => !answered(course.scores, instrument, occasion, from));
    return [...forms, ...(workAsked(course, occasion, from) ? [] : [WORK_STATUS])].map((instrument) => ({ instrument, occasion }));
}

const FRESH_DAYS = 14;

/** Is it known how it stands with work? At the start once, at the end anew, half way not asked. */
function workAsked(course: Course, occasion: number, from: number): boolean {
    const since = occasion === END ? Math.max(from, course.today - FRESH_DAYS) : from;
    return occasion === MIDWAY || course.works.some((one) => one.replacedBy === 0n && one.work.day >= since);
}

/** What is planned for a group: the one intervention for groups that is in use and bears its name, or the only one there is; undefined:
 * nobody has said. The tablet is not told which version a group runs. */
export function planOf(group: Pick<Group, 'name'>, interventions: readonly Intervention[]): Intervention | undefined {
    const open = interventions.filter((one) => one.active && one.individual === 0);
    const newest = open.filter((one) => !open.some((other) => other.code === one.code && other.version > one.version));
    const name = group.name.toLowerCase();
    const named = newest.filter((one) => name.includes(one.name.toLowerCase()) || one.name.toLowerCase().includes(name));
    if (named.length === 1) return named[0];
    return newest.length === 1 ? newest[0] : undefined;
}

/** Of one person: what was seen of them in the sessions so far, for counting how far the course has come. */
export function expectedAt(presences: readonly number[]): number {
    const UNKNOWN = 0, NOT_EXPECTED = 4;
    return presences.filter((presence) => presence !== UNKNOWN && presence !== NOT_EXPECTED).length;
}

export interface DueOf { participant: Id; name: string; due: Due[] }

/** Who is asked first: the end before the start, since who has gone home answers no more; then by name as it was. */
export function sorted(all: readonly DueOf[]): DueOf[] {
    const rank = (one: DueOf): number => (one.due[0]?.occasion === END ? 0 : 1);
    return all.filter((one) => one.due.length > 0).sort((a, b) => rank(a) - rank(b));
}
