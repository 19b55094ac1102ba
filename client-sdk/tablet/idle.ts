/* The screens close by themselves when nobody has touched the tablet for a while. What waits is still sent. */
import { engine } from './engine.ts';

export const IDLE_CHOICES = [2, 5, 15];

const KEY = 'samling.idle', DEFAULT_MIN = 5, LOOK_MS = 5000, MINUTE_MS = 60000;
let touched = Date.now(), chosen = 0;

export function idleMinutes(): number {
    if (!chosen) {
        let kept = NaN;
        try {
            kept = Number(localStorage.getItem(KEY));
        } catch {
            /* nothing is kept: the default */
        }
        chosen = IDLE_CHOICES.includes(kept) ? kept : DEFAULT_MIN;
    }
    return chosen;
}

export function setIdleMinutes(minutes: number): void {
    chosen = minutes;
    try {
        localStorage.setItem(KEY, String(minutes));
    } catch {
        /* for as long as the page lasts */
    }
}

function look(): void {
    if (engine().where.phase === 'open' && Date.now() - touched >= idleMinutes() * MINUTE_MS) void engine().lock();
}

/** Once, at the start. A tablet that comes back from its own sleep is looked at before anything is touched. */
export function idleWatch(): void {
    const touch = () => {
        look();
        touched = Date.now();
    };
    for (const event of ['pointerdown', 'keydown']) addEventListener(event, touch, { capture: true, passive: true });
    engine().on('where', (where) => {
        if (where.phase !== 'open') return;
        touched = Date.now();
        if (!engine().status.persisted) void engine().persist().catch(() => false); /* a browser may promise once the app is on the home screen */
    });
    document.addEventListener('visibilitychange', look);
    setInterval(look, LOOK_MS);
}
