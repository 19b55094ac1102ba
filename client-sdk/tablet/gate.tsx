/* Between asking and showing: nothing of a person is shown before the access log has its line, or before it is read. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Id } from '../web/types.ts';
import { Button, Notice, Waiting } from './bits.tsx';
import { engine, type Opened, type Read, wrongCode } from './engine.ts';
import { wrongWords } from './saving.tsx';
import { t } from './words.ts';

/** of the access log: why somebody looks */
export const READ = 1, TREATMENT = 1, OWN_REQUEST = 5, EMERGENCY = 6;

export interface GateProps<T> {
    opened: Opened;
    read: Read<T>;
    children: (value: T) => ComponentChildren;
}

export function Gate<T>({ opened, read, children }: GateProps<T>) {
    const wrong = typeof opened === 'object' ? opened.error : read.value === undefined || wrongCode(read.error) === 'ESTALE' ? read.error : null;
    if (wrong) return <Refused wrong={wrong} again={read.again} />;
    if (opened !== 'open' || read.value === undefined) return <Waiting />;
    return <>{children(read.value)}</>;
}

/** Why nothing is shown. After 72 hours without the centre that is how it should be, and no error. */
export function Refused({ wrong, again }: { wrong: unknown; again?: () => void }) {
    if (wrongCode(wrong) === 'ESTALE') return <Stale />;
    return (
        <Notice kind="wrong">
            <p>{wrongWords(wrong)}</p>
            {again && <Button onClick={again}>{t('TAB_PERSON_AGAIN')}</Button>}
        </Notice>
    );
}

/** What stands in a record that is shut is not handed out, and neither are scores after 72 hours; new ones are taken all the same. */
export function keptBack(wrong: unknown): boolean {
    return ['ESTALE', 'ESTATE'].includes(wrongCode(wrong));
}

export function Stale() {
    return <Notice kind="attend">{t('TAB_PERSON_STALE')}</Notice>;
}

/** Several things of one person at once: each has its line before any is shown. */
export function useOpened(participant: Id, whats: readonly number[], purpose: number = TREATMENT): Opened {
    const [opened, set] = useState<Opened>('wait');
    useEffect(() => {
        let alive = true;
        set('wait');
        Promise.all(whats.map((what) => engine().access({ participant, what, action: READ, purpose }))).then(
            () => alive && set('open'),
            (error: unknown) => alive && set({ error }),
        );
        return () => {
            alive = false;
        };
    }, [participant, whats.join(), purpose]);
    return opened;
}
