// The shipped module under Node, called as a page calls it: structs by samling_face, text and lists copied out.
import { engine } from "./host.js";

const KIND = ["STRUCT", "ID", "COUNT", "TIME", "INT", "UINT", "SHORT", "TEXT", "CHARS", "BYTES", "FLAG", "PART"];
const SCRATCH = 1 << 16;

export class Refused extends Error {
    constructor(call, code, name) {
        super(`${call}: ${name}`);
        this.code = name;
        this.number = code;
    }
}

export class Tablet {
    constructor(module, files, options) {
        const host = engine(files, { alone: true, ...options });
        const instance = new WebAssembly.Instance(module, { samling: host.samling });
        host.bind(instance);
        this.e = instance.exports;
        this.e._initialize();
        if (this.e.samling_start() !== 0) throw new Error("samling_start");
        this.scratch = this.e.malloc(SCRATCH);
        this.#faceRead();
    }
    get view() { return new DataView(this.e.memory.buffer); }
    bytes(at, n) { return new Uint8Array(this.e.memory.buffer, at, n); }
    text(at) {
        if (!at) return null;
        const all = new Uint8Array(this.e.memory.buffer), end = all.indexOf(0, at);
        return new TextDecoder().decode(all.subarray(at, end));
    }
    #faceRead() {
        const v = this.view;
        this.face = {};
        for (let at = this.e.samling_face(), to = null; v.getUint32(at, true); at += 24) {
            const [name, kind, where, size, part, init] = [0, 4, 8, 12, 16, 20].map((i) => v.getUint32(at + i, true));
            if (KIND[kind] === "STRUCT") to = this.face[this.text(name)] = { size, init, fields: [] };
            else to.fields.push({ name: this.text(name).replace(/_(.)/g, (_, c) => c.toUpperCase()), kind: KIND[kind], at: where, size, part: this.text(part) });
        }
    }
    // Text into the scratch, from ${at} on; the place behind it.
    #put(at, text) {
        const b = new TextEncoder().encode(`${text}\0`);
        if (at + b.length > this.scratch + SCRATCH) throw new RangeError("scratch");
        this.bytes(at, b.length).set(b);
        return at + b.length;
    }
    #write(name, value, at, texts) {
        const s = this.face[name];
        this.bytes(at, s.size).fill(0);
        if (s.init) this.bytes(at, s.size).set(this.bytes(s.init, s.size));
        for (const f of s.fields) {
            const v = value[f.name], to = at + f.at;
            if (v === undefined) continue;
            if (f.kind === "ID") this.view.setBigUint64(to, v, true);
            else if (f.kind === "INT" || f.kind === "FLAG") this.view.setInt32(to, Number(v), true);
            else if (f.kind === "TEXT") (this.view.setUint32(to, texts.at, true), (texts.at = this.#put(texts.at, v)));
            else throw new Error(`${name}.${f.name} of kind ${f.kind} is not written here`);
        }
    }
    read(name, at) {
        const out = {}, v = this.view;
        for (const f of this.face[name].fields) {
            const from = at + f.at;
            switch (f.kind) {
            case "ID": out[f.name] = v.getBigUint64(from, true); break;
            case "COUNT": out[f.name] = Number(v.getBigUint64(from, true)); break;
            case "TIME": out[f.name] = Number(v.getBigInt64(from, true)); break;
            case "UINT": out[f.name] = v.getUint32(from, true); break;
            case "SHORT": out[f.name] = v.getUint16(from, true); break;
            case "TEXT": out[f.name] = this.text(v.getUint32(from, true)); break;
            case "CHARS": out[f.name] = this.text(from); break;
            case "BYTES": out[f.name] = this.bytes(from, f.size).slice(); break;
            case "PART": out[f.name] = this.read(f.part, from); break;
            default: out[f.name] = v.getInt32(from, true);
            }
        }
        return out;
    }
    must(call, code) {
        if (code !== 0) throw new Refused(call, code, this.text(this.e.samling_errname(code)));
    }
    open(path, key) {
        const out = this.#put(this.scratch, path) + 8 & ~7;
        this.bytes(out + 8, 32).set(key);
        this.must("open", this.e.samling_open(this.scratch, out + 8, out));
        this.s = this.view.getUint32(out, true);
    }
    close() { this.e.samling_close(this.s); }
    join(invite, label) {
        const second = this.#put(this.scratch, invite);
        this.#put(second, label);
        this.must("join", this.e.samling_join_begin(this.s, this.scratch, second));
    }
    status() {
        this.must("status", this.e.samling_status(this.s, this.scratch));
        return this.read("status", this.scratch);
    }
    // list("notes", "note_line", user, participant): what samling_notes lists.
    list(call, of, ...args) {
        const out = this.scratch;
        this.must(call, this.e[`samling_${call}`](this.s, ...args, out, out + 4));
        const at = this.view.getUint32(out, true), n = this.view.getUint32(out + 4, true), all = [];
        for (let i = 0; i < n; i++) all.push(this.read(of, at + i * this.face[of].size));
        this.e.samling_list_free(at);
        return all;
    }
    // save("mark", user, [mark, …]): samling_mark, or with several samling_mark_all.
    save(call, user, values, of = call, id = false) {
        const size = this.face[of].size, out = this.scratch + size * values.length + 8 & ~7, texts = { at: out + 8 };
        for (const [i, v] of values.entries()) this.#write(of, v, this.scratch + i * size, texts);
        const more = call.endsWith("_all") ? [values.length] : id ? [out] : [];
        this.must(call, this.e[`samling_${call}`](this.s, user, this.scratch, ...more));
        return id ? this.view.getBigUint64(out, true) : 0n;
    }

    // One connection with a centre (centre.js) until both have said all, or until the line breaks behind ${budget} bytes.
    talk(centre, budget) {
        let left = budget, over = false;
        if (this.e.samling_link_up(this.s) !== 0) return false;
        const line = centre.line();
        try {
            for (let moved = true; moved && !over && left > 0;) {
                const n = Math.min(this.e.samling_link_peek(this.s, this.scratch), left, SCRATCH);
                const up = this.bytes(this.view.getUint32(this.scratch, true), n).slice();
                this.e.samling_link_sent(this.s, n);
                left -= n;
                const down = line.answer(up).subarray(0, left);
                left -= down.length;
                const at = this.e.malloc(down.length + 1);
                this.bytes(at, down.length).set(down);
                const err = this.e.samling_link_feed(this.s, at, down.length);
                this.e.free(at);
                const last = line.went(down.length);
                over = err !== 0 || last || this.e.samling_link_idle(this.s) === 1;
                moved = n > 0 || down.length > 0;
            }
        } finally {
            line.gone();
        }
        this.e.samling_link_down(this.s);
        return left > 0;
    }
    // As samling_sync_once: again at once where the tablet asks for it.
    sync(centre, budget = Infinity) {
        for (let tries = 0; tries < 32; tries++)
            if (!this.talk(centre, budget) || this.e.samling_retry_in_ms(this.s) !== 0n) return;
    }
}
