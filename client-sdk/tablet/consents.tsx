/* What a person agrees to beside treatment. A withdrawal holds at once. */
import { useState } from 'preact/hooks';
import type { ConsentLine, Person } from '../web/types.ts';
import { Button, Dialog } from './bits.tsx';
import { engine, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { Saved, useSaver } from './saving.tsx';
import { upper } from './spoken.ts';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';

const PURPOSES = [1, 2, 3, 4], GRANTED = 1, WITHDRAWN = 2;

export function Consents({ person }: { person: Person }) {
    const read = useRead(() => engine().consents(person.id), [person.id]), [asking, ask] = useState<{ purpose: number; state: number } | null>(null);
    return (
        <Gate opened="open" read={read}>
            {(lines) => (
                <div class="stack">
                    <p class="hint">{t('TAB_CONSENT_WHY')}</p>
                    <ul class="records card">
                        {PURPOSES.map((purpose) => <Row key={purpose} purpose={purpose} line={lines.find((one) => one.consent.purpose === purpose)} onAsk={(state) => ask({ purpose, state })} />)}
                    </ul>
                    {asking && <Sure person={person} {...asking} onClose={() => ask(null)} />}
                </div>
            )}
        </Gate>
    );
}

function purposeWords(purpose: number): string {
    return upper(tOf('PURPOSE', purpose));
}

function Row({ purpose, line, onAsk }: { purpose: number; line: ConsentLine | undefined; onAsk: (state: number) => void }) {
    const granted = line?.consent.state === GRANTED, said = line ? `${tOf('CONSENT', line.consent.state)}, ${dateWords(line.consent.day)} · ${tOf('RECORD', line.state)}` : tOf('CONSENT', 0);
    const words = t(granted ? 'TAB_CONSENT_WITHDRAW' : 'TAB_CONSENT_GIVE');
    return (
        <li>
            <span class="grow">{purposeWords(purpose)}<small>{said}</small></span>
            <Button kind={granted ? 'warn' : undefined} label={t('TAB_FORM_WHAT', words, purposeWords(purpose))} onClick={() => onAsk(granted ? WITHDRAWN : GRANTED)}>{words}</Button>
        </li>
    );
}

function Sure({ person, purpose, state, onClose }: { person: Person; purpose: number; state: number; onClose: () => void }) {
    const { today } = useStatus(), saver = useSaver(), gives = state === GRANTED, key = `consent:${person.id}:${purpose}:${state}`;
    const save = async () => {
        if (await saver.save(key, key, () => engine().consentSave({ participant: person.id, purpose, state, day: today }))) onClose();
    };
    return (
        <Dialog title={t(gives ? 'TAB_CONSENT_GIVE_OF' : 'TAB_CONSENT_WITHDRAW_OF', person.name, purposeWords(purpose))} onClose={onClose}>
            <p>{t(gives ? 'TAB_CONSENT_GIVE_WHY' : 'TAB_CONSENT_WITHDRAW_WHY')}</p>
            <div class="row">
                <Button kind={gives ? 'go' : 'warn'} busy={saver.of(key)?.state === 'saving'} onClick={() => void save()}>{t(gives ? 'TAB_CONSENT_GIVE_DO' : 'TAB_CONSENT_WITHDRAW_DO')}</Button>
                <Button onClick={onClose}>{t('TAB_PERSON_CANCEL')}</Button>
                <Saved state={saver.of(key)} />
            </div>
        </Dialog>
    );
}
