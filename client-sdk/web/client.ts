/* @samling/client: the page's side. It starts the worker, sends it calls and hands its events on; everything else is there.
 *
 *     const samling = start({ worker: () => new Worker('worker.js'), wasm: 'samling.wasm', app: 'my app 1.0' });
 *     samling.on('where', (where) => …);
 *     await samling.mark({ session, participant });      // resolved: on the disk
 */
import type { Calls, Samling } from './face.ts';
import { SamlingError, type SamlingEvents, type Status, type Where } from './types.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export * from './types.ts';
export type { Calls, Samling } from './face.ts';

export interface StartOptions {
    /** makes the dedicated worker; a page with trusted types makes its address itself */
    worker: () => Worker;
    /** where samling.wasm lies */
    wasm: string;
    /** what the coordinator sees of this program, and of what it runs on; each at most 120 bytes */
    app: string;
    model?: string;
    /** the centre's line; left out: /sync on the page's own origin */
    link?: string;
}

const NOWHERE: Where = { phase: 'new', user: 0n, holders: [], triesLeft: 0, deviceNo: 0, unlockNumber: 0, participant: 0n };
const NO_STATUS: Status = {
    state: 0, deviceNo: 0, clinic: '', saved: 0, waiting: 0, waitingAccess: 0, attention: 0, oldestWaitingS: 0, lastContactS: 0,
    lastCentreS: 0, clockSkewS: 0, clockSuspect: false, retryInS: -1, scopes: 0, scopesFilled: 0, fillRows: 0, fillRowsTotal: 0,
    auditCount: 0, auditBroken: false, today: 0, line: 'off', lineWhy: '', stale: false, persisted: null, usage: null, quota: null,
};

type Heard = { [E in keyof SamlingEvents]: Set<(value: SamlingEvents[E]) => void> };
interface Asked { done: (value: unknown) => void; failed: (e: unknown) => void }

class Client {
    where = NOWHERE;
    status = NO_STATUS;
    private readonly worker: Worker;
    private readonly asked = new Map<number, Asked>();
    private readonly heard: Heard = { where: new Set(), status: new Set(), change: new Set(), failed: new Set() };
    private next = 1;
    private ended = ''; /* why the worker answers nobody any more */

    constructor(options: StartOptions) {
        this.worker = options.worker();
        this.worker.onmessage = (m: MessageEvent<FromWorker>) => this.message(m.data);
        this.worker.onerror = (e) => this.stopped((this.ended = e.message || 'the worker stopped'));
        const link = options.link ?? `${location.protocol === 'http:' ? 'ws' : 'wss'}://${location.host}/sync`;
        this.post({ start: { wasm: new URL(options.wasm, location.href).href, link, app: options.app, model: options.model ?? '' } });
        document.addEventListener('visibilitychange', () => {
            if (document.visibilityState === 'visible')
                void this.call('syncNow').catch(() => undefined);
        });
        addEventListener('online', () => void this.call('syncNow').catch(() => undefined));
    }

    private post(message: ToWorker): void {
        this.worker.postMessage(message);
    }

    call(name: string, ...args: unknown[]): Promise<unknown> {
        return new Promise((done, failed) => {
            if (this.ended)
                return failed(new SamlingError('EIO', this.ended));
            this.asked.set(this.next, { done, failed });
            this.post({ id: this.next++, call: name, args });
        });
    }

    on<E extends keyof SamlingEvents>(event: E, heard: (value: SamlingEvents[E]) => void): () => void {
        this.heard[event].add(heard);
        return () => this.heard[event].delete(heard);
    }
    private tell<E extends keyof SamlingEvents>(event: E, value: SamlingEvents[E]): void {
        for (const heard of [...this.heard[event]])
            heard(value);
    }

    private message(m: FromWorker): void {
        if ('failed' in m)
            return this.stopped(m.failed);
        if ('event' in m) {
            if (m.event === 'where')
                this.where = m.value as Where;
            if (m.event === 'status')
                this.status = m.value as Status;
            return this.tell(m.event as keyof SamlingEvents, m.value as never);
        }
        const asked = this.asked.get(m.id);
        this.asked.delete(m.id);
        if ('error' in m)
            asked?.failed(new SamlingError(m.error.code, m.error.message));
        else
            asked?.done(m.value);
    }

    /** What was asked of a worker that stopped is not known to be saved. */
    private stopped(why: string): void {
        for (const asked of this.asked.values())
            asked.failed(new SamlingError('EIO', why));
        this.asked.clear();
        this.tell('failed', why);
    }

    async close(): Promise<void> {
        this.post({ close: true });
    }

    /** Only a page can ask: a worker has no one to ask. */
    async persist(): Promise<boolean> {
        await navigator.storage.persist().catch(() => false);
        return (await this.call('persist')) as boolean;
    }
}

const CALLS: (keyof Calls)[] = [
    'groups', 'users', 'sessions', 'sessionNear', 'sheet', 'members', 'sets', 'consents', 'people', 'interventions', 'episodes',
    'enrolments', 'instruments', 'scores', 'notes', 'contacts', 'works', 'exertions', 'activities', 'sessionLeaders', 'groupLeaders',
    'notices', 'mark', 'markAll', 'walkIn', 'userVouch', 'sessionAdd', 'sessionStatus', 'setSave', 'setSaveAll', 'consentSave',
    'enrolmentEnd', 'recordShut', 'access', 'noticeSeen', 'scoreSave', 'scoreCheck', 'scoreRemove', 'noteSave', 'noteRemove', 'contactSave',
    'contactRemove', 'workSave', 'workRemove', 'exertionSave', 'exertionRemove', 'activitySave', 'activityRemove', 'leaderSave',
    'leaderRemove', 'inviteParse', 'join', 'joinDigits', 'unlock', 'unlockByCode', 'pinSet', 'pinRemove', 'lock', 'handOver', 'syncNow',
    'takeOver', 'startAnew',
];

export function start(options: StartOptions): Samling {
    const client = new Client(options), face = client as unknown as Record<string, unknown>;
    for (const name of CALLS)
        face[name] = (...args: unknown[]) => client.call(name, ...args);
    return client as unknown as Samling;
}
