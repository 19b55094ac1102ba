/* What was done, and how it is written in the language that was chosen. */
import { spoken as parts, type Spoken, type Values } from './programme.ts';
import { language, t } from './words.ts';

export function comma(): string {
    return language() === 'nb' ? ',' : '.';
}

const say: Spoken = (id, value) => {
    switch (id) {
    case 'TIMES': return t('EXERCISE_REPS', value);
    case 'KILOS': return t('TAB_SET_KILOS', value);
    case 'SECONDS': return t('TAB_SET_SECONDS', value);
    case 'MINUTES': return t('TAB_SET_MINUTES', value);
    case 'METRES': return t('TAB_SET_METRES', value);
    case 'LEFT': return t('TAB_SET_LEFT');
    case 'RIGHT': return t('TAB_SET_RIGHT');
    case 'ADAPTED': return t('EXERCISE_ADAPTED');
    case 'PAIN': return t('EXERCISE_PAIN', value);
    case 'STOPPED': return t('EXERCISE_STOPPED');
    }
};

/** "10 × 20 kg · smerte 2" */
export function doneWords(values: Values): string {
    return parts(values, say, comma()).join(' · ') || t('EXERCISE_EMPTY');
}

/** Seconds as one reads them on a stepper: "45 s", "2 min", "1 min 30 s". */
export function lastingWords(seconds: number): string {
    return parts({ reps: -1, loadHg: -1, durationS: seconds, distanceM: -1, side: -1, adapted: -1, pain: -1, stopped: -1 }, say, comma()).join('');
}

/** A score as the library writes it, with the language's comma. */
export function scoreWords(text: string): string {
    return text.replace('.', comma());
}

/** The catalogue's words for values are written as inside a sentence; alone they begin with a capital. */
export function upper(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}
