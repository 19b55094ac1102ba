/* From the tap to the disk, told at the control: "Lagrer …" while the engine works, "Lagret" when its promise has resolved, and what to do
 * where it failed. Nobody else in the app says that something is saved. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { wrongCode } from './engine.ts';
import { t, type WordId } from './words.ts';

export interface SaveState {
    state: 'saving' | 'saved' | 'failed';
    /** for tests: mark:SESSION:PARTICIPANT:VALUE */
    what: string;
    /** performance.now() when it came to be so */
    at: number;
    why: string;
}
export interface Saver {
    /** of one control: undefined before its first save */
    of: (key: string) => SaveState | undefined;
    /** Resolves to whether it is on the disk. The control's caller puts its value back where it is not. */
    save: (key: string, what: string, work: () => Promise<unknown>) => Promise<boolean>;
    /** how many are under way */
    busy: number;
}

const WHY: Record<string, WordId> = {
    EFULL: 'TAB_WRONG_FULL', ELOCKED: 'TAB_WRONG_LOCKED', EELSEWHERE: 'TAB_WRONG_ELSEWHERE', ERANGE: 'TAB_WRONG_RANGE',
    ENOTFOUND: 'TAB_WRONG_GONE', ESTATE: 'TAB_WRONG_STATE', EEXIST: 'TAB_WRONG_EXISTS', ESTALE: 'TAB_WRONG_STALE', ECLOCK: 'TAB_WRONG_CLOCK',
};

/** What was wrong, and what to do. */
export function wrongWords(wrong: unknown): string {
    return t(WHY[wrongCode(wrong)] ?? 'TAB_WRONG_OTHER', wrongCode(wrong));
}

export function useSaver(): Saver {
    const states = useRef(new Map<string, SaveState>()), busy = useRef(0), [, draw] = useState(0), alive = useRef(true);
    useEffect(() => () => {
        alive.current = false;
    }, []);
    const put = (key: string, what: string, state: SaveState['state'], why = '') => {
        states.current.set(key, { state, what, why, at: performance.now() });
        if (alive.current) draw((n) => n + 1);
    };
    const save = useCallback(async (key: string, what: string, work: () => Promise<unknown>) => {
        busy.current++;
        put(key, what, 'saving');
        try {
            await work();
            busy.current--;
            put(key, what, 'saved');
            return true;
        } catch (wrong) {
            busy.current--;
            put(key, what, 'failed', wrongWords(wrong));
            return false;
        }
    }, []);
    return { of: (key) => states.current.get(key), save, busy: busy.current };
}

/** How it is with one save. brief: only a sign where there is no room, the words for readers. */
export function Saved({ state }: { state: SaveState | undefined }) {
    if (!state) return null;
    if (state.state === 'saving') return <span class="saving" role="status">{t('TAB_SAVING')}</span>;
    if (state.state === 'failed') return <span class="failed" role="alert"><Icon name="warning" />{t('TAB_NOT_SAVED', state.why)}</span>;
    return <span class="saved" role="status" data-at={state.at} data-what={state.what}>{t('TAB_SAVED')}</span>;
}
