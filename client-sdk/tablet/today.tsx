/* I dag: what meets next, what is not finished, and every group with its nearest session. No person is named here. */
import { useState } from 'preact/hooks';
import { Button, Dialog, Icon, Notice, Page, Waiting } from './bits.tsx';
import { engine, useRead, useStatus } from './engine.ts';
import { go } from './route.ts';
import { Saved, useSaver, wrongWords } from './saving.tsx';
import { meetingNear, meetingWords, minuteNow, over, timesWords, unfinished, type Meeting, type Unfinished } from './session.ts';
import { SessionStatus, type Group, type Session } from '../web/types.ts';
import { Filling } from './filling.tsx';
import { t, tOf } from './words.ts';
import { dateWords, weekday } from './when.ts';

interface Known {
    group: Group;
    sessions: Session[];
    near: Session | null;
}
interface Overview {
    known: Known[];
    clock: boolean;
    today: Meeting[];
    left: Unfinished[];
}

async function overview(today: number): Promise<Overview> {
    const groups = await engine().groups();
    let clock = true;
    const known = await Promise.all(groups.map(async (group) => {
        const [sessions, near] = await Promise.all([engine().sessions(group.id), meetingNear(group)]);
        clock &&= near.clock;
        return { group, sessions, near: near.near };
    }));
    const all = known.flatMap(({ group, sessions }) => sessions.map((session) => ({ group, session })));
    const start = ({ session, group }: Meeting) => (session.startMin >= 0 ? session.startMin : group.startMin);
    return {
        known, clock, left: clock ? await unfinished(all, today) : [],
        today: clock ? all.filter(({ session }) => session.day === today && session.status !== SessionStatus.Cancelled).sort((a, b) => start(a) - start(b)) : [],
    };
}

/** One of today's. next: the one to open now. */
function TodayCard({ meeting, next, today }: { meeting: Meeting; next: boolean; today: number }) {
    const { group, session } = meeting;
    return (
        <section class={`card${next ? ' next' : ''}`}>
            <div class="row apart">
                <h2 class="grow">{group.name}</h2>
                {session.status === SessionStatus.Held ? <span class="badge good"><Icon name="check" />{tOf('SESSION', session.status)}</span>
                    : <span class="hint">{tOf('KIND', group.kind)}</span>}
            </div>
            <p>{[meetingWords(meeting, today), t(group.participants === 1 ? 'TAB_PERSON_ONE' : 'TAB_PERSONS', group.participants)].join(' · ')}</p>
            <Button kind={next ? 'go' : undefined} icon="next" onClick={() => go(`/sheet/${session.id}`)} what={`open:${session.id}`}>{t(session.status === SessionStatus.Held ? 'TAB_SHEET_SEE' : 'TAB_SHEET_OPEN')}</Button>
        </section>
    );
}

function Left({ left, today }: { left: Unfinished[]; today: number }) {
    if (!left.length) return null;
    return (
        <section class="part">
            <h2>{t('TAB_UNFINISHED')}</h2>
            <ul class="list attend">
                {left.map((one) => (
                    <li key={String(one.session.id)}>
                        <button type="button" onClick={() => go(`/done/${one.session.id}`)}>
                            <Icon name="question" />
                            <span>
                                <strong>{one.group.name}</strong>
                                <small>{meetingWords(one, today)}</small>
                                <small>{one.unknown < 0 ? t('TAB_UNSAID') : one.unknown === 1 ? t('TAB_UNKNOWN_ONE') : t('TAB_UNKNOWN_LEFT', one.unknown)}</small>
                            </span>
                            <Icon name="next" />
                        </button>
                    </li>
                ))}
            </ul>
        </section>
    );
}

/** All sessions of one group, to choose from, and a new one for today. */
function SessionChoice({ known, today, onClose }: { known: Known; today: number; onClose: () => void }) {
    const saver = useSaver(), { group, sessions } = known;
    const add = async () => {
        let made = 0n;
        const kept = await saver.save('add', `session:${group.id}`, async () => {
            made = await engine().sessionAdd(group.id, today, minuteNow() - (minuteNow() % 5));
        });
        if (kept) go(`/sheet/${made}`);
    };
    const rest = [...sessions].sort((a, b) => Math.abs(a.day - today) - Math.abs(b.day - today)).slice(0, 12).sort((a, b) => b.day - a.day);
    return (
        <Dialog title={t('TAB_SESSION_CHOOSE', group.name)} onClose={onClose}>
            {!sessions.some((one) => one.day === today) && (
                <div class="row">
                    <Button icon="plus" busy={saver.of('add')?.state === 'saving'} onClick={() => void add()}>{t('TAB_SESSION_ADD')}</Button>
                    <Saved state={saver.of('add')} />
                </div>
            )}
            {!rest.length && <p class="hint">{t('TAB_NO_SESSIONS')}</p>}
            <ul class="list">
                {rest.map((session) => (
                    <li key={String(session.id)}>
                        <button type="button" onClick={() => go(`/sheet/${session.id}`)}>
                            <span>
                                <strong>{`${tOf('WEEKDAY', weekday(session.day))} ${dateWords(session.day)}`}</strong>
                                <small>{[session.day === today ? t('TAB_TODAY') : '', timesWords({ group, session }), session.room, session.theme, tOf('SESSION', session.status)].filter(Boolean).join(' · ')}</small>
                            </span>
                            <Icon name="next" />
                        </button>
                    </li>
                ))}
            </ul>
        </Dialog>
    );
}

function GroupRow({ known, today, clock, onChoose }: { known: Known; today: number; clock: boolean; onChoose: () => void }) {
    const { group, near } = known;
    const said = !clock ? t('TAB_CHOOSE_SELF') : near ? meetingWords({ group, session: near }, today) : t('TAB_NONE_PLANNED');
    return (
        <li class="group">
            <button type="button" onClick={() => (near ? go(`/sheet/${near.id}`) : onChoose())}>
                <span>
                    <strong>{group.name}</strong>
                    <small>{said}</small>
                </span>
                <Icon name="next" />
            </button>
            {near && <Button kind="plain" label={t('TAB_SESSION_OTHER_OF', group.name)} onClick={onChoose}>{t('TAB_SESSION_OTHER')}</Button>}
        </li>
    );
}

function nextOf(meetings: Meeting[], today: number): Meeting | undefined {
    return meetings.find((one) => one.session.status === SessionStatus.Planned && !over(one, today));
}

export function Today() {
    const status = useStatus(), today = status.today;
    const { value, error } = useRead(() => overview(today), [today]);
    const [choosing, choose] = useState<Known | null>(null);
    const weekdayWord = tOf('WEEKDAY', weekday(today));
    const title = value?.clock === false ? t('TAB_TODAY_SCREEN') : `${weekdayWord[0]?.toUpperCase()}${weekdayWord.slice(1)} ${dateWords(today)}`;
    const next = value && nextOf(value.today, today);
    return (
        <Page title={title} under={status.clinic}>
            <Filling />
            {error !== null && <Notice kind="wrong">{wrongWords(error)}</Notice>}
            {!value ? error === null && <Waiting /> : (
                <div class="cols">
                    <div class="part">
                        {!value.clock && <Notice kind="attend">{t('TAB_CLOCK_WRONG')}</Notice>}
                        {value.clock && !value.today.length && value.known.length > 0 && <p class="hint">{t('TAB_NOTHING_TODAY')}</p>}
                        {value.today.map((meeting) => <TodayCard key={String(meeting.session.id)} meeting={meeting} next={meeting === next} today={today} />)}
                        <Left left={value.left} today={today} />
                    </div>
                    <section class="part">
                        <h2>{t('TAB_GROUPS')}</h2>
                        {!value.known.length && <p class="hint">{t(status.scopesFilled < status.scopes || !status.scopes ? 'TAB_NO_GROUPS_YET' : 'TAB_NO_GROUPS')}</p>}
                        {value.known.length > 0 && (
                            <ul class="list">
                                {value.known.map((known) => (
                                    <GroupRow key={String(known.group.id)} known={known} today={today} clock={value.clock} onChoose={() => choose(known)} />
                                ))}
                            </ul>
                        )}
                    </section>
                </div>
            )}
            {choosing && <SessionChoice known={choosing} today={today} onClose={() => choose(null)} />}
        </Page>
    );
}

