import { Page } from './bits.tsx';
import { t } from './words.ts';

export function Exertion(_: { session: bigint }) {
    return <Page title={t('TAB_TODAY_SCREEN')} back>{null}</Page>;
}
