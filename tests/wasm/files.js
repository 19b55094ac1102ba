// Files in memory, with power that can fail. A file has what is seen (reads, sizes) and what is on the disk; writes and
// truncations since its last flush lie between. When the power goes, each of them may be kept, dropped, or kept in some of the
// 512-byte sectors that it touches: random, from a seed.
//
//   Files      names, folders and bytes: no other state. What is not there is looked for in a folder of the machine, read only.
//   power      {lost(what, name): true where it goes off in this call}, or null: it does not fail
//   PowerLost  thrown out of the module; nothing of that instance may be used again
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export const SECTOR = 512;
export const EIO = -1, EFULL = -2, ENOENT = -3, EBUSY = -4;

export class PowerLost extends Error {}

// xorshift32: the same seed gives the same bytes everywhere.
export class Random {
    constructor(seed) {
        this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
        for (let i = 0; i < 8; i++) this.next();
    }
    next() {
        let x = this.state;
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
        return (this.state = x >>> 0);
    }
    below(n) { return this.next() % n; }
    half() { return (this.next() & 256) !== 0; }
    fill(bytes) { for (let i = 0; i < bytes.length; i++) bytes[i] = this.next() >>> 11; }
}

// Bytes that grow.
class Bytes {
    constructor(from = new Uint8Array(0)) {
        this.room = from.slice();
        this.size = from.length;
    }
    get all() { return this.room.subarray(0, this.size); }
    resize(size) {
        if (size > this.room.length) {
            const room = new Uint8Array(Math.max(size, 2 * this.room.length, 4096));
            room.set(this.all);
            this.room = room;
        } else if (size < this.size) {
            this.room.fill(0, size, this.size);
        }
        this.size = size;
    }
    write(at, bytes) {
        if (at + bytes.length > this.size) this.resize(at + bytes.length);
        this.room.set(bytes, at);
    }
}

// One change that is not on the disk yet: {at, bytes} or {size}.
function change(to, c) {
    if (c.bytes) to.write(c.at, c.bytes);
    else to.resize(c.size);
}

// How the power's going treats what lies between: [name, does change i of n survive, sector by sector?]
const FATES = [
    ["none", () => false],
    ["all", () => true],
    ["first", (r, i, n, cut) => i < cut],
    ["some", (r) => r.half()],
    ["sectors", (r) => (r.half() ? "torn" : r.half())],
    ["torn", () => "torn"],
];

function torn(to, c, random) {
    for (let at = c.at; at < c.at + c.bytes.length;) {
        const end = Math.min((Math.floor(at / SECTOR) + 1) * SECTOR, c.at + c.bytes.length);
        if (random.half()) to.write(at, c.bytes.subarray(at - c.at, end - c.at));
        at = end;
    }
}

export class File {
    constructor(name, bytes) {
        this.name = name;
        this.seen = new Bytes(bytes);
        this.disk = null; // null: all that is seen is there
        this.between = [];
        this.made = false; // since the last flush
    }
    // What is to be done to a file whose power can fail.
    changed(c) {
        if (!this.between.length && !this.disk) this.disk = new Bytes(this.seen.all);
        this.between.push(c);
        change(this.seen, c);
    }
    flush() {
        for (const c of this.between) change(this.disk, c);
        this.between = [];
        this.made = false;
    }
    // The power went: what is left becomes what is seen. false: not even the name.
    outcome(random, counts) {
        const left = this.disk ?? this.seen;
        if (this.between.length) {
            const [, keeps] = FATES[random.below(FATES.length)];
            const cut = random.below(this.between.length + 1);
            let lost = false;
            for (const [i, c] of this.between.entries()) {
                const kept = keeps(random, i, this.between.length, cut);
                if (kept === "torn" && c.bytes) torn(left, c, random), counts.torn++;
                else if (kept) change(left, c);
                else counts.dropped++;
                counts.reordered += lost && kept ? 1 : 0;
                lost ||= !kept;
            }
        }
        const there = !this.made || left.size > 0 || random.half();
        this.seen = left;
        this.disk = null;
        this.between = [];
        this.made = false;
        return there;
    }
}

export class Files {
    constructor(root = null) {
        this.root = root;
        this.files = new Map();
        this.folders = new Set(["", "/tmp", "/dev", "/dev/shm"]);
        this.power = null;
        this.counts = { writes: 0, flushes: 0, truncates: 0, losses: 0, torn: 0, dropped: 0, reordered: 0 };
    }
    // Another store of the same files, and from there on its own.
    copy() {
        const to = new Files(this.root);
        for (const [name, f] of this.files) to.files.set(name, new File(name, f.seen.all));
        to.folders = new Set(this.folders);
        return to;
    }
    get(name) {
        let f = this.files.get(name);
        if (!f && this.root && !name.includes("..")) {
            try {
                f = new File(name, readFileSync(name.startsWith("/proc/") ? name : join(this.root, name)));
                this.files.set(name, f);
            } catch {
                return undefined;
            }
        }
        return f;
    }
    make(name) {
        const f = new File(name);
        f.made = this.power !== null;
        this.files.set(name, f);
        return f;
    }
    isFolder(name) {
        if (this.folders.has(name)) return true;
        return this.root !== null && !name.includes("..") && (statSync(join(this.root, name), { throwIfNoEntry: false })?.isDirectory() ?? false);
    }
    list(folder) {
        const names = new Map();
        for (const [set, kind] of [[this.files.keys(), 4], [this.folders, 3]])
            for (const n of set)
                if (n.startsWith(`${folder}/`) && !n.slice(folder.length + 1).includes("/")) names.set(n.slice(folder.length + 1), kind);
        return [...names];
    }
    // A call that changes something: it is done first, then the power may go.
    #after(what, f) {
        if (!this.power?.lost(what, f.name)) return;
        throw new PowerLost(`${what} ${f.name}`);
    }
    write(f, at, bytes) {
        this.counts.writes++;
        if (!this.power) return f.seen.write(at, bytes);
        f.changed({ at, bytes: bytes.slice() });
        this.#after("write", f);
    }
    truncate(f, size) {
        this.counts.truncates++;
        if (!this.power) return f.seen.resize(size);
        f.changed({ size });
        this.#after("truncate", f);
    }
    // It may go in the midst of a flush as well: then nothing is promised of what lay between.
    flush(f) {
        this.counts.flushes++;
        if (!this.power) return;
        this.#after("flush", f);
        if (!this.power.ignores?.(f.name)) f.flush();
    }
    remove(f) {
        this.files.delete(f.name);
        if (this.power) this.#after("delete", f);
    }
    // What survives; the power is on again.
    lose(random) {
        this.counts.losses++;
        for (const f of [...this.files.values()])
            if (!f.outcome(random, this.counts)) this.files.delete(f.name);
    }
}
