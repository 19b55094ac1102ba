/* The change since the start, drawn small and told in words. Only points that can be compared stand in one drawing. */
import type { Instrument, ScoreLine } from '../web/types.ts';
import { type Change, change, comparable, type Point, points } from './change.ts';
import { instrumentName } from './question.ts';
import { scoreWords, upper } from './spoken.ts';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';

const WIDTH = 320, HEIGHT = 120, LEFT = 32, RIGHT = 20, INSIDE = 20, TOP = 22, BOTTOM = 26;
const PERCENT = 4, SUM = 2, NONE = 0, STATED = 4;

/** The whole range of the score, so that a small change does not look large. */
function range(instrument: Instrument): [number, number] {
    const low = instrument.answerMin / instrument.perPoint, high = instrument.answerMax / instrument.perPoint;
    if (instrument.scoring === PERCENT) return [0, 100];
    return instrument.scoring === SUM ? [low * instrument.itemsMax, high * instrument.itemsMax] : [low, high];
}

export function Plot({ instrument, scores }: { instrument: Instrument; scores: readonly ScoreLine[] }) {
    const course = points(scores, instrument.number), moved = change(scores, instrument.number), last = course.at(-1);
    if (!last || instrument.scoring === NONE) return null;
    const name = instrumentName(instrument), better = comparable(scores, instrument.number)[0]?.better ?? 0;
    const apart = scores.some((one) => one.score.instrument === instrument.number && one.primary && one.why === 0 && one.replacedBy === 0n &&
        !comparable(scores, instrument.number).includes(one));
    return (
        <figure class="plot">
            <figcaption>
                <strong>{moved ? changeWords(name, moved) : t('TAB_PLOT_ONE', name, scoreWords(last.text))}</strong>
                <small>{[moved?.counts === true && t('TAB_PLOT_COUNTS'), moved?.counts === false && moved.direction === 'better' && t('TAB_PLOT_COUNTS_NOT'),
                    better > 0 && better < STATED && upper(tOf('BETTER', better)) + '.'].filter(Boolean).join(' ')}</small>
            </figcaption>
            {course.length > 1 && <Drawing course={course} range={range(instrument)} name={name} />}
            {apart && <p class="hint">{t('TAB_PLOT_APART')}</p>}
        </figure>
    );
}

function changeWords(name: string, { from, to, direction }: Change): string {
    const [a, b] = [scoreWords(from.text), scoreWords(to.text)];
    switch (direction) {
    case 'same': return t('TAB_PLOT_SAME', name, a);
    case 'better': return t('TAB_PLOT_BETTER', name, a, b);
    case 'worse': return t('TAB_PLOT_WORSE', name, a, b);
    default: return t('TAB_PLOT_NEITHER', name, a, b);
    }
}

function Drawing({ course, range: [low, high], name }: { course: Point[]; range: [number, number]; name: string }) {
    const first = course[0]!.day, days = Math.max(1, course.at(-1)!.day - first);
    const x = (one: Point) => LEFT + INSIDE + ((one.day - first) / days) * (WIDTH - LEFT - RIGHT - 2 * INSIDE);
    const y = (value: number) => TOP + ((high - value) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
    const said = course.map((one) => t('TAB_PLOT_POINT', tOf('OCCASION', one.occasion), dateWords(one.day), scoreWords(one.text)));
    return (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${name}. ${said.join('. ')}`}>
            {[low, high].map((value) => (
                <g key={value}>
                    <line class="rule" x1={LEFT} x2={WIDTH - RIGHT} y1={y(value)} y2={y(value)} />
                    <text class="axis" x={LEFT - 8} y={y(value) + 4} text-anchor="end">{value}</text>
                </g>
            ))}
            <polyline class="path" points={course.map((one) => `${x(one)},${y(one.value)}`).join(' ')} />
            {course.map((one, i) => (
                <g key={`${one.day}.${one.occasion}`}>
                    <circle class="point" cx={x(one)} cy={y(one.value)} r="5" />
                    <text class="value" x={x(one)} y={y(one.value) - 10} text-anchor="middle">{scoreWords(one.text)}</text>
                    {(i === 0 || i === course.length - 1) && (
                        <text class="axis" x={x(one)} y={HEIGHT - 6} text-anchor="middle">{tOf('OCCASION', one.occasion)}</text>
                    )}
                </g>
            ))}
        </svg>
    );
}
