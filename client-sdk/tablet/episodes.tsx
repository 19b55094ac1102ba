/* Of one person: the periods of referral. The centre keeps them. */
import type { Episode, Id } from '../web/types.ts';
import { Notice } from './bits.tsx';
import { engine, useRead } from './engine.ts';
import { Gate } from './gate.tsx';
import { upper } from './spoken.ts';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';

const NO_DAY = -2147483648;

export function Episodes({ person }: { person: Id }) {
    const read = useRead(() => engine().episodes(person), [person]);
    return (
        <Gate opened="open" read={read}>
            {(episodes) => (
                <div class="stack">
                    <p class="hint">{t('TAB_EPISODE_WHY')}</p>
                    {episodes.length === 0 && <Notice>{t('TAB_PERSON_NOTHING')}</Notice>}
                    {[...episodes].reverse().map((one) => <One key={String(one.id)} episode={one} />)}
                </div>
            )}
        </Gate>
    );
}

function One({ episode }: { episode: Episode }) {
    const days = [['TAB_EPISODE_REFERRED', episode.referralDay], ['TAB_EPISODE_ASSESSED', episode.assessedDay], ['TAB_EPISODE_DEADLINE', episode.deadlineDay],
        ['TAB_EPISODE_FIRST', episode.firstContactDay]] as const;
    const said = [['TAB_EPISODE_RIGHT', 'ENTITLED', episode.entitled], ['TAB_EPISODE_TARGET', 'TARGET', episode.targetGroup], ['TAB_EPISODE_GOAL', 'GOAL', episode.goal],
        ['TAB_EPISODE_OUTCOME', 'OUTCOME', episode.outcome]] as const;
    const source = episode.source >= 0 ? tOf('SOURCE', episode.source) : '';
    return (
        <section class="card">
            {source && <h3>{upper(source)}</h3>}
            <dl class="facts">
                {days.filter(([, day]) => day !== NO_DAY).map(([word, day]) => [<dt key={word}>{t(word)}</dt>, <dd key={`${word}.`}>{dateWords(day)}</dd>])}
                {said.filter(([, , value]) => value >= 0).map(([word, set, value]) => [<dt key={word}>{t(word)}</dt>, <dd key={`${word}.`}>{tOf(set, value)}</dd>])}
            </dl>
        </section>
    );
}
