/* The one engine of the app, and the hooks by which screens read from it. What a screen shows comes from here alone: nothing is kept
 * beside it that could say something else. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
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

let failed: string | null = null;

/** From the start on: an engine that stopped says so once. */
export function failedWatch(): void {
    engine().on('failed', (why) => {
        failed = why;
    });
}

/** Why the engine stopped; null: it works. */
export function useFailed(): string | null {
    const [why, set] = useState(failed);
    useEffect(() => engine().on('failed', set), []);
    return why;
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
    /** what was wrong with the last reading; the value before it stays. null: nothing */
    error: unknown;
    /** Resolves when a reading that began after the call is drawn. */
    again: () => Promise<void>;
}

/** Read now, when ${deps} change, and after every change of the store. One reading at a time: what changes meanwhile is read once more. */
export function useRead<T>(read: () => Promise<T>, deps: unknown[]): Read<T> {
    const about = useMemo(() => ({}), deps); /* what was read for other deps is not shown for these, not for one frame */
    const [state, set] = useState<{ about: object; value: T | undefined; error: unknown }>({ about, value: undefined, error: null });
    const latest = useRef({ read, about });
    latest.current = { read, about };
    const reader = useRef({ now: null as Promise<void> | null, next: null as Promise<void> | null, turn: 0 });
    const again = useCallback((): Promise<void> => {
        const one = reader.current;
        const run = async () => {
            const turn = one.turn, asked = latest.current;
            try {
                const value = await asked.read();
                if (turn === one.turn) set({ about: asked.about, value, error: null });
            } catch (error) {
                if (turn === one.turn) set((old) => ({ about: asked.about, value: old.about === asked.about ? old.value : undefined, error }));
            }
        };
        if (!one.now) {
            one.now = run().finally(() => {
                one.now = null;
            });
            return one.now;
        }
        one.next ??= one.now.then(() => {
            one.next = null;
            return again();
        });
        return one.next;
    }, []);
    useEffect(() => {
        void again();
        const off = engine().on('change', () => void again());
        return () => {
            off();
            reader.current.turn++;
        };
    }, deps);
    return state.about === about ? { value: state.value, error: state.error, again } : { value: undefined, error: null, again };
}

export type Opened = 'wait' | 'open' | { error: unknown };

/** A line of the access log before anything of it is shown: 'open' when it is written. null: nobody's data is asked for yet. */
export function useAccess(access: Access | null): Opened {
    const [opened, set] = useState<{ key: string; opened: Opened }>({ key: '', opened: 'wait' });
    const key = access ? [access.what, access.participant ?? 0n, access.group ?? 0n, access.action ?? 1, access.purpose ?? 1].join() : '';
    useEffect(() => {
        let alive = true;
        if (access) {
            engine().access({ action: 1, purpose: 1, ...access }).then(
                () => alive && set({ key, opened: 'open' }),
                (error: unknown) => alive && set({ key, opened: { error } }),
            );
        }
        return () => {
            alive = false;
        };
    }, [key]);
    return key && opened.key === key ? opened.opened : 'wait';
}

/** SAMLING_RES_* of samling.h: what is opened. */
export const RES = {
    sheet: 1, sets: 2, scores: 3, notes: 4, contacts: 5, work: 6, exertion: 7, activities: 8, consents: 9, episodes: 10, sessions: 11,
    person: 12,
} as const;
