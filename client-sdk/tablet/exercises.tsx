/* The programme as stations: one exercise and everybody, or one person and every exercise. Whoever taps has twelve people around them, so
 * a set that is as last time is one tap. */
import { useEffect, useState } from 'preact/hooks';
import type { Id, Line, SetLine } from '../web/types.ts';
import { Button, Icon, Menu, Notice, Page } from './bits.tsx';
import { engine, RES, useAccess, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { asLast, byExercise, earlier, EXERCISE_LAST, nextSet, otherStations, stations, type Values, valuesOf } from './programme.ts';
import { go } from './route.ts';
import { Saved, type Saver, useSaver } from './saving.tsx';
import { type Found, sessionFind, there } from './room.ts';
import { SetForm } from './setform.tsx';
import { doneWords } from './spoken.ts';
import { dayWords, timeWords } from './when.ts';
import { t, tOf } from './words.ts';

export type ByPerson = Map<Id, SetLine[]>;

interface Sheet extends Found { people: Line[]; marked: boolean }

/** Sessions looked back at: somebody who was away for a quarter begins anew. */
const BACK_MAX = 12;

export function exerciseName(exercise: number): string {
    return exercise <= EXERCISE_LAST ? tOf('EXERCISE', exercise) : t('EXERCISE_OWN', exercise);
}

async function sheetRead(session: Id): Promise<Sheet | null> {
    const found = await sessionFind(session);
    return found && { ...found, ...there(await engine().sheet(session)) };
}

async function setsRead(session: Id, people: readonly Id[]): Promise<ByPerson> {
    const all: ByPerson = new Map();
    for (const person of people) all.set(person, await engine().sets(session, person));
    return all;
}

/** Of each person the newest earlier session in which there are sets. */
async function lastRead({ sessions, session }: Found, people: readonly Id[]): Promise<ByPerson> {
    const found: ByPerson = new Map();
    for (const one of earlier(sessions, session).slice(0, BACK_MAX))
        for (const person of people.filter((id) => !found.has(id))) {
            const sets = await engine().sets(one.id, person);
            if (sets.length > 0) found.set(person, sets);
        }
    return found;
}

/** Read once: it is over and does not change while one looks. */
function useLast(sheet: Sheet, people: readonly Line[]): { value: ByPerson | undefined; error: unknown } {
    const [state, set] = useState<{ value: ByPerson | undefined; error: unknown }>({ value: undefined, error: null });
    const key = people.map((one) => one.participant).join();
    useEffect(() => {
        let alive = true;
        lastRead(sheet, people.map((one) => one.participant)).then(
            (value) => alive && set({ value, error: null }),
            (error: unknown) => alive && set({ value: undefined, error }),
        );
        return () => {
            alive = false;
        };
    }, [sheet.session.id, key]);
    return state;
}

export function Exercises({ session, participant }: { session: Id; participant: Id }) {
    const read = useRead(() => sheetRead(session), [session]), sheet = read.value;
    if (!sheet) {
        return (
            <Page title={t('TAB_SET_TITLE')} back>
                {sheet === null ? <Notice kind="attend">{t('TAB_SET_NO_SESSION')}</Notice> : <Gate opened="open" read={read}>{() => null}</Gate>}
            </Page>
        );
    }
    const people = participant ? sheet.people.filter((one) => one.participant === participant) : sheet.people;
    return <Programme sheet={sheet} people={people} participant={participant} />;
}

function Programme({ sheet, people, participant }: { sheet: Sheet; people: Line[]; participant: Id }) {
    const { group, session } = sheet, { today } = useStatus();
    const opened = useAccess(participant ? { participant, what: RES.sets } : { group: group.id, persons: people.length, what: RES.sets });
    const ids = people.map((one) => one.participant), last = useLast(sheet, people);
    const now = useRead(() => setsRead(session.id, ids), [session.id, ids.join()]);
    const under = [group.name, dayWords(session.day, today), timeWords(session.startMin)].filter(Boolean).join(' · ');
    const title = participant && people[0] ? people[0].name : t('TAB_SET_TITLE');
    const actions = participant ? <Button onClick={() => go(`/exercises/${session.id}`)} icon="people">{t('TAB_SET_ALL_PEOPLE')}</Button>
        : <Button onClick={() => go(`/exertion/${session.id}`)} icon="pulse">{t('TAB_RATE_TITLE')}</Button>;
    return (
        <Page title={title} under={under} back actions={actions}>
            {people.length === 0 && <Nobody session={session.id} />}
            {people.length > 0 && !sheet.marked && <Notice kind="attend">{t('TAB_SET_NOBODY_YET')}</Notice>}
            {people.length > 0 && <Gate opened={opened} read={{ ...now, value: last.value && now.value, error: last.error ?? now.error }}>
                {(sets) => participant ? <OfPerson sheet={sheet} person={people[0]!} now={sets} last={last.value!} />
                    : <OfStation sheet={sheet} people={people} now={sets} last={last.value!} />}
            </Gate>}
        </Page>
    );
}

function Nobody({ session }: { session: Id }) {
    return (
        <Notice kind="attend">
            <p>{t('TAB_SET_NOBODY')}</p>
            <Button onClick={() => go(`/sheet/${session}`)}>{t('TAB_SET_TO_SHEET')}</Button>
        </Notice>
    );
}

interface Sets { sheet: Sheet; now: ByPerson; last: ByPerson }

function useStations({ now, last }: Sets) {
    const [added, add] = useState<number[]>([]);
    const known = stations([...now.values()].flat(), [...last.values()].flat());
    return { shown: [...known, ...added.filter((one) => !known.includes(one))], add: (one: number) => add((before) => [...before, one]) };
}

function More({ shown, onChoose }: { shown: number[]; onChoose: (exercise: number) => void }) {
    const [open, set] = useState(false);
    const choose = (exercise: number) => {
        set(false);
        onChoose(exercise);
    };
    const items = otherStations(shown).map((exercise) => ({ text: exerciseName(exercise), onClick: () => choose(exercise) }));
    return (
        <>
            <Button icon="plus" kind="plain" onClick={() => set(true)}>{t('TAB_SET_MORE_STATIONS')}</Button>
            {open && <Menu title={t('TAB_SET_CHOOSE')} items={items} onClose={() => set(false)} />}
        </>
    );
}

/* ---- one station, everybody */

function OfStation({ people, ...sets }: Sets & { people: Line[] }) {
    const { shown, add } = useStations(sets), saver = useSaver();
    const [chosen, choose] = useState(shown[0] ?? 1), [open, setOpen] = useState<Id>(0n);
    const did = (exercise: number) => people.filter((one) => sets.now.get(one.participant)?.some((line) => line.set.exercise === exercise)).length;
    const pick = (exercise: number) => {
        choose(exercise);
        setOpen(0n);
    };
    return (
        <div class="programme">
            <nav class="stations" aria-label={t('TAB_SET_STATIONS')}>
                {shown.map((exercise) => (
                    <button key={exercise} type="button" aria-current={exercise === chosen ? 'true' : undefined} onClick={() => pick(exercise)}>
                        <span>{exerciseName(exercise)}</span>
                        <small>{t('TAB_SET_DONE_BY', did(exercise), people.length)}</small>
                    </button>
                ))}
                <More shown={shown} onChoose={(exercise) => { add(exercise); pick(exercise); }} />
            </nav>
            <section class="at" aria-labelledby="station">
                <h2 id="station">{exerciseName(chosen)}</h2>
                <ul class="list sets">
                    {people.map((person) => (
                        <Row key={`${chosen}.${person.participant}`} name={person.name} exercise={chosen} person={person} sets={sets} saver={saver}
                            open={open === person.participant} onOpen={(on) => setOpen(on ? person.participant : 0n)} />
                    ))}
                </ul>
            </section>
        </div>
    );
}

/* ---- one person, every station */

function OfPerson({ person, ...sets }: Sets & { person: Line }) {
    const { shown, add } = useStations(sets), saver = useSaver();
    const [open, setOpen] = useState(0);
    return (
        <section class="at">
            <h2>{t('TAB_SET_STATIONS')}</h2>
            <ul class="list sets">
                {shown.map((exercise) => (
                    <Row key={exercise} name={exerciseName(exercise)} exercise={exercise} person={person} sets={sets} saver={saver}
                        open={open === exercise} onOpen={(on) => setOpen(on ? exercise : 0)} />
                ))}
            </ul>
            <More shown={shown} onChoose={(exercise) => { add(exercise); setOpen(exercise); }} />
        </section>
    );
}

/* ---- one person at one station */

interface RowProps { name: string; exercise: number; person: Line; sets: Sets; saver: Saver; open: boolean; onOpen: (on: boolean) => void }

function Row({ name, exercise, person, sets, saver, open, onOpen }: RowProps) {
    const done = byExercise(sets.now.get(person.participant) ?? []).get(exercise) ?? [];
    const last = byExercise(sets.last.get(person.participant) ?? []).get(exercise) ?? [];
    const key = `${person.participant}.${exercise}`, session = sets.sheet.session.id;
    const save = (from: number, all: Values[]) => {
        const rows = all.map((values, i) => ({ session, participant: person.participant, exercise, setNo: from + i, ...values }));
        const what = `set:${session}:${person.participant}:${exercise}:${from + all.length - 1}`;
        return saver.save(key, what, () => (rows.length === 1 ? engine().setSave(rows[0]!) : engine().setSaveAll(rows)));
    };
    const next = nextSet(done), repeat = next > 0 && next <= last.length ? asLast(last, next) : undefined;
    const busy = saver.of(key)?.state === 'saving', id = `set-${key}`;
    return (
        <li class={open ? 'open' : ''}>
            <div class="line">
                <button type="button" class="who" aria-expanded={open} aria-controls={open ? id : undefined} onClick={() => onOpen(!open)}>
                    <span>
                        <strong>{name}</strong>
                        <small>{lineWords(done, last)}</small>
                    </span>
                    <Icon name={open ? 'minus' : 'plus'} />
                </button>
                <span class="end">
                    <Saved state={saver.of(key)} />
                    {repeat && <Button kind="go" busy={busy} what={`as-last:${key}`} onClick={() => void save(next, [repeat])}>
                        <span class="heard">{t('TAB_SET_AS_LAST_WHO', name, next)}</span>
                        {t('TAB_SET_AS_LAST')}
                        <small>{doneWords(repeat)}</small>
                    </Button>}
                </span>
            </div>
            {done.filter((one) => one.disputed).map((one) => <Disputed key={one.set.setNo} line={one} />)}
            {open && <div id={id}><SetForm exercise={exercise} name={name} done={done} last={last} busy={busy} onSave={save} /></div>}
        </li>
    );
}

function lineWords(done: SetLine[], last: SetLine[]): string {
    if (done.length > 0) return done.map((one) => doneWords(valuesOf(one.set))).join(', ');
    return last.length > 0 ? t('TAB_SET_LAST', last.map((one) => doneWords(valuesOf(one.set))).join(', ')) : t('TAB_SET_FIRST');
}

function Disputed({ line }: { line: SetLine }) {
    return (
        <Notice kind="attend">
            {t('TAB_SET_DISPUTED', line.set.setNo, doneWords(valuesOf(line.set)), doneWords(valuesOf(line.other)))}
        </Notice>
    );
}
