/* Of one person: scores over time, and every form that was answered. */
import type { Id, Instrument, ScoreLine } from '../web/types.ts';
import { Notice } from './bits.tsx';
import { engine, useRead } from './engine.ts';
import { Changes } from './forms.tsx';
import { Gate } from './gate.tsx';
import { instrumentName } from './question.ts';
import { Remove } from './remove.tsx';
import { scoreWords } from './spoken.ts';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';

async function scoresRead(person: Id): Promise<{ instruments: Instrument[]; scores: ScoreLine[] }> {
    return { instruments: await engine().instruments(), scores: await engine().scores(person) };
}

export function Scores({ person }: { person: Id }) {
    const read = useRead(() => scoresRead(person), [person]);
    return (
        <Gate opened="open" read={read}>
            {({ instruments, scores }) => (scores.length === 0 ? <Notice>{t('TAB_PERSON_NOTHING')}</Notice> : (
                <div class="stack">
                    <Changes instruments={instruments} scores={scores} />
                    <section class="card">
                        <h3>{t('TAB_SCORE_LIST')}</h3>
                        <ul class="records">{[...scores].sort((a, b) => b.score.day - a.score.day).map((one) => <Row key={String(one.score.id)} line={one} instruments={instruments} />)}</ul>
                    </section>
                </div>
            ))}
        </Gate>
    );
}

function Row({ line, instruments }: { line: ScoreLine; instruments: Instrument[] }) {
    const { score } = line, instrument = instruments.find((one) => one.number === score.instrument);
    const name = instrumentName(instrument ?? { number: score.instrument }), when = t('TAB_SCORE_LINE', tOf('OCCASION', score.occasion), dateWords(score.day));
    const remark = line.replacedBy ? t('TAB_PERSON_CORRECTED') : line.primary ? '' : t('TAB_SCORE_SECOND');
    return (
        <li class={line.replacedBy ? 'past' : ''}>
            <span class="grow">{name}<small>{[when, remark].filter(Boolean).join(' · ')}</small></span>
            <strong>{line.why === 0 ? scoreWords(line.text) : t('TAB_SCORE_NONE', tOf('SCORE_WHY', line.why))}</strong>
            {!line.replacedBy && <Remove about={`${name}, ${when}`} what={`remove:score:${score.id}`} work={() => engine().scoreRemove(score.id)} />}
        </li>
    );
}
