/* The first fill, and what the centre has decided about this tablet: said above whatever screen there is, never in the way of it. */
import { Button, Notice } from './bits.tsx';
import { engine, useStatus, useWhere } from './engine.ts';
import { useSaver, Saved } from './saving.tsx';
import { DeviceState } from '../web/types.ts';
import { useNewVersion, versionTake } from './version.ts';
import { t } from './words.ts';

/** Invited or pending: the digits, large, until a coordinator has compared them. */
export function Digits({ digits }: { digits: string }) {
    return (
        <p class="digits" role="img" aria-label={digits.split('').join(' ')}>
            <span>{digits.slice(0, 3)}</span>
            <span>{digits.slice(3)}</span>
        </p>
    );
}

function Ended() {
    const status = useStatus(), saver = useSaver();
    const wiped = status.state === DeviceState.Wiped;
    return (
        <Notice kind="wrong">
            <p>{t(wiped ? 'TAB_WIPED' : 'TAB_REVOKED')}</p>
            {status.waiting > 0 && <p>{t('TAB_REVOKED_WAITING', status.waiting)}</p>}
            {status.waiting === 0 && (
                <div class="row">
                    <Button busy={saver.of('anew')?.state === 'saving'} onClick={() => void saver.save('anew', 'anew', () => engine().startAnew())}>{t('TAB_START_ANEW')}</Button>
                    <Saved state={saver.of('anew')} />
                </div>
            )}
        </Notice>
    );
}

export function Filling() {
    const status = useStatus(), where = useWhere(), fresh = useNewVersion();
    const filling = status.state === DeviceState.Active && status.scopes > 0 && status.scopesFilled < status.scopes;
    return (
        <>
            {fresh && (
                <Notice kind="good">
                    <div class="row apart">
                        <span>{t('TAB_NEW_VERSION')}</span>
                        <Button onClick={versionTake}>{t('TAB_START_AGAIN')}</Button>
                    </div>
                </Notice>
            )}
            {where.phase === 'unkeyed' && status.state === DeviceState.Active && <Notice kind="attend">{t('TAB_NO_PIN_YET')}</Notice>}
            {(status.state === DeviceState.Revoked || status.state === DeviceState.Wiped) && <Ended />}
            {status.state === DeviceState.Draining && <Notice kind="attend">{t('TAB_DRAINING')}</Notice>}
            {status.stale && <Notice kind="attend">{t('TAB_STALE')}</Notice>}
            {filling && (
                <div class="notice">
                    <div>
                        <p>{t('TAB_FILLING', status.scopesFilled, status.scopes)}</p>
                        <progress max={Math.max(1, status.scopes)} value={status.scopesFilled + status.fillRows / Math.max(1, status.fillRowsTotal)} aria-label={t('TAB_FILLING', status.scopesFilled, status.scopes)} />
                    </div>
                </div>
            )}
        </>
    );
}
