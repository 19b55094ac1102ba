/* How much somebody took part: out of the lines of the sessions' sheets. Shapes in, shapes out. */
import { Presence } from '../web/types.ts';
import type { Line, Session } from '../web/types.ts';

/** usual: how long the group's sessions are; 0: not said */
export interface Attended { session: Session; line: Line; usual: number }
export interface Dose { present: number; expected: number; unknown: number; minutes: number; planned: number }

const CANCELLED = 2;

/** How long somebody was there: as it was written down; else as long as the session, or as the group's sessions are; 0: nobody knows. */
export function minutesOf({ session, line, usual }: Attended): { minutes: number; written: boolean } {
    if (line.minutes >= 0) return { minutes: line.minutes, written: true };
    const said = session.startMin >= 0 && session.endMin > session.startMin;
    return { minutes: said ? session.endMin - session.startMin : Math.max(0, usual), written: false };
}

/** present of expected, as A1 counts: neither cancelled nor not expected; unknown is counted apart and never as absent. planned: minutes
 * that rest on the session's length because nobody wrote down any. */
export function dose(all: readonly Attended[], today: number): Dose {
    const sum: Dose = { present: 0, expected: 0, unknown: 0, minutes: 0, planned: 0 };
    for (const one of all) {
        if (one.session.status === CANCELLED || one.line.presence === Presence.NotExpected) continue;
        if (one.line.presence === Presence.Unknown || one.line.disputed) {
            if (one.session.day < today) sum.unknown++;
            continue;
        }
        sum.expected++;
        if (one.line.presence !== Presence.Present) continue;
        const { minutes, written } = minutesOf(one);
        sum.present++;
        sum.minutes += minutes;
        if (!written) sum.planned += minutes;
    }
    return sum;
}
