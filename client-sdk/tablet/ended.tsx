/* Where there is nothing left to work with: the centre has emptied the tablet, or the engine has stopped. */
import { Button, Icon, Notice, Page } from './bits.tsx';
import { engine, useStatus } from './engine.ts';
import { Saved, useSaver } from './saving.tsx';
import { t } from './words.ts';

export function Wiped() {
    const status = useStatus(), saver = useSaver(), state = saver.of('anew');
    return (
        <Page title={t('DEVICE_WIPED')} under={status.clinic} alone>
            <p>{t('TAB_WIPED')}</p>
            {status.waiting > 0 && <Notice kind="attend">{t('TAB_REVOKED_WAITING', status.waiting)}</Notice>}
            {status.waiting === 0 && (
                <div class="row">
                    <Button kind="go" busy={state?.state === 'saving'} onClick={() => void saver.save('anew', 'anew', () => engine().startAnew())}>{t('TAB_START_ANEW')}</Button>
                    {state?.state === 'failed' && <Saved state={state} />}
                </div>
            )}
        </Page>
    );
}

/** What was saved lies on the disk; what was under way is not known to be. */
export function Stopped({ why }: { why: string }) {
    return (
        <Page title={t('TAB_STOPPED')} bare>
            <p class="row"><Icon name="warning" /><span class="grow">{t('TAB_STOPPED_HINT')}</span></p>
            <div class="row"><Button kind="go" onClick={() => location.reload()}>{t('TAB_START_AGAIN')}</Button></div>
            <p class="hint">{why}</p>
        </Page>
    );
}
