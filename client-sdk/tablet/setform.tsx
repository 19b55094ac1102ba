/* The sets of one exercise by one person: those that are there, and the steppers of the next one or of one that is corrected. */
import { useState } from 'preact/hooks';
import type { SetLine } from '../web/types.ts';
import { Button, Choice, Notice, Stepper, Tick } from './bits.tsx';
import { asLast, draft, type Field, fieldsOf, kilos, nextSet, oneSided, RANGE, saysAnything, stepOf, type Values, valuesOf } from './programme.ts';
import { PAIN } from './rating.ts';
import { Scale } from './scale.tsx';
import { comma, doneWords, lastingWords, upper } from './spoken.ts';
import { t, type WordId } from './words.ts';

export interface SetFormProps {
    exercise: number;
    name: string;
    done: SetLine[];
    last: SetLine[];
    busy: boolean;
    /** from which number on; resolves to whether they are on the disk */
    onSave: (from: number, sets: Values[]) => Promise<boolean>;
}

export function SetForm({ exercise, name, done, last, busy, onSave }: SetFormProps) {
    const next = nextSet(done), [chosen, choose] = useState(0);
    const setNo = chosen || next, there = done.find((one) => one.set.setNo === setNo);
    const rest = last.length - done.length, save = async (values: Values) => {
        if (await onSave(setNo, [values])) choose(0);
    };
    return (
        <div class="setform">
            {done.length > 0 && <Numbers done={done} next={next} chosen={setNo} name={name} onChoose={choose} />}
            {setNo === 0 ? <Notice kind="attend">{t('TAB_SET_FULL')}</Notice>
                : <Steppers key={`${setNo}.${done.length}`} exercise={exercise} setNo={setNo} busy={busy} there={Boolean(there)}
                    first={there ? valuesOf(there.set) : draft(exercise, setNo, last, done)} onSave={save} />}
            {!chosen && next > 0 && rest > 1 && (
                <Button busy={busy} onClick={() => void onSave(next, Array.from({ length: rest }, (_, i) => asLast(last, next + i)!))}>
                    {t(done.length === 0 ? 'TAB_SET_AS_LAST_ALL' : 'TAB_SET_AS_LAST_REST', rest)}
                </Button>
            )}
        </div>
    );
}

function Numbers({ done, next, chosen, name, onChoose }: { done: SetLine[]; next: number; chosen: number; name: string; onChoose: (setNo: number) => void }) {
    return (
        <div class="row" role="group" aria-label={name}>
            {done.map((one) => (
                <Button key={one.set.setNo} pressed={one.set.setNo === chosen} onClick={() => onChoose(one.set.setNo)}
                    label={`${t('TAB_SET_NUMBER', one.set.setNo)}: ${doneWords(valuesOf(one.set))}`}>
                    {t('TAB_SET_NUMBER', one.set.setNo)}
                </Button>
            ))}
            {next > 0 && <Button pressed={chosen === next} onClick={() => onChoose(0)} icon="plus">{t('TAB_SET_NEW')}</Button>}
        </div>
    );
}

const WORDS: Record<Field, WordId> = { reps: 'TAB_SET_REPS', loadHg: 'TAB_SET_LOAD', durationS: 'TAB_SET_DURATION', distanceM: 'TAB_SET_DISTANCE' };
const START: Record<Field, number> = { reps: 10, loadHg: 50, durationS: 30, distanceM: 100 };
const FIELDS: Field[] = ['reps', 'loadHg', 'durationS', 'distanceM'];

function fieldText(field: Field, value: number): string {
    switch (field) {
    case 'loadHg': return t('TAB_SET_KILOS', kilos(value, comma()));
    case 'durationS': return lastingWords(value);
    case 'distanceM': return t('TAB_SET_METRES', value);
    default: return String(value);
    }
}

interface SteppersProps { exercise: number; setNo: number; first: Values; there: boolean; busy: boolean; onSave: (values: Values) => Promise<void> }

function Steppers({ exercise, setNo, first, there, busy, onSave }: SteppersProps) {
    const [values, set] = useState(first), [wide, widen] = useState(oneSided(exercise) || first.side > 0 || first.pain >= 0);
    const change = (part: Partial<Values>) => set((before) => ({ ...before, ...part }));
    const usual = fieldsOf(exercise), shown = FIELDS.filter((field) => wide || usual.includes(field) || values[field] >= 0);
    return (
        <>
            <div class="steppers">
                {shown.map((field) => (
                    <Stepper key={field} label={t(WORDS[field])} value={values[field]} start={START[field]} {...RANGE[field]} disabled={busy}
                        step={stepOf(field, values[field])} text={(value) => fieldText(field, value)} onChange={(value) => change({ [field]: value })} />
                ))}
            </div>
            {wide ? <Details values={values} busy={busy} onChange={change} />
                : <Button kind="plain" icon="more" onClick={() => widen(true)}>{t('TAB_SET_DETAILS')}</Button>}
            <Button kind="go" busy={busy} disabled={!saysAnything(values)} icon="check" what="save-set" onClick={() => void onSave(values)}>
                {t(there ? 'TAB_SET_CORRECT' : 'TAB_SET_SAVE', setNo)}
            </Button>
        </>
    );
}

function Details({ values, busy, onChange }: { values: Values; busy: boolean; onChange: (part: Partial<Values>) => void }) {
    const sides = [[0, 'TAB_SET_BOTH'], [1, 'TAB_SET_LEFT'], [2, 'TAB_SET_RIGHT']] as const;
    return (
        <div class="details">
            <Choice label={t('TAB_SET_SIDE')} value={values.side < 0 ? undefined : values.side} disabled={busy}
                options={sides.map(([value, word]) => ({ value: value as number, text: upper(t(word)) }))} onChange={(side) => onChange({ side })} />
            <Scale label={t('TAB_SET_PAIN')} values={PAIN} value={values.pain < 0 ? undefined : values.pain} disabled={busy}
                onChange={(pain) => onChange({ pain })} />
            <div class="row">
                <Tick label={t('TAB_SET_ADAPTED')} under={t('TAB_SET_ADAPTED_WHY')} on={values.adapted === 1} disabled={busy}
                    onChange={(on) => onChange({ adapted: on ? 1 : 0 })} />
                <Tick label={t('TAB_SET_STOPPED')} on={values.stopped === 1} disabled={busy} onChange={(on) => onChange({ stopped: on ? 1 : 0 })} />
            </div>
        </div>
    );
}
