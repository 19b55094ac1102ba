/* A form that was answered on paper: all questions in one grid, made for a keyboard. A digit, Enter, the next one. */
import { useRef, useState } from 'preact/hooks';
import type { ActivityLine, Id, Instrument, ScoreLine } from '../web/types.ts';
import { Button, Choice, Field, Notice, Page } from './bits.tsx';
import { PSFS } from './due.ts';
import { DayField } from './dayfield.tsx';
import { engine, RES, useRead, useStatus } from './engine.ts';
import { type Answer, BEST, chosen, direction, questions, scoreOf, shown, STATED, typed, WORST } from './form.ts';
import { Gate, useOpened } from './gate.tsx';
import { ask, ends, instrumentName } from './question.ts';
import { goInstead } from './route.ts';
import { Saved, useSaver } from './saving.tsx';
import { comma, scoreWords } from './spoken.ts';
import { t, tOf } from './words.ts';

interface Sheet { name: string; instrument: Instrument; activities: ActivityLine[]; scores: ScoreLine[] }

const SELF = 0, INTERVIEW = 1, HELD_BY_AUTHOR = 2, ROWS_MAX = 5, WORDS_MAX = 100;
const OPENED = [RES.scores, RES.activities];

async function sheetRead(participant: Id, number: number): Promise<Sheet | null> {
    const instrument = (await engine().instruments()).filter((one) => one.number === number).at(-1);
    const person = (await engine().people()).find((one) => one.id === participant);
    if (!instrument || !person) return null;
    const scores = await engine().scores(participant).catch(() => []), activities = await engine().activities(participant).catch(() => []);
    return { name: person.name, instrument, activities: chosen(activities), scores };
}

export function Paper({ participant, instrument, occasion }: { participant: Id; instrument: number; occasion: number }) {
    const opened = useOpened(participant, OPENED), read = useRead(() => sheetRead(participant, instrument), [participant, instrument]);
    const sheet = opened === 'open' ? read.value : undefined;
    return (
        <Page title={sheet ? t('TAB_PAPER_TITLE', instrumentName(sheet.instrument)) : t('TAB_FORM_PAPER')} under={sheet ? `${sheet.name} · ${tOf('OCCASION', occasion)}` : undefined} back>
            <Gate opened={opened} read={read}>
                {(value) => (value ? <Grid sheet={value} participant={participant} occasion={occasion} /> : <Notice kind="attend">{t('TAB_FORM_NO_FORM')}</Notice>)}
            </Gate>
        </Page>
    );
}

function Grid({ sheet, participant, occasion }: { sheet: Sheet; participant: Id; occasion: number }) {
    const { instrument, scores } = sheet, { today } = useStatus(), own = instrument.number === PSFS;
    const [activities] = useState(sheet.activities), [rows, setRows] = useState(Math.max(questions(instrument, activities), 1));
    const [text, type] = useState<string[]>([]), [words, setWords] = useState<string[]>([]), [day, setDay] = useState(today);
    const [zero, setZero] = useState(direction(instrument, scores)), [mode, setMode] = useState(SELF), [why, say] = useState(''), [id, saved] = useState<Id>(0n);
    const saver = useSaver(), key = 'paper', box = useRef<HTMLDivElement>(null), put = (list: string[], i: number, next: string) => Object.assign([...list], { [i]: next });
    const answers: Answer[] = Array.from({ length: rows }, (_, i) => typed(instrument, text[i] ?? ''));
    const wrong = answers.map((one, i) => one === null && (text[i] ?? '').trim() !== ''), dayWrong = Number.isNaN(day);
    const blank = (i: number) => own && answers[i] !== null && !activities.some((one) => one.activity.ordinal === i + 1) && !(words[i] ?? '').trim();
    const save = async () => {
        const form = scoreOf(instrument, { participant, occasion, day, mode, heldBy: HELD_BY_AUTHOR, scale0Means: zero }, answers);
        const refused = await engine().scoreCheck(form).catch(() => 0);
        const empty = answers.every((one) => one === null), nameless = answers.some((_, i) => blank(i));
        say(empty ? t('TAB_PAPER_EMPTY') : nameless ? t('TAB_PAPER_NAMELESS') : refused ? t('TAB_PAPER_REFUSED', tOf('SCORE_WHY', refused)) : '');
        if (refused || empty || nameless) return;
        await saver.save(key, `score:${participant}:${instrument.number}:${occasion}`, async () => {
            if (own) await activitiesSave(participant, activities, words);
            saved(await engine().scoreSave(form));
        });
    };
    if (saver.of(key)?.state === 'saved') return <Done participant={participant} line={scores.find((one) => one.score.id === id)} saver={saver} of={key} />;
    const next = (event: KeyboardEvent, i: number) => {
        const step = event.key === 'Enter' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
        if (step === 0) return;
        event.preventDefault();
        const inputs = [...(box.current?.querySelectorAll<HTMLElement>('input.answer, button.go') ?? [])];
        inputs[Math.max(0, Math.min(inputs.length - 1, i + step))]?.focus();
    };
    return (
        <div class="paper" ref={box}>
            <p class="hint">{t('TAB_PAPER_WHY')}</p>
            {instrument.reversalOpen && <Notice>{t('TAB_PAPER_REVERSAL')}</Notice>}
            <div class="row">
                <DayField label={t('TAB_PAPER_DAY')} day={day} today={today} onChange={setDay} />
                <Choice label={t('TAB_PAPER_MODE')} value={mode} onChange={setMode} options={[{ value: SELF, text: t('TAB_PAPER_SELF') }, { value: INTERVIEW, text: t('TAB_PAPER_INTERVIEW') }]} />
            </div>
            {instrument.better === STATED && <Choice label={t('TAB_PAPER_ZERO')} value={zero} onChange={setZero}
                options={[{ value: WORST, text: t('TAB_PAPER_ZERO_WORST') }, { value: BEST, text: t('TAB_PAPER_ZERO_BEST') }]} />}
            <ol class="grid">
                {answers.map((_, i) => (
                    <li key={i}>
                        <Item instrument={instrument} item={i} activities={activities} zero={zero} words={words[i] ?? ''} onWords={(one) => setWords((list) => put(list, i, one))}>
                            <input class="answer" inputMode={instrument.perPoint > 1 ? 'decimal' : 'numeric'} value={text[i] ?? ''} maxLength={5} autocomplete="off" aria-label={itemWords(instrument, i, activities)}
                                aria-invalid={wrong[i] || undefined} onKeyDown={(event) => next(event, i)} onInput={(event) => { const typedNow = event.currentTarget.value; type((list) => put(list, i, typedNow)); }} />
                            {wrong[i] && <span class="wrong" role="alert">{t('TAB_PAPER_ITEM_WRONG', ...rangeOf(instrument))}</span>}
                        </Item>
                    </li>
                ))}
            </ol>
            {own && rows < ROWS_MAX && <Button kind="plain" icon="plus" onClick={() => setRows(rows + 1)}>{t('TAB_FORM_ACTIVITY_MORE')}</Button>}
            {dayWrong && <Notice kind="wrong">{t('TAB_PAPER_DAY_WRONG')}</Notice>}
            {why && <Notice kind="wrong">{why}</Notice>}
            <div class="row">
                <Button kind="go" busy={saver.busy > 0} disabled={wrong.includes(true) || dayWrong} onClick={() => void save()}>{t('TAB_FORM_SAVE')}</Button>
                <Saved state={saver.of(key)} />
            </div>
        </div>
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
    instrument: Instrument; item: number; activities: ActivityLine[]; zero: number; words: string; onWords: (words: string) => void; children: preact.ComponentChildren;
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

function Done({ participant, line, saver, of }: { participant: Id; line: ScoreLine | undefined; saver: ReturnType<typeof useSaver>; of: string }) {
    const score = line && (line.why === 0 ? t('TAB_PAPER_SCORE', scoreWords(line.text)) : t('TAB_PAPER_NO_SCORE', tOf('SCORE_WHY', line.why)));
    return (
        <div class="paper">
            <p class="row"><Saved state={saver.of(of)} />{score && <strong>{score}</strong>}</p>
            <div class="row"><Button kind="go" onClick={() => goInstead(`/forms/${participant}`)}>{t('TAB_PAPER_DONE')}</Button></div>
        </div>
    );
}
