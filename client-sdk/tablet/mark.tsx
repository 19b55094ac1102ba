/* Everything that can be said of one person's attendance. Each thing is saved when it is chosen. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Choice, Dialog, Notice, Stepper, Tick } from './bits.tsx';
import { go } from './route.ts';
import { Saved, type SaveState } from './saving.tsx';
import { Evidence, Presence, RecordState, type Line, type Mark } from '../web/types.ts';
import type { Meeting } from './session.ts';
import { t, tOf } from './words.ts';
import { timeWords } from './when.ts';

const SETTLE_MS = 700, MINUTES_STEP = 5, DAY_MIN = 1439, MINUTES_MAX = 600, REASON_MAX = 99;

interface Props {
    meeting: Meeting;
    line: Line;
    saving: SaveState | undefined;
    onMark: (mark: Mark) => void;
    onClose: () => void;
}

/** A number that is still being stepped is saved when it has rested, at the latest when the dialog goes. Until then it is shown as unsaved. */
function useSettled(value: number, save: (value: number) => void): [number, (value: number) => void, boolean] {
    const [typed, type] = useState<number | null>(null), timer = useRef(0), last = useRef<(() => void) | null>(null);
    const set = (next: number) => {
        type(next);
        clearTimeout(timer.current);
        last.current = () => {
            last.current = null;
            type(null);
            save(next);
        };
        timer.current = setTimeout(() => last.current?.(), SETTLE_MS) as unknown as number;
    };
    useEffect(() => () => {
        clearTimeout(timer.current);
        last.current?.();
    }, []);
    return [typed ?? value, set, typed !== null];
}

function Times({ meeting, line, say, onUnsaved }: { meeting: Meeting; line: Line; say: (more: Partial<Mark>) => void; onUnsaved: (on: boolean) => void }) {
    const { session, group } = meeting;
    const start = session.startMin >= 0 ? session.startMin : group.startMin, end = session.endMin >= 0 ? session.endMin : group.endMin;
    /* the three are one register: whoever says one of them says all */
    const three = { minutes: line.minutes, arrivedMin: line.arrivedMin, leftMin: line.leftMin };
    const [came, setCame, cameTyped] = useSettled(line.arrivedMin, (arrivedMin) => say({ ...three, arrivedMin, late: line.late }));
    const [left, setLeft, leftTyped] = useSettled(line.leftMin, (leftMin) => say({ ...three, leftMin, leftEarly: line.leftEarly }));
    const [minutes, setMinutes, minutesTyped] = useSettled(line.minutes, (value) => say({ ...three, minutes: value }));
    const typed = cameTyped || leftTyped || minutesTyped;
    useEffect(() => onUnsaved(typed), [typed]);
    return (
        <>
            {line.late === 1 && <Stepper label={t('TAB_CAME')} value={came} onChange={setCame} min={0} max={DAY_MIN} step={MINUTES_STEP} start={Math.max(0, start) + 10} text={timeWords} />}
            {line.leftEarly === 1 && <Stepper label={t('TAB_LEFT')} value={left} onChange={setLeft} min={0} max={DAY_MIN} step={MINUTES_STEP} start={Math.max(0, end - 10)} text={timeWords} />}
            <Stepper label={t('TAB_MINUTES_HERE')} value={minutes} onChange={setMinutes} min={0} max={MINUTES_MAX} step={MINUTES_STEP} start={end > start ? end - start : 60} text={(value) => t('TAB_MINUTES', value)} />
        </>
    );
}

function Reason({ line, say, onUnsaved }: { line: Line; say: (more: Partial<Mark>) => void; onUnsaved: (on: boolean) => void }) {
    const [reason, setReason, typed] = useSettled(line.reason, (value) => say({ reason: value }));
    useEffect(() => onUnsaved(typed), [typed]);
    return (
        <>
            <Stepper label={t('TAB_REASON')} value={reason} onChange={setReason} min={0} max={REASON_MAX} />
            <p class="hint">{t('TAB_REASON_HINT')}</p>
        </>
    );
}

export function MarkDialog({ meeting, line, saving, onMark, onClose }: Props) {
    const [unsaved, setUnsaved] = useState(false);
    const here = line.presence === Presence.Present, away = line.presence === Presence.Notified || line.presence === Presence.NoShow;
    const said = useRef(line);
    said.current = line;
    const mark = (more: Partial<Mark>) => onMark({ session: meeting.session.id, participant: line.participant, presence: said.current.presence || Presence.Present,
        evidence: Evidence.Tapped, reason: said.current.reason, ...more });
    const flag = (field: 'late' | 'leftEarly' | 'byVideo') => ({ on: line[field] === 1, onChange: (on: boolean) => mark({ [field]: on ? 1 : 0, ...(here ? {} : { presence: Presence.Present, reason: -1 }) }) });
    return (
        <Dialog title={line.name} onClose={onClose}>
            {line.disputed && <Notice kind="attend">{line.otherPresence >= 0 ? t('TAB_DISPUTED_LONG', tOf('PRESENCE', line.otherPresence)) : t('TAB_DISPUTED_SOMEHOW')}</Notice>}
            <Choice label={t('TAB_PRESENCE')} value={line.presence || undefined} onChange={(presence) => mark({ presence, reason: -1 })} options={[
                { value: Presence.Present, text: tOf('PRESENCE', Presence.Present) }, { value: Presence.Notified, text: tOf('PRESENCE', Presence.Notified) },
                { value: Presence.NoShow, text: tOf('PRESENCE', Presence.NoShow) }, { value: Presence.NotExpected, text: tOf('PRESENCE', Presence.NotExpected) },
            ]} />
            {!away && line.presence !== Presence.NotExpected && (
                <div class="row">
                    <Tick label={t('TAB_LATE')} {...flag('late')} />
                    <Tick label={t('TAB_LEFT_EARLY')} {...flag('leftEarly')} />
                    <Tick label={t('TAB_BY_VIDEO')} {...flag('byVideo')} />
                </div>
            )}
            {here && <Times meeting={meeting} line={line} say={mark} onUnsaved={setUnsaved} />}
            {away && <Reason key={line.presence} line={line} say={mark} onUnsaved={setUnsaved} />}
            <p class="row now">
                {unsaved ? <span class="saving" role="status">{t('TAB_SAVING')}</span> : <Saved state={saving} />}
                {!unsaved && !saving && line.state !== RecordState.None && <span class="hint">{tOf('RECORD', line.state)}</span>}
            </p>
            <div class="row apart">
                <Button icon="person" onClick={() => { onClose(); go(`/person/${line.participant}`); }}>{t('TAB_PERSON_OPEN')}</Button>
                <Button kind="go" onClick={onClose} what="close">{t('TAB_FINISHED')}</Button>
            </div>
        </Dialog>
    );
}
