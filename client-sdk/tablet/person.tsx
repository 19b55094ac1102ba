/* One person: what is known of them, part by part. Each part that is opened is a line of the access log; none is read before. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Id, Person as Somebody } from '../web/types.ts';
import { Attendance } from './attendance.tsx';
import { Button, Icon, Notice, Page } from './bits.tsx';
import { Consents } from './consents.tsx';
import { Contacts } from './contacts.tsx';
import { engine, RES, useRead, useStatus } from './engine.ts';
import { Episodes } from './episodes.tsx';
import { EMERGENCY, Gate, OWN_REQUEST, Stale, TREATMENT, useOpened } from './gate.tsx';
import { Leaving } from './leaving.tsx';
import { Notes } from './notes.tsx';
import { bornWords } from './people.tsx';
import { go } from './route.ts';
import { Scores } from './scores.tsx';
import { Works } from './works.tsx';
import { t, type WordId } from './words.ts';

type Name = 'attendance' | 'scores' | 'notes' | 'contacts' | 'work' | 'episodes' | 'consents' | 'leaving';
interface Part { name: Name; word: WordId; whats: number[]; draw: (person: Somebody) => ComponentChildren; shuttable: boolean }

/* history: what is not handed out after 72 hours without the centre; shuttable: what a person may bar */
const PARTS: Part[] = [
    { name: 'attendance', word: 'TAB_PERSON_ATTENDANCE', whats: [RES.sessions, RES.sheet], draw: (one) => <Attendance person={one.id} />, shuttable: false },
    { name: 'scores', word: 'TAB_PERSON_SCORES', whats: [RES.scores], draw: (one) => <Scores person={one.id} />, shuttable: true },
    { name: 'notes', word: 'TAB_PERSON_NOTES', whats: [RES.notes], draw: (one) => <Notes person={one.id} />, shuttable: true },
    { name: 'contacts', word: 'TAB_PERSON_CONTACTS', whats: [RES.contacts], draw: (one) => <Contacts person={one.id} />, shuttable: true },
    { name: 'work', word: 'TAB_PERSON_WORK', whats: [RES.work], draw: (one) => <Works person={one.id} />, shuttable: true },
    { name: 'episodes', word: 'TAB_PERSON_EPISODES', whats: [RES.episodes], draw: (one) => <Episodes person={one.id} />, shuttable: true },
    { name: 'consents', word: 'TAB_PERSON_CONSENTS', whats: [RES.consents], draw: (one) => <Consents person={one} />, shuttable: false },
    { name: 'leaving', word: 'TAB_PERSON_LEAVING', whats: [RES.person], draw: (one) => <Leaving person={one} />, shuttable: false },
];

const FIRST = [RES.person];

export function Person({ participant }: { participant: Id }) {
    const opened = useOpened(participant, FIRST), read = useRead(() => engine().people(), [participant]);
    const person = opened === 'open' ? read.value?.find((one) => one.id === participant) : undefined;
    const under = person && [bornWords(person), person.provisional && t('TAB_PERSON_PROVISIONAL')].filter(Boolean).join(' · ');
    const actions = person && <Button icon="form" onClick={() => go(`/forms/${participant}`)}>{t('TAB_PERSON_FORMS')}</Button>;
    return (
        <Page title={person?.name ?? t('TAB_PEOPLE_SCREEN')} under={under || undefined} back actions={actions}>
            <Gate opened={opened} read={read}>
                {() => (person ? <Parts person={person} /> : <Notice kind="attend">{t('TAB_FORM_NOT_HERE')}</Notice>)}
            </Gate>
        </Page>
    );
}

function Parts({ person }: { person: Somebody }) {
    const [name, show] = useState<Name>('attendance'), part = PARTS.find((one) => one.name === name)!;
    return (
        <div class="parts">
            <nav class="tabs" aria-label={t('TAB_PERSON_PARTS')}>
                {PARTS.map((one) => (
                    <button key={one.name} type="button" aria-current={one.name === name ? 'true' : undefined} onClick={() => show(one.name)}>
                        <span>{t(one.word)}</span><Icon name="next" />
                    </button>
                ))}
            </nav>
            <section class="stack" aria-labelledby="part">
                <h2 id="part">{t(part.word)}</h2>
                <OpenPart key={name} person={person} part={part} />
            </section>
        </div>
    );
}

/** A record that is shut opens for a reason only. */
function OpenPart({ person, part }: { person: Somebody; part: Part }) {
    const [purpose, say] = useState(TREATMENT), { stale } = useStatus(), shut = part.shuttable && person.shut && purpose === TREATMENT;
    if (stale && (part.shuttable || part.name === 'attendance')) return <Stale />;
    if (!shut) return <Opened person={person} part={part} purpose={purpose} />;
    return (
        <Notice kind="attend">
            <p>{t('TAB_SHUT_IS')}</p>
            <div class="row">
                <Button onClick={() => say(OWN_REQUEST)}>{t('TAB_SHUT_OWN')}</Button>
                <Button onClick={() => say(EMERGENCY)}>{t('TAB_SHUT_EMERGENCY')}</Button>
            </div>
        </Notice>
    );
}

const NOTHING = { value: true, error: null, again: () => Promise.resolve() };

function Opened({ person, part, purpose }: { person: Somebody; part: Part; purpose: number }) {
    const opened = useOpened(person.id, part.whats, purpose);
    return <Gate opened={opened} read={NOTHING}>{() => part.draw(person)}</Gate>;
}
