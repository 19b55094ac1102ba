/* The activities that a person chose for the PSFS, in their own words. They are frozen: other words are another activity in the place of
 * the one before, and what was answered stays with the one that was asked about. */
import { useState } from 'preact/hooks';
import type { ActivityLine, Id } from '../web/types.ts';
import { Button, Field, Notice } from './bits.tsx';
import { engine } from './engine.ts';
import { Saved, useSaver } from './saving.tsx';
import { t } from './words.ts';

const FIRST = 3, MOST = 5, WORDS_MAX = 100; /* of at most two bytes each: the library takes 200 bytes */

export interface ActivitiesProps {
    participant: Id;
    chosen: readonly ActivityLine[];
    onDone: () => void;
    /** on the button */
    done: string;
}

export function Activities({ participant, chosen, onDone, done }: ActivitiesProps) {
    const at = (ordinal: number) => chosen.find((one) => one.activity.ordinal === ordinal);
    const count = Math.max(FIRST, ...chosen.map((one) => one.activity.ordinal));
    const [words, set] = useState(() => Array.from({ length: count }, (_, i) => at(i + 1)?.activity.words ?? ''));
    const [wrong, say] = useState(false), saver = useSaver(), key = `activities:${participant}`;
    const save = async () => {
        const changed = words.map((text, i) => ({ ordinal: i + 1, words: text.trim(), replaces: at(i + 1)?.activity.id ?? 0n }))
            .filter((one) => one.words && one.words !== at(one.ordinal)?.activity.words);
        say(!words.some((text) => text.trim()));
        if (!words.some((text) => text.trim())) return;
        const kept = await saver.save(key, key, async () => {
            for (const one of changed) await engine().activitySave({ participant, ...one });
        });
        if (kept) onDone();
    };
    return (
        <div class="form">
            {words.map((text, i) => (
                <Field key={i} label={t('TAB_FORM_ACTIVITY', i + 1)} value={text} max={WORDS_MAX} first={i === 0 && chosen.length === 0}
                    hint={at(i + 1) && text.trim() !== at(i + 1)?.activity.words ? t('TAB_FORM_ACTIVITY_FROZEN') : undefined}
                    onChange={(next) => set((before) => before.map((one, j) => (j === i ? next : one)))} />
            ))}
            {words.length < MOST && <Button kind="plain" icon="plus" onClick={() => set((before) => [...before, ''])}>{t('TAB_FORM_ACTIVITY_MORE')}</Button>}
            {wrong && <Notice kind="wrong">{t('TAB_FORM_ACTIVITY_FEW')}</Notice>}
            <div class="row"><Button kind="go" busy={saver.of(key)?.state === 'saving'} onClick={() => void save()}>{done}</Button><Saved state={saver.of(key)} /></div>
        </div>
    );
}
