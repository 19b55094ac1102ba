/* The one engine of the app, and the hooks by which screens read from it. What a screen shows comes from here alone: nothing is kept
 * beside it that could say something else. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Samling } from '../web/face.ts';
import type { Access, Status, Where } from '../web/types.ts';
import { SamlingError } from '../web/types.ts';

let one: Samling | null = null;

/** Called once, before anything is drawn. */
export function engineUse(samling: Samling): void {
    one = samling;
}

export function engine(): Samling {
    if (!one) throw new Error('no engine yet');
    return one;
}

/** What is wrong, as the library names it. */
export function wrongCode(wrong: unknown): string {
    return wrong instanceof SamlingError ? wrong.code : 'EIO';
}

export function useStatus(): Status {
    const [status, set] = useState(engine().status);
    useEffect(() => engine().on('status', set), []);
    return status;
}

export function useWhere(): Where {
    const [where, set] = useState(engine().where);
    useEffect(() => engine().on('where', set), []);
    return where;
}

export interface Read<T> {
    /** undefined: not read yet */
    value: T | undefined;
    /** what was wrong with the last reading; the value before it stays */
    error: unknown;
    again: () => void;
}

/** Read now, when ${deps} change, and after every change of the store. One reading at a time: what changes meanwhile is read once more. */
export function useRead<T>(read: () => Promise<T>, deps: unknown[]): Read<T> {
    const [state, set] = useState<{ value: T | undefined; error: unknown }>({ value: undefined, error: null });
    const latest = useRef(read);
    latest.current = read;
    const turn = useRef({ reading: false, more: false, alive: 0 });
    const again = useCallback(() => {
        const now = turn.current, alive = now.alive;
        now.more = now.reading;
        if (now.reading) return;
        now.reading = true;
        const done = (next: { value?: T; error: unknown }) => {
            now.reading = false;
            if (alive === now.alive) set((old) => ({ value: 'value' in next ? next.value : old.value, error: next.error }));
            if (now.more || alive !== now.alive) again();
        };
        latest.current().then((value) => done({ value, error: null }), (error: unknown) => done({ error }));
    }, []);
    useEffect(() => {
        turn.current.alive++;
        set({ value: undefined, error: null });
        again();
        const off = engine().on('change', again);
        return () => {
            off();
            turn.current.alive++;
            turn.current.more = false;
        };
    }, deps);
    return { ...state, again };
}

export type Opened = 'wait' | 'open' | { error: unknown };

/** A line of the access log before anything of it is shown: 'open' when it is written. null: nobody's data is asked for yet. */
export function useAccess(access: Access | null): Opened {
    const [opened, set] = useState<Opened>('wait');
    const key = access ? [access.what, access.participant ?? 0n, access.group ?? 0n, access.action ?? 1].join() : '';
    useEffect(() => {
        let alive = true;
        set('wait');
        if (access) {
            engine().access({ action: 1, purpose: 1, ...access }).then(
                () => alive && set('open'),
                (error: unknown) => alive && set({ error }),
            );
        }
        return () => {
            alive = false;
        };
    }, [key]);
    return opened;
}

/** SAMLING_RES_* of samling.h: what is opened. */
export const RES = {
    sheet: 1, sets: 2, scores: 3, notes: 4, contacts: 5, work: 6, exertion: 7, activities: 8, consents: 9, episodes: 10, sessions: 11,
    person: 12,
} as const;
