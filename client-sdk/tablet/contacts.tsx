/* Meetings with one person, or about one. */
import { useState } from 'preact/hooks';
import type { Contact, ContactLine, Id } from '../web/types.ts';
import { Button, Choice, Dialog, Notice, Stepper, Tick } from './bits.tsx';
import { engine, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { DayField } from './dayfield.tsx';
import { Remove } from './remove.tsx';
import { Saved, useSaver } from './saving.tsx';
import { upper } from './spoken.ts';
import { dateWords } from './when.ts';
import { t, tOf, type WordSet } from './words.ts';

const MINUTES_MAX = 480, MINUTES_STEP = 5, MINUTES_FIRST = 30, MODES = 3, WITH = 5, SECTORS = 5, NOT_SAID = -1;

export function Contacts({ person }: { person: Id }) {
    const read = useRead(() => engine().contacts(person), [person]), [writing, write] = useState<ContactLine | 'new' | null>(null);
    return (
        <Gate opened="open" read={read}>
            {(contacts) => (
                <div class="stack">
                    <div class="row"><Button kind="go" icon="plus" onClick={() => write('new')}>{t('TAB_CONTACT_WRITE')}</Button></div>
                    {contacts.length === 0 ? <Notice>{t('TAB_PERSON_NOTHING')}</Notice>
                        : <ul class="records card">{[...contacts].reverse().map((one) => <Row key={String(one.contact.id)} line={one} onChange={() => write(one)} />)}</ul>}
                    {writing && <Write person={person} before={writing === 'new' ? undefined : writing.contact} onClose={() => write(null)} />}
                </div>
            )}
        </Gate>
    );
}

function contactWords({ contact }: ContactLine): string {
    const parts = [contact.minutes >= 0 && t('TAB_CONTACT_MIN', contact.minutes), contact.mode >= 0 && tOf('CONTACT_MODE', contact.mode),
        contact.withWhom >= 0 && tOf('CONTACT_WITH', contact.withWhom), contact.sector > 0 && tOf('SECTOR', contact.sector), contact.workFocus === 1 && t('CONTACT_THEME')];
    return parts.filter(Boolean).join(', ');
}

function Row({ line, onChange }: { line: ContactLine; onChange: () => void }) {
    const { contact } = line, about = `${dateWords(contact.day)}, ${contactWords(line)}`;
    return (
        <li>
            <span class="grow">{dateWords(contact.day)}<small>{[contactWords(line), line.disputed && t('TAB_DOSE_DISPUTED'), tOf('RECORD', line.state)].filter(Boolean).join(' · ')}</small></span>
            <Button kind="plain" label={t('TAB_PERSON_ASKS', t('TAB_PERSON_CORRECT'), about)} onClick={onChange}>{t('TAB_PERSON_CORRECT')}</Button>
            <Remove about={about} what={`remove:contact:${contact.id}`} work={() => engine().contactRemove(contact.id)} />
        </li>
    );
}

function options(set: WordSet, count: number, first = 0) {
    return Array.from({ length: count - first }, (_, i) => ({ value: i + first, text: upper(tOf(set, i + first)) }));
}

function Write({ person, before, onClose }: { person: Id; before: Contact | undefined; onClose: () => void }) {
    const { today } = useStatus(), saver = useSaver(), state = saver.of('contact');
    const [contact, set] = useState<Contact>(before ?? { participant: person, day: today, minutes: MINUTES_FIRST, mode: 0, withWhom: 0, workFocus: 0 });
    const change = (part: Partial<Contact>) => set((now) => ({ ...now, ...part })), chosen = (value: number | undefined) => (value === undefined || value < 0 ? undefined : value);
    const save = async () => {
        if (await saver.save('contact', `contact:${person}`, () => engine().contactSave(contact))) onClose();
    };
    return (
        <Dialog title={t(before ? 'TAB_CONTACT_CHANGE' : 'TAB_CONTACT_WRITE')} wide onClose={onClose}>
            <DayField day={contact.day} today={today} onChange={(day) => change({ day })} />
            <Stepper label={t('TAB_CONTACT_MINUTES')} value={contact.minutes ?? NOT_SAID} min={0} max={MINUTES_MAX} step={MINUTES_STEP} start={MINUTES_FIRST} onChange={(minutes) => change({ minutes })} />
            <Choice label={t('TAB_CONTACT_HOW')} options={options('CONTACT_MODE', MODES)} value={chosen(contact.mode)} onChange={(mode) => change({ mode })} />
            <Choice label={t('TAB_CONTACT_WITH')} options={options('CONTACT_WITH', WITH)} value={chosen(contact.withWhom)} onChange={(withWhom) => change({ withWhom })} />
            <Choice label={t('TAB_CONTACT_SECTOR')} options={options('SECTOR', SECTORS, 1)} value={chosen(contact.sector)} onChange={(sector) => change({ sector })} />
            <Tick label={t('TAB_CONTACT_THEME')} on={contact.workFocus === 1} onChange={(on) => change({ workFocus: on ? 1 : 0 })} />
            <div class="row">
                <Button kind="go" busy={state?.state === 'saving'} disabled={Number.isNaN(contact.day)} onClick={() => void save()}>{t('TAB_FORM_SAVE')}</Button>
                <Saved state={state} />
            </div>
        </Dialog>
    );
}
