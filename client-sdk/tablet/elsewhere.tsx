/* Another tab of the app has the store: two at once would not know of each other. */
import { useState } from 'preact/hooks';
import { Button, Notice, Page } from './bits.tsx';
import { engine } from './engine.ts';
import { wrongWords } from './saving.tsx';
import { t } from './words.ts';

export function Elsewhere() {
    const [busy, setBusy] = useState(false), [said, say] = useState('');
    const take = async () => {
        setBusy(true);
        say('');
        try {
            await engine().takeOver();
        } catch (wrong) {
            say(wrongWords(wrong));
        }
        setBusy(false);
    };
    return (
        <Page title={t('TAB_ELSEWHERE')} bare>
            <p>{t('TAB_ELSEWHERE_HINT')}</p>
            {said && <Notice kind="wrong">{said}</Notice>}
            <div class="row"><Button kind="go" busy={busy} onClick={() => void take()}>{t('TAB_USE_HERE')}</Button></div>
        </Page>
    );
}
