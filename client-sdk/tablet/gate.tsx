/* Between asking and showing: nothing of a person is shown before the access log has its line, or before it is read. */
import type { ComponentChildren } from 'preact';
import { Button, Notice, Waiting } from './bits.tsx';
import type { Opened, Read } from './engine.ts';
import { wrongCode } from './engine.ts';
import { wrongWords } from './saving.tsx';
import { t } from './words.ts';

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

export function Stale() {
    return <Notice kind="attend">{t('TAB_PERSON_STALE')}</Notice>;
}
