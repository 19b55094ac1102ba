/* New versions of the app: fetched in the background by the service worker, taken at the next start or when somebody says so, and never
 * while something is half typed. */
import { useEffect, useState } from 'preact/hooks';

declare const BUILT_VERSION: string;
export const VERSION: string = BUILT_VERSION;

let registration: ServiceWorkerRegistration | null = null;
const LOOK_MS_MIN = 15 * 60000;
let halfTyped = 0, asked = false, looked = Date.now();
const heard = new Set<() => void>();
const tell = () => heard.forEach((one) => one());

/** Once, at the start. ${url}: the service worker's, trusted. What waits from the last time is taken now: nothing is typed yet. */
export async function versionWatch(url: string): Promise<void> {
    if (!navigator.serviceWorker) return;
    navigator.serviceWorker.addEventListener('controllerchange', () => (asked ? location.reload() : tell()));
    registration = (await navigator.serviceWorker.register(url, { updateViaCache: 'none' }).catch(() => null)) ?? null;
    if (!registration) return; /* it works as long as there is a network: Trygghet says so */
    if (registration.waiting && navigator.serviceWorker.controller) versionTake();
    registration.addEventListener('updatefound', () => {
        const coming = registration?.installing;
        coming?.addEventListener('statechange', () => coming.state === 'installed' && tell());
    });
    void navigator.serviceWorker.ready.then(tell);
    addEventListener('online', look);
    document.addEventListener('visibilitychange', look);
}

/** Ask for a new version, when there may be a network and not all the time. */
function look(): void {
    if (document.visibilityState !== 'visible' || Date.now() - looked < LOOK_MS_MIN) return;
    looked = Date.now();
    void registration?.update().catch(() => undefined);
}

/** Does the app open without a network? */
export function versionKept(): boolean {
    return !!registration?.active;
}

/** Start anew with the version that waits. */
export function versionTake(): void {
    asked = true;
    registration?.waiting?.postMessage('take');
}

/** A screen with something half typed in it: no new start meanwhile. */
export function useHalfTyped(on: boolean): void {
    useEffect(() => {
        if (!on) return;
        halfTyped++;
        tell();
        return () => {
            halfTyped--;
            tell();
        };
    }, [on]);
}

/** Does a new version wait, and may it be started? */
export function useNewVersion(): boolean {
    const [, draw] = useState(0);
    useEffect(() => {
        const one = () => draw((n) => n + 1);
        heard.add(one);
        return () => void heard.delete(one);
    }, []);
    return !!registration?.waiting && !!navigator.serviceWorker.controller && !halfTyped;
}
