// As much of WASI as the C library asks for in a test module, over files in memory: for test modules alone; the engine imports none
// of it.
import { randomFillSync } from "node:crypto";

const BADF = 8, EXIST = 20, INVAL = 28, ISDIR = 31, NOENT = 44, NOTDIR = 54, NOTEMPTY = 55;
const FOLDER = 3, REGULAR = 4, DEVICE = 2;
const CREATE = 1, AS_FOLDER = 2, EXCLUSIVE = 4, TRUNCATE = 8, APPEND = 1;

export class Exit extends Error {
    constructor(code) {
        super(`exit ${code}`);
        this.code = code;
    }
}

// ".", "..", double and last slashes gone: "/a/b", the root is "".
function plain(path) {
    const out = [];
    for (const part of path.split("/")) {
        if (part === "..") out.pop();
        else if (part && part !== ".") out.push(part);
    }
    return out.length ? `/${out.join("/")}` : "";
}

// wasi(files, {args, env, said}): the imports; said(bytes) hears what is printed, standard error too.
export function wasi(files, { args = ["test"], env = {}, said = () => {} } = {}) {
    let memory = null;
    const table = [{ device: true }, { device: true }, { device: true }, { folder: "" }];
    const view = () => new DataView(memory.buffer);
    const bytes = (at, n) => new Uint8Array(memory.buffer, at, n);
    const decode = (at, n) => new TextDecoder().decode(bytes(at, n));
    const u32 = (at, v) => view().setUint32(at, v, true);
    const u64 = (at, v) => view().setBigUint64(at, BigInt(v), true);
    const under = (fd, at, n) => plain(`${table[fd].folder}/${decode(at, n)}`);
    const there = (name) => (files.isFolder(name) ? FOLDER : files.get(name) ? REGULAR : 0);

    function slot(what) {
        let fd = table.indexOf(null, 3);
        if (fd < 0) fd = table.length;
        table[fd] = what;
        return fd;
    }
    function pieces(at, n, do_) {
        let total = 0;
        for (let i = 0; i < n; i++) {
            const v = view(), len = v.getUint32(at + 8 * i + 4, true);
            const done = do_(bytes(v.getUint32(at + 8 * i, true), len), total);
            total += done;
            if (done < len) break;
        }
        return total;
    }
    const stat = (at, kind, size) => {
        bytes(at, 64).fill(0);
        view().setUint8(at + 16, kind);
        u64(at + 24, 1);
        u64(at + 32, size);
        return 0;
    };
    const strings = (list) => ({
        sizes: (count, size) => (u32(count, list.length), u32(size, list.reduce((n, s) => n + s.length + 1, 0)), 0),
        get: (pointers, at) => {
            for (const [i, s] of list.entries()) {
                u32(pointers + 4 * i, at);
                bytes(at, s.length).set(s);
                view().setUint8(at + s.length, 0);
                at += s.length + 1;
            }
            return 0;
        },
    });
    const encode = (s) => new TextEncoder().encode(s);
    const given = strings(args.map(encode)), environment = strings(Object.entries(env).map(([k, v]) => encode(`${k}=${v}`)));
    const readAt = (f, at) => (to, done) => {
        const got = f.seen.all.subarray(at + done, at + done + to.length);
        to.set(got);
        return got.length;
    };
    const writeAt = (f, at) => (from, done) => (files.write(f, at + done, from), from.length);

    const calls = {
        args_sizes_get: given.sizes,
        args_get: given.get,
        environ_sizes_get: environment.sizes,
        environ_get: environment.get,
        clock_time_get: (clock, precision, out) => (u64(out, clock === 0 ? BigInt(Date.now()) * 1000000n : process.hrtime.bigint()), 0),
        clock_res_get: (clock, out) => (u64(out, 1000), 0),
        random_get: (at, n) => (randomFillSync(bytes(at, n)), 0),
        proc_exit: (code) => {
            throw new Exit(code);
        },
        sched_yield: () => 0,
        poll_oneoff: (in_, out, n, done) => (u32(done, n), bytes(out, 32 * n).fill(0), 0),
        fd_prestat_get: (fd, out) => {
            if (fd !== 3) return BADF;
            view().setUint8(out, 0);
            u32(out + 4, 1);
            return 0;
        },
        fd_prestat_dir_name: (fd, at) => (view().setUint8(at, 47), 0),
        fd_fdstat_get: (fd, out) => {
            const f = table[fd];
            if (!f) return BADF;
            bytes(out, 24).fill(0);
            view().setUint8(out, f.device ? DEVICE : f.file ? REGULAR : FOLDER);
            view().setUint16(out + 2, f.append ? APPEND : 0, true);
            u64(out + 8, 0xffffffffn);
            u64(out + 16, 0xffffffffn);
            return 0;
        },
        fd_fdstat_set_flags: (fd, flags) => (table[fd] ? ((table[fd].append = (flags & APPEND) !== 0), 0) : BADF),
        fd_filestat_get: (fd, out) => {
            const f = table[fd];
            return f ? stat(out, f.device ? DEVICE : f.file ? REGULAR : FOLDER, f.file?.seen.size ?? 0) : BADF;
        },
        fd_filestat_set_size: (fd, size) => (table[fd]?.file ? (files.truncate(table[fd].file, Number(size)), 0) : BADF),
        fd_filestat_set_times: () => 0,
        fd_close: (fd) => (table[fd] ? ((table[fd] = null), 0) : BADF),
        fd_sync: (fd) => {
            if (!table[fd]) return BADF;
            if (table[fd].file) files.flush(table[fd].file);
            return 0;
        },
        fd_datasync: (fd) => calls.fd_sync(fd),
        fd_read: (fd, at, n, out) => {
            const f = table[fd];
            if (!f?.file) return f ? (u32(out, 0), 0) : BADF;
            const got = pieces(at, n, readAt(f.file, f.at));
            f.at += got;
            u32(out, got);
            return 0;
        },
        fd_pread: (fd, at, n, from, out) => (table[fd]?.file ? (u32(out, pieces(at, n, readAt(table[fd].file, Number(from)))), 0) : BADF),
        fd_write: (fd, at, n, out) => {
            const f = table[fd];
            if (!f) return BADF;
            if (f.append) f.at = f.file.seen.size;
            const put = pieces(at, n, f.file ? writeAt(f.file, f.at) : (b) => (said(b.slice()), b.length));
            if (f.file) f.at += put;
            u32(out, put);
            return 0;
        },
        fd_pwrite: (fd, at, n, to, out) => (table[fd]?.file ? (u32(out, pieces(at, n, writeAt(table[fd].file, Number(to)))), 0) : BADF),
        fd_seek: (fd, offset, whence, out) => {
            const f = table[fd];
            if (!f?.file) return f ? 70 : BADF;
            f.at = Number(offset) + (whence === 1 ? f.at : whence === 2 ? f.file.seen.size : 0);
            u64(out, f.at);
            return 0;
        },
        fd_tell: (fd, out) => (u64(out, table[fd].at), 0),
        fd_readdir: (fd, at, room, cookie, out) => {
            const list = [[".", FOLDER], ["..", FOLDER], ...files.list(table[fd].folder)];
            let used = 0;
            for (let i = Number(cookie); i < list.length && used < room; i++) {
                const name = encode(list[i][0]), entry = new Uint8Array(24 + name.length), v = new DataView(entry.buffer);
                v.setBigUint64(0, BigInt(i + 1), true);
                v.setUint32(16, name.length, true);
                v.setUint8(20, list[i][1]);
                entry.set(name, 24);
                bytes(at + used, Math.min(entry.length, room - used)).set(entry.subarray(0, room - used));
                used += Math.min(entry.length, room - used);
            }
            u32(out, used);
            return 0;
        },
        path_open: (fd, follow, at, n, how, rights, inherited, flags, out) => {
            const name = under(fd, at, n), kind = there(name);
            if (name === "/dev/null") return u32(out, slot({ device: true })), 0;
            if (kind === FOLDER) return how & (CREATE | TRUNCATE) ? ISDIR : (u32(out, slot({ folder: name })), 0);
            if (how & AS_FOLDER) return kind ? NOTDIR : NOENT;
            if (kind && how & CREATE && how & EXCLUSIVE) return EXIST;
            if (!kind && (!(how & CREATE) || !files.isFolder(name.slice(0, name.lastIndexOf("/"))))) return NOENT;
            const file = files.get(name) ?? files.make(name);
            if (how & TRUNCATE) files.truncate(file, 0);
            u32(out, slot({ file, at: 0, append: (flags & APPEND) !== 0 }));
            return 0;
        },
        path_filestat_get: (fd, follow, at, n, out) => {
            const name = under(fd, at, n), kind = there(name);
            return kind ? stat(out, kind, kind === REGULAR ? files.get(name).seen.size : 0) : NOENT;
        },
        path_create_directory: (fd, at, n) => {
            const name = under(fd, at, n);
            if (there(name)) return EXIST;
            if (!files.isFolder(name.slice(0, name.lastIndexOf("/")))) return NOENT;
            files.folders.add(name);
            return 0;
        },
        path_remove_directory: (fd, at, n) => {
            const name = under(fd, at, n);
            if (!files.folders.has(name)) return NOENT;
            return files.list(name).length ? NOTEMPTY : (files.folders.delete(name), 0);
        },
        path_unlink_file: (fd, at, n) => {
            const f = files.get(under(fd, at, n));
            return f ? (files.remove(f), 0) : NOENT;
        },
        path_rename: (fd, at, n, toFd, toAt, toN) => {
            const f = files.get(under(fd, at, n)), to = under(toFd, toAt, toN);
            if (!f) return NOENT;
            if (there(to) === FOLDER) return ISDIR;
            files.files.delete(f.name);
            f.name = to;
            files.files.set(to, f);
            return 0;
        },
        path_filestat_set_times: () => 0,
        path_readlink: () => INVAL,
    };
    const stand = { dup: (fd) => slot(table[fd]) };
    return { wasi_snapshot_preview1: calls, stand, bind: (instance) => (memory = instance.exports.memory) };
}
