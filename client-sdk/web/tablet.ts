/* The tablet inside the worker: who has the store, who is at work, what they may ask for, the line. Everything an app may do comes
 * through call(), one at a time.
 *
 * Invariants
 *  1. A call that saves resolves after samling_… returned 0: it is on the disk.
 *  2. Nothing of a person is handed out while the phase is locked, barred, handed (but for that person's form), elsewhere or new.
 *  3. A locked tablet keeps its key until nothing waits, at most 12 hours, so that it still sends. */
import { CALLS, type Library, TYPED, hostOf, inviteParse, instruments, libraryOpen, scoreCheck } from './calls.ts';
import { OriginFiles } from './files.ts';
import { Keys } from './keys.ts';
import { Link } from './link.ts';
import { type Host, Module } from './module.ts';
import { Owner } from './owner.ts';
import { codeNormal } from './spoken.ts';
import { DeviceState, type Id, type Phase, SamlingError, type SamlingEvents, type Status, type User, type Where } from './types.ts';

const LOCKED_MS_MAX = 12 * 3600_000;
const STALE_S = 72 * 3600;
const TICK_MS = 20_000;
/* Started anew twice within this: what stops the engine is there still, so that nobody hurries any more. */
const OFTEN_MS = 60_000;
/* Hidden after 72 hours without the centre: history and scores. Attendance never stops. */
const HISTORY = new Set(['scores', 'notes', 'contacts', 'works', 'episodes']);
/* What a person who fills in a form may ask for, each about themselves. */
const HANDED = new Set(['scoreSave', 'workSave', 'activities', 'activitySave']);
/* Calls that need nobody at work. */
const ALWAYS = new Set(['instruments', 'scoreCheck', 'inviteParse']);
const LISTS_OF_ALL = new Set(['groups', 'users', 'interventions']);

export interface Options {
    module: WebAssembly.Module;
    /** wss://…/sync */
    link: string;
    /** what the coordinator sees of this program, and of what it runs on */
    app: string;
    model: string;
}
export type Emit = <E extends keyof SamlingEvents>(event: E, value: SamlingEvents[E]) => void;

interface Store {
    files: OriginFiles;
    library: Library;
    link: Link;
    key: Uint8Array;
    /** in the middle of a call: nothing of it may be asked any more, or half a save is committed */
    stopped: boolean;
}

export class Tablet {
    private phase: Phase = 'new';
    private user: Id = 0n;
    private handed: Id = 0n;
    private keys: Keys | null = null;
    private store: Store | null = null;
    private reopenedMs = -OFTEN_MS;
    private again: Uint8Array | null = null; /* the key of a store that could not be opened again yet */
    private readonly bare: Module; /* for what needs no store */
    private readonly owner: Owner;
    private readonly centre: URL;
    private lockedAtMs = 0;
    private persisted: boolean | null = null;
    private usage: number | null = null;
    private quota: number | null = null;
    private seen = { connection: 0, rows: 0, acked: 0, status: '' };
    private soon = 0;
    private queue: Promise<unknown> = Promise.resolve();

    constructor(private readonly options: Options, private readonly emit: Emit) {
        this.bare = new Module(options.module, host(NO_FILES));
        this.centre = new URL(options.link.replace(/^ws/, 'http'));
        this.owner = new Owner(() => this.inTurn(() => this.gone()));
        setInterval(() => void this.inTurn(() => this.tick()), TICK_MS);
    }

    /** Each thing after the other: a PIN takes a moment to try, and nothing may come between. */
    private inTurn<T>(run: () => T | Promise<T>): Promise<T> {
        const next = this.queue.then(run);
        this.queue = next.catch(() => undefined);
        return next;
    }

    start(): Promise<void> {
        return this.inTurn(() => this.own());
    }
    close(): Promise<void> {
        return this.inTurn(async () => {
            this.storeClose();
            await this.owner.end();
        });
    }

    call(name: string, args: unknown[]): Promise<unknown> {
        return this.inTurn(() => this.run(name, args));
    }

    private async run(name: string, args: unknown[]): Promise<unknown> {
        switch (name) {
        case 'instruments': return instruments(this.bare);
        case 'scoreCheck': return scoreCheck(this.bare, args[0] as object);
        case 'inviteParse': return inviteParse(this.bare, String(args[0]), this.centre);
        case 'join': return this.join(String(args[0]), String(args[1]));
        case 'joinDigits': return this.needStore().library.joinDigits();
        case 'unlock': return this.unlock(args[0] as Id, String(args[1]));
        case 'unlockByCode': return this.unlockByCode(String(args[0]), args[1] as Id, String(args[2]));
        case 'pinSet': return this.pinSet(args[0] as Id, String(args[1]));
        case 'pinRemove': return this.pinRemove(args[0] as Id);
        case 'lock': return this.lock();
        case 'handOver': return this.handOver(args[0] as Id);
        case 'syncNow': return this.live?.link.look();
        case 'persist': return this.persist();
        case 'takeOver': return this.own();
        case 'startAnew': return this.startAnew();
        default: return this.library(name, args);
        }
    }

    /* ---- the library's calls */

    private library(name: string, args: unknown[]): unknown {
        if (!(name in CALLS) || ALWAYS.has(name))
            throw new SamlingError('EUSAGE', `there is no call ${name}`);
        this.mayCall(name, args);
        const store = this.needStore(), saves = CALLS[name]?.kind === 'save' || CALLS[name]?.kind === 'made';
        const value = this.guarded(() => store.library.call(name, args, this.user));
        if (saves) {
            store.link.nudge();
            this.statusNow(name === 'access'); /* which waits apart, and is not shown */
        }
        if (saves && name !== 'access') /* which changes nothing that is shown */
            this.emit('change', { own: true });
        return value;
    }

    /** The keys too are the other tab's then: what this one knows of them is old, and would be written over what that one wrote. */
    private needHere(): void {
        if (this.phase === 'elsewhere')
            throw new SamlingError('EELSEWHERE', 'another tab has the store');
    }

    private mayCall(name: string, args: unknown[]): void {
        this.needHere();
        if (this.phase === 'handed') {
            const first = args[0], about = typeof first === 'bigint' ? first : (first as { participant?: Id } | undefined)?.participant;
            if (!HANDED.has(name) || about !== this.handed)
                throw new SamlingError('ELOCKED', 'a person fills in a form');
            return;
        }
        if (this.phase === 'unkeyed') {
            if (!LISTS_OF_ALL.has(name))
                throw new SamlingError('ELOCKED', 'nobody has chosen a PIN yet');
            return;
        }
        if (this.phase !== 'open')
            throw new SamlingError('ELOCKED', 'a PIN is asked first');
        if (HISTORY.has(name) && this.stale())
            throw new SamlingError('ESTALE', '72 hours without the centre: history is hidden until it has been heard');
    }

    /** An engine that stopped in the middle is not asked again: the store is opened anew, as after a power cut. */
    private guarded<T>(run: () => T): T {
        try {
            return run();
        } catch (e) {
            if (!(e instanceof SamlingError))
                this.stopped();
            else if (e.code === 'EIO' || e.code === 'ECORRUPT')
                this.reopenSoon();
            throw e;
        }
    }

    /** The store, unless its engine stopped. */
    private get live(): Store | null {
        return this.store?.stopped ? null : this.store;
    }
    private stopped(): void {
        if (!this.store || this.store.stopped)
            return;
        this.store.stopped = true;
        this.store.link.abandon();
        this.reopenSoon();
    }
    private reopenSoon(): void {
        void this.inTurn(() => this.reopen()).catch(() => undefined); /* tick() tries again */
    }

    private needStore(): Store {
        if (this.store?.stopped || this.again)
            throw new SamlingError('EIO', 'the engine stopped, and is started anew');
        if (!this.store)
            throw this.phase === 'elsewhere' ? new SamlingError('EELSEWHERE', 'another tab has the store')
                : new SamlingError(this.phase === 'new' ? 'ESTATE' : 'ELOCKED', 'the store is not open');
        return this.store;
    }

    /* ---- the store */

    private async storeOpen(key: Uint8Array, often = false): Promise<void> {
        if (this.store)
            return;
        if (!this.keys)
            throw new SamlingError('ESTATE', 'there are no keys');
        const files = await OriginFiles.open(this.keys.store);
        try {
            const library = this.libraryOpen(files, this.keys.store, key);
            library.appSet(this.options.app, this.options.model);
            const link = new Link(library, this.options.link, {
                moved: () => this.moved(),
                broken: () => this.stopped(),
                full: () => files.reserveFree(),
            });
            this.store = { files, library, link, key: key.slice(), stopped: false };
            this.forgetAgain();
            if (often)
                link.later();
            else
                link.now();
        } catch (e) {
            this.store = null;
            files.end();
            throw e;
        }
        this.seen = { connection: 0, rows: 0, acked: 0, status: '' };
    }

    /** With a full browser too: what waits must be seen and sent. */
    private libraryOpen(files: OriginFiles, name: string, key: Uint8Array): Library {
        const open = () => libraryOpen(new Module(this.options.module, host(files)), name, key);
        try {
            const library = open();
            files.reserveFill();
            return library;
        } catch (e) {
            if (!(e instanceof SamlingError && e.code === 'EFULL' && files.reserveFree()))
                throw e;
            return open();
        }
    }

    private storeClose(): void {
        const store = this.store;
        this.store = null;
        if (!store)
            return;
        try {
            if (!store.stopped) { /* one that stopped closes nothing; what was flushed stays */
                store.link.end();
                store.library.close();
            }
        } catch {
            store.link.abandon();
        }
        store.files.end();
        store.key.fill(0);
    }

    private async reopen(): Promise<void> {
        const now = performance.now(), often = now - this.reopenedMs < OFTEN_MS;
        this.reopenedMs = now;
        this.again ??= this.store?.key.slice() ?? null;
        this.storeClose();
        if (this.again)
            await this.storeOpen(this.again, often);
        if (!often) /* which has everything read again, and what stopped the engine with it */
            this.emit('change', { own: false });
    }
    private forgetAgain(): void {
        this.again?.fill(0);
        this.again = null;
    }

    /** Another tab wants the store. */
    private async gone(): Promise<void> {
        this.storeClose();
        this.forgetAgain();
        await this.keys?.settled(); /* before the other tab reads them */
        this.user = this.handed = 0n;
        await this.enter('elsewhere');
    }

    private async own(): Promise<void> {
        await this.owner.take();
        this.keys = await Keys.load();
        this.persisted = await navigator.storage.persisted();
        const key = this.keys && (await this.keys.openKey());
        if (!this.keys)
            return this.enter('new');
        if (!key)
            return this.enter(this.keys.barred ? 'barred' : 'locked');
        await this.storeOpen(key);
        return this.enter(this.joined() ? 'unkeyed' : 'new');
    }

    private joined(): boolean {
        return this.live !== null && (this.live.library.filled('samling_status', 'status')['state'] as DeviceState) !== DeviceState.NotJoined;
    }

    private async join(invite: string, label: string): Promise<void> {
        if (this.phase !== 'new' && this.phase !== 'unkeyed')
            throw new SamlingError('ESTATE', 'this tablet has joined already');
        inviteParse(this.bare, invite, this.centre);
        this.keys ??= await Keys.make();
        const key = await this.keys.openKey();
        if (!key)
            throw new SamlingError('ESTATE', 'this tablet has joined already');
        await this.storeOpen(key);
        const store = this.needStore();
        if (TYPED.test(codeNormal(invite)))
            store.library.joinTyped(invite, hostOf(this.centre), Number(this.centre.port || 443), label);
        else
            store.library.join(invite, label);
        store.link.now();
        await this.enter('unkeyed');
    }

    /* ---- who is at work */

    private async unlock(user: Id, pin: string): Promise<boolean> {
        this.needHere();
        if (!this.keys || !this.keys.keyed)
            throw new SamlingError('ESTATE', 'nobody has a PIN here');
        const key = await this.keys.tryPin(user, pin);
        if (!key) {
            if (this.phase !== 'handed' || this.keys.barred)
                await this.enter(this.keys.barred ? 'barred' : 'locked');
            else
                await this.tell();
            return false;
        }
        await this.opened(key, user);
        return true;
    }

    private async opened(key: Uint8Array, user: Id): Promise<void> {
        await this.storeOpen(key);
        key.fill(0);
        this.user = user;
        await this.codePrepare();
        await this.enter('open');
    }

    private async unlockByCode(code: string, user: Id, pin: string): Promise<boolean> {
        this.needHere();
        const key = this.keys && (await this.keys.tryCode(code));
        if (!this.keys || !key)
            return false;
        await this.storeOpen(key);
        await this.keys.pinSet(key, user, await this.userName(user), pin);
        await this.keys.codeUsed();
        await this.opened(key, user);
        return true;
    }

    private async userName(user: Id): Promise<string> {
        const all = this.needStore().library.call('users', [], 0n) as User[], found = all.find((u) => u.id === user);
        if (!found)
            throw new SamlingError('ENOTFOUND', 'no such user on this tablet');
        return found.name;
    }

    private async pinSet(user: Id, pin: string): Promise<void> {
        if (!this.keys || (this.phase !== 'open' && this.phase !== 'unkeyed'))
            throw new SamlingError('ELOCKED', 'somebody who has a PIN must be at work');
        if (this.phase === 'open' && !this.keys.mayGive(user, this.user))
            throw new SamlingError('ESTATE', 'a PIN is changed by whose it is, or with a coordinator\'s code');
        const store = this.needStore();
        await this.keys.pinSet(store.key, user, await this.userName(user), pin);
        if (this.phase === 'unkeyed')
            this.user = user;
        await this.codePrepare();
        await this.enter('open');
    }

    private async pinRemove(user: Id): Promise<void> {
        if (!this.keys || this.phase !== 'open')
            throw new SamlingError('ELOCKED', 'somebody who has a PIN must be at work');
        await this.keys.pinRemove(user);
        await (user === this.user ? this.lock() : this.tell());
    }

    /** The coordinator's next code opens this tablet too. */
    private async codePrepare(): Promise<void> {
        if (!this.keys?.keyed || !this.live)
            return;
        const deviceNo = this.live.library.filled('samling_status', 'status')['deviceNo'] as number;
        const code = this.keys.codeFor(deviceNo) ? null : this.live.library.unlockCode(this.keys.unlockNumber);
        if (code)
            await this.keys.codeSet(this.live.key, code, deviceNo);
    }

    private async lock(): Promise<void> {
        if (!this.keys?.keyed || this.phase === 'elsewhere')
            return;
        this.user = this.handed = 0n;
        await this.enter(this.keys.barred ? 'barred' : 'locked');
        await this.tick();
    }

    private async handOver(participant: Id): Promise<void> {
        if (this.phase !== 'open')
            throw new SamlingError('ELOCKED', 'a PIN is asked first');
        this.handed = participant;
        await this.enter('handed');
    }

    private async startAnew(): Promise<void> {
        const state = this.live ? (this.live.library.filled('samling_status', 'status') as unknown as Status) : null;
        if (!state || (state.state !== DeviceState.Wiped && (state.state !== DeviceState.NotJoined || state.saved > 0)))
            throw new SamlingError('ESTATE', 'this tablet is in use: its work may not have been sent');
        const name = this.keys?.store;
        this.storeClose();
        await this.keys?.settled();
        await Keys.forget();
        if (name)
            await OriginFiles.remove(name);
        this.keys = null;
        this.user = this.handed = 0n;
        await this.enter('new');
    }

    /* ---- telling */

    private get shut(): boolean {
        return this.phase === 'locked' || this.phase === 'barred';
    }

    private async enter(phase: Phase): Promise<void> {
        const was = this.shut;
        this.phase = phase;
        if (this.shut && !was) { /* by whatever way: the 12 hours begin */
            this.lockedAtMs = Date.now();
            this.user = 0n;
        }
        if (phase !== 'handed')
            this.handed = 0n;
        await this.tell();
        this.status();
    }

    private async tell(): Promise<void> {
        const keyed = this.phase !== 'new' && this.phase !== 'elsewhere';
        const where: Where = {
            phase: this.phase, user: this.user, holders: keyed && this.keys ? await this.keys.holders() : [],
            triesLeft: this.keys?.triesLeft ?? 0, deviceNo: this.keys?.deviceNo ?? 0, unlockNumber: this.keys?.unlockNumber ?? 0,
            participant: this.handed,
        };
        this.emit('where', where);
    }

    /** Before a save is answered: nobody reads "saved" beside a line which says that nothing waits. What is saved stays so if this fails. */
    private statusNow(later: boolean): void {
        try {
            if (!later)
                this.status();
        } catch {
            /* told again soon */
        }
        this.statusSoon();
    }

    private statusSoon(): void {
        if (!this.soon)
            this.soon = self.setTimeout(() => {
                this.soon = 0;
                try {
                    this.status();
                    this.changeTell();
                } catch {
                    /* told again at the next occasion */
                }
            }, 30);
    }

    /** The line moved: tell what changed. */
    private moved(): void {
        this.statusSoon();
        this.changeTell();
    }

    /** Rows or acks came, and nothing more is on its way just now. */
    private changeTell(): void {
        const store = this.live;
        if (!store || (store.link.state !== 'off' && !store.library.linkIdle()))
            return;
        const report = store.library.linkReport(), now = { connection: store.link.connections, rows: report['rowsReceived'] as number, acked: report['opsAcked'] as number };
        const before = now.connection === this.seen.connection ? this.seen : { rows: 0, acked: 0 };
        const changed = now.rows !== before.rows || now.acked !== before.acked;
        Object.assign(this.seen, now);
        if (changed)
            this.emit('change', { own: false });
    }

    private nowS(): number {
        return Math.floor(Date.now() / 1000);
    }
    private stale(): boolean {
        const status = this.live?.library.filled('samling_status', 'status'), heard = (status?.['lastContactS'] as number | undefined) ?? 0;
        return heard > 0 && Math.max(this.nowS(), this.keys?.clockHighS ?? 0) - heard > STALE_S;
    }

    private status(): void {
        const store = this.live, known = store ? (store.library.filled('samling_status', 'status') as unknown as Status) : this.remembered();
        const status: Status = {
            ...known, today: store?.library.today() ?? Math.floor((Date.now() / 1000 - new Date().getTimezoneOffset() * 60) / 86400),
            line: store?.link.state ?? 'off', lineWhy: store?.link.why ?? '', stale: store !== null && this.stale(), persisted: this.persisted,
            usage: this.usage, quota: this.quota,
        };
        const text = JSON.stringify(status);
        if (text === this.seen.status)
            return;
        this.seen.status = text;
        this.emit('status', status);
        if (store && this.keys?.keyed) {
            const heard = status.lastContactS, high = Math.max(this.nowS(), heard < this.keys.clockHighS && heard > this.keys.lastContactS ? 0 : this.keys.clockHighS);
            void this.keys.noteState({ waiting: status.waiting, lastContactS: heard, clockHighS: high }).catch(() => undefined);
        }
    }

    /** Of a store that is closed: as it stood last. */
    private remembered(): Status {
        return {
            state: this.phase === 'new' ? DeviceState.NotJoined : DeviceState.Active, deviceNo: this.keys?.deviceNo ?? 0, clinic: '', saved: 0,
            waiting: this.keys?.waiting ?? 0, waitingAccess: 0, attention: 0, oldestWaitingS: 0, lastContactS: this.keys?.lastContactS ?? 0,
            lastCentreS: 0, clockSkewS: 0, clockSuspect: false, retryInS: -1, scopes: 0, scopesFilled: 0, fillRows: 0, fillRowsTotal: 0,
            auditCount: 0, auditBroken: false, today: 0, line: 'off', lineWhy: '', stale: false, persisted: null, usage: null, quota: null,
        };
    }

    private async persist(): Promise<boolean> {
        this.persisted = await navigator.storage.persisted();
        this.status();
        return this.persisted;
    }

    /** No save waits for it: a browser may take its time to count. */
    private async measure(): Promise<void> {
        const estimate = await navigator.storage.estimate();
        this.usage = estimate.usage ?? null;
        this.quota = estimate.quota ?? null;
        this.statusSoon();
    }

    private async tick(): Promise<void> {
        void this.measure().catch(() => undefined);
        if (this.phase === 'open')
            await this.codePrepare();
        const long = this.shut && Date.now() - this.lockedAtMs > LOCKED_MS_MAX;
        if (this.again && long)
            this.forgetAgain();
        if (this.again)
            await this.reopen();
        const store = this.live;
        if (store && this.shut) {
            const status = store.library.filled('samling_status', 'status') as unknown as Status;
            const empty = status.waiting === 0 && status.waitingAccess === 0 && (store.link.state !== 'on' || store.library.linkIdle());
            if (empty || long)
                this.storeClose();
        }
        this.status();
    }
}

const NO_FILES = { open: () => -1, close: () => undefined, there: () => false, delete: () => -1, read: () => -1, write: () => -1,
    truncate: () => -1, flush: () => -1, size: () => -1 };

function host(files: Host['files']): Host {
    return {
        files,
        nowS: () => Date.now() / 1000,
        monoMs: () => performance.now(),
        utcOffsetMin: (atS) => -new Date(atS * 1000).getTimezoneOffset(),
        random: (to) => {
            /* getRandomValues gives at most 65536 bytes at once, and not into memory that may grow */
            for (let at = 0; at < to.length; at += 65536)
                to.set(crypto.getRandomValues(new Uint8Array(Math.min(65536, to.length - at))), at);
        },
    };
}
