/* The dedicated worker: messages in, answers and events out. */
import { SamlingError } from './types.ts';
import { Tablet } from './tablet.ts';

export type ToWorker =
    | { start: { wasm: string; link: string; app: string; model: string } }
    | { close: true }
    | { id: number; call: string; args: unknown[] };
export type FromWorker =
    | { id: number; value: unknown }
    | { id: number; error: { code: string; message: string } }
    | { event: string; value: unknown }
    | { failed: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (message: FromWorker): void => scope.postMessage(message);
const told = (e: unknown): { code: string; message: string } =>
    e instanceof SamlingError ? { code: e.code, message: e.message } : { code: 'EIO', message: e instanceof Error ? e.message : String(e) };

let tablet: Promise<Tablet> | null = null;

async function start(options: { wasm: string; link: string; app: string; model: string }): Promise<Tablet> {
    const module = await WebAssembly.compileStreaming(fetch(options.wasm));
    return new Tablet({ module, link: options.link, app: options.app, model: options.model }, (event, value) => post({ event, value }));
}

scope.onmessage = async (m: MessageEvent<ToWorker>) => {
    const ask = m.data;
    if ('start' in ask) {
        tablet = start(ask.start);
        tablet.then((t) => t.start()).catch((e: unknown) => post({ failed: told(e).message }));
    } else if ('close' in ask) {
        await (await tablet)?.close();
        scope.close();
    } else {
        try {
            const t = await tablet;
            if (!t)
                throw new SamlingError('ESTATE', 'the worker has not been started');
            post({ id: ask.id, value: await t.call(ask.call, ask.args) });
        } catch (e) {
            post({ id: ask.id, error: told(e) });
        }
    }
};
