/* The engine's module of WebAssembly and how JavaScript speaks with it: imports over the host's files, structs by the table that
 * the module carries (face.def), calls by name.
 *   Files   the host's: numbers for open files, negative for errors (import.h)
 *   Module  one engine; its memory may move at every call, so views are made anew */
import { SamlingError } from './types.ts';

export const EIO = -1, EFULL = -2, ENOENT = -3, EBUSY = -4;

/** The files of one store. Each gives an error back instead of throwing; whoever throws all the same is taken for EIO. */
export interface Files {
    open(name: string, create: boolean): number;
    close(file: number): void;
    there(name: string): boolean;
    delete(name: string): number;
    read(file: number, to: Uint8Array, at: number): number;
    write(file: number, from: Uint8Array, at: number): number;
    truncate(file: number, size: number): number;
    flush(file: number): number;
    size(file: number): number;
}

export interface Host {
    files: Files;
    nowS(): number;
    monoMs(): number;
    utcOffsetMin(atS: number): number;
    random(to: Uint8Array): void;
}

/** The library's own names of errors, by number (samling.h). */
const ERRORS: Record<number, string> = {
    [-2]: 'ENOMEM', [-4]: 'EPROTO', [-5]: 'EAUTH', [-6]: 'ERANGE', [-7]: 'ENOTFOUND', [-8]: 'EEXIST', [-9]: 'ESTATE', [-10]: 'EIO',
    [-11]: 'EFULL', [-12]: 'ECORRUPT', [-13]: 'EVERSION', [-14]: 'ECLOSED', [-15]: 'ETIMEOUT', [-16]: 'ETLS', [-17]: 'EUSAGE',
    [-18]: 'ECLOCK', [-19]: 'EBUSY',
};
export const errorName = (rc: number): string => ERRORS[rc] ?? `E${-rc}`;

/* As in face.c. */
const enum Kind { Struct = 0, Id, Count, Time, Int, Uint, Short, Text, Chars, Bytes, Flag, Part }
interface Field { name: string; kind: Kind; at: number; size: number; part: string }
export interface Shape { size: number; init: number; fields: Field[] }
export type Plain = Record<string, unknown>;

const ROW_BYTES = 24;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
export const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

type Exported = (...args: (number | bigint)[]) => number | bigint | undefined;

/** What a call may be given and give back, beside numbers: memory that is freed when the call is over. */
export class Module {
    readonly shapes = new Map<string, Shape>();
    private readonly exports: Record<string, Exported>;
    private readonly memory: WebAssembly.Memory;

    constructor(module: WebAssembly.Module, host: Host) {
        const instance = new WebAssembly.Instance(module, { samling: imports(host, () => this.memory) });
        this.exports = instance.exports as unknown as Record<string, Exported>;
        this.memory = instance.exports['memory'] as WebAssembly.Memory;
        this.call('_initialize');
        if (this.call('samling_start') !== 0)
            throw new SamlingError('ENOMEM', 'the engine did not start');
        this.shapesRead();
    }

    has(name: string): boolean {
        return name in this.exports;
    }
    call(name: string, ...args: (number | bigint)[]): number {
        const called = this.exports[name];
        if (!called)
            throw new SamlingError('EUSAGE', `the engine has no ${name}`);
        return Number(called(...args) ?? 0);
    }

    view(): DataView {
        return new DataView(this.memory.buffer);
    }
    bytes(at: number, n: number): Uint8Array {
        return new Uint8Array(this.memory.buffer, at, n);
    }
    text(at: number): string {
        if (!at)
            return '';
        const all = new Uint8Array(this.memory.buffer);
        return decoder.decode(all.subarray(at, all.indexOf(0, at)));
    }
    shape(name: string): Shape {
        const shape = this.shapes.get(name);
        if (!shape)
            throw new SamlingError('EUSAGE', `the engine knows no ${name}`);
        return shape;
    }

    /** A struct as an object. */
    read(name: string, at: number): Plain {
        const view = this.view(), out: Plain = {};
        for (const f of this.shape(name).fields)
            out[f.name] = this.fieldRead(view, f, at + f.at);
        return out;
    }
    private fieldRead(view: DataView, f: Field, at: number): unknown {
        switch (f.kind) {
        case Kind.Id: return view.getBigUint64(at, true);
        case Kind.Count: return Number(view.getBigUint64(at, true));
        case Kind.Time: return Number(view.getBigInt64(at, true));
        case Kind.Uint: return view.getUint32(at, true);
        case Kind.Short: return view.getUint16(at, true);
        case Kind.Text: return this.text(view.getUint32(at, true));
        case Kind.Chars: return this.text(at);
        case Kind.Bytes: return this.bytes(at, f.size).slice();
        case Kind.Flag: return view.getInt32(at, true) === 1;
        case Kind.Part: return this.read(f.part, at);
        default: return view.getInt32(at, true);
        }
    }

    /** Run with memory of its own: what is taken by ${scratch} is freed afterwards. */
    with<T>(run: (scratch: Scratch) => T): T {
        const scratch = new Scratch(this);
        try {
            return run(scratch);
        } finally {
            scratch.free();
        }
    }

    private shapesRead(): void {
        let shape: Shape | null = null;
        for (let row = this.call('samling_face'); ; row += ROW_BYTES) {
            const view = this.view(), name = this.text(view.getUint32(row, true)), kind = view.getInt32(row + 4, true) as Kind,
                at = view.getInt32(row + 8, true), size = view.getInt32(row + 12, true), part = this.text(view.getUint32(row + 16, true));
            if (!name)
                return;
            if (kind === Kind.Struct)
                this.shapes.set(name, (shape = { size, init: view.getUint32(row + 20, true), fields: [] }));
            else
                shape?.fields.push({ name: camel(name), kind, at, size, part });
        }
    }
}

export class Scratch {
    private readonly taken: number[] = [];
    constructor(private readonly m: Module) {}

    take(size: number): number {
        const at = this.m.call('malloc', size || 1);
        if (!at)
            throw new SamlingError('ENOMEM', 'no memory is left');
        this.taken.push(at);
        this.m.bytes(at, size).fill(0);
        return at;
    }
    bytes(value: Uint8Array): number {
        const at = this.take(value.length);
        this.m.bytes(at, value.length).set(value);
        return at;
    }
    text(value: string): number {
        if (value.includes('\0'))
            throw new SamlingError('ERANGE', 'text cannot hold a zero');
        return this.bytes(encoder.encode(`${value}\0`));
    }
    structs(name: string, values: readonly object[]): number {
        const shape = this.m.shape(name), at = this.take(shape.size * values.length);
        values.forEach((v, i) => this.structWrite(shape, at + i * shape.size, v as Plain));
        return at;
    }
    private structWrite(shape: Shape, at: number, value: Plain): void {
        if (shape.init)
            this.m.bytes(at, shape.size).set(this.m.bytes(shape.init, shape.size));
        for (const f of shape.fields) {
            const v = value[f.name];
            if (v !== undefined && v !== null)
                this.fieldWrite(f, at + f.at, v);
        }
    }
    private fieldWrite(f: Field, at: number, v: unknown): void {
        const text = f.kind === Kind.Text ? this.text(String(v)) : 0, view = this.m.view();
        switch (f.kind) {
        case Kind.Id:
        case Kind.Count: return view.setBigUint64(at, uint64(v), true);
        case Kind.Time: return view.setBigInt64(at, int64(v), true);
        case Kind.Text: return view.setUint32(at, text, true);
        case Kind.Flag: return view.setInt32(at, v ? 1 : 0, true);
        case Kind.Int: return view.setInt32(at, int32(v), true);
        case Kind.Uint: return view.setUint32(at, int32(v, 0, 0xffffffff), true);
        default: throw new SamlingError('EUSAGE', `${f.name} is only read`);
        }
    }
    free(): void {
        for (const at of this.taken.splice(0))
            this.m.call('free', at);
    }
}

/** A whole number of 32 bits, or ERANGE: half a kilo must not become none. */
export function int32(v: unknown, least = -0x80000000, most = 0x7fffffff): number {
    const n = typeof v === 'boolean' ? Number(v) : v;
    if (typeof n !== 'number' || !Number.isInteger(n) || n < least || n > most)
        throw new SamlingError('ERANGE', `${String(v)} is not a whole number`);
    return n;
}
/** The same of 64 bits, from a bigint or a number that is exact: one that does not fit must not become another one's. */
function bits64(v: unknown, fits: (n: bigint) => bigint): bigint {
    const n = typeof v === 'number' && Number.isSafeInteger(v) ? BigInt(v) : v;
    if (typeof n !== 'bigint' || fits(n) !== n)
        throw new SamlingError('ERANGE', `${String(v)} is not a whole number of 64 bits`);
    return n;
}
export const uint64 = (v: unknown): bigint => bits64(v, (n) => BigInt.asUintN(64, n));
const int64 = (v: unknown): bigint => bits64(v, (n) => BigInt.asIntN(64, n));

function imports(host: Host, memory: () => WebAssembly.Memory): WebAssembly.ModuleImports {
    const bytes = (at: number, n: number): Uint8Array => new Uint8Array(memory().buffer, at, n);
    const name = (at: number, n: number): string => decoder.decode(bytes(at, n));
    const guarded = <A extends number[]>(run: (...args: A) => number): ((...args: A) => number) => (...args) => {
        try {
            return run(...args);
        } catch {
            return EIO;
        }
    };
    const files = host.files;
    return {
        now_s: () => host.nowS(),
        mono_ms: () => host.monoMs(),
        utc_offset_min: (at: number) => host.utcOffsetMin(at),
        random: guarded((to: number, n: number) => (host.random(bytes(to, n)), 0)),
        fail: (at: number, n: number) => {
            throw new Error(`the engine stopped: ${name(at, n)}`);
        },
        file_open: guarded((at: number, n: number, create: number) => files.open(name(at, n), create === 1)),
        file_close: guarded((file: number) => (files.close(file), 0)),
        file_there: guarded((at: number, n: number) => (files.there(name(at, n)) ? 1 : 0)),
        file_delete: guarded((at: number, n: number) => files.delete(name(at, n))),
        file_read: guarded((file: number, to: number, n: number, at: number) => files.read(file, bytes(to, n), at)),
        file_write: guarded((file: number, from: number, n: number, at: number) => files.write(file, bytes(from, n), at)),
        file_truncate: guarded((file: number, size: number) => files.truncate(file, size)),
        file_flush: guarded((file: number) => files.flush(file)),
        file_size: guarded((file: number) => files.size(file)),
    };
}
