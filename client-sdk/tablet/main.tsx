/* The app's start: the engine first, then the screens, then what keeps them here without a network. */
import { samlingStart } from '@samling/client';
import { appStart } from './app.tsx';
import { engine, engineUse } from './engine.ts';
import { trusted } from './trust.ts';
import { versionWatch } from './version.ts';

declare const BUILT_WORKER: string, BUILT_WASM: string;

/** Nothing is drawn before the engine has said where it stands: no screen flashes by that is not the one. */
async function start(): Promise<void> {
    engineUse(samlingStart({ worker: trusted(`./${BUILT_WORKER}`), wasm: `./${BUILT_WASM}` }));
    await new Promise<void>((done) => {
        const off = engine().on('where', () => {
            off();
            done();
        });
    });
    appStart(document.getElementById('app')!);
    await versionWatch(trusted('./sw.js'));
}

void start();
