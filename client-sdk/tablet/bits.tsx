/* What every screen is put together from. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';
import { back } from './route.ts';
import { Navigation, StateLine } from './state.tsx';
import { t } from './words.ts';

export { Icon, type IconName } from './icon.tsx';

type Children = { children?: ComponentChildren };

/* ---- the frame of a screen */

export interface PageProps extends Children {
    title: string;
    /** a line below the title */
    under?: string;
    /** an arrow leads back to where one came from */
    back?: boolean;
    /** buttons at the right of the title */
    actions?: ComponentChildren;
    /** no way to other screens: lock, joining, a form in a person's hands */
    alone?: boolean;
    /** no state line either: a person holds the tablet */
    bare?: boolean;
}

/** The frame: title, where everything is (the state line), ways to the other screens. The title takes the focus, so that a reader
 * says where one has come. */
export function Page({ title, under, back: withBack, actions, alone, bare, children }: PageProps) {
    const head = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        document.title = `${title} – samling`;
    }, [title]);
    useEffect(() => head.current?.focus({ preventScroll: true }), []);
    return (
        <div class={`page${alone || bare ? ' alone' : ''}`}>
            <header class="top">
                {withBack && (
                    <button class="round" onClick={back} aria-label={t('TAB_BACK')}>
                        <Icon name="back" />
                    </button>
                )}
                <div class="title">
                    <h1 ref={head} tabIndex={-1}>{title}</h1>
                    {under && <p>{under}</p>}
                </div>
                {actions && <div class="actions">{actions}</div>}
                {!bare && <StateLine alone={alone} />}
            </header>
            {!alone && !bare && <Navigation />}
            <main>{children}</main>
        </div>
    );
}

/* ---- buttons */

export interface ButtonProps extends Children {
    onClick: () => void;
    /** go: the one thing to do here; plain: no frame; warn: takes something away */
    kind?: 'go' | 'plain' | 'warn';
    icon?: IconName;
    disabled?: boolean;
    /** work is under way: shown, and not to be pressed again */
    busy?: boolean;
    label?: string;
    /** a switch: pressed or not */
    pressed?: boolean;
    what?: string;
}

export function Button({ onClick, kind, icon, disabled, busy, label, pressed, what, children }: ButtonProps) {
    return (
        <button type="button" class={`button ${kind ?? ''}${busy ? ' busy' : ''}`} onClick={() => !busy && onClick()} disabled={disabled}
            aria-busy={busy || undefined} aria-label={label} aria-pressed={pressed} data-what={what}>
            {icon && <Icon name={icon} />}
            {children !== undefined && <span>{children}</span>}
        </button>
    );
}

/* ---- choosing one of a few */

export interface Option<T> {
    value: T;
    text: string;
    under?: string;
    icon?: IconName;
}
export interface ChoiceProps<T> {
    label: string;
    options: Option<T>[];
    /** undefined: nothing is chosen yet */
    value: T | undefined;
    onChange: (value: T) => void;
    /** the label is for readers only: the screen says it already */
    quiet?: boolean;
    disabled?: boolean;
    /** beneath each other instead of beside */
    tall?: boolean;
}

export function Choice<T extends string | number | bigint>({ label, options, value, onChange, quiet, disabled, tall }: ChoiceProps<T>) {
    const name = useId();
    return (
        <fieldset class={`choice${tall ? ' tall' : ''}`} disabled={disabled}>
            <legend class={quiet ? 'heard' : ''}>{label}</legend>
            <div>
                {options.map((option) => (
                    <label key={String(option.value)} class={option.value === value ? 'chosen' : ''}>
                        <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
                        {option.icon && <Icon name={option.icon} />}
                        <span>
                            {option.text}
                            {option.under && <small>{option.under}</small>}
                        </span>
                    </label>
                ))}
            </div>
        </fieldset>
    );
}

/** Yes or no. */
export function Tick({ label, under, on, onChange, disabled }: { label: string; under?: string; on: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
    return (
        <label class={`tick${on ? ' chosen' : ''}`}>
            <input type="checkbox" checked={on} disabled={disabled} onChange={(event) => onChange(event.currentTarget.checked)} />
            <span>
                {label}
                {under && <small>{under}</small>}
            </span>
        </label>
    );
}

/* ---- numbers */

const PRESS_FIRST_MS = 450, PRESS_NEXT_MS = 90;

export interface StepperProps {
    label: string;
    /** -1: not said, shown as – */
    value: number;
    onChange: (value: number) => void;
    min: number;
    max: number;
    step?: number;
    /** where + starts from while nothing is said */
    start?: number;
    /** the value in words: "42,5 kg" */
    text?: (value: number) => string;
    disabled?: boolean;
}

/** − value +. Held down, it goes on. Whether it was held is told by when the finger came and went, not by when a busy tablet heard of it:
 * a tap is one step, whatever was counted meanwhile. */
export function Stepper({ label, value, onChange, min, max, step = 1, start, text, disabled }: StepperProps) {
    const at = useRef(value), timer = useRef(0), finger = useRef({ from: value, downMs: NaN, upMs: NaN });
    at.current = value;
    const move = (by: number) => {
        const next = at.current < min ? (start ?? min) : Math.min(max, Math.max(min, at.current + by));
        if (next === at.current) return;
        at.current = next;
        onChange(next);
    };
    const stop = () => clearTimeout(timer.current);
    const down = (event: { button: number; timeStamp: number }, by: number) => {
        if (event.button !== 0) return;
        finger.current = { from: at.current, downMs: event.timeStamp, upMs: NaN };
        hold(by, PRESS_FIRST_MS);
    };
    const up = (event: { timeStamp: number }) => {
        finger.current.upMs = event.timeStamp;
        stop();
    };
    const click = (by: number) => {
        const { from, downMs, upMs } = finger.current, moved = at.current !== from;
        finger.current = { from, downMs: NaN, upMs: NaN };
        if (upMs - downMs >= PRESS_FIRST_MS && moved) return; /* it was held, and has gone on */
        if (upMs - downMs < PRESS_FIRST_MS) at.current = from;
        move(by);
    };
    const hold = (by: number, wait: number) => {
        timer.current = setTimeout(() => {
            move(by);
            hold(by, PRESS_NEXT_MS);
        }, wait) as unknown as number;
    };
    useEffect(() => stop, []);
    const side = (by: number, icon: IconName, word: string) => (
        <button type="button" class="round" aria-label={word} disabled={disabled}
            onPointerDown={(event) => down(event, by)} onPointerUp={up} onPointerLeave={stop} onPointerCancel={stop}
            onContextMenu={(event) => event.preventDefault()} onClick={() => click(by)}>
            <Icon name={icon} />
        </button>
    );
    const shown = value < min ? '–' : text ? text(value) : String(value);
    return (
        <div class="stepper" role="group" aria-label={label}>
            <span class="label">{label}</span>
            {side(-step, 'minus', t('TAB_LESS', label))}
            <output aria-live="polite">{shown}</output>
            {side(step, 'plus', t('TAB_MORE', label))}
        </div>
    );
}

export interface NumberPadProps {
    label: string;
    /** the digits so far */
    value: string;
    onChange: (value: string) => void;
    /** as many digits as fit */
    length: number;
    /** shown as dots: a PIN */
    secret?: boolean;
    disabled?: boolean;
}

/** Ten digits for a thumb. A keyboard's digits are taken too. */
export function NumberPad({ label, value, onChange, length, secret, disabled }: NumberPadProps) {
    const now = useRef(value);
    now.current = value;
    const press = (key: string) => {
        if (disabled) return;
        if (key === 'erase') onChange(now.current.slice(0, -1));
        else if (now.current.length < length) onChange(now.current + key);
    };
    const keyboard = useRef(press);
    keyboard.current = press;
    useLayoutEffect(() => { /* as soon as it can be seen */
        const heard = (event: KeyboardEvent) => {
            const at = event.target as HTMLElement;
            if (event.ctrlKey || event.metaKey || event.altKey || at.matches('input:not([type=radio], [type=checkbox]), textarea')) return;
            if (/^\d$/.test(event.key)) keyboard.current(event.key);
            else if (event.key === 'Backspace') keyboard.current('erase');
        };
        addEventListener('keydown', heard);
        return () => removeEventListener('keydown', heard);
    }, []);
    const digit = (key: string) => (
        <button key={key} type="button" onClick={() => press(key)} disabled={disabled}>{key}</button>
    );
    return (
        <div class="pad" role="group" aria-label={label}>
            <p class={`typed${secret ? ' secret' : ''}`} role="img" aria-label={secret ? t('TAB_PIN_TYPED', value.length, length) : value || '–'}>
                {Array.from({ length }, (_, i) => (
                    <span key={i} class={i < value.length ? 'on' : ''}>{secret ? '' : (value[i] ?? '')}</span>
                ))}
            </p>
            {['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(digit)}
            <span />
            {digit('0')}
            <button type="button" onClick={() => press('erase')} disabled={disabled} aria-label={t('TAB_ERASE')}>
                <Icon name="erase" />
            </button>
        </div>
    );
}

export interface FieldProps {
    label: string;
    hint?: string;
    value: string;
    onChange: (value: string) => void;
    wrong?: string;
    lines?: number;
    max?: number;
    mode?: 'text' | 'numeric' | 'decimal' | 'search';
    /** takes the focus when it appears */
    first?: boolean;
    onEnter?: () => void;
}

export function Field({ label, hint, value, onChange, wrong, lines, max, mode, first, onEnter }: FieldProps) {
    const id = useId(), input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
    useEffect(() => {
        if (first) input.current?.focus();
    }, []);
    const said = { id, value, maxLength: max, 'aria-describedby': hint || wrong ? `${id}-said` : undefined, 'aria-invalid': wrong ? true : undefined,
        autocomplete: 'off', onInput: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value) } as const;
    return (
        <div class="field">
            <label for={id}>{label}</label>
            {lines ? <textarea ref={input} rows={lines} {...said} />
                : <input ref={input} list={undefined} type="text" inputMode={mode ?? 'text'} autocapitalize="sentences" {...said}
                    onKeyDown={(event) => event.key === 'Enter' && onEnter?.()} />}
            {(hint || wrong) && <p id={`${id}-said`} class={wrong ? 'wrong' : 'hint'} role={wrong ? 'alert' : undefined}>{wrong ?? hint}</p>}
        </div>
    );
}

/* ---- what comes before the screen */

/** Over everything else: the focus stays inside, Escape and the cross close it. */
export function Dialog({ title, onClose, children, wide }: { title: string; onClose: () => void; wide?: boolean } & Children) {
    const dialog = useRef<HTMLDialogElement>(null), id = useId();
    useEffect(() => {
        const one = dialog.current, before = document.activeElement;
        one?.showModal();
        return () => {
            one?.close();
            if (before instanceof HTMLElement) before.focus({ preventScroll: true });
        };
    }, []);
    return (
        <dialog ref={dialog} class={wide ? 'wide' : ''} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose(); }}
            onClick={(event) => event.target === dialog.current && onClose()}>
            <div class="inside">
                <header>
                    <h2 id={id} tabIndex={-1} autofocus>{title}</h2>
                    <button type="button" class="round" onClick={onClose} aria-label={t('TAB_CLOSE')}>
                        <Icon name="close" />
                    </button>
                </header>
                {children}
            </div>
        </dialog>
    );
}

export interface MenuItem {
    text: string;
    under?: string;
    icon?: IconName;
    onClick: () => void;
    chosen?: boolean;
}

/** A dialog of things to do. */
export function Menu({ title, items, onClose }: { title: string; items: MenuItem[]; onClose: () => void }) {
    return (
        <Dialog title={title} onClose={onClose}>
            <ul class="menu">
                {items.map((item) => (
                    <li key={item.text}>
                        <button type="button" class={item.chosen ? 'chosen' : ''} onClick={item.onClick}>
                            {item.icon && <Icon name={item.icon} />}
                            <span>
                                {item.text}
                                {item.under && <small>{item.under}</small>}
                            </span>
                            {item.chosen && <Icon name="check" />}
                        </button>
                    </li>
                ))}
            </ul>
        </Dialog>
    );
}

/** Said once, where it belongs. wrong: spoken at once. */
export function Notice({ kind, children }: { kind?: 'wrong' | 'attend' | 'good' } & Children) {
    return (
        <div class={`notice ${kind ?? ''}`} role={kind === 'wrong' ? 'alert' : undefined}>
            {kind && <Icon name={kind === 'good' ? 'check' : 'warning'} />}
            <div>{children}</div>
        </div>
    );
}

const UNDO_MS = 10000;

/** What was just done, and the way back. It goes by itself; whoever rests on it keeps it. */
export function Undo({ text, onUndo, onGone }: { text: string; onUndo: () => void; onGone: () => void }) {
    const [held, hold] = useState(false);
    useEffect(() => {
        if (held) return;
        const timer = setTimeout(onGone, UNDO_MS);
        return () => clearTimeout(timer);
    }, [text, held]);
    return (
        <div class="undo" role="status" onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)} onFocusCapture={() => hold(true)} onBlurCapture={() => hold(false)}>
            <span>{text}</span>
            <Button icon="undo" onClick={onUndo}>{t('TAB_UNDO')}</Button>
        </div>
    );
}

/** While something is read. */
export function Waiting() {
    return <p class="waiting" role="status">{t('TAB_READING')}</p>;
}
