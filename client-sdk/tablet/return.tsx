/* The tablet comes back: thanks, and the PIN of whoever takes it. */
import { useState } from 'preact/hooks';
import type { Id } from '../web/types.ts';
import { Button, Choice, Notice, NumberPad, Page } from './bits.tsx';
import { engine, useWhere } from './engine.ts';
import { PIN_DIGITS } from './pin.tsx';
import { goInstead } from './route.ts';
import { wrongWords } from './saving.tsx';
import { t } from './words.ts';

export interface ReturnProps {
    participant: Id;
    thanks: boolean;
    /** answers are on the screen that nobody has saved */
    lost: boolean;
    onBack?: () => void;
}

export function Return({ participant, thanks, lost, onBack }: ReturnProps) {
    const [asked, ask] = useState(!thanks);
    if (!asked) {
        return (
            <Page key="thanks" title={t('TAB_FILL_THANKS')} alone bare>
                <div class="fill thanks">
                    <Notice kind="good">{t('TAB_FILL_THANKS_WHY')}</Notice>
                    <div class="steps"><span /><Button icon="lock" onClick={() => ask(true)}>{t('TAB_FILL_RETURN')}</Button></div>
                </div>
            </Page>
        );
    }
    return (
        <Page key="pin" title={t('TAB_FILL_RETURN')} under={t('TAB_FILL_RETURN_WHY')} alone bare
            actions={onBack && <Button icon="back" onClick={onBack}>{t('TAB_FILL_ON')}</Button>}>
            {lost && <Notice kind="attend">{t('TAB_FILL_RETURN_LOST')}</Notice>}
            <Pad participant={participant} />
        </Page>
    );
}

function Pad({ participant }: { participant: Id }) {
    const where = useWhere(), [user, setUser] = useState(where.user || where.holders[0]?.user || 0n);
    const [pin, type] = useState(''), [wrong, say] = useState(''), [busy, work] = useState(false);
    const entered = async (typed: string) => {
        type(typed);
        if (typed) say('');
        if (typed.length < PIN_DIGITS) return;
        work(true);
        try {
            if (await engine().unlock(user, typed)) return goInstead(`/forms/${participant}`);
            say(t('TAB_FILL_RETURN_WRONG'));
        } catch (error) {
            say(wrongWords(error));
        }
        type('');
        work(false);
    };
    return (
        <div class="fill">
            {where.holders.length > 1 && <Choice label={t('TAB_FILL_RETURN_WHO')} value={user} onChange={setUser}
                options={where.holders.map((one) => ({ value: one.user, text: one.name }))} />}
            {wrong && <Notice kind="wrong">{wrong}</Notice>}
            <NumberPad label={t('TAB_FILL_RETURN_WHY')} secret value={pin} onChange={(typed) => void entered(typed)} length={PIN_DIGITS} disabled={busy} />
        </div>
    );
}
