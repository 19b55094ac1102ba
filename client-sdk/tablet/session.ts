/* Sessions as the screens need them: with their group, nearest first, and what is left to do with one. */
import { engine, wrongCode } from './engine.ts';
import { Presence, SessionStatus, type Group, type Id, type Line, type Session } from '../web/types.ts';
import { dayWords, spanWords } from './when.ts';

export interface Meeting {
    session: Session;
    group: Group;
}
/** A session that somebody has still to look at. unknown: how many nobody has said anything of; of a session that nobody said was held,
 * -1: the first thing is to say whether it was. */
export interface Unfinished extends Meeting {
    unknown: number;
}

/** How far back a session may wait for its last word on the first screen. */
const UNFINISHED_DAYS = 7;

const groupOf = new Map<Id, Id>();

/** null: not on this tablet. */
export async function meetingFind(session: Id): Promise<Meeting | null> {
    const groups = await engine().groups();
    const likely = groupOf.get(session);
    for (const group of [...groups].sort((a, b) => Number(b.id === likely) - Number(a.id === likely))) {
        const found = (await engine().sessions(group.id)).find((one) => one.id === session);
        groupOf.set(session, found ? group.id : (groupOf.get(session) ?? 0n));
        if (found) return { session: found, group };
    }
    return null;
}

/** The planned session nearest to now; null: none, or the clock is not to pick one. */
export async function meetingNear(group: Group): Promise<{ near: Session | null; clock: boolean }> {
    try {
        return { near: await engine().sessionNear(group.id), clock: true };
    } catch (wrong) {
        if (wrongCode(wrong) === 'ECLOCK') return { near: null, clock: false };
        if (wrongCode(wrong) === 'ENOTFOUND') return { near: null, clock: true };
        throw wrong;
    }
}

/** By name as Norwegians sort: å last, č beside c. */
export function byName<T extends { name: string }>(list: T[]): T[] {
    const order = new Intl.Collator('nb');
    return [...list].sort((a, b) => order.compare(a.name, b.name));
}

export const unknowns = (lines: Line[]) => lines.filter((line) => line.presence === Presence.Unknown);

/** Minutes of the day on this tablet. */
export function minuteNow(): number {
    const now = new Date();
    return now.getHours() * 60 + now.getMinutes();
}

export function over({ session, group }: Meeting, today: number): boolean {
    const end = session.endMin >= 0 ? session.endMin : session.startMin >= 0 ? session.startMin + 60 : group.endMin;
    return session.day < today || (session.day === today && end < minuteNow());
}

/** What was to be held in the last days and is not finished, the newest first. */
export async function unfinished(meetings: Meeting[], today: number): Promise<Unfinished[]> {
    const found: Unfinished[] = [];
    for (const meeting of meetings) {
        const { session } = meeting;
        if (session.status === SessionStatus.Cancelled || session.day < today - UNFINISHED_DAYS || !over(meeting, today)) continue;
        const unknown = session.status === SessionStatus.Held ? unknowns(await engine().sheet(session.id)).length : -1;
        if (unknown) found.push({ ...meeting, unknown });
    }
    return found.sort((a, b) => b.session.day - a.session.day || b.session.startMin - a.session.startMin);
}

/** "10:00–11:30": the session's own times, else the group's */
export function timesWords({ session, group }: Meeting): string {
    return session.startMin >= 0 ? spanWords(session.startMin, session.endMin) : spanWords(group.startMin, group.endMin);
}

/** "i dag 10:00–11:30 · Sal 1" */
export function meetingWords(meeting: Meeting, today: number): string {
    const { session } = meeting;
    return [`${dayWords(session.day, today)} ${timesWords(meeting)}`.trim(), session.room, session.theme].filter(Boolean).join(' · ');
}
