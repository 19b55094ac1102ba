/* Leaving a group, and shutting the record: each says what it does before it is done. Withdrawing a consent stands with the consents. */
import { useState } from 'preact/hooks';
import type { EnrolmentLine, Group, Person } from '../web/types.ts';
import { Button, Choice, Dialog, Notice, Tick } from './bits.tsx';
import { DayField } from './dayfield.tsx';
import { engine, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { Saved, useSaver } from './saving.tsx';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';

interface Enrolled { line: EnrolmentLine; group: Group | undefined }

const COMPLETED = 5, DISCONTINUED = 6, IN_ERROR = 9, NO_DAY = -2147483648, NOT_SAID = -1;

async function enrolledRead(person: Person): Promise<Enrolled[]> {
    const groups = await engine().groups(), lines = await engine().enrolments(person.id);
    return lines.filter((one) => one.status !== IN_ERROR).map((line) => ({ line, group: groups.find((one) => one.id === line.group) }));
}

export function Leaving({ person }: { person: Person }) {
    return <div class="stack"><Groups person={person} /><Shutting person={person} /></div>;
}

/* ---- a group */

function Groups({ person }: { person: Person }) {
    const read = useRead(() => enrolledRead(person), [person.id]), [leaving, leave] = useState<Enrolled | null>(null);
    return (
        <section class="card">
            <h3>{t('TAB_LEAVE_GROUP')}</h3>
            <p>{t('TAB_LEAVE_WHY')}</p>
            <Gate opened="open" read={read}>
                {(enrolled) => (enrolled.length === 0 ? <p class="hint">{t('TAB_LEAVE_NONE')}</p>
                    : <ul class="records">{enrolled.map((one) => <Row key={String(one.line.group)} one={one} onLeave={() => leave(one)} />)}</ul>)}
            </Gate>
            {leaving && <Leave person={person} one={leaving} onClose={() => leave(null)} />}
        </section>
    );
}

function Row({ one: { line, group }, onLeave }: { one: Enrolled; onLeave: () => void }) {
    const name = group?.name ?? '–', over = line.status >= COMPLETED, status = tOf('ENROLMENT', line.status);
    const words = over && line.endDay !== NO_DAY ? t('TAB_LEAVE_WAS', name, status, dateWords(line.endDay)) : line.startDay !== NO_DAY && !over ? t('TAB_LEAVE_IN', name, dateWords(line.startDay)) : `${name}: ${status}`;
    return (
        <li>
            <span class="grow">{words}<small>{[line.disputed && t('TAB_DOSE_DISPUTED'), tOf('RECORD', line.state)].filter(Boolean).join(' · ')}</small></span>
            {!over && group && <Button kind="warn" icon="leave" label={t('TAB_FORM_WHAT', t('TAB_LEAVE_DO'), name)} onClick={onLeave}>{t('TAB_LEAVE_DO')}</Button>}
        </li>
    );
}

function Leave({ person, one, onClose }: { person: Person; one: Enrolled; onClose: () => void }) {
    const { today } = useStatus(), [status, how] = useState<number | undefined>(undefined), [day, setDay] = useState(today), saver = useSaver();
    const key = `leave:${person.id}:${one.line.group}`;
    const save = async () => {
        if (await saver.save(key, key, () => engine().enrolmentEnd(one.line.group, person.id, status ?? DISCONTINUED, day, NOT_SAID))) onClose();
    };
    return (
        <Dialog title={t('TAB_LEAVE_GROUP_OF', one.group?.name ?? '')} onClose={onClose}>
            <p>{t('TAB_LEAVE_WHY')}</p>
            <Choice label={t('TAB_LEAVE_HOW')} value={status} onChange={how} options={[COMPLETED, DISCONTINUED].map((value) => ({ value, text: tOf('ENROLMENT', value) }))} />
            <DayField label={t('TAB_LEAVE_DAY')} day={day} today={today} onChange={setDay} />
            <div class="row">
                <Button kind="warn" busy={saver.of(key)?.state === 'saving'} disabled={status === undefined || Number.isNaN(day)} onClick={() => void save()}>{t('TAB_LEAVE_DO')}</Button>
                <Button onClick={onClose}>{t('TAB_PERSON_CANCEL')}</Button>
                <Saved state={saver.of(key)} />
            </div>
        </Dialog>
    );
}

/* ---- the record */

function Shutting({ person }: { person: Person }) {
    const [asking, ask] = useState(false);
    return (
        <section class="card">
            <h3>{t('TAB_SHUT_TITLE')}</h3>
            <p>{t('TAB_SHUT_WHY')}</p>
            {person.shut ? <Notice>{t('TAB_SHUT_ALREADY')}</Notice> : <div class="row"><Button kind="warn" icon="lock" onClick={() => ask(true)}>{t('TAB_SHUT_DO')}</Button></div>}
            {asking && <Shut person={person} onClose={() => ask(false)} />}
        </section>
    );
}

function Shut({ person, onClose }: { person: Person; onClose: () => void }) {
    const [sure, say] = useState(false), saver = useSaver(), key = `shut:${person.id}`;
    const save = async () => {
        if (await saver.save(key, key, () => engine().recordShut(person.id))) onClose();
    };
    return (
        <Dialog title={t('TAB_PERSON_ASKS', t('TAB_SHUT_TITLE'), person.name)} onClose={onClose}>
            <p>{t('TAB_SHUT_WHY')}</p>
            <Tick label={t('TAB_SHUT_SURE_TICK')} on={sure} onChange={say} />
            <div class="row">
                <Button kind="warn" busy={saver.of(key)?.state === 'saving'} disabled={!sure} onClick={() => void save()}>{t('TAB_SHUT_DO')}</Button>
                <Button onClick={onClose}>{t('TAB_PERSON_CANCEL')}</Button>
                <Saved state={saver.of(key)} />
            </div>
        </Dialog>
    );
}
