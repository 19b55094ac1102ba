/* How hard it was and how much it hurt, for the whole group on one screen: a row for each who is there, one tap a number.
 *
 *   exertion   samling_exertion: never changed, so another number is a rating of its own that replaces the one before
 *   pain       the numeric rating scale, kept as a form of that instrument, on the way through the course */
import { useState } from 'preact/hooks';
import type { ExertionLine, Id, Line, ScoreLine } from '../web/types.ts';
import { Button, Choice, Dialog, Notice, Page, Stepper, Undo } from './bits.tsx';
import { MIDWAY, PAIN_ACTIVITY } from './due.ts';
import { engine, RES, useAccess, useRead, useStatus } from './engine.ts';
import { Gate, keptBack, Refused } from './gate.tsx';
import { CR10, CR10_TENTHS_MAX, inPoints, PAIN, ratingOf, RPE, tenthsOf } from './rating.ts';
import { go } from './route.ts';
import { Saved, type Saver, useSaver } from './saving.tsx';
import { Scale } from './scale.tsx';
import { type Found, sessionFind, there } from './room.ts';
import { comma } from './spoken.ts';
import { dayWords, timeWords } from './when.ts';
import { t, tOf } from './words.ts';

interface Rated { line: Line; exertions: ExertionLine[]; pains: ScoreLine[] }
interface Room extends Found { people: Rated[]; marked: boolean }
type Asked = 'exertion' | 'pain';

const PEAK = 1, TAPPED = 2, INTERVIEW = 1, HELD_BY_AUTHOR = 2;

async function painsRead(participant: Id, day: number): Promise<ScoreLine[]> {
    try {
        const all = await engine().scores(participant);
        return all.filter((one) => one.score.instrument === PAIN_ACTIVITY && one.score.occasion === MIDWAY && one.score.day === day && one.replacedBy === 0n);
    } catch (wrong) {
        if (keptBack(wrong)) return [];
        throw wrong;
    }
}

async function roomRead(session: Id): Promise<Room | null> {
    const found = await sessionFind(session);
    if (!found) return null;
    const { people, marked } = there(await engine().sheet(session)), rated: Rated[] = [];
    for (const line of people)
        rated.push({ line, exertions: await engine().exertions(session, line.participant), pains: await painsRead(line.participant, found.session.day) });
    return { ...found, people: rated, marked };
}

export function Exertion({ session }: { session: Id }) {
    const read = useRead(() => roomRead(session), [session]), { today } = useStatus(), room = read.value;
    const opened = useAccess(room ? { group: room.group.id, persons: room.people.length, what: RES.exertion } : null);
    const under = room ? [room.group.name, dayWords(room.session.day, today), timeWords(room.session.startMin)].filter(Boolean).join(' · ') : '';
    return (
        <Page title={t('TAB_RATE_TITLE')} under={under} back>
            {room === null && <Notice kind="attend">{t('TAB_SET_NO_SESSION')}</Notice>}
            {room !== null && <Gate opened={opened} read={{ ...read, value: room }}>{(value) => <Ratings room={value} />}</Gate>}
        </Page>
    );
}

function Ratings({ room }: { room: Room }) {
    const [asked, ask] = useState<Asked>('exertion'), [scale, setScale] = useState(scaleOf(room)), [moment, setMoment] = useState(PEAK);
    const opened = useAccess(asked === 'pain' ? { group: room.group.id, persons: room.people.length, what: RES.scores } : null);
    const [undone, offer] = useState<Undone | null>(null), saver = useSaver(), answered = room.people.filter((one) => (asked === 'pain' ? one.pains[0] : ratingOf(one.exertions, scale, moment))).length;
    if (room.people.length === 0) {
        return (
            <Notice kind="attend">
                <p>{t('TAB_SET_NOBODY')}</p>
                <Button onClick={() => go(`/sheet/${room.session.id}`)}>{t('TAB_SET_TO_SHEET')}</Button>
            </Notice>
        );
    }
    return (
        <>
            {!room.marked && <Notice kind="attend">{t('TAB_SET_NOBODY_YET')}</Notice>}
            <div class="row choices">
                <Choice quiet label={t('TAB_RATE_WHAT')} value={asked} onChange={ask}
                    options={[{ value: 'exertion' as Asked, text: t('TAB_RATE_EXERTION') }, { value: 'pain' as Asked, text: t('TAB_RATE_PAIN') }]} />
                {asked === 'exertion' && <>
                    <Choice quiet label={t('TAB_RATE_SCALE')} value={scale} onChange={setScale} options={[RPE, CR10].map((value) => ({ value, text: tOf('EXERTION_SCALE', value) }))} />
                    <Choice quiet label={t('TAB_RATE_MOMENT')} value={moment} onChange={setMoment} options={moments()} />
                </>}
            </div>
            <p class="hint">
                {t(asked === 'pain' ? 'TAB_RATE_PAIN_ASK' : 'TAB_RATE_EXERTION_ASK')} {endsWords(asked, scale)} {t('TAB_RATE_DONE', answered, room.people.length)}
            </p>
            {asked === 'pain' && typeof opened === 'object' && <Refused wrong={opened.error} />}
            <ul class="list rates">
                {(asked === 'exertion' || opened === 'open') && room.people.map((one) => (
                    <li key={one.line.participant}>
                        {asked === 'pain' ? <PainRow one={one} day={room.session.day} saver={saver} offer={offer} />
                            : <ExertionRow one={one} session={room.session.id} scale={scale} moment={moment} saver={saver} offer={offer} />}
                    </li>
                ))}
            </ul>
            <UndoBar undone={undone} saver={saver} onGone={() => offer(null)} />
        </>
    );
}

type Ends = [low: string, high: string];
const exertionEnds = (): Ends => [t('TAB_RATE_EASY'), t('TAB_RATE_HARD')], painEnds = (): Ends => [t('TAB_RATE_NO_PAIN'), t('TAB_RATE_WORST_PAIN')];

/** "6: helt lett, 20: alt jeg klarer." Said once above the list; to readers at the numbers too. */
function endsWords(asked: Asked, scale: number): string {
    const [low, high] = asked === 'pain' ? painEnds() : exertionEnds(), values = asked === 'pain' ? PAIN.map((one) => one * 10) : tenthsOf(scale);
    return t('TAB_RATE_ENDS', inPoints(values[0]!, comma()), low, inPoints(values.at(-1)!, comma()), high);
}

function moments() {
    return [t('TAB_RATE_BEFORE'), t('TAB_RATE_PEAK'), t('TAB_RATE_AFTER')].map((text, value) => ({ value, text }));
}

/** The scale that this session is rated by already. */
function scaleOf(room: Room): number {
    return room.people.some((one) => one.exertions.some((line) => line.exertion.scale === CR10)) ? CR10 : RPE;
}

/* ---- a person */

interface Undone { key: string; text: string; undo: () => Promise<unknown> }
/** null: what could be undone before goes, as something newer begins. */
type Offer = (undone: Undone | null) => void;

function ExertionRow({ one, session, scale, moment, saver, offer }: { one: Rated; session: Id; scale: number; moment: number; saver: Saver; offer: Offer }) {
    const { participant, name } = one.line, rating = ratingOf(one.exertions, scale, moment), key = `${participant}.${scale}.${moment}`;
    const [other, ask] = useState(false), values = tenthsOf(scale);
    const save = async (valueTenths: number) => {
        if (valueTenths === rating?.exertion.valueTenths) return;
        let id = 0n;
        offer(null);
        const made = await saver.save(key, `exertion:${session}:${participant}:${valueTenths}`, async () => {
            id = await engine().exertionSave({ session, participant, scale, moment, valueTenths, evidence: TAPPED, replaces: rating?.exertion.id ?? 0n });
        });
        if (made) offer({ key, text: t('TAB_RATE_TAPPED', name, inPoints(valueTenths, comma())), undo: () => engine().exertionRemove(id) });
    };
    const said = rating?.exertion.valueTenths, between = said !== undefined && !values.includes(said);
    return (
        <>
            <Head name={name} shown={between ? inPoints(said, comma()) : ''} saver={saver} of={key} />
            <div class="rate">
                <Scale quiet label={name} values={values} value={said} text={(value) => inPoints(value, comma())} disabled={saver.of(key)?.state === 'saving'}
                    ends={exertionEnds()} onChange={(value) => void save(value)} />
                {scale === CR10 && <Button label={`${name}: ${t('TAB_RATE_OTHER')}`} onClick={() => ask(true)} icon="more" />}
            </div>
            {other && <Other name={name} value={said ?? 0} onClose={() => ask(false)} onChoose={(value) => { ask(false); void save(value); }} />}
        </>
    );
}

function PainRow({ one, day, saver, offer }: { one: Rated; day: number; saver: Saver; offer: Offer }) {
    const { participant, name } = one.line, pain = one.pains.find((line) => line.primary) ?? one.pains[0], key = `${participant}.pain`;
    const said = pain && Number(pain.score.answers);
    const save = async (value: number) => {
        if (value === said) return;
        let id = 0n;
        offer(null);
        const made = await saver.save(key, `pain:${participant}:${value}`, async () => {
            id = await engine().scoreSave({
                participant, instrument: PAIN_ACTIVITY, version: 1, occasion: MIDWAY, day, mode: INTERVIEW, heldBy: HELD_BY_AUTHOR,
                answers: String(value), replaces: pain?.score.id ?? 0n,
            });
        });
        if (made) offer({ key, text: t('TAB_RATE_TAPPED', name, value), undo: () => engine().scoreRemove(id) });
    };
    return (
        <>
            <Head name={name} shown="" saver={saver} of={key} />
            <div class="rate">
                <Scale quiet label={name} values={PAIN} value={said} disabled={saver.of(key)?.state === 'saving'}
                    ends={painEnds()} onChange={(value) => void save(value)} />
            </div>
        </>
    );
}

function Head({ name, shown, saver, of }: { name: string; shown: string; saver: Saver; of: string }) {
    return <p class="head"><strong>{shown ? t('TAB_RATE_OF', name, shown) : name}</strong><Saved state={saver.of(of)} /></p>;
}

function UndoBar({ undone, saver, onGone }: { undone: Undone | null; saver: Saver; onGone: () => void }) {
    if (!undone) return null;
    const undo = () => {
        onGone();
        void saver.save(undone.key, `undo:${undone.key}`, undone.undo);
    };
    return <Undo key={undone.text} text={undone.text} onUndo={undo} onGone={onGone} />;
}

/** CR10 knows every tenth, and goes on above 10. */
function Other({ name, value, onChoose, onClose }: { name: string; value: number; onChoose: (value: number) => void; onClose: () => void }) {
    const [at, set] = useState(value);
    return (
        <Dialog title={name} onClose={onClose}>
            <Stepper label={t('TAB_RATE_EXERTION')} value={at} min={0} max={CR10_TENTHS_MAX} onChange={set} text={(one) => inPoints(one, comma())} />
            <Button kind="go" onClick={() => onChoose(at)}>{inPoints(at, comma())}</Button>
        </Dialog>
    );
}
