/* Joining a clinic: the coordinator's code by camera, by hand or by the address that opened the app; six digits to compare; then who you
 * are, and a PIN. What is fetched after that is fetched behind the work. */
import { useEffect, useState } from 'preact/hooks';
import { Button, Field, Icon, Notice, Page, Waiting } from './bits.tsx';
import { Camera } from './camera.tsx';
import { engine, useRead, useStatus, useWhere, wrongCode } from './engine.ts';
import { Digits, Filling } from './filling.tsx';
import { inviteIsOurs, inviteOfAddress } from './invite.ts';
import { LanguageSwitch } from './language.tsx';
import { PinNew } from './pin.tsx';
import { wrongWords } from './saving.tsx';
import { DeviceState, type Invite, type User } from '../web/types.ts';
import { useHalfTyped } from './version.ts';
import { t, tOf } from './words.ts';

const LABEL_MAX = 60, CODE_MAX = 600;

function Typed({ start, onParsed, onCamera }: { start: string; onParsed: (text: string, invite: Invite) => void; onCamera: () => void }) {
    const [text, setText] = useState(start), [said, say] = useState('');
    useHalfTyped(text !== '');
    const look = async (given: string) => {
        try {
            onParsed(given.trim(), await engine().inviteParse(given.trim()));
        } catch (wrong) {
            say(wrongCode(wrong) === 'EUSAGE' ? t('TAB_INVITE_WRONG') : wrongWords(wrong));
        }
    };
    useEffect(() => {
        if (start) void look(start);
    }, []);
    return (
        <div class="cols even">
            <div class="card">
                <h2>{t('TAB_JOIN_SCAN')}</h2>
                <p>{t('TAB_JOIN_SCAN_HINT')}</p>
                <Button kind="go" icon="camera" onClick={onCamera}>{t('TAB_CAMERA_OPEN')}</Button>
            </div>
            <div class="card">
                <h2>{t('TAB_JOIN_TYPE')}</h2>
                <Field label={t('TAB_INVITE')} hint={t('TAB_INVITE_HINT')} value={text} onChange={(typed) => { setText(typed); say(''); }} lines={3} max={CODE_MAX} wrong={said || undefined} />
                <div class="row"><Button disabled={!text.trim()} onClick={() => void look(text)}>{t('TAB_NEXT')}</Button></div>
            </div>
        </div>
    );
}

function Confirm({ text, invite, onCancel }: { text: string; invite: Invite; onCancel: () => void }) {
    const [label, setLabel] = useState(''), [busy, setBusy] = useState(false), [said, say] = useState('');
    const join = async () => {
        setBusy(true);
        say('');
        try {
            await engine().join(text, label.trim() || t('TAB_LABEL_DEFAULT'));
            await engine().persist().catch(() => false);
            void engine().syncNow().catch(() => undefined);
        } catch (wrong) {
            say(wrongWords(wrong));
            setBusy(false);
        }
    };
    return (
        <div class="card">
            <h2>{t('TAB_JOIN_CONFIRM')}</h2>
            <dl class="facts">
                {invite.clinic && <><dt>{t('STATUS_CLINIC')}</dt><dd><strong>{invite.clinic}</strong></dd></>}
                <dt>{t('TAB_CENTRE')}</dt><dd>{invite.port === 443 ? invite.host : `${invite.host}:${invite.port}`}</dd>
            </dl>
            {!inviteIsOurs(invite) && <Notice kind="attend">{t('TAB_INVITE_ELSEWHERE', location.host)}</Notice>}
            <Field label={t('TAB_LABEL')} hint={t('TAB_LABEL_HINT')} value={label} onChange={setLabel} max={LABEL_MAX} />
            {said && <Notice kind="wrong">{said}</Notice>}
            <div class="row">
                <Button kind="go" busy={busy} onClick={() => void join()}>{t('TAB_JOIN')}</Button>
                <Button disabled={busy} onClick={onCancel}>{t('TAB_CANCEL')}</Button>
            </div>
        </div>
    );
}

function Steps() {
    const [given] = useState(inviteOfAddress), [camera, setCamera] = useState(false), [found, setFound] = useState('');
    const [parsed, setParsed] = useState<{ text: string; invite: Invite } | null>(null), [looked, setLooked] = useState(false);
    if (parsed) return <Confirm {...parsed} onCancel={() => setParsed(null)} />;
    if (camera) return <Camera onFound={(text) => { setFound(text); setLooked(false); setCamera(false); }} onCancel={() => setCamera(false)} />;
    return <Typed key={found} start={looked ? '' : found || given} onCamera={() => setCamera(true)} onParsed={(text, invite) => { setLooked(true); setParsed({ text, invite }); }} />;
}

/** Nothing is on this tablet yet. */
export function Join() {
    return (
        <Page title={t('TAB_JOIN_TITLE')} bare actions={<LanguageSwitch />}>
            <Steps />
        </Page>
    );
}

/** Joined, and a coordinator has to compare the digits. */
function Pending() {
    const [other, setOther] = useState(false), status = useStatus(), { value } = useRead(() => engine().joinDigits(), [status.state]);
    const sent = status.state === DeviceState.Pending;
    if (other && !sent) return <Steps />;
    return (
        <div class="part">
            <div class="card middle">
                <p>{t('TAB_SHOW_COORDINATOR')}</p>
                {value ? <Digits digits={value} /> : <Waiting />}
                {sent && <p class="hint">{t('TAB_TABLET_NUMBER', status.deviceNo)}</p>}
            </div>
            <Notice>{t(sent ? 'DEVICE_PENDING' : 'DEVICE_INVITED')}</Notice>
            <p class="hint">{t('TAB_PENDING_HINT')}</p>
            {!sent && status.line === 'off' && status.lineWhy && <p class="hint">{t('TAB_LINE_WHY', status.lineWhy)}</p>}
            <div class="row">
                <Button busy={status.line === 'connecting'} onClick={() => void engine().syncNow().catch(() => undefined)}>{t('TAB_LOOK_AGAIN')}</Button>
                {!sent && <Button onClick={() => setOther(true)}>{t('TAB_INVITE_OTHER')}</Button>}
            </div>
        </div>
    );
}

/** Approved: who are you, and a PIN. */
function Keying() {
    const { value, error } = useRead(() => engine().users(), []);
    const [user, choose] = useState<User | null>(null), [said, say] = useState('');
    const chosen = async (pin: string) => {
        try {
            await engine().pinSet(user!.id, pin);
            return true;
        } catch (wrong) {
            say(wrongWords(wrong));
            return false;
        }
    };
    if (user) return <PinNew name={user.name} onChosen={chosen} wrong={said || undefined} onCancel={() => choose(null)} />;
    return (
        <div class="part">
            <Filling />
            <h2>{t('TAB_WHO_ARE_YOU')}</h2>
            {error !== null && <Notice kind="wrong">{wrongWords(error)}</Notice>}
            {!value?.length ? <p class="hint">{t('TAB_USERS_COMING')}</p> : (
                <ul class="list">
                    {value.map((one) => (
                        <li key={String(one.id)}>
                            <button type="button" onClick={() => choose(one)}>
                                <Icon name="person" />
                                <span><strong>{one.name}</strong><small>{tOf('ROLE', one.role)}</small></span>
                                <Icon name="next" />
                            </button>
                        </li>
                    ))}
                </ul>
            )}
            <p class="hint">{t('TAB_KEYING_HINT')}</p>
        </div>
    );
}

/** Phase unkeyed: joined, and nobody has a PIN here yet. */
export function Unkeyed() {
    const status = useStatus(), where = useWhere();
    const ended = status.state === DeviceState.Revoked || status.state === DeviceState.Wiped;
    const waits = status.state === DeviceState.Invited || status.state === DeviceState.Pending;
    return (
        <Page title={ended ? t('TAB_SAFETY_SCREEN') : t(waits ? 'TAB_PENDING_TITLE' : 'TAB_WELCOME')} under={status.clinic} alone bare={waits} actions={<LanguageSwitch />}>
            {ended ? <Filling /> : waits ? <Pending key={where.deviceNo} /> : <Keying />}
        </Page>
    );
}
