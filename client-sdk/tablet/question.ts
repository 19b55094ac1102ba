/* What is asked of each instrument, in own plain words of the catalogue; where there are none, the number of the question alone. */
import type { ActivityLine, Instrument } from '../web/types.ts';
import { PSFS } from './due.ts';
import { BEST, shown } from './form.ts';
import { comma } from './spoken.ts';
import { t, tOf } from './words.ts';

const NAMED_LAST = 12, ASKED_LAST = 6;

export function instrumentName(instrument: { number: number; code?: string }): string {
    return instrument.number <= NAMED_LAST ? tOf('TAB_FORM_NAME', instrument.number - 1) : instrument.code || String(instrument.number);
}

/** Has it words of its own here? Else the question stands on paper. */
export function worded(instrument: Instrument): boolean {
    return instrument.number <= ASKED_LAST;
}

/** What is asked, and of PSFS about which activity. */
export function ask(instrument: Instrument, item: number, activities: readonly ActivityLine[]): { ask: string; about: string } {
    if (!worded(instrument)) return { ask: t('TAB_FORM_ITEM', item + 1), about: '' };
    const about = instrument.number === PSFS ? activities.find((one) => one.activity.ordinal === item + 1)?.activity.words ?? '' : '';
    return { ask: tOf('TAB_FORM_ASK', instrument.number - 1), about };
}

/** What the lowest and the highest answer mean; undefined: that stands on paper. */
export function ends(instrument: Instrument, scale0: number): [string, string] | undefined {
    if (!worded(instrument)) return undefined;
    if (instrument.number === PSFS && scale0 === BEST) return [t('TAB_FORM_LOW_BEST'), t('TAB_FORM_HIGH_WORST')];
    return [tOf('TAB_FORM_LOW', instrument.number - 1), tOf('TAB_FORM_HIGH', instrument.number - 1)];
}

export function answerWords(instrument: Instrument, value: number | null | undefined): string {
    return value === null || value === undefined ? t('TAB_FILL_SKIPPED') : shown(instrument, value, comma());
}
