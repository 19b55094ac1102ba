// The host of a module under Node: what client-sdk/web/import.h asks for, over files in memory.
import { randomFillSync } from "node:crypto";
import { EBUSY, EIO, ENOENT } from "./files.js";

export class Failed extends Error {}

const text = new TextDecoder();

// engine(files, options): the imports, and bind(instance) to be called with the instance that they are for.
//   now_s, mono_ms, random(bytes)   else the machine's
//   alone                           a file is opened once at a time, as in a browser
export function engine(files, options = {}) {
    let memory = null;
    const open = [];
    const now = options.now_s ?? (() => Date.now() / 1000);
    const mono = options.mono_ms ?? (() => Number(process.hrtime.bigint() / 1000000n)); // since the machine's start, as natively
    const random = options.random ?? randomFillSync;
    const bytes = (at, n) => new Uint8Array(memory.buffer, at >>> 0, n);
    const name = (at, n) => text.decode(bytes(at, n));
    const samling = {
        now_s: () => now(),
        mono_ms: () => mono(),
        utc_offset_min: (at) => -new Date(at * 1000).getTimezoneOffset(),
        random: (at, n) => (random(bytes(at, n)), 0),
        fail: (at, n) => {
            throw new Failed(name(at, n));
        },
        file_open: (at, n, create) => {
            const called = name(at, n);
            if (options.alone && open.some((f) => f?.name === called)) return EBUSY;
            if (called.includes("/") && !files.isFolder(called.slice(0, called.lastIndexOf("/")))) return ENOENT;
            const f = files.get(called) ?? (create ? files.make(called) : null);
            if (!f) return ENOENT;
            let i = open.indexOf(null);
            if (i < 0) i = open.length;
            open[i] = f;
            return i;
        },
        file_close: (i) => {
            open[i] = null;
        },
        file_there: (at, n) => ((files.get(name(at, n))?.seen.size ?? 0) > 0 ? 1 : 0),
        file_delete: (at, n) => {
            const f = files.get(name(at, n));
            if (!f) return ENOENT;
            files.remove(f);
            return 0;
        },
        file_read: (i, to, n, at) => {
            const got = open[i].seen.all.subarray(at, at + n);
            bytes(to, got.length).set(got);
            return got.length;
        },
        file_write: (i, from, n, at) => (files.write(open[i], at, bytes(from, n)), 0),
        file_truncate: (i, size) => (files.truncate(open[i], size), 0),
        file_flush: (i) => (files.flush(open[i]), 0),
        file_size: (i) => open[i]?.seen.size ?? EIO,
    };
    return { samling, bind: (instance) => (memory = instance.exports.memory) };
}
