/* The store's files in the origin's private file system, by handles that read and write at once (only a worker has them). They are
 * opened before the engine starts, since opening is asynchronous; the engine finds them by name.
 *   one owner   a second handle on a file is refused by the browser while the first is open: that is "another tab has it", never damage */
import { EBUSY, EFULL, EIO, ENOENT, type Files } from './module.ts';
import { SamlingError } from './types.ts';

const FOLDER = 'samling';
/* The store, its write-ahead log, and the journal of its first moments. */
const ENDINGS = ['', '-wal', '-journal'];
/* Room kept for the day on which the browser has none left: opening writes a little, and so does sending what waits. */
const RESERVE = '-reserve', RESERVE_BYTES = 1024 * 1024;
const OPEN_TRIES = 60;
const OPEN_WAIT_MS = 50;

async function folder(): Promise<FileSystemDirectoryHandle> {
    return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

const failure = (e: unknown): number =>
    e instanceof DOMException && e.name === 'QuotaExceededError' ? EFULL
    : e instanceof DOMException && e.name === 'NoModificationAllowedError' ? EBUSY
    : EIO;

async function handleOpen(dir: FileSystemDirectoryHandle, name: string): Promise<FileSystemSyncAccessHandle> {
    const file = await dir.getFileHandle(name, { create: true });
    for (let tries = 1; ; tries++) {
        try {
            return await file.createSyncAccessHandle();
        } catch (e) {
            if (failure(e) !== EBUSY || tries === OPEN_TRIES)
                throw failure(e) === EBUSY ? new SamlingError('EELSEWHERE', 'another tab has the store') : e;
            await new Promise((done) => setTimeout(done, OPEN_WAIT_MS));
        }
    }
}

/** The files of the store ${name}. */
export class OriginFiles implements Files {
    private constructor(private readonly names: string[], private readonly handles: FileSystemSyncAccessHandle[], private readonly reserve: FileSystemSyncAccessHandle) {}

    static async open(name: string): Promise<OriginFiles> {
        const dir = await folder(), names = ENDINGS.map((end) => name + end), handles: FileSystemSyncAccessHandle[] = [];
        try {
            for (const n of [...names, name + RESERVE])
                handles.push(await handleOpen(dir, n));
        } catch (e) {
            handles.forEach((h) => h.close());
            throw e;
        }
        return new OriginFiles(names, handles, handles[names.length] as FileSystemSyncAccessHandle);
    }
    /** Delete the files of a store that nobody has open. */
    static async remove(name: string): Promise<void> {
        const dir = await folder();
        for (const end of [...ENDINGS, RESERVE])
            await dir.removeEntry(name + end).catch(() => undefined);
    }
    /** Let go of them; what was flushed stays. */
    end(): void {
        this.handles.forEach((h) => h.close());
    }

    /** Give the reserve back to the store. false: it is used up already. */
    reserveFree(): boolean {
        return this.guarded(this.reserve, (open) => (open.getSize() > 0 ? (open.truncate(0), open.flush(), 1) : 0)) === 1;
    }
    /** Keep it, where there is room again. */
    reserveFill(): void {
        const size = this.guarded(this.reserve, (open) => open.getSize());
        if (size < RESERVE_BYTES && this.guarded(this.reserve, (open) => open.write(new Uint8Array(RESERVE_BYTES), { at: 0 })) !== RESERVE_BYTES)
            this.guarded(this.reserve, (open) => (open.truncate(0), 0));
    }

    open(name: string): number {
        const file = this.names.indexOf(name);
        return file < 0 ? ENOENT : file;
    }
    close(): void {
        /* the handles stay: opening them again would be asynchronous */
    }
    there(name: string): boolean {
        const h = this.handles[this.names.indexOf(name)];
        return h !== undefined && h.getSize() > 0;
    }
    delete(name: string): number {
        const h = this.handles[this.names.indexOf(name)];
        if (!h)
            return ENOENT;
        return this.guarded(h, () => (h.truncate(0), h.flush(), 0));
    }
    read(file: number, to: Uint8Array, at: number): number {
        const h = this.handles[file];
        return this.guarded(h, (open) => open.read(to as Uint8Array<ArrayBuffer>, { at }));
    }
    write(file: number, from: Uint8Array, at: number): number {
        return this.guarded(this.handles[file], (open) => (open.write(from as Uint8Array<ArrayBuffer>, { at }) === from.length ? 0 : EFULL));
    }
    truncate(file: number, size: number): number {
        return this.guarded(this.handles[file], (open) => (open.truncate(size), 0));
    }
    flush(file: number): number {
        return this.guarded(this.handles[file], (open) => (open.flush(), 0));
    }
    size(file: number): number {
        return this.guarded(this.handles[file], (open) => open.getSize());
    }

    private guarded(h: FileSystemSyncAccessHandle | undefined, run: (open: FileSystemSyncAccessHandle) => number): number {
        try {
            return h ? run(h) : EIO;
        } catch (e) {
            return failure(e);
        }
    }
}
