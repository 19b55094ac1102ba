/* The store's key, and who may have it. The key is 32 random bytes made when the tablet joins. It is never written down as it is, but
 * wrapped, once for each person who has a PIN here and once for the coordinator's next unlock code:
 *
 *   device(  secret(  key  )  )     secret = Argon2id(PIN or code, salt), AES-256-GCM
 *                                   device = a key of the browser's that no script can read, AES-256-GCM
 *
 * so that neither a copy of the browser's files nor a guess at six digits alone opens it (SECURITY.md). No PIN ever deletes anything:
 * after ten wrong ones the PINs are not tried any more until a coordinator's code has been given, which also helps who has forgotten
 * theirs. All of it is one record, written durably and whole. */
import { argon2id } from 'hash-wasm';
import { codeNormal } from './spoken.ts';
import { type KeyHolder, SamlingError } from './types.ts';

export const TRIES_MAX = 10;
export const PIN_DIGITS_MIN = 6;
/* OWASP's floor for Argon2id, for a tablet's memory: 19 MiB twice. Behind it stands the browser's own key. */
const ARGON2 = { parallelism: 1, iterations: 2, memorySize: 19456, hashLength: 32 } as const;
const LOAD_TRIES = 8, LOAD_WAIT_MS = 400;
const DATABASE = 'samling-keys', TABLE = 'tablet', RECORD = 'keys';

interface Sealed { iv: Uint8Array; bytes: Uint8Array }
interface Wrap { salt: Uint8Array; sealed: Sealed }
/** wrong: PINs that were tried in vain since this one's own was given */
interface Holder { user: bigint; name: Sealed; wrap: Wrap; wrong: number }
interface Record {
    version: 1;
    /** the store's file; a new tablet on the same browser has another */
    store: string;
    device: CryptoKey;
    /** the key under the device's alone: until somebody has a PIN */
    open: Sealed | null;
    holders: Holder[];
    /** whose PIN a colleague took away: only a coordinator's code gives them one again */
    gone: bigint[];
    /** the number of the coordinator's next code, and the key under it; null: the tablet had not joined when a PIN was chosen last */
    unlockNumber: number;
    unlock: Wrap | null;
    /** whose code that is: a copy of a tablet gets another number, and with it other codes */
    deviceNo: number;
    /** the latest that the clock has shown since the centre was heard, seconds since 1970: a clock that is put back hides nothing */
    clockHighS: number;
    /** what the lock screen says of the work: as it stood last */
    waiting: number;
    lastContactS: number;
}

const random = (n: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(n));

async function seal(key: CryptoKey, plain: Uint8Array): Promise<Sealed> {
    const iv = random(12);
    return { iv, bytes: new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain as Uint8Array<ArrayBuffer>)) };
}
async function unseal(key: CryptoKey, s: Sealed): Promise<Uint8Array | null> {
    try {
        return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: s.iv as Uint8Array<ArrayBuffer> }, key, s.bytes as Uint8Array<ArrayBuffer>));
    } catch {
        return null;
    }
}
async function secretKey(secret: string, salt: Uint8Array): Promise<CryptoKey> {
    const raw = await argon2id({ password: secret, salt, ...ARGON2, outputType: 'binary' });
    const key = await crypto.subtle.importKey('raw', raw as Uint8Array<ArrayBuffer>, 'AES-GCM', false, ['encrypt', 'decrypt']);
    raw.fill(0);
    return key;
}
async function wrap(device: CryptoKey, secret: string, key: Uint8Array): Promise<Wrap> {
    const salt = random(16), inner = await seal(await secretKey(secret, salt), key);
    const both = new Uint8Array(inner.iv.length + inner.bytes.length);
    both.set(inner.iv);
    both.set(inner.bytes, inner.iv.length);
    return { salt, sealed: await seal(device, both) };
}
async function unwrap(device: CryptoKey, secret: string, w: Wrap): Promise<Uint8Array | null> {
    const both = await unseal(device, w.sealed);
    return both && unseal(await secretKey(secret, w.salt), { iv: both.slice(0, 12), bytes: both.slice(12) });
}

export function pinCheck(pin: string): void {
    if (!/^\d+$/.test(pin) || pin.length < PIN_DIGITS_MIN || pin.length > 32)
        throw new SamlingError('ERANGE', `a PIN has at least ${PIN_DIGITS_MIN} digits`);
    if (/^(\d)\1*$/.test(pin) || '01234567890123456789'.includes(pin) || '98765432109876543210'.includes(pin))
        throw new SamlingError('ERANGE', 'this PIN is the first that anybody would try');
}

/* ---- the record */

function database(): Promise<IDBDatabase> {
    return new Promise((done, failed) => {
        const asked = indexedDB.open(DATABASE, 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE);
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
    });
}
async function recordAccess<T>(mode: IDBTransactionMode, run: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await database();
    try {
        return await new Promise<T>((done, failed) => {
            const tx = db.transaction(TABLE, mode, { durability: 'strict' }), asked = run(tx.objectStore(TABLE));
            tx.oncomplete = () => done(asked.result);
            tx.onabort = () => failed(tx.error ?? asked.error);
        });
    } finally {
        db.close();
    }
}

export class Keys {
    private saving: Promise<void> = Promise.resolve();
    private constructor(private record: Record) {}

    /** null: nothing has joined in this browser. A browser that was cut off may need a moment for its own records. */
    static async load(): Promise<Keys | null> {
        for (let tries = 1; ; tries++) {
            try {
                const record = (await recordAccess('readonly', (t) => t.get(RECORD))) as Record | undefined;
                return record ? new Keys(record) : null;
            } catch (e) {
                if (tries === LOAD_TRIES)
                    throw e;
                await new Promise((done) => setTimeout(done, LOAD_WAIT_MS));
            }
        }
    }
    /** A new tablet: its key is in `open` until somebody has a PIN. */
    static async make(): Promise<Keys> {
        const device = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
        const store = `tablet-${Array.from(random(8), (b) => b.toString(16).padStart(2, '0')).join('')}`;
        const record: Record = {
            version: 1, store, device, open: await seal(device, random(32)), holders: [], gone: [], unlockNumber: 1, unlock: null,
            deviceNo: 0, clockHighS: 0, waiting: 0, lastContactS: 0,
        };
        await recordAccess('readwrite', (t) => t.add(record, RECORD)); /* never over another one: that would be the only key to its store */
        return new Keys(record);
    }
    /** Forget the key. What it sealed can never be read again. */
    static async forget(): Promise<void> {
        await recordAccess('readwrite', (t) => t.delete(RECORD));
    }

    /** One change after the other, each on top of the one before: two at once would undo each other. */
    private save(change: Partial<Record> | ((now: Record) => Partial<Record>)): Promise<void> {
        const next = this.saving.then(async () => {
            const record = { ...this.record, ...(typeof change === 'function' ? change(this.record) : change) };
            await recordAccess('readwrite', (t) => t.put(record, RECORD));
            this.record = record;
        });
        this.saving = next.catch(() => undefined);
        return next;
    }

    /** Resolves when nothing is on its way to the disk. */
    settled(): Promise<void> {
        return this.saving;
    }

    get store(): string {
        return this.record.store;
    }
    get keyed(): boolean {
        return this.record.holders.length > 0;
    }
    /** Of all together: whoever knows one PIN does not try another's without end. */
    private get wrong(): number {
        return this.record.holders.reduce((sum, h) => sum + h.wrong, 0);
    }
    get barred(): boolean {
        return this.wrong >= TRIES_MAX;
    }
    get triesLeft(): number {
        return Math.max(0, TRIES_MAX - this.wrong);
    }
    get unlockNumber(): number {
        return this.record.unlockNumber;
    }
    get deviceNo(): number {
        return this.record.deviceNo;
    }
    get waiting(): number {
        return this.record.waiting;
    }
    get lastContactS(): number {
        return this.record.lastContactS;
    }
    get clockHighS(): number {
        return this.record.clockHighS;
    }

    async holders(): Promise<KeyHolder[]> {
        const all: KeyHolder[] = [];
        for (const h of this.record.holders) {
            const name = await unseal(this.record.device, h.name);
            all.push({ user: h.user, name: name ? new TextDecoder().decode(name) : '' });
        }
        return all.sort((a, b) => a.name.localeCompare(b.name, 'nb'));
    }

    /** The key where nobody has a PIN yet, else null. */
    async openKey(): Promise<Uint8Array | null> {
        return this.record.open && unseal(this.record.device, this.record.open);
    }

    /** Try a PIN: the try is on the disk before it is made. null: wrong, or PINs are not tried now. */
    async tryPin(user: bigint, pin: string): Promise<Uint8Array | null> {
        const holder = this.record.holders.find((h) => h.user === user);
        if (!holder || this.barred)
            return null;
        const count = (wrong: (before: number) => number) =>
            this.save((now) => ({ holders: now.holders.map((h) => (h.user === user ? { ...h, wrong: wrong(h.wrong) } : h)) }));
        await count((before) => before + 1);
        const key = await unwrap(this.record.device, pin, holder.wrap);
        if (key)
            await count(() => 0);
        return key;
    }
    /** Try the coordinator's code. The next one has another number, which codeSet() prepares. */
    async tryCode(code: string): Promise<Uint8Array | null> {
        return this.record.unlock && unwrap(this.record.device, codeNormal(code), this.record.unlock);
    }

    /** May ${by}, who is at work, give this user a PIN? A first one, or their own anew: nobody becomes a colleague by it. */
    mayGive(user: bigint, by: bigint): boolean {
        return user === by || !(this.record.gone.includes(user) || this.record.holders.some((h) => h.user === user));
    }
    /** Give a user a PIN. */
    async pinSet(key: Uint8Array, user: bigint, name: string, pin: string): Promise<void> {
        pinCheck(pin);
        const holder: Holder = {
            user, name: await seal(this.record.device, new TextEncoder().encode(name)), wrap: await wrap(this.record.device, pin, key), wrong: 0,
        };
        await this.save((now) => ({ open: null, holders: [...now.holders.filter((h) => h.user !== user), holder], gone: now.gone.filter((one) => one !== user) }));
    }
    async pinRemove(user: bigint): Promise<void> {
        const holders = this.record.holders.filter((h) => h.user !== user);
        if (!holders.length)
            throw new SamlingError('ESTATE', 'somebody must be able to open this tablet');
        await this.save((now) => ({ holders, gone: [...now.gone.filter((one) => one !== user), user] }));
    }
    /** After a code was used it is worth nothing any more: the next one has another number. */
    async codeUsed(): Promise<void> {
        await this.save((now) => ({ holders: now.holders.map((h) => ({ ...h, wrong: 0 })), unlock: null, unlockNumber: now.unlockNumber + 1 }));
    }
    /** Is there a code for the tablet of that number? */
    codeFor(deviceNo: number): boolean {
        return this.record.unlock !== null && this.record.deviceNo === deviceNo;
    }
    async codeSet(key: Uint8Array, code: string, deviceNo: number): Promise<void> {
        await this.save({ unlock: await wrap(this.record.device, codeNormal(code), key), deviceNo });
    }

    /** What the lock screen and the 72 hours need of how it stands. */
    async noteState(state: { waiting: number; lastContactS: number; clockHighS: number }): Promise<void> {
        const r = this.record;
        if (r.waiting !== state.waiting || r.lastContactS !== state.lastContactS || state.clockHighS - r.clockHighS > 600)
            await this.save(state);
    }
}
