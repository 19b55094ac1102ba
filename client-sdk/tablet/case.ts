/* What the centre made of something that was saved here, as a person reads it. Shapes in, names of texts out. */
import type { Notice } from '../web/types.ts';

export const MERGED = 1, SUPERSEDED = 3, CASE = 4, QUARANTINED = 5, LOST = 7;
export const ABOUT_MARK = 1, ABOUT_SESSION = 2, ABOUT_SET = 3, ABOUT_EXERTION = 9, ABOUT_LEADER = 11;

export type What = 'MERGED' | 'SUPERSEDED' | 'CASE' | 'ASIDE' | 'RESTS' | 'LOST' | 'OTHER';
export type Do = 'NOTHING' | 'ASK' | 'AGAIN' | 'LOOK';

export function what(notice: Notice): What {
    switch (notice.kind) {
    case MERGED: return 'MERGED';
    case SUPERSEDED: return 'SUPERSEDED';
    case CASE: return 'CASE';
    case QUARANTINED: return notice.closed ? 'RESTS' : 'ASIDE';
    case LOST: return 'LOST';
    default: return 'OTHER';
    }
}

/** What the reader can do about it. */
export function todo(notice: Notice): Do {
    switch (what(notice)) {
    case 'CASE': return 'ASK';
    case 'ASIDE': return 'ASK';
    case 'RESTS': return 'NOTHING';
    case 'LOST': return 'AGAIN';
    default: return 'LOOK';
    }
}

/** Where it can be looked at: a session's screens, else the person; null: nothing of it is here. */
export function place(notice: Notice): string | null {
    if (notice.session !== 0n) {
        if (notice.about === ABOUT_SET) return `#/exercises/${notice.session}${notice.participant ? `/${notice.participant}` : ''}`;
        if (notice.about === ABOUT_EXERTION) return `#/exertion/${notice.session}`;
        return `#/sheet/${notice.session}`;
    }
    return notice.participant !== 0n ? `#/person/${notice.participant}` : null;
}

/** The worst first: what is lost, then what somebody has to decide, then what only is to be known. */
export function sorted(notices: readonly Notice[]): Notice[] {
    const rank = (one: Notice): number => ['LOST', 'CASE', 'ASIDE', 'MERGED', 'SUPERSEDED', 'RESTS', 'OTHER'].indexOf(what(one));
    return [...notices].sort((a, b) => rank(a) - rank(b) || (a.seq < b.seq ? 1 : -1));
}
