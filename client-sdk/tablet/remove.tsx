/* Taking away what was entered in error: said in plain words before it is done. */
import { useState } from 'preact/hooks';
import { Button, Dialog } from './bits.tsx';
import { Saved, useSaver } from './saving.tsx';
import { t } from './words.ts';

/** about: for readers, what it is; of many buttons each says its own. */
export function Remove({ about, what, work }: { about: string; what: string; work: () => Promise<unknown> }) {
    const [asking, ask] = useState(false), saver = useSaver(), state = saver.of('remove');
    const remove = async () => {
        if (await saver.save('remove', what, work)) ask(false);
    };
    return (
        <>
            <Button kind="plain" label={t('TAB_PERSON_ASKS', t('TAB_PERSON_REMOVE'), about)} onClick={() => ask(true)}>{t('TAB_PERSON_REMOVE')}</Button>
            {asking && <Dialog title={t('TAB_PERSON_REMOVE_ASK')} onClose={() => ask(false)}>
                <p><strong>{about}</strong></p>
                <p>{t('TAB_PERSON_REMOVE_WHY')}</p>
                <div class="row">
                    <Button kind="warn" busy={state?.state === 'saving'} onClick={() => void remove()}>{t('TAB_PERSON_REMOVE_DO')}</Button>
                    <Button onClick={() => ask(false)}>{t('TAB_PERSON_CANCEL')}</Button>
                    <Saved state={state} />
                </div>
            </Dialog>}
        </>
    );
}
