// A centre (centre/far.c): a module of its own, whose power does not fail.
import { File, Files } from "./files.js";
import { engine } from "./host.js";
import { wasi } from "./wasi.js";

export class Centre {
    constructor(module, people, random) {
        this.files = new Files();
        this.files.folders.add("/tablet");
        this.said = "";
        const host = engine(this.files, { random }), system = wasi(this.files, { said: (b) => (this.said += Buffer.from(b).toString()) });
        const instance = new WebAssembly.Instance(module, { ...system, samling: host.samling });
        host.bind(instance);
        system.bind(instance);
        this.e = instance.exports;
        this.e._initialize();
        this.ids = this.e.far_start(people);
        this.scratch = this.e.malloc(1 << 17);
    }
    #id(i) { return new DataView(this.e.memory.buffer).getBigUint64(this.ids + 8 * i, true); }
    get now_s() { return Number(this.#id(0)); }
    get day() { return Number(this.#id(1)); }
    get group() { return this.#id(3); }
    get session() { return this.#id(4); }
    get user() { return this.#id(5); }
    get people() { return Array.from({ length: Number(this.#id(6)) }, (_, i) => this.#id(7 + i)); }
    invite() {
        const all = new Uint8Array(this.e.memory.buffer), at = this.e.far_invite();
        return Buffer.from(all.subarray(at, all.indexOf(0, at))).toString();
    }
    approve(deviceNo) { this.e.far_approve(BigInt(deviceNo)); }
    personAdd() { this.e.far_person(); }
    wrong() { return this.e.far_wrong(); }
    // Do SQLite's own rules hold in a tablet's files? They are copied first.
    sound(files) {
        for (const name of [...this.files.files.keys()]) if (name.startsWith("/tablet/")) this.files.files.delete(name);
        for (const [name, f] of files.files) this.files.files.set(`/tablet/${name}`, new File(`/tablet/${name}`, f.seen.all));
        const path = Buffer.from("/tablet/samling.db\0");
        new Uint8Array(this.e.memory.buffer).set(path, this.scratch);
        return this.e.far_sound(this.scratch) === 1;
    }
    line() {
        const { e, scratch } = this, l = e.far_line();
        return {
            answer: (bytes) => {
                new Uint8Array(e.memory.buffer).set(bytes, scratch + 8);
                const n = e.far_answer(l, scratch + 8, bytes.length, scratch);
                return new Uint8Array(e.memory.buffer, new DataView(e.memory.buffer).getUint32(scratch, true), n).slice();
            },
            went: (n) => e.far_went(l, n) === 1,
            gone: () => e.far_gone(l),
        };
    }
}
