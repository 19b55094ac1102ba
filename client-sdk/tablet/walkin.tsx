/* Somebody who is not on the list: first everybody on the tablet is searched, so that nobody becomes two; then a new one, of whom a
 * coordinator says later who it is. */
import { useState } from 'preact/hooks';
import { Button, Dialog, Field, Icon, Notice, Waiting } from './bits.tsx';
import { engine, RES, useAccess, useRead } from './engine.ts';
import { useHalfTyped } from './version.ts';
import { Saved, useSaver, wrongWords } from './saving.tsx';
import { byName } from './session.ts';
import { fits, folded } from './search.ts';
import { Evidence, Presence, type Group, type Id, type Line, type Person } from '../web/types.ts';
import { t, tOf } from './words.ts';

const SHOWN_MAX = 6, LETTERS_MIN = 2, NAME_MAX = 120, YEAR_MIN = 1900;

interface FoundProps {
    found: Person[];
    typed: string;
    lines: Line[];
    busy: boolean;
    onTake: (person: Person) => void;
}

/** Whom it may be. */
function Found({ found, typed, lines, busy, onTake }: FoundProps) {
    const on = new Map(lines.map((line) => [line.participant, line]));
    const about = (person: Person) => {
        const line = on.get(person.id);
        return [person.birthYear > 0 ? t('TAB_BORN', person.birthYear) : '', person.provisional ? t('TAB_PROVISIONAL') : '', line ? t('TAB_ON_SHEET', tOf('PRESENCE', line.presence)) : '']
            .filter(Boolean).join(' · ');
    };
    if (!found.length) return <p class="hint" role="status">{t('TAB_NOBODY_CALLED', typed.trim())}</p>;
    return (
        <div class="part">
            <h3>{t('TAB_FOUND')}</h3>
            <ul class="list">
                {found.slice(0, SHOWN_MAX).map((person) => (
                    <li key={String(person.id)}>
                        <button type="button" disabled={busy} onClick={() => onTake(person)} data-what={`take:${person.id}`}>
                            <Icon name="person" />
                            <span><strong>{person.name}</strong><small>{about(person)}</small></span>
                            <span class="act">{t('TAB_MARK_PRESENT')}</span>
                        </button>
                    </li>
                ))}
            </ul>
        </div>
    );
}

/** Everybody on the tablet whose name fits; undefined until the access log has it that names of a whole list are shown. */
function useFound(group: Group, typed: string) {
    const search = folded(typed).length >= LETTERS_MIN;
    const { value, error } = useRead(() => engine().people(), []);
    const opened = useAccess(value && search ? { group: group.id, persons: Math.min(500, value.length), what: RES.person } : null);
    const wrong = typeof opened === 'object' ? opened.error : error;
    return { search, wrong, found: value && search && opened === 'open' ? byName(value.filter((person) => fits(person.name, typed))) : undefined };
}

interface Props {
    group: Group;
    session: Id;
    lines: Line[];
    again: () => Promise<void>;
    onClose: () => void;
}

export function WalkIn({ group, session, lines, again, onClose }: Props) {
    const [name, setName] = useState(''), [year, setYear] = useState(''), saver = useSaver();
    const { search, wrong, found } = useFound(group, name);
    useHalfTyped(name !== '');
    const state = saver.of('walkin'), busy = state?.state === 'saving';
    const born = /^\d{4}$/.test(year) && Number(year) >= YEAR_MIN && Number(year) <= new Date().getFullYear() ? Number(year) : -1;
    const wrongYear = year !== '' && born < 0;
    const done = async (what: string, work: () => Promise<unknown>) => {
        if (!(await saver.save('walkin', what, work))) return;
        await again();
        onClose();
    };
    const take = (person: Person) => void done(`mark:${session}:${person.id}:1`, () => engine().mark({ session, participant: person.id, presence: Presence.Present, evidence: Evidence.Tapped }));
    const make = () => name.trim() && !wrongYear && void done(`walkin:${session}`, () => engine().walkIn(session, name.trim(), born));
    return (
        <Dialog title={t('TAB_WALK_IN_TITLE')} onClose={onClose}>
            <Field label={t('TAB_NAME')} value={name} onChange={setName} max={NAME_MAX} first mode="search" />
            {wrong !== null && <Notice kind="wrong">{wrongWords(wrong)}</Notice>}
            {search && (found ? <Found found={found} typed={name} lines={lines} busy={busy} onTake={take} /> : wrong === null && <Waiting />)}
            {name.trim() !== '' && (
                <>
                    <Field label={t('TAB_BIRTH_YEAR')} hint={t('TAB_BIRTH_YEAR_HINT')} value={year} onChange={setYear} max={4} mode="numeric" wrong={wrongYear && year.length === 4 ? t('TAB_BIRTH_YEAR_WRONG') : undefined} />
                    <div class="row">
                        <Button kind={found?.length ? undefined : 'go'} icon="plus" busy={busy} disabled={wrongYear} onClick={make} what="make">{t('TAB_WALK_IN_MAKE', name.trim())}</Button>
                        <Saved state={state} />
                    </div>
                    <p class="hint">{t('TAB_WALK_IN_HINT')}</p>
                </>
            )}
        </Dialog>
    );
}
