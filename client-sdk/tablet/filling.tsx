/* The first fill, and what the centre has decided about this tablet: said above whatever screen there is, never in the way of it. */
import { Notice } from './bits.tsx';
import { useStatus } from './engine.ts';
import { DeviceState } from '../web/types.ts';
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

function Revoked() {
    const status = useStatus();
    return (
        <Notice kind="wrong">
            <p>{t('TAB_REVOKED')}</p>
            {status.waiting > 0 && <p>{t('TAB_REVOKED_WAITING', status.waiting)}</p>}
        </Notice>
    );
}

export function Filling() {
    const status = useStatus();
    const filling = status.state === DeviceState.Active && status.scopes > 0 && status.scopesFilled < status.scopes;
    return (
        <>
            {status.state === DeviceState.Revoked && <Revoked />}
            {status.auditBroken && <Notice kind="wrong">{t('CLI_AUDIT_BROKEN')}</Notice>}
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
