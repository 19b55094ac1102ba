/* A day out of the calendar, until today. Days are whole numbers since 1970-01-01, NaN: none is chosen. */
import { useId } from 'preact/hooks';
import { t } from './words.ts';

const DAY_MS = 86400000;

/** "2026-11-23" */
export function dayText(day: number): string {
    return Number.isNaN(day) ? '' : new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function dayOf(text: string): number {
    return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Math.round(Date.parse(`${text}T00:00:00Z`) / DAY_MS) : NaN;
}

/** NaN too for a day to come. */
export function DayField({ label = t('TAB_PERSON_DAY'), day, today, onChange }: { label?: string; day: number; today: number; onChange: (day: number) => void }) {
    const id = useId();
    const heard = (text: string) => {
        const next = dayOf(text);
        onChange(next <= today ? next : NaN);
    };
    return (
        <div class="field day">
            <label for={id}>{label}</label>
            <input id={id} type="date" max={dayText(today)} value={dayText(day)} aria-invalid={Number.isNaN(day) || undefined} onInput={(event) => heard(event.currentTarget.value)} />
        </div>
    );
}
