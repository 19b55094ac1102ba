/* How it stands with somebody's work on a day. */
import { useState } from 'preact/hooks';
import type { Id, Work, WorkLine } from '../web/types.ts';
import { Button, Choice, Stepper } from './bits.tsx';
import { engine } from './engine.ts';
import { Saved, useSaver } from './saving.tsx';
import { upper } from './spoken.ts';
import { t, tOf } from './words.ts';

export const WORKING = 1, SICK_LEAVE = 6, STATUS_LAST = 8;
const NOT_SAID = -1, PERCENT_STEP = 5, PERCENT_MAX = 100, HALF = 50;

/** Those of which it is asked how much: who works, and who is on sick leave. */
export function hasPercent(status: number): boolean {
    return status === WORKING || status === SICK_LEAVE;
}

export function statusOptions() {
    return Array.from({ length: STATUS_LAST }, (_, i) => ({ value: i + 1, text: upper(tOf('WORK', i + 1)) }));
}

/** "Sykmeldt 50 %, i arbeid 50 %" */
export function workWords({ work }: WorkLine): string {
    const percents = [[SICK_LEAVE, work.sickLeavePercent], [WORKING, work.workingPercent]] as const;
    const own = percents.find(([status, percent]) => status === work.status && percent >= 0);
    const said = [own ? `${tOf('WORK', work.status)} ${t('RECORD_PERCENT', own[1])}` : tOf('WORK', work.status),
        ...percents.filter((one) => one !== own && one[1] >= 0).map(([status, percent]) => `${tOf('WORK', status)} ${t('RECORD_PERCENT', percent)}`)];
    return upper(said.join(', '));
}

export interface WorkFormProps { participant: Id; day: number; replaces?: WorkLine; onDone: () => void }

export function WorkForm({ participant, day, replaces, onDone }: WorkFormProps) {
    const before = replaces?.work;
    const [status, setStatus] = useState(before?.status), [employed, setEmployed] = useState(before?.employed ?? NOT_SAID);
    const [sick, setSick] = useState(before?.sickLeavePercent ?? NOT_SAID), [working, setWorking] = useState(before?.workingPercent ?? NOT_SAID);
    const saver = useSaver(), key = `work:${participant}`;
    const save = async () => {
        const work: Work = { participant, day: before?.day ?? day, status: status ?? 0, employed, sickLeavePercent: sick, workingPercent: working, replaces: before?.id ?? 0n };
        if (await saver.save(key, `${key}:${status}`, () => engine().workSave(work))) onDone();
    };
    const percent = (value: number) => t('RECORD_PERCENT', value);
    return (
        <div class="form">
            <Choice label={t('TAB_WORK_STATUS')} options={statusOptions()} value={status} onChange={setStatus} />
            <Choice label={t('TAB_WORK_EMPLOYED')} value={employed} onChange={setEmployed}
                options={[1, 0].map((value) => ({ value, text: upper(tOf('YES_NO', value)) })).concat({ value: NOT_SAID, text: t('TAB_WORK_NOT_SAID') })} />
            <Stepper label={t('TAB_WORK_SICK')} value={sick} onChange={setSick} min={0} max={PERCENT_MAX} step={PERCENT_STEP} start={HALF} text={percent} />
            <Stepper label={t('TAB_WORK_WORKING')} value={working} onChange={setWorking} min={0} max={PERCENT_MAX} step={PERCENT_STEP} start={HALF} text={percent} />
            <div class="row">
                <Button kind="go" disabled={status === undefined} busy={saver.of(key)?.state === 'saving'} onClick={() => void save()}>{t('TAB_FORM_SAVE')}</Button>
                <Saved state={saver.of(key)} />
            </div>
        </div>
    );
}
