/* A row of numbers, each with a place of its own for the thumb: one tap says it. */
import { t } from './words.ts';

export interface ScaleProps {
    label: string;
    values: readonly number[];
    /** undefined: nothing said yet */
    value: number | undefined;
    onChange: (value: number) => void;
    text?: (value: number) => string;
    /** what the lowest and the highest mean, beside the numbers */
    ends?: [low: string, high: string];
    /** one question on the whole screen */
    large?: boolean;
    /** the label is for readers: the screen says it already */
    quiet?: boolean;
    disabled?: boolean;
}

export function Scale({ label, values, value, onChange, text = String, ends, large, quiet, disabled }: ScaleProps) {
    const said = (one: number, i: number) => (ends && i === 0 ? t('TAB_FORM_END', text(one), ends[0]) : ends && i === values.length - 1 ? t('TAB_FORM_END', text(one), ends[1]) : undefined);
    return (
        <div class={`scale${large ? ' large' : ''}`} role="group" aria-label={label}>
            {!quiet && <p class="label">{label}</p>}
            <div class={`numbers of${values.length}`}>
                {values.map((one, i) => (
                    <button key={one} type="button" aria-pressed={one === value} aria-label={said(one, i)} disabled={disabled} onClick={() => onChange(one)}>
                        {text(one)}
                    </button>
                ))}
            </div>
            {ends && <p class="ends" aria-hidden="true"><span>{said(values[0]!, 0)}</span><span>{said(values.at(-1)!, values.length - 1)}</span></p>}
        </div>
    );
}
