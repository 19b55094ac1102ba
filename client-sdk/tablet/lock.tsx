/* The lock: who are you, and your PIN. After ten wrong ones a coordinator's code opens it; nothing is ever deleted by a PIN. */
import { useState } from 'preact/hooks';
import { Button, Choice, Field, Notice, NumberPad, Page } from './bits.tsx';
import { engine, useWhere } from './engine.ts';
import { PinNew, PIN_DIGITS } from './pin.tsx';
import { goInstead } from './route.ts';
import { wrongWords } from './saving.tsx';
import type { Id, KeyHolder } from '../web/types.ts';
import { LanguageSwitch } from './language.tsx';
import { t } from './words.ts';

/** Who was at work last, on this page: asked first. */
let last: Id = 0n;

export function atWork(user: Id): void {
    last = user;
}

/** Who comes back stands where they were; another one begins at the beginning. */
function placeFor(user: Id): void {
    if (last && last !== user) goInstead('/');
}

function useHolder(holders: KeyHolder[]): [Id, (id: Id) => void] {
    const [chosen, choose] = useState<Id>(last);
    const there = holders.some((one) => one.user === chosen);
    return [there ? chosen : holders.length === 1 ? holders[0]!.user : 0n, choose];
}

function Who({ holders, value, onChange }: { holders: KeyHolder[]; value: Id; onChange: (id: Id) => void }) {
    return <Choice label={t('TAB_WHO_ARE_YOU')} tall value={value || undefined} onChange={onChange} options={holders.map((one) => ({ value: one.user, text: one.name, icon: 'person' as const }))} />;
}

function Locked() {
    const where = useWhere(), [user, setUser] = useHolder(where.holders);
    const [pin, setPin] = useState(''), [busy, setBusy] = useState(false), [said, say] = useState('');
    const choose = (id: Id) => { /* at once: a digit that is typed right after it counts */
        setUser(id);
        setPin('');
    };
    const entered = async (typed: string) => {
        setPin(typed);
        if (typed.length) say('');
        if (typed.length < PIN_DIGITS || !user) return;
        setBusy(true);
        try {
            placeFor(user);
            if (!(await engine().unlock(user, typed))) {
                const left = engine().where.triesLeft;
                say(left === 1 ? t('TAB_PIN_WRONG_ONE') : t('TAB_PIN_WRONG', left));
            }
        } catch (wrong) {
            say(wrongWords(wrong));
        }
        setPin('');
        setBusy(false);
    };
    return (
        <div class="cols even">
            <div class="part">
                <Who holders={where.holders} value={user} onChange={choose} />
                <p class="hint">{t('TAB_LOCKED_HINT')}</p>
            </div>
            <div class="part pin">
                {said && <Notice kind="wrong">{said}</Notice>}
                <h2>{busy ? t('TAB_PIN_TRYING') : user ? t('TAB_PIN_YOURS') : t('TAB_WHO_FIRST')}</h2>
                <NumberPad label={t('TAB_PIN_YOURS')} value={pin} onChange={(typed) => void entered(typed)} length={PIN_DIGITS} secret disabled={busy || !user} />
            </div>
        </div>
    );
}

function Barred() {
    const where = useWhere(), [user, setUser] = useHolder(where.holders);
    const [code, setCode] = useState(''), [ready, setReady] = useState(false), [said, say] = useState('');
    const name = where.holders.find((one) => one.user === user)?.name ?? '';
    const chosen = async (pin: string) => {
        try {
            placeFor(user);
            if (await engine().unlockByCode(code.trim(), user, pin)) return true;
            say(t('TAB_CODE_WRONG'));
        } catch (wrong) {
            say(wrongWords(wrong));
        }
        setReady(false);
        return false;
    };
    if (ready) return <PinNew name={name} onChosen={chosen} onCancel={() => setReady(false)} />;
    return (
        <div class="cols even">
            <div class="part">
                <Notice kind="attend">{t('TAB_BARRED')}</Notice>
                <dl class="large number">
                    <div><dt>{t('STATUS_NUMBER')}</dt><dd>{where.deviceNo}</dd></div>
                    <div><dt>{t('TAB_UNLOCK_NUMBER')}</dt><dd>{where.unlockNumber}</dd></div>
                </dl>
                <p class="hint">{t('TAB_BARRED_HINT')}</p>
            </div>
            <div class="part">
                <Field label={t('TAB_COORDINATOR_CODE')} value={code} onChange={(typed) => { setCode(typed); say(''); }} max={40} wrong={said || undefined} />
                <Who holders={where.holders} value={user} onChange={setUser} />
                <Button kind="go" disabled={!code.trim() || !user} onClick={() => setReady(true)}>{t('TAB_TO_NEW_PIN')}</Button>
            </div>
        </div>
    );
}

export function Lock() {
    const barred = useWhere().phase === 'barred';
    return (
        <Page title={t(barred ? 'TAB_BARRED_TITLE' : 'TAB_LOCKED_TITLE')} alone actions={<LanguageSwitch />}>
            {barred ? <Barred key="barred" /> : <Locked key="locked" />}
        </Page>
    );
}
