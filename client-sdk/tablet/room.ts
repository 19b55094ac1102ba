/* A session with its group's other sessions, and who is there. */
import type { Id, Line, Session } from '../web/types.ts';
import { Presence } from '../web/types.ts';
import { engine } from './engine.ts';
import { byName, type Meeting, meetingFind } from './session.ts';

export interface Found extends Meeting { sessions: Session[] }

/** null: it is not on this tablet. */
export async function sessionFind(id: Id): Promise<Found | null> {
    const meeting = await meetingFind(id);
    return meeting && { ...meeting, sessions: await engine().sessions(meeting.group.id) };
}

/** Who is there. Before anybody is marked: everybody of whom nothing is known, so that work can begin. */
export function there(all: readonly Line[]): { people: Line[]; marked: boolean } {
    const lines = byName([...all]);
    const present = lines.filter((one) => one.presence === Presence.Present);
    return present.length > 0 ? { people: present, marked: true } : { people: lines.filter((one) => one.presence === Presence.Unknown), marked: false };
}
