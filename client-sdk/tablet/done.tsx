/* Ferdig: who is still unknown, was it held, and where all of it is. */
import { useState } from 'preact/hooks';
import { Button, Icon, Notice, Page, Stepper, Waiting } from './bits.tsx';
import { engine, RES, useAccess, useRead, useStatus } from './engine.ts';
import { go } from './route.ts';
import { Saved, useSaver, wrongWords } from './saving.tsx';
import { meetingFind, meetingWords, unknowns, type Meeting } from './session.ts';
import { markKey, useMarks } from './sheet.tsx';
import { stateWords } from './state.tsx';
import { Evidence, Presence, SessionStatus, type Line } from '../web/types.ts';
import { t, tOf } from './words.ts';

const REASON_MAX = 99;
const ANSWERS = [Presence.Present, Presence.Notified, Presence.NoShow, Presence.NotExpected];

/** Those of whom nobody has said anything, each with the four answers. Who was answered here stays in place, so that nothing jumps. */
function Unknown({ meeting, read, again }: { meeting: Meeting; read: Line[]; again: () => Promise<void> }) {
    const { session } = meeting, marks = useMarks(), lines = marks.lines(read);
    const [first] = useState(() => new Set(unknowns(read).map((line) => line.participant)));
    const shown = lines.filter((line) => first.has(line.participant) || line.presence === Presence.Unknown), left = unknowns(lines).length;
    const answer = (line: Line, presence: Presence) => {
        const mark = { session: session.id, participant: line.participant, presence, evidence: Evidence.Tapped, reason: -1 };
        void marks.put([mark], String(line.participant), markKey(mark), again);
    };
    return (
        <section class="part">
            <h2>{left === 0 ? t('TAB_NONE_UNKNOWN') : left === 1 ? t('TAB_STILL_UNKNOWN_ONE') : t('TAB_STILL_UNKNOWN', left)}</h2>
            {left > 0 && <p class="hint">{t('TAB_UNKNOWN_HINT')}</p>}
            {shown.map((line) => (
                <fieldset key={String(line.participant)} class="card ask" data-participant={line.participant}>
                    <legend class="heard">{line.name}</legend>
                    <div class="row apart">
                        <strong class="grow" aria-hidden="true">{line.name}</strong>
                        <Saved state={marks.saver.of(String(line.participant))} />
                    </div>
                    <div class="answers">
                        {ANSWERS.map((presence) => (
                            <Button key={presence} pressed={line.presence === presence} onClick={() => answer(line, presence)}>{tOf('PRESENCE', presence)}</Button>
                        ))}
                    </div>
                </fieldset>
            ))}
        </section>
    );
}

function Held({ meeting, present }: { meeting: Meeting; present: number }) {
    const { session } = meeting, saver = useSaver();
    const [cancel, setCancel] = useState(false), [reason, setReason] = useState(-1);
    const say = async (status: SessionStatus, code: number) => {
        if (await saver.save('held', `status:${session.id}:${status}`, () => engine().sessionStatus(session.id, status, code))) setCancel(false);
    };
    const state = saver.of('held'), busy = state?.state === 'saving', is = (status: SessionStatus) => session.status === status;
    return (
        <section class="part">
            <h2>{t('TAB_WAS_IT_HELD')}</h2>
            <div class="card">
                <div class="row">
                    <Button kind={is(SessionStatus.Planned) && !cancel ? 'go' : undefined} icon="check" pressed={is(SessionStatus.Held)} busy={busy} onClick={() => void say(SessionStatus.Held, 0)} what="held">{tOf('SESSION', SessionStatus.Held)}</Button>
                    <Button icon="close" pressed={is(SessionStatus.Cancelled) || cancel} disabled={busy} onClick={() => setCancel(!cancel)} what="cancelled">{tOf('SESSION', SessionStatus.Cancelled)}</Button>
                    <Saved state={state} />
                </div>
                {cancel && (
                    <>
                        {present > 0 && <Notice kind="attend">{present === 1 ? t('TAB_CANCEL_PRESENT_ONE') : t('TAB_CANCEL_PRESENT', present)}</Notice>}
                        <Stepper label={t('TAB_REASON')} value={reason} onChange={setReason} min={0} max={REASON_MAX} />
                        <p class="hint">{t('TAB_REASON_HINT')}</p>
                        <div class="row">
                            <Button kind="warn" busy={busy} onClick={() => void say(SessionStatus.Cancelled, Math.max(0, reason))} what="cancel">{t('TAB_CANCEL_SAY')}</Button>
                            <Button onClick={() => setCancel(false)}>{t('TAB_CANCEL_NOT')}</Button>
                        </div>
                    </>
                )}
            </div>
        </section>
    );
}

/** The last word of the day: is it there, or does the tablet have to be opened where there is a network? */
function Safe() {
    const status = useStatus(), saver = useSaver(), trying = status.line !== 'off';
    if (!status.waiting && status.lastContactS) {
        return <div class="card safe"><p class="row"><Icon name="safe" /><strong class="grow">{stateWords(status)}</strong></p></div>;
    }
    return (
        <div class="card attend">
            <p class="row"><Icon name="tablet" /><strong class="grow">{stateWords(status)}</strong></p>
            <p>{t('TAB_BEFORE_YOU_LEAVE')}</p>
            <div class="row">
                <Button busy={trying} onClick={() => void saver.save('send', 'send', () => engine().syncNow())}>{trying ? t('TAB_SENDING') : t('TAB_SEND_NOW')}</Button>
                {saver.of('send')?.state === 'failed' && <span class="failed" role="alert">{t('TAB_SEND_FAILED')}</span>}
            </div>
        </div>
    );
}

function Opened({ meeting }: { meeting: Meeting }) {
    const { session, group } = meeting;
    const opened = useAccess({ group: group.id, persons: group.participants, what: RES.sheet });
    const { value, error, again } = useRead(async () => (opened === 'open' ? engine().sheet(session.id) : undefined), [session.id, opened]);
    const wrong = typeof opened === 'object' ? opened.error : error;
    return (
        <>
            {wrong !== null && <Notice kind="wrong">{wrongWords(wrong)}</Notice>}
            {!value ? wrong === null && <Waiting /> : (
                <div class="cols even">
                    <Unknown meeting={meeting} read={value} again={again} />
                    <div class="part">
                        <Held meeting={meeting} present={value.filter((line) => line.presence === Presence.Present).length} />
                        <section class="part">
                            <h2>{t('TAB_IS_IT_SAFE')}</h2>
                            <Safe />
                        </section>
                        <div class="row">
                            <Button icon="today" onClick={() => go('/')} what="home">{t('TAB_TO_TODAY')}</Button>
                        </div>
                    </div>
                </div>
            )}
        </>
    );
}

export function Done({ session }: { session: bigint }) {
    const { today } = useStatus();
    const { value, error } = useRead(() => meetingFind(session), [session]);
    const actions = <Button icon="form" onClick={() => go(`/sheet/${session}`)}>{t('TAB_SHEET_SCREEN')}</Button>;
    return (
        <Page title={value ? t('TAB_DONE_WITH', value.group.name) : t('TAB_DONE')} under={value ? meetingWords(value, today) : undefined} back actions={actions}>
            {error !== null && <Notice kind="wrong">{wrongWords(error)}</Notice>}
            {value ? <Opened meeting={value} /> : error === null && (value === null ? <Notice kind="attend">{t('TAB_WRONG_GONE')}</Notice> : <Waiting />)}
        </Page>
    );
}
