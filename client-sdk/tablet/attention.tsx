import { Page } from './bits.tsx';
import { t } from './words.ts';

export function Attention() {
    return <Page title={t('TAB_TODAY_SCREEN')} back>{null}</Page>;
}
