/* Which forms are due in a group, and all forms of one person. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ActivityLine, Group, Id, Instrument, Line, Person, ScoreLine, WorkLine } from '../web/types.ts';
import { Activities } from './activities.tsx';
import { Button, Choice, Dialog, Icon, Menu, Notice, Page } from './bits.tsx';
import { type Course, courseStart, type Due, due, type DueOf, expectedAt, OCCASIONS, occasionNow, planOf, sorted, WORK_STATUS } from './due.ts';
import { engine, RES, useAccess, useRead, useStatus, wrongCode } from './engine.ts';
import { chosen } from './form.ts';
import { Gate, Refused, useOpened } from './gate.tsx';
import { Plot } from './plot.tsx';
import { instrumentName } from './question.ts';
import { go } from './route.ts';
import { byName } from './session.ts';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';
import { WorkForm, workWords } from './work.tsx';

const CANCELLED = 2, SESSIONS_BACK = 40;

export function Forms({ participant }: { participant: Id }) {
    return participant ? <FormsOf participant={participant} /> : <FormsDue />;
}

/* ---- how far a course has come */

/** Of each person: what is known of them in each session of the group until today, by day. */
async function seenRead(group: Id, today: number) {
    const sessions = (await engine().sessions(group)).filter((one) => one.status !== CANCELLED);
    const past = sessions.filter((one) => one.day <= today).slice(-SESSIONS_BACK), seen = new Map<Id, { day: number; presence: number }[]>();
    for (const session of past)
        for (const line of await engine().sheet(session.id))
            seen.set(line.participant, [...(seen.get(line.participant) ?? []), { day: session.day, presence: line.presence }]);
    return { seen, last: past.length > 0 && !sessions.some((one) => one.day > today) };
}

type Seen = Awaited<ReturnType<typeof seenRead>>;

async function courseOf(group: Group, line: Line, { seen, last }: Seen, today: number): Promise<Course> {
    const { participant, enrolment } = line, plan = planOf(group, await engine().interventions());
    const [scores, works, episodes] = [await engine().scores(participant), await engine().works(participant), await engine().episodes(participant)];
    const from = courseStart(episodes), presences = (seen.get(participant) ?? []).filter((one) => one.day >= from).map((one) => one.presence);
    return {
        enrolment, scores, works, episodes, today, last, sessions: expectedAt(presences), planned: plan?.plannedSessions ?? -1,
        needsEndScore: plan?.needsEndScore ?? -1,
    };
}

/** Nothing is asked for where the record is shut: whether it is due cannot be known here. */
async function dueRead(group: Group, line: Line, seen: Seen, today: number): Promise<Due[]> {
    try {
        return due(await courseOf(group, line, seen, today));
    } catch (wrong) {
        if (wrongCode(wrong) === 'ESTATE') return [];
        throw wrong;
    }
}

async function groupRead(group: Group, today: number): Promise<{ all: DueOf[]; planned: boolean }> {
    const seen = await seenRead(group.id, today), all: DueOf[] = [];
    for (const line of byName(await engine().members(group.id, today)))
        all.push({ participant: line.participant, name: line.name, due: await dueRead(group, line, seen, today) });
    return { all, planned: (planOf(group, await engine().interventions())?.plannedSessions ?? -1) > 0 };
}

/** "Start: Egne aktiviteter (PSFS), Arbeidsevne" */
function dueWords(all: readonly Due[]): string {
    return t('TAB_FORM_WHAT', tOf('OCCASION', all[0]?.occasion ?? 0), all.map((one) => instrumentName({ number: one.instrument })).join(', '));
}

function fillPath(participant: Id, all: readonly Due[]): string {
    return `/fill/${participant}/${all.map((one) => one.instrument).join('-')}/${all[0]?.occasion ?? 0}`;
}

/* ---- a group */

let groupChosen: Id = 0n; /* as long as the app is open: one comes back to where one was */

function FormsDue() {
    const { today } = useStatus(), groups = useRead(() => engine().groups(), []), [chosenNow, choose] = useState(groupChosen), [asking, ask] = useState(false);
    const weekday = (((today + 3) % 7) + 7) % 7 + 1, list = groups.value ?? [];
    const group = list.find((one) => one.id === chosenNow) ?? list.find((one) => one.weekday === weekday) ?? list[0];
    const pick = (id: Id) => {
        groupChosen = id;
        choose(id);
        ask(false);
    };
    const actions = group && list.length > 1 && <Button icon="people" onClick={() => ask(true)}>{group.name}</Button>;
    return (
        <Page title={t('TAB_FORMS_SCREEN')} under={list.length === 1 ? group?.name : undefined} actions={actions}>
            {groups.error && !groups.value ? <Refused wrong={groups.error} again={groups.again} /> : null}
            {groups.value && !group && <Notice>{t('TAB_FORM_NO_GROUPS')}</Notice>}
            {group && <GroupForms key={String(group.id)} group={group} today={today} />}
            {asking && <Menu title={t('TAB_FORM_GROUP')} onClose={() => ask(false)}
                items={list.map((one) => ({ text: one.name, under: one.code, chosen: one.id === group?.id, onClick: () => pick(one.id) }))} />}
        </Page>
    );
}

function GroupForms({ group, today }: { group: Group; today: number }) {
    const opened = useAccess({ group: group.id, persons: group.participants, what: RES.scores });
    const members = useRead(() => engine().members(group.id, today), [group.id, today]), read = useRead(() => groupRead(group, today), [group.id, today]);
    if (wrongCode(read.error) === 'ESTALE') {
        return (
            <>
                <Refused wrong={read.error} />
                <Gate opened={opened} read={members}>{(lines) => <People title={t('TAB_FORM_ALL')} lines={lines} />}</Gate>
            </>
        );
    }
    return (
        <Gate opened={opened} read={read}>
            {({ all, planned }) => (
                <div class="cols">
                    <section class="stack">
                        <h2>{t('TAB_FORM_DUE')}</h2>
                        {!planned && <p class="hint">{t('TAB_FORM_PLAN_UNKNOWN')}</p>}
                        {sorted(all).length === 0 ? <Notice kind="good">{t('TAB_FORM_DUE_NONE')}</Notice>
                            : <ul class="list sets">{sorted(all).map((one) => <DueRow key={String(one.participant)} one={one} />)}</ul>}
                    </section>
                    <People title={t('TAB_FORM_OTHERS')} lines={all.filter((one) => one.due.length === 0)} />
                </div>
            )}
        </Gate>
    );
}

function DueRow({ one }: { one: DueOf }) {
    const words = dueWords(one.due);
    return (
        <li>
            <div class="line">
                <button type="button" class="who" onClick={() => go(`/forms/${one.participant}`)}>
                    <span><strong>{one.name}</strong><small>{words}</small></span>
                </button>
                <span class="end">
                    <Button icon="tablet" label={t('TAB_FORM_HAND_TO', one.name, words)} onClick={() => go(fillPath(one.participant, one.due))}>
                        {t('TAB_FORM_HAND_SHORT')}
                    </Button>
                </span>
            </div>
        </li>
    );
}

function People({ title, lines }: { title: string; lines: readonly { participant: Id; name: string }[] }) {
    if (lines.length === 0) return null;
    return (
        <section class="stack">
            <h2>{title}</h2>
            <ul class="list">
                {lines.map((one) => (
                    <li key={String(one.participant)}>
                        <a href={`#/forms/${one.participant}`}><span>{one.name}</span><Icon name="next" /></a>
                    </li>
                ))}
            </ul>
        </section>
    );
}

/* ---- a person */

interface Of { person: Person | undefined; instruments: Instrument[]; scores: ScoreLine[]; works: WorkLine[]; activities: ActivityLine[]; due: Due[]; occasion: number }

async function ofRead(participant: Id, today: number): Promise<Of> {
    const person = (await engine().people()).find((one) => one.id === participant), scores = await engine().scores(participant);
    const [works, activities, instruments] = [await engine().works(participant), await engine().activities(participant), await engine().instruments()];
    const courses: Course[] = [];
    for (const group of await engine().groups()) {
        const line = (await engine().members(group.id, today)).find((one) => one.participant === participant);
        if (line) courses.push(await courseOf(group, line, await seenRead(group.id, today), today));
    }
    const course = courses.find((one) => due(one).length > 0) ?? courses[0];
    return { person, instruments, scores, works, activities: chosen(activities), due: course ? due(course) : [], occasion: course ? occasionNow(course) : 0 };
}

const OPENED = [RES.scores, RES.work, RES.activities];

function FormsOf({ participant }: { participant: Id }) {
    const { today } = useStatus(), opened = useOpened(participant, OPENED), read = useRead(() => ofRead(participant, today), [participant, today]);
    const person = useRead(() => engine().people(), [participant]).value?.find((one) => one.id === participant), shut = person?.shut === true;
    const name = opened === 'open' || shut ? person?.name : undefined;
    const actions = <Button icon="person" onClick={() => go(`/person/${participant}`)}>{t('TAB_FORM_PERSON')}</Button>;
    return (
        <Page title={name ? t('TAB_FORM_OF', name) : t('TAB_FORMS_SCREEN')} back actions={actions}>
            {wrongCode(read.error) === 'ESTALE' ? <BareForms participant={participant} why={<Refused wrong={read.error} />} />
                : shut ? <BareForms participant={participant} why={<Notice kind="attend">{t('TAB_SHUT_FORMS')}</Notice>} />
                : <Gate opened={opened} read={read}>{(of) => (of.person ? <OnePerson participant={participant} of={of} today={today} /> : <Notice kind="attend">{t('TAB_FORM_NOT_HERE')}</Notice>)}</Gate>}
        </Page>
    );
}

/** Nothing of before is shown, and forms are taken all the same. */
function BareForms({ participant, why }: { participant: Id; why: ComponentChildren }) {
    const read = useRead(() => engine().instruments(), []);
    return (
        <>
            {why}
            <Gate opened="open" read={read}>{(instruments) => <AllForms participant={participant} instruments={instruments} scores={[]} first={0} />}</Gate>
        </>
    );
}

function OnePerson({ participant, of, today }: { participant: Id; of: Of; today: number }) {
    return (
        <div class="cols even">
            <div class="stack">
                {of.due.length > 0 && <DueCard participant={participant} all={of.due} />}
                <ActivityCard participant={participant} activities={of.activities} />
                <WorkCard participant={participant} works={of.works} today={today} />
                <Changes instruments={of.instruments} scores={of.scores} />
            </div>
            <AllForms participant={participant} instruments={of.instruments} scores={of.scores} first={of.occasion} />
        </div>
    );
}

function DueCard({ participant, all }: { participant: Id; all: Due[] }) {
    return (
        <section class="card next">
            <h2>{t('TAB_FORM_DUE')}</h2>
            <p>{dueWords(all)}</p>
            <Button kind="go" icon="tablet" onClick={() => go(fillPath(participant, all))}>{t('TAB_FORM_HAND')}</Button>
        </section>
    );
}

function ActivityCard({ participant, activities }: { participant: Id; activities: ActivityLine[] }) {
    const [open, set] = useState(false);
    return (
        <section class="card">
            <h2>{t('TAB_FORM_ACTIVITIES')}</h2>
            {activities.length === 0 ? <p class="hint">{t('TAB_FORM_ACTIVITIES_NONE')}</p>
                : <ol class="plain">{activities.map((one) => <li key={one.activity.ordinal}>{one.activity.words}</li>)}</ol>}
            <Button onClick={() => set(true)}>{t(activities.length === 0 ? 'TAB_FORM_ACTIVITIES_CHOOSE' : 'TAB_FORM_ACTIVITIES_EDIT')}</Button>
            {open && <Dialog title={t('TAB_FORM_ACTIVITIES')} onClose={() => set(false)}>
                <p class="hint">{t('TAB_FORM_ACTIVITIES_WHY')}</p>
                <Activities participant={participant} chosen={activities} done={t('TAB_FORM_SAVE')} onDone={() => set(false)} />
            </Dialog>}
        </section>
    );
}

function WorkCard({ participant, works, today }: { participant: Id; works: WorkLine[]; today: number }) {
    const [open, set] = useState(false), newest = works.filter((one) => one.replacedBy === 0n).at(-1);
    return (
        <section class="card">
            <h2>{t('TAB_WORK_STATUS')}</h2>
            <p class={newest ? '' : 'hint'}>{newest ? t('TAB_WORK_WORDS', workWords(newest), dateWords(newest.work.day)) : t('TAB_FORM_NOT_ANSWERED')}</p>
            <Button onClick={() => set(true)}>{t('TAB_FORM_WORK_WRITE')}</Button>
            {open && <Dialog title={t('TAB_WORK_STATUS')} wide onClose={() => set(false)}>
                <WorkForm participant={participant} day={today} onDone={() => set(false)} />
            </Dialog>}
        </section>
    );
}

export function Changes({ instruments, scores }: { instruments: Instrument[]; scores: ScoreLine[] }) {
    const drawn = instruments.filter((one) => scores.some((line) => line.score.instrument === one.number && line.why === 0));
    return (
        <section class="card">
            <h2>{t('TAB_PLOT_TITLE')}</h2>
            {drawn.length === 0 ? <p class="hint">{t('TAB_PLOT_NONE')}</p> : <div class="plots">{drawn.map((one) => <Plot key={one.number} instrument={one} scores={scores} />)}</div>}
        </section>
    );
}

interface AllProps { participant: Id; instruments: Instrument[]; scores: ScoreLine[]; first: number }

function AllForms({ participant, instruments, scores, first }: AllProps) {
    const [occasion, setOccasion] = useState(first);
    const options = Array.from({ length: OCCASIONS }, (_, value) => ({ value, text: tOf('OCCASION', value) }));
    return (
        <section class="card">
            <h2>{t('TAB_FORM_ALL')}</h2>
            <Choice label={t('TAB_FORM_OCCASION')} options={options} value={occasion} onChange={setOccasion} />
            <ul class="forms">
                {instruments.filter((one) => one.number !== WORK_STATUS).map((one) => {
                    const path = `${participant}/${one.number}/${occasion}`, name = instrumentName(one);
                    return (
                        <li key={one.number}>
                            <span class="grow">{name}<small>{answeredWords(scores, one.number, occasion)}</small></span>
                            <span class="end">
                                <Button icon="tablet" label={t('TAB_FORM_WHAT', t('TAB_FORM_HAND_SHORT'), name)} onClick={() => go(`/fill/${path}`)}>{t('TAB_FORM_HAND_SHORT')}</Button>
                                <Button icon="form" label={t('TAB_FORM_WHAT', t('TAB_FORM_PAPER'), name)} onClick={() => go(`/paper/${path}`)}>{t('TAB_FORM_PAPER')}</Button>
                            </span>
                        </li>
                    );
                })}
            </ul>
        </section>
    );
}

function answeredWords(scores: ScoreLine[], instrument: number, occasion: number): string {
    const newest = scores.filter((one) => one.replacedBy === 0n && one.score.instrument === instrument && one.score.occasion === occasion).at(-1);
    return newest ? t('TAB_FORM_LAST_ANSWER', tOf('OCCASION', occasion), dateWords(newest.score.day)) : t('TAB_FORM_NOT_ANSWERED');
}
