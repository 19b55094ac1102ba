/* Arket: who is on the list of a session, and how it is with each. One tap says that somebody is here and is saved at once; everything else
 * is one tap further away. Whoever nobody touches stays unknown. */
import { useRef, useState } from 'preact/hooks';
import { Button, Icon, Notice, Page, Undo, Waiting, type IconName } from './bits.tsx';
import { engine, RES, useAccess, useRead, useStatus } from './engine.ts';
import { MarkDialog } from './mark.tsx';
import { go } from './route.ts';
import { Saved, useSaver, wrongWords, type SaveState } from './saving.tsx';
import { byName, meetingFind, meetingWords, unknowns, type Meeting } from './session.ts';
import { Evidence, Presence, RecordState, SessionStatus, type Id, type Line, type Mark } from '../web/types.ts';
import { WalkIn } from './walkin.tsx';
import { t, tOf } from './words.ts';
import { timeWords } from './when.ts';

const SIGN: Record<Presence, IconName | null> = {
    [Presence.Unknown]: null, [Presence.Present]: 'check', [Presence.Notified]: 'leave', [Presence.NoShow]: 'close', [Presence.NotExpected]: 'minus',
};
const PRESS_MS = 500;

export const RECORD = { [RecordState.Waiting]: 'TAB_AT_TABLET', [RecordState.AtCentre]: 'TAB_AT_CENTRE', [RecordState.Attention]: 'RECORD_ATTENTION' } as const;

/** "Møtt · kom 10:15 · gikk tidlig · på video" */
export function lineWords(line: Line): string {
    const said = [tOf('PRESENCE', line.presence)];
    if (line.presence === Presence.Present && line.evidence === Evidence.AllPresent) said.push(t('TAB_WITH_ALL'));
    if (line.late === 1) said.push(line.arrivedMin >= 0 ? t('TAB_CAME_AT', timeWords(line.arrivedMin)) : t('CLI_LATE'));
    if (line.leftEarly === 1) said.push(line.leftMin >= 0 ? t('TAB_LEFT_AT', timeWords(line.leftMin)) : t('CLI_LEFT_EARLY'));
    if (line.byVideo === 1) said.push(t('CLI_BY_VIDEO'));
    if (line.minutes >= 0) said.push(t('TAB_MINUTES', line.minutes));
    if (line.reason >= 0) said.push(t('TAB_REASON_SAID', line.reason));
    return said.join(' · ');
}

/** What is put right by stepping it again, not by undoing: a time that was never said cannot be unsaid. */
const TIMES = ['minutes', 'arrivedMin', 'leftMin'];

/** The mark that puts a line back as it was, but for its times. */
export function markBack(session: Id, line: Line): Mark {
    const flag = (value: number) => (value < 0 ? 0 : value);
    return { session, participant: line.participant, presence: line.presence, evidence: line.presence === Presence.Unknown ? Evidence.Tapped : line.evidence,
        reason: line.reason, late: flag(line.late), leftEarly: flag(line.leftEarly), byVideo: flag(line.byVideo) };
}

interface RowProps {
    line: Line;
    saving: SaveState | undefined;
    onTap: () => void;
    onMenu: () => void;
}

/** A tap marks somebody of whom nothing is known; of others it opens what there is to say. A long press always does: by the finger's own
 * times, for a page that had much to do hears of a press and of its end at once. */
function Row({ line, saving, onTap, onMenu }: RowProps) {
    const timer = useRef(0), since = useRef(0), long = useRef(false);
    const held = () => {
        long.current = true;
        onMenu();
    };
    const down = (event: PointerEvent) => {
        long.current = false;
        since.current = event.timeStamp;
        timer.current = setTimeout(held, PRESS_MS) as unknown as number;
    };
    const gone = () => clearTimeout(timer.current);
    const up = (event: PointerEvent) => {
        gone();
        if (!long.current && event.timeStamp - since.current >= PRESS_MS) held();
    };
    const click = () => {
        if (!long.current) onTap();
        long.current = false;
    };
    const busy = saving?.state === 'saving';
    return (
        <li class={`person p${line.presence}${busy ? ' busy' : ''}`} data-participant={line.participant} data-presence={line.presence} data-state={line.state}>
            <button type="button" class="who" aria-busy={busy || undefined} onPointerDown={down} onPointerUp={up} onPointerLeave={gone}
                onPointerCancel={gone} onContextMenu={(event) => event.preventDefault()} onClick={click}>
                <span class="sign">{SIGN[line.presence] && <Icon name={SIGN[line.presence]!} />}</span>
                <span class="said">
                    <strong>{line.name}</strong>
                    {line.presence === Presence.Unknown && line.state === RecordState.None ? <small><span class="heard">{tOf('PRESENCE', Presence.Unknown)}. </span>{t('TAB_UNTOUCHED')}</small>
                        : <small>{lineWords(line)}</small>}
                    {line.enrolment < 0 && <small>{t('CLI_NOT_ENROLLED')}</small>}
                    {line.disputed && <small class="disputed">{line.otherPresence >= 0 ? t('TAB_DISPUTED', tOf('PRESENCE', line.otherPresence)) : t('TAB_DISPUTED_SOMEHOW')}</small>}
                </span>
            </button>
            <span class="where">
                <Saved state={saving} />
                {saving?.state !== 'saving' && saving?.state !== 'failed' && line.state !== RecordState.None && !(saving && line.state === RecordState.Waiting)
                    && <span class={`record r${line.state}`}>{t(RECORD[line.state])}</span>}
            </span>
            <button type="button" class="round" aria-label={t('TAB_MORE_ABOUT', line.name)} onClick={onMenu}>
                <Icon name="more" />
            </button>
        </li>
    );
}

const count = (lines: Line[], ...presences: Presence[]) => lines.filter((line) => presences.includes(line.presence)).length;

function Sums({ lines }: { lines: Line[] }) {
    return (
        <p class="sums number" role="status">
            <span><strong>{count(lines, Presence.Present)}</strong> {t('TAB_SUM_PRESENT')}</span>
            <span><strong>{count(lines, Presence.Notified, Presence.NoShow, Presence.NotExpected)}</strong> {t('TAB_SUM_AWAY')}</span>
            <span class={unknowns(lines).length ? 'attend' : ''}><strong>{unknowns(lines).length}</strong> {t('TAB_SUM_UNKNOWN')}</span>
        </p>
    );
}

function Warnings({ meeting, today }: { meeting: Meeting; today: number }) {
    const { session } = meeting;
    if (session.status === SessionStatus.Cancelled) return <Notice kind="attend">{t('TAB_SHEET_CANCELLED')}</Notice>;
    if (session.day > today) return <Notice kind="attend">{t('TAB_SHEET_AHEAD', meetingWords(meeting, today))}</Notice>;
    return null;
}

interface Back {
    text: string;
    run: () => void;
}

/** What is done with marks here: saved, shown as being saved, put back where it failed, and undone. Only the last thing can be undone, from
 * when it is on the disk: the way back of an earlier one goes when the next begins, lest somebody take it for that one's. */
export function useMarks() {
    const saver = useSaver(), turn = useRef(0);
    const [ahead, setAhead] = useState(new Map<Id, { turn: number; said: Partial<Line> }>());
    const [undo, setUndo] = useState<Back | null>(null);
    /* The control shows at once what it was told, marked as being saved; the rows that are read anew after it replace that. */
    const put = async (marks: Mark[], key: string, what: string, again: () => Promise<void>, back?: Back) => {
        const first = marks[0], mine = ++turn.current;
        if (!first) return;
        setUndo(null);
        setAhead((old) => new Map([...old, ...marks.map((mark) => [mark.participant, { turn: mine, said: shownBy(mark) }] as const)]));
        const kept = await saver.save(key, what, () => (marks.length === 1 ? engine().mark(first) : engine().markAll(marks)));
        if (kept) await again();
        setAhead((old) => new Map([...old].filter(([, one]) => one.turn !== mine)));
        if (kept && back && mine === turn.current) setUndo(back);
    };
    const lines = (read: Line[]) => byName(read).map((line) => ({ ...line, ...ahead.get(line.participant)?.said }));
    return { saver, put, lines, undo, undoGone: () => setUndo(null) };
}
export type Marks = ReturnType<typeof useMarks>;

function shownBy(mark: Mark): Partial<Line> {
    const { session: _, participant: __, ...said } = mark;
    return Object.fromEntries(Object.entries(said).filter(([name, value]) => name === 'reason' || (value as number) >= 0));
}

export const markKey = (mark: Mark) => `mark:${mark.session}:${mark.participant}:${mark.presence}`;

function Roster({ meeting, read, again, today }: { meeting: Meeting; read: Line[]; again: () => Promise<void>; today: number }) {
    const { session, group } = meeting, marks = useMarks(), lines = marks.lines(read);
    const [open, setOpen] = useState<Id>(0n), [walkIn, setWalkIn] = useState(false);
    const untouched = unknowns(lines), all = marks.saver.of('all');

    const back = (text: string, before: Line[], key: string) => ({ text, run: () => void marks.put(before.map((line) => markBack(session.id, line)), key, `undo:${session.id}:${key}`, again) });
    const one = (line: Line, mark: Mark) => {
        const key = String(line.participant), timed = TIMES.some((time) => time in mark);
        void marks.put([mark], key, markKey(mark), again, timed ? undefined : back(`${line.name}: ${tOf('PRESENCE', mark.presence ?? 1)}`, [line], key));
    };
    const everybody = () => {
        const set = untouched.map((line) => ({ session: session.id, participant: line.participant, presence: Presence.Present, evidence: Evidence.AllPresent }));
        void marks.put(set, 'all', `all:${session.id}:${set.length}`, again, back(t('TAB_ALL_MARKED', set.length), untouched, 'all'));
    };
    const tap = (line: Line) => {
        if (line.presence !== Presence.Unknown) return setOpen(line.participant);
        one(line, { session: session.id, participant: line.participant, presence: Presence.Present, evidence: Evidence.Tapped });
    };
    const chosen = lines.find((line) => line.participant === open);
    return (
        <>
            <Warnings meeting={meeting} today={today} />
            <div class="row apart">
                <Sums lines={lines} />
                {all && <Saved state={all} />}
                {group.kind === 0 && (
                    <div class="row">
                        <Button icon="body" onClick={() => go(`/exercises/${session.id}`)}>{t('TAB_EXERCISES_SCREEN')}</Button>
                        <Button icon="pulse" onClick={() => go(`/exertion/${session.id}`)}>{t('TAB_EXERTION_SCREEN')}</Button>
                    </div>
                )}
            </div>
            {!lines.length && <p class="hint">{t('TAB_SHEET_EMPTY')}</p>}
            <ul class="roster" aria-label={t('TAB_ROSTER')}>
                {lines.map((line) => (
                    <Row key={String(line.participant)} line={line} saving={marks.saver.of(String(line.participant))} onTap={() => tap(line)} onMenu={() => setOpen(line.participant)} />
                ))}
            </ul>
            <div class="bar">
                {marks.undo && <Undo text={marks.undo.text} onGone={marks.undoGone} onUndo={marks.undo.run} />}
                <Button icon="people" disabled={!untouched.length} busy={all?.state === 'saving'} onClick={everybody} what="all">
                    {untouched.length === lines.length || !untouched.length ? t('TAB_ALL_PRESENT') : t('TAB_REST_PRESENT', untouched.length)}
                </Button>
                <Button icon="plus" onClick={() => setWalkIn(true)} what="walkin">{t('TAB_WALK_IN')}</Button>
                <Button icon="check" kind="go" onClick={() => go(`/done/${session.id}`)} what="done">{t('TAB_DONE')}</Button>
            </div>
            {chosen && <MarkDialog meeting={meeting} line={chosen} saving={marks.saver.of(String(chosen.participant))} onMark={(mark) => one(chosen, mark)} onClose={() => setOpen(0n)} />}
            {walkIn && <WalkIn group={group} session={session.id} lines={lines} again={again} onClose={() => setWalkIn(false)} />}
        </>
    );
}

function Opened({ meeting, today }: { meeting: Meeting; today: number }) {
    const { session, group } = meeting;
    const opened = useAccess({ group: group.id, persons: group.participants, what: RES.sheet });
    const { value, error, again } = useRead(async () => (opened === 'open' ? engine().sheet(session.id) : undefined), [session.id, opened]);
    const wrong = typeof opened === 'object' ? opened.error : error;
    return (
        <>
            {wrong !== null && <Notice kind="wrong">{wrongWords(wrong)}</Notice>}
            {value ? <Roster meeting={meeting} read={value} again={again} today={today} /> : wrong === null && <Waiting />}
        </>
    );
}

export function Sheet({ session }: { session: bigint }) {
    const { today } = useStatus();
    const { value, error } = useRead(() => meetingFind(session), [session]);
    return (
        <Page title={value?.group.name ?? t('TAB_SHEET_SCREEN')} under={value ? meetingWords(value, today) : undefined} back>
            {error !== null && <Notice kind="wrong">{wrongWords(error)}</Notice>}
            {value ? <Opened meeting={value} today={today} /> : error === null && (value === null ? <Notice kind="attend">{t('TAB_WRONG_GONE')}</Notice> : <Waiting />)}
        </Page>
    );
}
