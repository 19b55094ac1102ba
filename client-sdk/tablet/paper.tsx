/* A form that was answered on paper: all questions in one grid, made for a keyboard. A digit, Enter, the next one. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ActivityLine, Id, Instrument, Score, ScoreLine } from '../web/types.ts';
import { Button, Choice, Field, Notice, Page } from './bits.tsx';
import { PSFS } from './due.ts';
import { DayField } from './dayfield.tsx';
import { engine, RES, useRead, useStatus } from './engine.ts';
import { type Answer, BEST, chosen, direction, questions, scoreOf, shown, STATED, typed, WORST } from './form.ts';
import { Gate, keptBack, useOpened } from './gate.tsx';
import { ask, ends, instrumentName } from './question.ts';
import { goInstead } from './route.ts';
import { Saved, type SaveState, useSaver } from './saving.tsx';
import { comma, scoreWords } from './spoken.ts';
import { useHalfTyped } from './version.ts';
import { t, tOf } from './words.ts';

interface Sheet { name: string; shut: boolean; instrument: Instrument; activities: ActivityLine[]; scores: ScoreLine[] }

const SELF = 0, INTERVIEW = 1, HELD_BY_AUTHOR = 2, ROWS_MAX = 5, WORDS_MAX = 100, KEY = 'paper';
const OPENED = [RES.scores, RES.activities], SHUT = [RES.person]; /* of a record that is shut nothing of before is shown */

/** Nothing where it is kept back. */
async function instead<T>(read: Promise<T[]>): Promise<T[]> {
    return read.catch((wrong: unknown) => {
        if (keptBack(wrong)) return [];
        throw wrong;
    });
}

async function sheetRead(participant: Id, number: number): Promise<Sheet | null> {
    const instrument = (await engine().instruments()).filter((one) => one.number === number).at(-1);
    const person = (await engine().people()).find((one) => one.id === participant);
    if (!instrument || !person) return null;
    const scores = await instead(engine().scores(participant)), activities = await instead(engine().activities(participant));
    return { name: person.name, shut: person.shut, instrument, activities: chosen(activities), scores };
}

export function Paper({ participant, instrument, occasion }: { participant: Id; instrument: number; occasion: number }) {
    const read = useRead(() => sheetRead(participant, instrument), [participant, instrument]), opened = useOpened(participant, read.value?.shut ? SHUT : OPENED);
    const sheet = opened === 'open' ? read.value : undefined;
    return (
        <Page title={sheet ? t('TAB_PAPER_TITLE', instrumentName(sheet.instrument)) : t('TAB_FORM_PAPER')} under={sheet ? `${sheet.name} · ${tOf('OCCASION', occasion)}` : undefined} back>
            <Gate opened={opened} read={read}>
                {(value) => (value ? <Grid sheet={value} participant={participant} occasion={occasion} /> : <Notice kind="attend">{t('TAB_FORM_NO_FORM')}</Notice>)}
            </Gate>
        </Page>
    );
}

/* What is typed so far, row by row. */
interface Typed { text: string[]; words: string[]; rows: number }

/** "": it may be saved; else what is missing or wrong, in words. */
async function refusal(sheet: Sheet, form: Score, answers: Answer[], words: string[]): Promise<string> {
    const named = (i: number) => sheet.activities.some((one) => one.activity.ordinal === i + 1) || (words[i] ?? '').trim() !== '';
    if (answers.every((one) => one === null)) return t('TAB_PAPER_EMPTY');
    if (sheet.instrument.number === PSFS && answers.some((one, i) => one !== null && !named(i))) return t('TAB_PAPER_NAMELESS');
    const why = await engine().scoreCheck(form).catch(() => 0);
    return why ? t('TAB_PAPER_REFUSED', tOf('SCORE_WHY', why)) : '';
}

function Grid({ sheet: given, participant, occasion }: { sheet: Sheet; participant: Id; occasion: number }) {
    const [sheet] = useState(given), { instrument } = sheet, { today } = useStatus(), saver = useSaver(); /* what is typed is not read anew */
    const [typedNow, type] = useState<Typed>({ text: [], words: [], rows: questions(instrument, sheet.activities) });
    const [day, setDay] = useState(today), [zero, setZero] = useState(direction(instrument, sheet.scores)), [mode, setMode] = useState(SELF);
    const [why, say] = useState(''), [id, saved] = useState<Id>(0n), state = saver.of(KEY);
    useHalfTyped(typedNow.text.length > 0 && state?.state !== 'saved');
    const answers: Answer[] = Array.from({ length: typedNow.rows }, (_, i) => typed(instrument, typedNow.text[i] ?? ''));
    const wrong = answers.map((one, i) => one === null && (typedNow.text[i] ?? '').trim() !== '');
    const save = async () => {
        const form = scoreOf(instrument, { participant, occasion, day, mode, heldBy: HELD_BY_AUTHOR, scale0Means: zero }, answers);
        const refused = await refusal(sheet, form, answers, typedNow.words);
        say(refused);
        if (refused) return;
        await saver.save(KEY, `score:${participant}:${instrument.number}:${occasion}`, async () => {
            if (instrument.number === PSFS) await activitiesSave(participant, sheet.activities, typedNow.words);
            saved(await engine().scoreSave(form));
        });
    };
    if (state?.state === 'saved') return <Done participant={participant} line={given.scores.find((one) => one.score.id === id)} state={state} />;
    return (
        <div class="paper">
            <p class="hint">{t('TAB_PAPER_WHY')}</p>
            {instrument.reversalOpen && <Notice>{t('TAB_PAPER_REVERSAL')}</Notice>}
            <div class="row">
                <DayField label={t('TAB_PAPER_DAY')} day={day} today={today} onChange={setDay} />
                <Choice label={t('TAB_PAPER_MODE')} value={mode} onChange={setMode} options={[{ value: SELF, text: t('TAB_PAPER_SELF') }, { value: INTERVIEW, text: t('TAB_PAPER_INTERVIEW') }]} />
            </div>
            {instrument.better === STATED && <Choice label={t('TAB_PAPER_ZERO')} value={zero} onChange={setZero}
                options={[{ value: WORST, text: t('TAB_PAPER_ZERO_WORST') }, { value: BEST, text: t('TAB_PAPER_ZERO_BEST') }]} />}
            <Rows sheet={sheet} zero={zero} typed={typedNow} wrong={wrong} onType={type} />
            {instrument.number === PSFS && typedNow.rows < ROWS_MAX && (
                <Button kind="plain" icon="plus" onClick={() => type({ ...typedNow, rows: typedNow.rows + 1 })}>{t('TAB_FORM_ACTIVITY_MORE')}</Button>
            )}
            {Number.isNaN(day) && <Notice kind="wrong">{t('TAB_PAPER_DAY_WRONG')}</Notice>}
            {why && <Notice kind="wrong">{why}</Notice>}
            <div class="row">
                <Button kind="go" busy={saver.busy > 0} disabled={wrong.includes(true) || Number.isNaN(day)} onClick={() => void save()}>{t('TAB_FORM_SAVE')}</Button>
                <Saved state={state} />
            </div>
        </div>
    );
}

/** Enter and the arrows go from answer to answer, and from the last one to the button. */
function step(event: KeyboardEvent, i: number): void {
    const by = event.key === 'Enter' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const stops = [...((event.target as HTMLElement).closest('.paper')?.querySelectorAll<HTMLElement>('input.answer, button.go') ?? [])];
    stops[Math.max(0, Math.min(stops.length - 1, i + by))]?.focus();
}

function Rows({ sheet, zero, typed: now, wrong, onType }: { sheet: Sheet; zero: number; typed: Typed; wrong: boolean[]; onType: (next: Typed) => void }) {
    const { instrument, activities } = sheet, put = (list: string[], i: number, next: string) => Object.assign([...list], { [i]: next });
    return (
        <ol class="grid">
            {wrong.map((isWrong, i) => (
                <li key={i}>
                    <Item instrument={instrument} item={i} activities={activities} zero={zero} words={now.words[i] ?? ''} onWords={(one) => onType({ ...now, words: put(now.words, i, one) })}>
                        <input class="answer" inputMode={instrument.perPoint > 1 ? 'decimal' : 'numeric'} value={now.text[i] ?? ''} maxLength={5} autocomplete="off"
                            aria-label={itemWords(instrument, i, activities)} aria-invalid={isWrong || undefined} onKeyDown={(event) => step(event, i)}
                            onInput={(event) => onType({ ...now, text: put(now.text, i, event.currentTarget.value) })} />
                        {isWrong && <span class="wrong" role="alert">{t('TAB_PAPER_ITEM_WRONG', ...rangeOf(instrument))}</span>}
                    </Item>
                </li>
            ))}
        </ol>
    );
}

function rangeOf(instrument: Instrument): [string, string] {
    return [shown(instrument, instrument.answerMin, comma()), shown(instrument, instrument.answerMax, comma())];
}

function itemWords(instrument: Instrument, item: number, activities: ActivityLine[]): string {
    const said = ask(instrument, item, activities);
    return said.about || (instrument.number === PSFS ? t('TAB_FORM_ACTIVITY', item + 1) : said.ask);
}

/** Words for a row of PSFS that has none yet; else what is asked, with what the ends mean. */
function Item({ instrument, item, activities, zero, words, onWords, children }: {
    instrument: Instrument; item: number; activities: ActivityLine[]; zero: number; words: string; onWords: (words: string) => void; children: ComponentChildren;
}) {
    const free = instrument.number === PSFS && !activities.some((one) => one.activity.ordinal === item + 1), means = ends(instrument, zero);
    return (
        <div class="item">
            {free ? <Field label={t('TAB_FORM_ACTIVITY', item + 1)} value={words} max={WORDS_MAX} onChange={onWords} />
                : <p class="grow"><strong>{itemWords(instrument, item, activities)}</strong><small>{means ? `${rangeOf(instrument)[0]}: ${means[0]} · ${rangeOf(instrument)[1]}: ${means[1]}` : t('TAB_PAPER_RANGE', ...rangeOf(instrument))}</small></p>}
            <span class="put">{children}</span>
        </div>
    );
}

async function activitiesSave(participant: Id, there: ActivityLine[], words: string[]): Promise<void> {
    const known = (await engine().activities(participant).catch(() => there)).map((one) => one.activity.ordinal);
    for (const [i, text] of words.entries())
        if (text?.trim() && !known.includes(i + 1)) await engine().activitySave({ participant, ordinal: i + 1, words: text.trim() });
}

function Done({ participant, line, state }: { participant: Id; line: ScoreLine | undefined; state: SaveState }) {
    const score = line && (line.why === 0 ? t('TAB_PAPER_SCORE', scoreWords(line.text)) : t('TAB_PAPER_NO_SCORE', tOf('SCORE_WHY', line.why)));
    return (
        <div class="paper">
            <p class="row"><Saved state={state} />{score && <strong>{score}</strong>}</p>
            <div class="row"><Button kind="go" onClick={() => goInstead(`/forms/${participant}`)}>{t('TAB_PAPER_DONE')}</Button></div>
        </div>
    );
}
