/* What needs a person: what the centre did not simply take in, each with what happened and what to do. It stays until it is seen. */
import { useEffect, useState } from 'preact/hooks';
import type { Group, Id, Notice as Told, Session } from '../web/types.ts';
import { Button, Notice, Page } from './bits.tsx';
import { ABOUT_MARK, ABOUT_SESSION, ABOUT_SET, place, sorted, todo, what } from './case.ts';
import { engine, type Opened, RES, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { go } from './route.ts';
import { Saved, useSaver } from './saving.tsx';
import { upper } from './spoken.ts';
import { dayWords } from './when.ts';
import { t, tOf } from './words.ts';

interface Where { group: Group; session: Session }
interface All { told: Told[]; names: Map<Id, string>; sessions: Map<Id, Where> }

const ABOUT_NAMED = 4; /* from there on the set ABOUT names what it is */

async function allRead(): Promise<All> {
    const told = await engine().notices(), names = new Map((await engine().people()).map((one) => [one.id, one.name])), sessions = new Map<Id, Where>();
    if (told.some((one) => one.session !== 0n))
        for (const group of await engine().groups())
            for (const session of await engine().sessions(group.id)) sessions.set(session.id, { group, session });
    return { told: sorted(told), names, sessions };
}

/** A line of the access log for each who stands on the list. */
function useNamed(told: Told[] | undefined): Opened {
    const [opened, set] = useState<Opened>('wait'), ids = [...new Set((told ?? []).map((one) => one.participant))].filter((id) => id !== 0n);
    useEffect(() => {
        let alive = true;
        if (!told) return;
        Promise.all(ids.map((participant) => engine().access({ participant, what: RES.person, action: 1, purpose: 1 }))).then(
            () => alive && set('open'),
            (error: unknown) => alive && set({ error }),
        );
        return () => {
            alive = false;
        };
    }, [told === undefined, ids.join()]);
    return opened;
}

export function Attention() {
    const read = useRead(allRead, []), opened = useNamed(read.value?.told);
    return (
        <Page title={t('TAB_ATTENTION_SCREEN')} back>
            <Gate opened={opened} read={read}>{(all) => <Cases all={all} />}</Gate>
        </Page>
    );
}

function Cases({ all }: { all: All }) {
    if (all.told.length === 0) {
        return <Notice kind="good"><p>{t('TAB_CASE_NONE')}</p><p>{t('TAB_CASE_NONE_WHY')}</p></Notice>;
    }
    return <div class="tiles cases">{all.told.map((one) => <Case key={String(one.seq)} told={one} all={all} />)}</div>;
}

function aboutWords(about: number): string {
    if (about === ABOUT_MARK) return t('TAB_CASE_MARK');
    if (about === ABOUT_SESSION) return t('TAB_CASE_SESSION');
    if (about === ABOUT_SET) return t('TAB_CASE_SET');
    const named = about >= ABOUT_NAMED ? tOf('ABOUT', about - ABOUT_NAMED) : '?';
    return named === '?' ? t('TAB_CASE_OTHER') : upper(named);
}

function whatWords(told: Told): string {
    switch (what(told)) {
    case 'CASE': return t('TAB_CASE_CASE');
    case 'MERGED': return t('TAB_CASE_MERGED');
    case 'SUPERSEDED': return t('TAB_CASE_SUPERSEDED');
    case 'ASIDE': return t('TAB_CASE_ASIDE', tOf('REASON', told.reason));
    case 'RESTS': return t('TAB_CASE_RESTS', tOf('REASON', told.reason));
    case 'LOST': return t('TAB_CASE_LOST');
    default: return t('TAB_CASE_UNKNOWN');
    }
}

function todoWords(told: Told): string {
    switch (todo(told)) {
    case 'ASK': return what(told) === 'CASE' ? t('TAB_CASE_CASE_DO', told.caseNo) : t('TAB_CASE_ASIDE_DO');
    case 'AGAIN': return t('TAB_CASE_AGAIN_DO');
    case 'NOTHING': return t('TAB_CASE_RESTS_DO');
    default: return t('TAB_CASE_LOOK_DO');
    }
}

function Case({ told, all }: { told: Told; all: All }) {
    const saver = useSaver(), { today } = useStatus(), at = all.sessions.get(told.session), name = all.names.get(told.participant), path = place(told);
    const title = name ? t('TAB_CASE_OF', aboutWords(told.about), name) : aboutWords(told.about), key = `seen:${told.seq}`;
    const shown = path && (told.session === 0n ? name : at);
    return (
        <article class={`card case${what(told) === 'LOST' ? ' attend' : ''}`} data-notice={String(told.seq)}>
            <header>
                <h2>{title}</h2>
                {at && <p class="hint">{at.group.name}, {dayWords(at.session.day, today)}</p>}
            </header>
            <p>{whatWords(told)}</p>
            <p><strong>{todoWords(told)}</strong></p>
            <div class="row">
                {shown && <Button onClick={() => go(path.slice(1))}>{t('TAB_CASE_SHOW')}</Button>}
                <Button icon="check" busy={saver.of(key)?.state === 'saving'} label={t('TAB_CASE_SEEN_OF', title)}
                    onClick={() => void saver.save(key, key, () => engine().noticeSeen(told.seq))}>{t('TAB_CASE_SEEN')}</Button>
                <Saved state={saver.of(key)} />
            </div>
        </article>
    );
}
