/* A PIN: chosen twice alike, six digits, none that everybody tries first. */
import { useState } from 'preact/hooks';
import { Button, Notice, NumberPad } from './bits.tsx';
import { useHalfTyped } from './version.ts';
import { t, type WordId } from './words.ts';

export const PIN_DIGITS = 6;

/** All alike, or counting up or down: what is tried first. */
export function pinWeak(pin: string): boolean {
    const steps = new Set([...pin].slice(1).map((digit, i) => Number(digit) - Number(pin[i])));
    return steps.size === 1 && [...steps].every((step) => Math.abs(step) <= 1);
}

interface Props {
    /** whose it becomes, in the title of the pad */
    name: string;
    /** resolves to whether it is kept */
    onChosen: (pin: string) => Promise<boolean>;
    wrong?: string;
    onCancel?: () => void;
}

export function PinNew({ name, onChosen, wrong, onCancel }: Props) {
    const [first, setFirst] = useState(''), [typed, type] = useState(''), [said, say] = useState<WordId | null>(null), [busy, setBusy] = useState(false);
    useHalfTyped(typed !== '' || first !== '');
    const again = (why: WordId | null) => {
        setFirst('');
        type('');
        say(why);
    };
    const entered = async (pin: string) => {
        type(pin);
        if (pin.length > 0) say(null);
        if (pin.length < PIN_DIGITS) return;
        if (!first) {
            if (pinWeak(pin)) return again('TAB_PIN_WEAK');
            setFirst(pin);
            return type('');
        }
        if (pin !== first) return again('TAB_PIN_DIFFERENT');
        setBusy(true);
        const kept = await onChosen(pin);
        setBusy(false);
        if (!kept) again(null);
    };
    return (
        <div class="part pin">
            <h2>{first ? t('TAB_PIN_REPEAT') : t('TAB_PIN_CHOOSE', name)}</h2>
            {!first && <p class="hint">{t('TAB_PIN_HINT')}</p>}
            {(said || wrong) && <Notice kind="wrong">{said ? t(said) : wrong}</Notice>}
            <NumberPad label={first ? t('TAB_PIN_REPEAT') : t('TAB_PIN')} value={typed} onChange={(pin) => void entered(pin)} length={PIN_DIGITS} secret disabled={busy} />
            <div class="row middle">
                {busy && <span class="saving" role="status">{t('TAB_SAVING')}</span>}
                {first && !busy && <Button kind="plain" onClick={() => again(null)}>{t('TAB_PIN_ANEW')}</Button>}
                {onCancel && !busy && <Button kind="plain" onClick={onCancel}>{t('TAB_CANCEL')}</Button>}
            </div>
        </div>
    );
}
