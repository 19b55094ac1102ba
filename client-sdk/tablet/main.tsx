/* The app's start: the engine first, then the screens, then what keeps them here without a network. */
import { start as engineStart } from '@samling/client';
import { appStart } from './app.tsx';
import { engineUse, failedWatch } from './engine.ts';
import { trusted } from './trust.ts';
import { VERSION, versionWatch } from './version.ts';

declare const BUILT_WORKER: string, BUILT_WASM: string;

/** What the coordinator sees of what the app runs on: "Linux; Android 15; SM-X210", as far as the browser says it. */
function model(): string {
    return (/\(([^)]*)\)/.exec(navigator.userAgent)?.[1] ?? '').slice(0, 100);
}

/** Nothing is drawn before the engine has said where it stands: no screen flashes by that is not the one. */
async function start(): Promise<void> {
    const samling = engineStart({ worker: () => new Worker(trusted(`./${BUILT_WORKER}`)), wasm: `./${BUILT_WASM}`, app: `samling ${VERSION}`, model: model() });
    engineUse(samling);
    await new Promise<void>((done) => {
        const off = [samling.on('where', () => end()), samling.on('failed', () => end())];
        const end = () => {
            off.forEach((one) => one());
            done();
        };
        failedWatch();
    });
    appStart(document.getElementById('app')!);
    await versionWatch(trusted('./sw.js'));
}

void start();
