/* A session by its id, with its group: the library lists sessions by group. */
import type { Group, Id, Line, Session } from '../web/types.ts';
import { Presence } from '../web/types.ts';
import { engine } from './engine.ts';

export interface Found { group: Group; session: Session; sessions: Session[] }

/** null: it is not on this tablet. */
export async function sessionFind(id: Id): Promise<Found | null> {
    for (const group of await engine().groups()) {
        const sessions = await engine().sessions(group.id), session = sessions.find((one) => one.id === id);
        if (session) return { group, session, sessions };
    }
    return null;
}

/** Who is there. Before anybody is marked: everybody of whom nothing is known, so that work can begin. */
export function there(lines: readonly Line[]): { people: Line[]; marked: boolean } {
    const present = lines.filter((one) => one.presence === Presence.Present);
    return present.length > 0 ? { people: present, marked: true } : { people: lines.filter((one) => one.presence === Presence.Unknown), marked: false };
}
