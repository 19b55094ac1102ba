/* Everybody on this tablet, found by name. */
import { useEffect, useState } from 'preact/hooks';
import type { Person } from '../web/types.ts';
import { Field, Icon, Notice, Page } from './bits.tsx';
import { engine, type Opened, RES, useRead } from './engine.ts';
import { Gate } from './gate.tsx';
import { fits } from './search.ts';
import { byName } from './session.ts';
import { t } from './words.ts';

const SHOWN_MAX = 60;

/** The names of a tablet are the lists of its groups: each has its line in the access log. */
function useListed(): Opened {
    const [opened, set] = useState<Opened>('wait');
    useEffect(() => {
        let alive = true;
        const open = async () => {
            for (const group of await engine().groups())
                await engine().access({ group: group.id, persons: group.participants, what: RES.person, action: 1, purpose: 1 });
        };
        open().then(() => alive && set('open'), (error: unknown) => alive && set({ error }));
        return () => {
            alive = false;
        };
    }, []);
    return opened;
}

export function People() {
    const opened = useListed(), read = useRead(() => engine().people(), []);
    return (
        <Page title={t('TAB_PEOPLE_SCREEN')} under={opened === 'open' && read.value?.length ? t('TAB_PERSON_COUNT', read.value.length) : undefined}>
            <Gate opened={opened} read={read}>{(people) => <Found people={people} />}</Gate>
        </Page>
    );
}

function Found({ people }: { people: Person[] }) {
    const [text, type] = useState(''), found = byName(people.filter((one) => fits(one.name, text)));
    if (people.length === 0) return <Notice>{t('TAB_PERSON_NONE')}</Notice>;
    return (
        <>
            <Field label={t('TAB_PERSON_SEARCH')} mode="search" value={text} onChange={type} />
            {found.length === 0 && <Notice>{t('TAB_PERSON_SEARCH_NONE')}</Notice>}
            {found.length > 0 && <ul class="list people">{found.slice(0, SHOWN_MAX).map((one) => <Row key={String(one.id)} person={one} />)}</ul>}
        </>
    );
}

export function bornWords({ birthYear }: { birthYear: number }): string {
    return birthYear > 0 ? t('TAB_PERSON_BORN', birthYear) : '';
}

function Row({ person }: { person: Person }) {
    return (
        <li>
            <a href={`#/person/${person.id}`}>
                <span>{person.name}<small>{[bornWords(person), person.provisional && t('TAB_PERSON_PROVISIONAL')].filter(Boolean).join(' · ')}</small></span>
                <Icon name="next" />
            </a>
        </li>
    );
}
