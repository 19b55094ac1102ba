import { Page } from './bits.tsx';
import { t } from './words.ts';

export function Fill(_: { participant: bigint; instrument: number; occasion: number }) {
    return <Page title={t('TAB_TODAY_SCREEN')} back>{null}</Page>;
}
