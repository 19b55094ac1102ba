// Goal: the worker's side with the browser played: what a second tab may not write over, what an engine that stopped in the middle is not
// asked any more, when the 12 hours of a locked tablet begin, a line that died in silence, and numbers that do not fit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { start } from '../../../client-sdk/web/client.ts';
import { Keys } from '../../../client-sdk/web/keys.ts';
import { Link } from '../../../client-sdk/web/link.ts';
import type { Library } from '../../../client-sdk/web/calls.ts';
import { int32, uint64 } from '../../../client-sdk/web/module.ts';
import { Tablet } from '../../../client-sdk/web/tablet.ts';
import { type Phase, SamlingError, type Where } from '../../../client-sdk/web/types.ts';

/* ---- the browser, as far as the engine asks for it */

const PIN = '258046', OTHER = '402851', WRONG = '730164', CODE = '7K3Q-M0ZD-V9XT-2RBN', USER = 7n;
const g = globalThis as unknown as Record<string, unknown>;
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const record = new Map<string, unknown>(), disk = new Map<string, { bytes: Uint8Array; open: boolean }>();

interface Asked { result: unknown; error: unknown }
function transaction() {
    const tx = { oncomplete: () => {}, onabort: () => {}, error: null as unknown, objectStore: () => ({
        get: (key: string) => asked(() => record.get(key)),
        delete: (key: string) => asked(() => record.delete(key)),
        put: (value: unknown, key: string) => asked(() => record.set(key, value)),
        add: (value: unknown, key: string) => asked(() => {
            if (record.has(key)) throw new DOMException('there', 'ConstraintError');
            record.set(key, value);
        }),
    }) };
    const asked = (run: () => unknown): Asked => {
        const one: Asked = { result: undefined, error: null };
        setTimeout(() => {
            try {
                one.result = run();
                tx.oncomplete();
            } catch (e) {
                tx.error = e;
                tx.onabort();
            }
        });
        return one;
    };
    return tx;
}
g['indexedDB'] = { open: () => {
    const one = { result: { transaction, close: () => {} }, onsuccess: () => {} };
    setTimeout(() => one.onsuccess());
    return one;
} };

class Handle {
    constructor(private readonly f: { bytes: Uint8Array; open: boolean }) {
        f.open = true;
    }
    close() { this.f.open = false; }
    flush() { /* nothing is lost here */ }
    getSize() { return this.f.bytes.length; }
    truncate(n: number) {
        const all = new Uint8Array(n);
        all.set(this.f.bytes.subarray(0, n));
        this.f.bytes = all;
    }
    read(to: Uint8Array, { at }: { at: number }) {
        const got = this.f.bytes.subarray(at, at + to.length);
        to.set(got);
        return got.length;
    }
    write(from: Uint8Array, { at }: { at: number }) {
        if (at + from.length > this.f.bytes.length) this.truncate(at + from.length);
        this.f.bytes.set(from, at);
        return from.length;
    }
}
let refuses = false; /* a browser that opens no file now */
const folder = {
    getFileHandle: async (name: string) => ({ createSyncAccessHandle: async () => {
        if (refuses) throw new DOMException('not now', 'InvalidStateError');
        const f = disk.get(name) ?? { bytes: new Uint8Array(0), open: false };
        disk.set(name, f);
        if (f.open) throw new DOMException('open', 'NoModificationAllowedError');
        return new Handle(f);
    } }),
    removeEntry: async (name: string) => void disk.delete(name),
};

/* One lock; who waits gets it in turn. */
const waiting: (() => void)[] = [];
let held = false;
async function request(_: string, options: LockOptions, run: () => Promise<void>): Promise<void> {
    if (held)
        await new Promise<void>((got, failed) => {
            waiting.push(got);
            options.signal?.addEventListener('abort', () => failed(new DOMException('late', 'AbortError')));
        });
    held = true;
    await run();
    held = false;
    waiting.shift()?.();
}
const channels = new Set<Channel>();
class Channel {
    onmessage: (m: { data: unknown }) => void = () => {};
    constructor() { channels.add(this); }
    postMessage(data: unknown) {
        for (const c of channels) if (c !== this) setTimeout(() => c.onmessage({ data }));
    }
    close() { channels.delete(this); }
}

class Socket {
    static OPEN = 1;
    static all: Socket[] = [];
    readyState = 0;
    bufferedAmount = 0;
    closed = false;
    onopen = () => {};
    onclose = (_: { reason: string; code: number }) => {};
    onmessage = (_: { data: unknown }) => {};
    constructor() { Socket.all.push(this); }
    send() { /* nobody hears */ }
    close() { this.closed = true; }
}
Object.defineProperty(globalThis, 'navigator', { value: {
    storage: { persisted: async () => false, estimate: async () => ({ usage: 1, quota: 2 }), getDirectory: async () => ({ getDirectoryHandle: async () => folder }) },
    locks: { request },
} });
Object.assign(g, { BroadcastChannel: Channel, WebSocket: Socket, self: globalThis });

/* Every call of every engine: which, and what. ${stops}: the export that stops in the middle. */
const calls: { engine: number; name: string }[] = [];
let engines = 0, stops = '';
const Instance = WebAssembly.Instance;
(WebAssembly as unknown as Record<string, unknown>)['Instance'] = function (module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const real = new Instance(module, imports), engine = ++engines, exports: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(real.exports))
        exports[name] = typeof value !== 'function' ? value : (...args: unknown[]) => {
            calls.push({ engine, name });
            if (name === stops) throw new WebAssembly.RuntimeError('unreachable');
            return (value as (...all: unknown[]) => unknown)(...args);
        };
    return { exports };
};
const module = new WebAssembly.Module(readFileSync(new URL('../wasm/samling.wasm', import.meta.url)));
const tabs: Tablet[] = [];
function tab(): { tablet: Tablet; where: () => Phase; said: () => Where } {
    let where = { phase: 'new' } as Where;
    const tablet = new Tablet({ module, link: 'wss://centre.test/sync', app: 'test', model: '' }, (event, value) => {
        if (event === 'where') where = value as Where;
    });
    tabs.push(tablet);
    return { tablet, where: () => where.phase, said: () => where };
}
const code = (work: Promise<unknown>): Promise<string> => work.then(() => '', (e: unknown) => (e instanceof SamlingError ? e.code : String(e)));
/** A tablet of two users' PINs, made without a centre. */
async function keyed(): Promise<Keys> {
    const keys = await Keys.make(), key = (await keys.openKey())!;
    await keys.pinSet(key, USER, 'Kari', PIN);
    return keys;
}
/* The engine ticks by an interval that nobody ends: a worker's end ends it. */
const intervals: (() => void)[] = [], setReal = globalThis.setInterval;
g['setInterval'] = ((run: () => void) => (intervals.push(run), 0)) as unknown as typeof setReal;
const ticks = async () => {
    intervals.at(-1)?.();
    await pause(50);
};

afterEach(async () => {
    stops = '';
    refuses = false;
    for (const t of tabs.splice(0)) await t.close().catch(() => undefined);
    record.clear();
    disk.clear();
    channels.clear();
    calls.length = Socket.all.length = 0;
});

/* ---- the keys */

test('a tab that lost the store tries no PIN: its old copy of the keys is not written over the other tab’s', async () => {
    await keyed();
    const first = tab(), second = tab();
    await first.tablet.start();
    await second.tablet.start();
    assert.equal(first.where(), 'elsewhere');
    for (let i = 0; i < 3; i++) assert.equal(await second.tablet.call('unlock', [USER, WRONG]), false);
    assert.equal(second.said().triesLeft, 7);
    assert.equal(await code(first.tablet.call('unlock', [USER, WRONG])), 'EELSEWHERE');
    assert.equal(await code(first.tablet.call('unlockByCode', ['7K3Q-M0ZD-V9XT', USER, OTHER])), 'EELSEWHERE');
    assert.equal((await Keys.load())!.triesLeft, 7);
});

test('keys that could not be read are not written over', async () => {
    const was = (await keyed()).store, open = (g['indexedDB'] as { open: unknown }).open;
    (g['indexedDB'] as { open: unknown }).open = () => {
        const one = { error: new DOMException('not now', 'UnknownError'), onerror: () => {} };
        setTimeout(() => one.onerror());
        return one;
    };
    const { tablet } = tab();
    await assert.rejects(tablet.start());
    (g['indexedDB'] as { open: unknown }).open = open;
    assert.notEqual(await code(tablet.call('join', [CODE, 'Sal 1'])), '');
    assert.equal((await Keys.load())!.store, was);
});

/* ---- an engine that stops */

test('an engine that stopped in the middle is asked nothing more, and another one has the store', async () => {
    const { tablet } = tab();
    await tablet.start();
    await tablet.call('join', [CODE, 'Sal 1']);
    const engine = engines, from = calls.length;
    stops = 'samling_groups';
    const all = await Promise.all([code(tablet.call('groups', [])), code(tablet.call('users', []))]);
    stops = '';
    assert.deepEqual([all[0]!.includes('unreachable'), all[1]], [true, 'EIO']);
    await pause(100);
    const after = calls.slice(from).filter((c) => c.engine === engine).map((c) => c.name);
    assert.deepEqual(after.slice(after.indexOf('samling_groups') + 1).filter((name) => name !== 'free'), []);
    assert.deepEqual(await tablet.call('groups', []), []);
    assert.ok(engines > engine);
});

test('a save is told as saved though the engine stops behind it, while it speaks to the line', async () => {
    const { tablet } = tab();
    await tablet.start();
    await tablet.call('join', [CODE, 'Sal 1']);
    Socket.all.at(-1)!.readyState = Socket.OPEN;
    Socket.all.at(-1)!.onopen();
    stops = 'samling_link_peek';
    const link = (tablet as unknown as { store: { link: Link } }).store.link;
    assert.doesNotThrow(() => link.nudge());
    stops = '';
    await pause(100);
    assert.deepEqual(await tablet.call('groups', []), []);
});

test('a store that cannot be opened again at once is opened later', async () => {
    const { tablet } = tab();
    await tablet.start();
    await tablet.call('join', [CODE, 'Sal 1']);
    stops = 'samling_groups';
    refuses = true;
    await code(tablet.call('groups', []));
    stops = '';
    assert.equal(await code(tablet.call('groups', [])), 'EIO');
    refuses = false;
    await ticks();
    assert.deepEqual(await tablet.call('groups', []), []);
});

test('what stops the engine each time makes no storm: neither of lines nor of readings', async () => {
    const { tablet } = tab();
    await tablet.start();
    await tablet.call('join', [CODE, 'Sal 1']);
    Socket.all.length = 0;
    const before = engines, inner = tablet as unknown as { emit: (event: string, value: unknown) => void }, emit = inner.emit;
    inner.emit = (event, value) => { /* a screen that reads after each change */
        emit(event, value);
        if (event === 'change') void code(tablet.call('groups', []));
    };
    stops = 'samling_groups';
    await code(tablet.call('groups', []));
    await pause(500);
    assert.ok(engines - before <= 2 && Socket.all.length <= 2, `${engines - before} engines, ${Socket.all.length} lines`);
});

test('no save waits for the browser to count its bytes', async () => {
    const { tablet } = tab(), storage = navigator.storage as unknown as { estimate: () => Promise<unknown> }, estimate = storage.estimate;
    await tablet.start();
    await tablet.call('join', [CODE, 'Sal 1']);
    storage.estimate = () => new Promise(() => {});
    await ticks();
    storage.estimate = estimate;
    assert.deepEqual(await Promise.race([tablet.call('groups', []), pause(500)]), []);
});

/* ---- the lock */

test('a wrong PIN that locks an open tablet gives it the 12 hours too, and nobody is at work', async () => {
    await keyed();
    const { tablet, where, said } = tab();
    await tablet.start();
    assert.equal(await tablet.call('unlock', [USER, PIN]), true);
    assert.equal(said().user, USER);
    const inner = tablet as unknown as { store: { library: Library } };
    const library = inner.store.library, filled = library.filled.bind(library);
    library.filled = (name, shape) => ({ ...filled(name, shape), ...(shape === 'status' ? { waiting: 3 } : {}) });
    assert.equal(await tablet.call('unlock', [USER, WRONG]), false);
    assert.deepEqual([where(), said().user], ['locked', 0n]);
    await ticks();
    assert.ok(inner.store, 'the store was closed with work waiting');
});

/* ---- the line */

test('a line that stands, has nothing to do and hears no ping any more is given up', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let nowMs = 1000, downs = 0;
    const clock = t.mock.method(performance, 'now', () => nowMs);
    const library = { linkUp() {}, linkIdle: () => true, linkPeek: () => new Uint8Array(0), linkDown: () => (downs++, ''), retryInMs: () => -1, linkFailed() {} };
    const link = new Link(library as unknown as Library, 'wss://centre.test/sync', { moved() {}, broken() {}, full() {} });
    link.now();
    const socket = Socket.all.at(-1)!;
    socket.readyState = Socket.OPEN;
    socket.onopen();
    for (const end = nowMs + 120_000; nowMs < end; nowMs += 1000) t.mock.timers.tick(1000);
    assert.equal(link.state, 'on');
    for (const end = nowMs + 60_000; nowMs < end; nowMs += 1000) t.mock.timers.tick(1000);
    assert.deepEqual([link.state, downs, socket.closed], ['off', 1, true]);
    link.now();
    Socket.all.at(-1)!.onopen();
    const lines = Socket.all.length;
    nowMs += 20_000;
    link.look();
    assert.equal(Socket.all.length, lines);
    nowMs += 30_000; /* somebody looks */
    link.look();
    assert.deepEqual([Socket.all.length, link.state], [lines + 1, 'connecting']);
    link.end();
    clock.mock.restore();
});

/* ---- the page's side */

test('what is asked of a worker that stopped is refused at once', async () => {
    Object.assign(g, { document: { addEventListener() {} }, addEventListener() {}, location: { protocol: 'https:', host: 'centre.test', href: 'https://centre.test/tablet/' } });
    const worker = { postMessage() {}, onerror: (_: unknown) => {} };
    const samling = start({ worker: () => worker as unknown as Worker, wasm: 'samling.wasm', app: 'test' });
    const before = samling.groups();
    worker.onerror({ message: 'no such script' });
    assert.equal(await code(before), 'EIO');
    assert.equal(await Promise.race([code(samling.groups()), pause(200)]), 'EIO');
});

/* ---- numbers */

test('a number that does not fit is refused, and becomes no other one', async () => {
    for (const wrong of [1.5, NaN, 2 ** 31, 4294967295, -(2 ** 31) - 1, '5', 5n, undefined]) assert.throws(() => int32(wrong), { code: 'ERANGE' });
    for (const wrong of [-1n, 1n << 64n, (1n << 64n) + 5n, 2 ** 53, 0.5, NaN, '5', undefined, null]) assert.throws(() => uint64(wrong), { code: 'ERANGE' });
    assert.deepEqual([int32(-1), int32(true), uint64(5), uint64((1n << 64n) - 1n)], [-1, 1, 5n, (1n << 64n) - 1n]);
    await keyed();
    const { tablet } = tab();
    await tablet.start();
    await tablet.call('unlock', [USER, PIN]);
    const engine = engines;
    assert.equal(await code(tablet.call('sheet', [(1n << 64n) + 5n])), 'ERANGE');
    assert.equal(await code(tablet.call('sheet', [])), 'ERANGE');
    assert.equal(await code(tablet.call('sheet', [5n])), 'ENOTFOUND');
    assert.equal(engines, engine, 'the engine was started anew');
});
