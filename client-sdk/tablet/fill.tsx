/* A person fills in their own forms, with the tablet in their hands: one question at a time, in large type.
 *
 *      before -> hello -> (activities ->) asking … -> look -> thanks -> unlock()
 *                              any of them -> return -> back to it, or unlock()
 *
 *   before     who has the tablet now says that it goes over: an address alone hands nothing over
 *
 *   invariant  no question is shown before engine().handOver() has resolved; from then on nothing of anybody else is handed out
 *   invariant  thanks is shown only when every form is on the disk
 *   a question that was skipped is an answer of its own; a form of which all were skipped is none */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActivityLine, Id, Instrument, ScoreLine } from '../web/types.ts';
import { Activities } from './activities.tsx';
import { Button, Choice, Field, Icon, Notice, Page, Waiting } from './bits.tsx';
import { PSFS, WORK_STATUS } from './due.ts';
import { engine, RES, useRead, useStatus, useWhere } from './engine.ts';
import { type Answer, askable, chosen, direction, questions, scoreOf, shown, tappable, typed, values } from './form.ts';
import { Gate, useOpened } from './gate.tsx';
import { answerWords, ask, ends, instrumentName, worded } from './question.ts';
import { Return } from './return.tsx';
import { Saved, type Saver, useSaver, wrongWords } from './saving.tsx';
import { Scale } from './scale.tsx';
import { comma, upper } from './spoken.ts';
import { useHalfTyped } from './version.ts';
import { language, t, tOf } from './words.ts';
import { hasPercent, statusOptions } from './work.tsx';

interface Sheet { name: string; instruments: Instrument[]; activities: ActivityLine[]; scores: ScoreLine[] }
/** item of the work question: 0 status, 1 sick leave, 2 working */
interface Question { instrument: Instrument; item: number }
type Answers = Map<string, Answer>;
type Step = 'hello' | 'activities' | 'look' | 'thanks' | number;

const SELF_FILLED = 0, HELD_BY_PERSON = 1, STATUS = 0, SICK = 1, WORKING = 2;
const PERCENTS = Array.from({ length: 11 }, (_, i) => i * 10);

/** What is refused is left out: on a tablet that is in somebody's hands already, and after 72 hours without the centre. */
async function otherwise<T>(read: Promise<T>, instead: T): Promise<T> {
    return read.catch(() => instead);
}

async function sheetRead(participant: Id, numbers: readonly number[]): Promise<Sheet> {
    const all = await engine().instruments();
    const instruments = numbers.map((number) => all.filter((one) => one.number === number).at(-1)).filter((one) => one !== undefined);
    const person = (await otherwise(engine().people(), [])).find((one) => one.id === participant);
    const scores = await otherwise(engine().scores(participant), []);
    return { name: person?.name.split(' ')[0] ?? '', instruments, scores, activities: chosen(await otherwise(engine().activities(participant), [])) };
}

/** Read what the person may see, then shut everything else; in this order, since the name stands in a list of all. */
async function handOver(participant: Id, numbers: readonly number[]): Promise<Sheet> {
    const sheet = await sheetRead(participant, numbers);
    if (engine().where.phase !== 'handed') await engine().handOver(participant);
    return sheet;
}

export function Fill({ participant, instruments, occasion }: { participant: Id; instruments: string; occasion: number }) {
    const [sheet, set] = useState<Sheet | null>(null), [wrong, say] = useState<unknown>(null);
    const [step, go] = useState<Step>('hello'), [leaving, leave] = useState(false);
    const handed = useWhere().phase === 'handed', begun = useRef(false);
    const begin = () => {
        if (begun.current) return;
        begun.current = true;
        handOver(participant, instruments.split('-').map(Number).filter((one) => one > 0)).then(set, (error) => {
            begun.current = false;
            say(error);
        });
    };
    useEffect(() => {
        if (handed) begin(); /* the app was begun anew in somebody's hands */
    }, []);
    if (!sheet && !handed) return <Before participant={participant} wrong={wrong} onHand={begin} />;
    if (!sheet) return <Page title={t('TAB_FORMS_SCREEN')} alone bare><Waiting /></Page>;
    if (step === 'thanks' || leaving || sheet.instruments.length === 0) {
        const lost = step !== 'thanks' && sheet.instruments.length > 0;
        return <Return participant={participant} thanks={step === 'thanks'} lost={lost} onBack={lost ? () => leave(false) : undefined} />;
    }
    return <Asking sheet={sheet} participant={participant} occasion={occasion} step={step} go={go} onLeave={() => leave(true)} onActivities={(activities) => set({ ...sheet, activities })} />;
}

const OPENED = [RES.person, RES.scores, RES.activities];

/** Said by who has the tablet now, and knows how it comes back. */
function Before({ participant, wrong, onHand }: { participant: Id; wrong: unknown; onHand: () => void }) {
    const opened = useOpened(participant, OPENED), read = useRead(() => engine().people(), [participant]);
    return (
        <Page title={t('TAB_FORM_HAND')} back>
            <Gate opened={opened} read={read}>
                {(people) => (
                    <section class="card handing">
                        <h2>{t('TAB_FILL_BEFORE', people.find((one) => one.id === participant)?.name ?? '–')}</h2>
                        <p>{t('TAB_FILL_BEFORE_WHY')}</p>
                        {wrong ? <Notice kind="wrong">{t('TAB_FILL_CANNOT', wrongWords(wrong))}</Notice> : null}
                        <div class="row"><Button kind="go" icon="tablet" onClick={onHand}>{t('TAB_FORM_HAND')}</Button></div>
                    </section>
                )}
            </Gate>
        </Page>
    );
}

/* ---- the questions */

const keyOf = ({ instrument, item }: Question): string => `${instrument.number}.${item}`;

/** All questions in their order. How much somebody works or is on sick leave is asked of those of whom it says something. */
function questionsOf(sheet: Sheet, answers: Answers): Question[] {
    return sheet.instruments.flatMap((instrument) => {
        if (instrument.number !== WORK_STATUS) return askable(instrument, sheet.activities).map((item) => ({ instrument, item }));
        const status = answers.get(`${WORK_STATUS}.${STATUS}`);
        return (status && hasPercent(status) ? [STATUS, SICK, WORKING] : [STATUS]).map((item) => ({ instrument, item }));
    });
}

interface AskingProps {
    sheet: Sheet; participant: Id; occasion: number; step: Exclude<Step, 'thanks'>; go: (step: Step) => void; onLeave: () => void;
    onActivities: (activities: ActivityLine[]) => void;
}

function Asking({ sheet, participant, occasion, step, go, onLeave, onActivities }: AskingProps) {
    const [answers, set] = useState<Answers>(new Map()), [looked, look] = useState(false), { today } = useStatus();
    const saver = useSaver(), all = questionsOf(sheet, answers), at = typeof step === 'number' ? all[step] : undefined;
    useHalfTyped(true);
    const needsWords = sheet.instruments.some((one) => one.number === PSFS) && sheet.activities.length === 0;
    const answer = (question: Question, value: Answer) => set((before) => new Map(before).set(keyOf(question), value));
    const on = (from: number) => (looked || from + 1 >= all.length ? look_() : go(from + 1));
    const look_ = () => {
        look(true);
        go('look');
    };
    const back = () => (looked ? look_() : typeof step === 'number' && step > 0 ? go(step - 1) : go('hello'));
    const props = { onLeave, total: all.length };
    if (step === 'hello') return <Hello {...props} name={sheet.name} onBegin={() => go(needsWords ? 'activities' : 0)} />;
    if (step === 'activities') return <Choosing {...props} sheet={sheet} participant={participant} onDone={(chosenNow) => { onActivities(chosenNow); go(0); }} onBack={() => go('hello')} />;
    if (at && typeof step === 'number') {
        return <One key={keyOf(at)} {...props} at={step} question={at} sheet={sheet} value={answers.get(keyOf(at))} onBack={back}
            onAnswer={(value) => answer(at, value)} onNext={() => on(step)} onSkip={() => { answer(at, null); on(step); }} />;
    }
    const save = async () => {
        if (await saveAll({ sheet, participant, occasion, today, answers, saver })) go('thanks');
    };
    return <Look {...props} sheet={sheet} all={all} answers={answers} saver={saver} onChange={go} onSave={() => void save()} />;
}

/* ---- keeping them */

interface Keeping { sheet: Sheet; participant: Id; occasion: number; today: number; answers: Answers; saver: Saver }

/** Each form by itself, so that those that are on the disk stay there when one is refused; what is there is not saved twice. */
async function saveAll(keeping: Keeping): Promise<boolean> {
    let kept = true;
    for (const instrument of keeping.sheet.instruments) {
        const key = `form:${instrument.number}`;
        if (keeping.saver.of(key)?.state === 'saved') continue;
        const work = instrument.number === WORK_STATUS ? workOf(keeping) : formOf(keeping, instrument);
        if (work && !(await keeping.saver.save(key, `score:${keeping.participant}:${instrument.number}:${keeping.occasion}`, work))) kept = false;
    }
    return kept;
}

function formOf({ sheet, participant, occasion, today, answers }: Keeping, instrument: Instrument): (() => Promise<unknown>) | null {
    const given = Array.from({ length: questions(instrument, sheet.activities) }, (_, item) => answers.get(`${instrument.number}.${item}`) ?? null);
    if (given.every((one) => one === null)) return null;
    const form = { participant, occasion, day: today, mode: SELF_FILLED, heldBy: HELD_BY_PERSON, language: language(), scale0Means: direction(instrument, sheet.scores) };
    return () => engine().scoreSave(scoreOf(instrument, form, given));
}

function workOf({ participant, today, answers }: Keeping): (() => Promise<unknown>) | null {
    const of = (item: number) => answers.get(`${WORK_STATUS}.${item}`), status = of(STATUS);
    if (!status) return null;
    const percent = (item: number) => (hasPercent(status) ? of(item) ?? -1 : -1);
    return () => engine().workSave({ participant, day: today, status, sickLeavePercent: percent(SICK), workingPercent: percent(WORKING) });
}

/* ---- the screens */

interface Frame { onLeave: () => void; total: number }

function Frame({ title, under, onLeave, children }: { title: string; under?: string; onLeave: () => void; children: ComponentChildren }) {
    return (
        <Page title={title} under={under} alone bare actions={<Button kind="plain" icon="lock" onClick={onLeave}>{t('TAB_FILL_RETURN')}</Button>}>
            <div class="fill">{children}</div>
        </Page>
    );
}

function Hello({ name, total, onBegin, onLeave }: Frame & { name: string; onBegin: () => void }) {
    return (
        <Frame title={name ? t('TAB_FILL_HELLO', name) : t('TAB_FILL_HELLO_NOBODY')} onLeave={onLeave}>
            <p class="large">{t('TAB_FILL_WHY')}</p>
            <p class="large">{t('TAB_FILL_WHO_READS')}</p>
            <p class="hint">{total === 1 ? t('TAB_FILL_COUNT_ONE') : t('TAB_FILL_COUNT', total)}</p>
            <div class="steps"><span /><Button kind="go" onClick={onBegin}>{t('TAB_FILL_BEGIN')}</Button></div>
        </Frame>
    );
}

function Choosing({ sheet, participant, onDone, onBack, onLeave }: Frame & { sheet: Sheet; participant: Id; onDone: (chosen: ActivityLine[]) => void; onBack: () => void }) {
    const done = () => void engine().activities(participant).then((lines) => onDone(chosen(lines)));
    return (
        <Frame title={t('TAB_FILL_ACTIVITIES')} onLeave={onLeave}>
            <p class="large">{t('TAB_FILL_ACTIVITIES_WHY')}</p>
            <Activities participant={participant} chosen={sheet.activities} done={t('TAB_FILL_NEXT')} onDone={done} />
            <div class="steps"><Button icon="back" onClick={onBack}>{t('TAB_BACK')}</Button><span /></div>
        </Frame>
    );
}

interface OneProps extends Frame {
    at: number; question: Question; sheet: Sheet; value: Answer | undefined;
    onAnswer: (value: number) => void; onNext: () => void; onSkip: () => void; onBack: () => void;
}

function One({ at, total, question, sheet, value, onAnswer, onNext, onSkip, onBack, onLeave }: OneProps) {
    const said = titleOf(question, sheet);
    return (
        <Frame title={said.ask} under={t('TAB_FILL_AT', at + 1, total)} onLeave={onLeave}>
            {said.about && <p class="about">{said.about}</p>}
            {!worded(question.instrument) && question.instrument.number !== WORK_STATUS && <p class="hint">{t('TAB_FORM_ITEM_WHY')}</p>}
            <AnswerOf question={question} sheet={sheet} title={said.ask} value={value ?? undefined} onAnswer={onAnswer} />
            <div class="steps">
                <Button icon="back" onClick={onBack}>{t('TAB_BACK')}</Button>
                <Button kind="plain" onClick={onSkip}>{t('TAB_FILL_SKIP')}</Button>
                <Button kind="go" disabled={value === undefined || value === null} onClick={onNext}>{t('TAB_FILL_NEXT')}</Button>
            </div>
        </Frame>
    );
}

function titleOf({ instrument, item }: Question, sheet: Sheet): { ask: string; about: string } {
    if (instrument.number === WORK_STATUS && item > STATUS) return { ask: t(item === SICK ? 'TAB_FILL_PERCENT_SICK' : 'TAB_FILL_PERCENT_WORK'), about: '' };
    if (instrument.number === WORK_STATUS) return { ask: tOf('TAB_FORM_ASK', WORK_STATUS - 1), about: '' };
    return ask(instrument, item, sheet.activities);
}

function AnswerOf({ question, sheet, title, value, onAnswer }: { question: Question; sheet: Sheet; title: string; value: number | undefined; onAnswer: (value: number) => void }) {
    const { instrument, item } = question;
    if (instrument.number === WORK_STATUS && item === STATUS) return <Choice quiet tall label={title} options={statusOptions()} value={value} onChange={onAnswer} />;
    if (instrument.number === WORK_STATUS) return <Scale quiet large label={title} values={PERCENTS} value={value} text={(one) => t('RECORD_PERCENT', one)} onChange={onAnswer} />;
    if (!tappable(instrument)) return <Typing instrument={instrument} value={value} onAnswer={onAnswer} />;
    return <Scale quiet large label={title} values={values(instrument)} value={value} text={(one) => shown(instrument, one, comma())}
        ends={ends(instrument, direction(instrument, sheet.scores))} onChange={onAnswer} />;
}

function Typing({ instrument, value, onAnswer }: { instrument: Instrument; value: number | undefined; onAnswer: (value: number) => void }) {
    const [text, set] = useState(value === undefined ? '' : shown(instrument, value, comma())), number = typed(instrument, text);
    const change = (next: string) => {
        set(next);
        const fits = typed(instrument, next);
        if (fits !== null) onAnswer(fits);
    };
    const range = [shown(instrument, instrument.answerMin, comma()), shown(instrument, instrument.answerMax, comma())] as const;
    return <Field label={t('TAB_FILL_TYPE')} mode="decimal" value={text} onChange={change} wrong={text && number === null ? t('TAB_FILL_TYPE_WRONG', ...range) : undefined} />;
}

interface LookProps extends Frame { sheet: Sheet; all: Question[]; answers: Answers; saver: Saver; onChange: (at: number) => void; onSave: () => void }

function Look({ sheet, all, answers, saver, onChange, onSave, onLeave }: LookProps) {
    const failed = sheet.instruments.some((one) => saver.of(`form:${one.number}`)?.state === 'failed');
    const isSaved = ({ instrument }: Question) => saver.of(`form:${instrument.number}`)?.state === 'saved'; /* what is kept is not changed here */
    return (
        <Frame title={t('TAB_FILL_LOOK')} under={t('TAB_FILL_LOOK_WHY')} onLeave={onLeave}>
            <ul class="list">
                {all.map((question, i) => (
                    <li key={keyOf(question)}>
                        <button type="button" onClick={() => onChange(i)} disabled={saver.busy > 0 || isSaved(question)}>
                            <LookWords question={question} sheet={sheet} value={answers.get(keyOf(question))} />
                            <Icon name="next" />
                        </button>
                    </li>
                ))}
            </ul>
            {sheet.instruments.map((one) => (
                saver.of(`form:${one.number}`) && <p key={one.number} class="row">{instrumentName(one)} <Saved state={saver.of(`form:${one.number}`)} /></p>
            ))}
            <div class="steps"><span /><Button kind="go" busy={saver.busy > 0} onClick={onSave}>{t(failed ? 'TAB_FILL_AGAIN' : 'TAB_FILL_SEND')}</Button></div>
        </Frame>
    );
}

function LookWords({ question, sheet, value }: { question: Question; sheet: Sheet; value: Answer | undefined }) {
    const { ask: asked, about } = titleOf(question, sheet), { instrument, item } = question, work = instrument.number === WORK_STATUS;
    const said = value === null || value === undefined ? t('TAB_FILL_SKIPPED')
        : !work ? answerWords(instrument, value) : item === STATUS ? upper(tOf('WORK', value)) : t('RECORD_PERCENT', value);
    return <span>{about || (worded(instrument) || work ? asked : `${instrumentName(instrument)}, ${asked}`)}<strong class="said">{said}</strong></span>;
}
