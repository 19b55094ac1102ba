// The worker of files.js: the engine's files, and SQLite as the module has it, opened as client-sdk/src/store.c opens a tablet's store.
import { OriginFiles } from "../../client-sdk/web/files.ts";
import { EFULL, Module } from "../../client-sdk/web/module.ts";

const OPEN = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = EXTRA; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" +
    "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 200; PRAGMA temp_store = MEMORY;" +
    "CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, body BLOB NOT NULL)";
const SQLITE_OK = 0, SQLITE_FULL = 13, SQLITE_ROW = 100, READWRITE = 2;
let files, m, db, committed = 0, flushes = 0, fault = "", busy = false;

// OriginFiles with a fault at will: what the browser does when the disk is full, or when it takes the file away.
function faulty(under) {
    const quota = () => { throw new DOMException("full", "QuotaExceededError"); };
    return { open: (...a) => under.open(...a), close: () => {}, there: (n) => under.there(n), delete: (n) => under.delete(n),
        read: (...a) => under.read(...a), truncate: (...a) => under.truncate(...a), size: (f) => under.size(f),
        write: (file, from, at) => {
            if (fault === "short") return under.write(file, from.subarray(0, from.length >> 1), at) || EFULL;
            if (fault === "throws") throw new Error("gone");
            if (fault === "quota") try { quota(); } catch { return EFULL; }
            return under.write(file, from, at);
        },
        flush: (file) => {
            flushes++;
            if (fault === "flush") throw new Error("gone");
            return under.flush(file);
        } };
}

function sql(text) {
    return m.with((scratch) => m.call("sqlite3_exec", db, scratch.text(text), 0, 0, 0));
}
function value(text) {
    return m.with((scratch) => {
        const at = scratch.take(4);
        if (m.call("sqlite3_prepare_v2", db, scratch.text(text), -1, at, 0)) throw new Error(text);
        const q = m.view().getUint32(at, true), rc = m.call("sqlite3_step", q);
        const out = rc === SQLITE_ROW ? m.text(m.call("sqlite3_column_text", q, 0)) : `error ${rc}`;
        m.call("sqlite3_finalize", q);
        return out;
    });
}
const code = (rc) => (rc === SQLITE_OK ? "OK" : (rc & 0xff) === SQLITE_FULL ? "EFULL" : "EIO");
const insert = () => sql("INSERT INTO row (body) VALUES (zeroblob(300))");
const count = () => Number(value("SELECT count(*) FROM row"));

const does = {
    async open(name) {
        const opened = await OriginFiles.open(name);
        files = opened;
        fault = "";
        m = new Module(await WebAssembly.compileStreaming(fetch("samling.wasm")), { files: faulty(files), nowS: () => Date.now() / 1000,
            monoMs: () => performance.now(), utcOffsetMin: () => 0, random: (to) => crypto.getRandomValues(new Uint8Array(to.length)).forEach((b, i) => { to[i] = b; }) });
        m.with((scratch) => {
            const at = scratch.take(4), rc = m.call("sqlite3_open_v2", scratch.text(name), at, READWRITE, 0);
            db = m.view().getUint32(at, true);
            if (rc) throw new Error(`open: ${rc}`);
        });
        const rc = sql(OPEN);
        if (rc) throw new Error(`opening: ${rc}`);
        if (value("PRAGMA journal_mode") !== "wal") throw new Error("no write-ahead log");
        committed = count();
    },
    add(n) {
        flushes = 0;
        for (let i = 0; i < n; i++) if (insert()) throw new Error("a row was not taken");
        return { count: count(), flushes };
    },
    async addForEver() {
        for (busy = true; busy;) {
            if (insert()) throw new Error("a row was not taken");
            committed++;
            if (committed % 4 === 0) await new Promise((done) => setTimeout(done, 0));
        }
    },
    committed: () => committed,
    count,
    check: () => ({ count: count(), sound: value("PRAGMA integrity_check") }),
    fault(kind) {
        fault = kind;
        const wrong = code(insert());
        fault = "";
        return wrong;
    },
    fill() {
        for (let i = 0; i < 4000; i++) {
            const rc = sql("INSERT INTO row (body) VALUES (zeroblob(4000))");
            if (rc) return code(rc);
        }
        return "never full";
    },
    lose() {
        files.end();
        return code(insert());
    },
    close() {
        m.call("sqlite3_close", db);
        files.end();
    },
};

self.onmessage = async ({ data: { id, name, args } }) => {
    try {
        self.postMessage({ id, value: await does[name](...args) });
    } catch (wrong) {
        self.postMessage({ id, wrong: `${wrong.code ?? ""} ${wrong.message ?? wrong}` });
    }
};
