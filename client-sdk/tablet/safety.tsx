/* Trygghet: where everything is, who may work here, and what this tablet is. */
import { useState } from 'preact/hooks';
import { Button, Choice, Dialog, Field, Icon, Notice, Page } from './bits.tsx';
import { engine, useRead, useStatus, useWhere, wrongCode } from './engine.ts';
import { Filling } from './filling.tsx';
import { idleMinutes, IDLE_CHOICES, setIdleMinutes } from './idle.ts';
import { LANGUAGES } from './language.tsx';
import { PinNew } from './pin.tsx';
import { Saved, useSaver, wrongWords } from './saving.tsx';
import { stateWords } from './state.tsx';
import type { Id, User } from '../web/types.ts';
import { useHalfTyped, useNewVersion, versionKept, VERSION } from './version.ts';
import { language, setLanguage, t, tOf, type WordId } from './words.ts';
import { momentWords } from './when.ts';

const NAME_MAX = 120, ROLES = 10, MEGABYTE = 1e6, GIGABYTE = 1e9;
const LINE: Record<'off' | 'connecting' | 'on', WordId> = { off: 'TAB_LINE_OFF', connecting: 'TAB_LINE_CONNECTING', on: 'TAB_LINE_ON' };

function Line() {
    const status = useStatus(), saver = useSaver(), sending = saver.of('send');
    return (
        <section class="card">
            <h2>{t('TAB_WHERE_IT_IS')}</h2>
            <p class="row"><Icon name={status.waiting ? 'tablet' : 'safe'} /><strong class="grow">{stateWords(status)}</strong></p>
            <dl class="facts">
                <dt>{t('TAB_LINE')}</dt><dd>{t(LINE[status.line])}</dd>
                <dt>{t('STATUS_CONTACT')}</dt><dd>{status.lastContactS ? momentWords(status.lastContactS) : t('STATUS_NEVER')}</dd>
                {status.retryInS > 0 && status.line === 'off' && <><dt>{t('TAB_NEXT_TRY')}</dt><dd class="number">{t('TAB_SECONDS', status.retryInS)}</dd></>}
                <dt>{t('STATUS_SAVED')}</dt><dd class="number">{status.saved}</dd>
                <dt>{t('STATUS_CLOCK')}</dt><dd>{t(status.clockSuspect ? 'STATUS_CLOCK_BAD' : 'STATUS_CLOCK_GOOD')}</dd>
            </dl>
            <div class="row">
                <Button busy={sending?.state === 'saving' || status.line === 'connecting'} onClick={() => void saver.save('send', 'send', () => engine().syncNow())}>{t('TAB_SEND_NOW')}</Button>
                {sending?.state === 'failed' && <span class="failed" role="alert">{t('TAB_SEND_FAILED')}</span>}
            </div>
            {status.line === 'off' && status.lineWhy && <p class="hint">{t('TAB_LINE_WHY', status.lineWhy)}</p>}
            <p class="hint">{t('TAB_72_HOURS')}</p>
        </section>
    );
}

type Asked = { kind: 'pin'; id: Id; name: string } | { kind: 'vouch' } | { kind: 'remove'; id: Id; name: string };

function Vouch({ onVouched, onClose }: { onVouched: (id: Id, name: string) => void; onClose: () => void }) {
    const [name, setName] = useState(''), [role, setRole] = useState(0), [said, say] = useState(''), [busy, setBusy] = useState(false);
    useHalfTyped(name !== '');
    const vouch = async () => {
        setBusy(true);
        try {
            onVouched(await engine().userVouch(name.trim(), role), name.trim());
        } catch (wrong) {
            say(wrongCode(wrong) === 'EEXIST' ? t('TAB_VOUCH_THERE') : wrongCode(wrong) === 'ESTATE' ? t('CLI_VOUCH_SUBSTITUTE') : wrongWords(wrong));
            setBusy(false);
        }
    };
    return (
        <Dialog title={t('TAB_VOUCH')} onClose={onClose} wide>
            <p>{t('TAB_VOUCH_HINT')}</p>
            <Field label={t('TAB_NAME')} value={name} onChange={(typed) => { setName(typed); say(''); }} max={NAME_MAX} wrong={said || undefined} first />
            <Choice label={t('TAB_ROLE')} value={role} onChange={setRole} options={Array.from({ length: ROLES }, (_, value) => ({ value, text: tOf('ROLE', value) }))} />
            <div class="row"><Button kind="go" busy={busy} disabled={!name.trim()} onClick={() => void vouch()}>{t('TAB_VOUCH_SAY')}</Button></div>
        </Dialog>
    );
}

function UserRow({ user, pin, me, onAsk }: { user: User; pin: boolean; me: boolean; onAsk: (asked: Asked) => void }) {
    const under = [tOf('ROLE', user.role), user.provisional ? t('USER_VOUCHED', user.voucher) : '', t(pin ? 'TAB_HAS_PIN' : 'TAB_NO_PIN')].filter(Boolean).join(' · ');
    return (
        <li class="row user">
            <span class="grow"><strong>{user.name}</strong>{me && <span class="badge good">{t('TAB_YOU')}</span>}<small>{under}</small></span>
            {(!pin || me) && <Button label={`${user.name}: ${t(pin ? 'TAB_PIN_CHANGE' : 'TAB_PIN_GIVE')}`} onClick={() => onAsk({ kind: 'pin', id: user.id, name: user.name })}>{t(pin ? 'TAB_PIN_CHANGE' : 'TAB_PIN_GIVE')}</Button>}
            {pin && !me && <Button label={`${user.name}: ${t('TAB_PIN_REMOVE')}`} onClick={() => onAsk({ kind: 'remove', id: user.id, name: user.name })}>{t('TAB_PIN_REMOVE')}</Button>}
        </li>
    );
}

function Users() {
    const where = useWhere(), { value, again } = useRead(() => engine().users(), []), saver = useSaver();
    const [asked, ask] = useState<Asked | null>(null), close = () => ask(null);
    const has = (id: Id) => where.holders.some((one) => one.user === id) || id === where.user;
    const give = async (id: Id, pin: string) => {
        const kept = await saver.save('pin', `pin:${id}`, () => engine().pinSet(id, pin));
        if (kept) {
            close();
            void again();
        }
        return kept;
    };
    const remove = async (id: Id) => {
        if (await saver.save('pin', `unpin:${id}`, () => engine().pinRemove(id))) close();
    };
    const state = saver.of('pin');
    const users = [...(value ?? [])].sort((a, b) => Number(has(b.id)) - Number(has(a.id)));
    return (
        <section class="card">
            <div class="row apart"><h2>{t('TAB_WHO_WORKS')}</h2>{!asked && <Saved state={state} />}</div>
            <ul class="users">
                {users.map((user) => <UserRow key={String(user.id)} user={user} pin={has(user.id)} me={user.id === where.user} onAsk={ask} />)}
            </ul>
            <div class="row"><Button icon="plus" onClick={() => ask({ kind: 'vouch' })}>{t('TAB_VOUCH')}</Button></div>
            {asked?.kind === 'vouch' && <Vouch onVouched={(id, name) => ask({ kind: 'pin', id, name })} onClose={close} />}
            {asked?.kind === 'pin' && (
                <Dialog title={asked.name} onClose={close}>
                    <PinNew name={asked.name} onChosen={(pin) => give(asked.id, pin)} wrong={state?.state === 'failed' ? state.why : undefined} />
                </Dialog>
            )}
            {asked?.kind === 'remove' && (
                <Dialog title={t('TAB_PIN_REMOVE_OF', asked.name)} onClose={close}>
                    <p>{t('TAB_PIN_REMOVE_HINT')}</p>
                    <div class="row"><Button kind="warn" onClick={() => void remove(asked.id)}>{t('TAB_PIN_REMOVE')}</Button><Button onClick={close}>{t('TAB_CANCEL')}</Button></div>
                    <Saved state={state} />
                </Dialog>
            )}
        </section>
    );
}

function Settings() {
    const [minutes, setMinutes] = useState(idleMinutes());
    return (
        <section class="card">
            <h2>{t('TAB_SETTINGS')}</h2>
            <Choice label={t('TAB_LANGUAGE')} value={language()} onChange={setLanguage} options={LANGUAGES} />
            <Choice label={t('TAB_LOCKS_AFTER')} value={minutes} onChange={(chosen) => { setIdleMinutes(chosen); setMinutes(chosen); }} options={IDLE_CHOICES.map((value) => ({ value, text: t('TAB_MINUTES', value) }))} />
            <p class="hint">{t('TAB_LOCKS_HINT')}</p>
            <div class="row"><Button icon="lock" onClick={() => void engine().lock()}>{t('TAB_LOCK_NOW')}</Button></div>
        </section>
    );
}

const sizeWords = (bytes: number) => (bytes >= GIGABYTE ? t('TAB_GIGABYTES', Math.round(bytes / GIGABYTE)) : t('TAB_MEGABYTES', Math.max(1, Math.round(bytes / MEGABYTE))));

function Store() {
    useNewVersion(); /* drawn anew when the service worker has come */
    const status = useStatus(), [asking, setAsking] = useState(false), kept = versionKept();
    const ask = async () => {
        setAsking(true);
        await engine().persist().catch(() => false);
        setAsking(false);
    };
    return (
        <section class="card">
            <h2>{t('TAB_STORE')}</h2>
            {status.persisted === true && <p class="row"><Icon name="check" /><span class="grow">{t('TAB_PERSISTED')}</span></p>}
            {status.persisted === false && <Notice kind="wrong"><p>{t('TAB_NOT_PERSISTED')}</p></Notice>}
            {status.persisted !== true && <div class="row"><Button busy={asking} onClick={() => void ask()}>{t('TAB_PERSIST_ASK')}</Button></div>}
            <p class="row"><Icon name={kept ? 'check' : 'warning'} /><span class="grow">{t(kept ? 'TAB_OFFLINE_READY' : 'TAB_OFFLINE_NOT')}</span></p>
            {status.usage !== null && status.quota !== null && <p class="number">{t('TAB_USAGE', sizeWords(status.usage), sizeWords(status.quota))}</p>}
        </section>
    );
}

function Tablet() {
    const status = useStatus();
    return (
        <section class="card">
            <h2>{t('TAB_THIS_TABLET')}</h2>
            <dl class="facts">
                <dt>{t('STATUS_CLINIC')}</dt><dd>{status.clinic}</dd>
                <dt>{t('STATUS_NUMBER')}</dt><dd class="number">{status.deviceNo}</dd>
                <dt>{t('TAB_STATE')}</dt><dd>{tOf('DEVICE', status.state)}</dd>
                <dt>{t('TAB_VERSION')}</dt><dd>{VERSION}</dd>
            </dl>
        </section>
    );
}

export function Safety() {
    return (
        <Page title={t('TAB_SAFETY_SCREEN')}>
            <Filling />
            <div class="cols even">
                <div class="part"><Line /><Store /><Tablet /></div>
                <div class="part"><Users /><Settings /></div>
            </div>
        </Page>
    );
}
