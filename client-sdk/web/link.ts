/* The line to the centre: a WebSocket at /sync on the app's own origin, which carries the bytes of the library's frames; where one
 * message ends means nothing. The library says when to try again; a line that stands is kept, so that news comes at once. */
import type { Library } from './calls.ts';
import { SamlingError } from './types.ts';

const MESSAGE_BYTES_MAX = 32 * 1024;
/* As much as may wait in the browser before more is asked of the library. */
const BUFFERED_BYTES_MAX = 256 * 1024;
const DRAIN_MS = 30;
const CONNECT_MS_MAX = 20_000;
/* Work is under way and the centre has said nothing for so long: the line is dead. With nothing to do it pings, every 30 seconds. */
const SILENCE_MS_MAX = 45_000;
const IDLE_SILENCE_MS_MAX = 150_000;
/* Nothing waits and the line was lost: look for news again after a while. */
const QUIET_MS = 60_000;
/* Connections one right after the other, as the library asks for when its counter or number was wrong; then a pause. */
const AT_ONCE_MAX = 32;

export type LineState = 'off' | 'connecting' | 'on';

export interface LinkEvents {
    /** bytes came or went, or the line's state changed */
    moved(): void;
    /** the engine stopped in the middle: only opening the store again mends that, and nothing of it may be asked before */
    broken(): void;
    /** there is no room for what the line has to write */
    full(): void;
}

export class Link {
    state: LineState = 'off';
    why = '';
    /** how many connections stood: what the library reports counts from each one's beginning */
    connections = 0;
    private socket: WebSocket | null = null;
    private timer = 0;
    private atOnce = 0;
    private drain = 0;
    private heardMs = 0;
    private ended = false;

    constructor(private readonly library: Library, private readonly url: string, private readonly events: LinkEvents) {}

    /** Connect now, unless a line stands that was heard of late: somebody looks, and a dead one is not known to be dead. */
    now(): void {
        if (this.socket && this.state === 'on' && performance.now() - this.heardMs > SILENCE_MS_MAX)
            this.drop(this.socket, 'nothing was heard for long');
        clearTimeout(this.timer);
        if (this.socket || this.ended)
            return;
        this.state = 'connecting';
        const socket = new WebSocket(this.url, 'samling.1');
        socket.binaryType = 'arraybuffer';
        this.socket = socket;
        this.heardMs = performance.now();
        socket.onopen = () => this.guarded(() => this.opened(socket));
        socket.onmessage = (m: MessageEvent<unknown>) => this.guarded(() => this.heard(socket, m.data));
        socket.onclose = (e) => this.guarded(() => this.closed(socket, e.reason || `closed (${e.code})`));
        this.watch(socket);
        this.events.moved();
    }

    /** The same, where an engine that stops on the way is nobody's error. */
    look(): void {
        this.guarded(() => this.now());
    }

    /** Something was saved, or the library may want to speak. */
    nudge(): void {
        this.guarded(() => {
            if (this.state === 'on' && this.socket)
                this.pump(this.socket);
            else if (!this.socket)
                this.plan();
        });
    }

    /** For good. */
    end(): void {
        this.ended = true;
        clearTimeout(this.timer);
        if (this.socket)
            this.drop(this.socket, 'closed by the app');
    }

    /** For good, and without a word to an engine that stopped. */
    abandon(): void {
        const socket = this.socket;
        this.ended = true;
        this.socket = null;
        this.state = 'off';
        clearTimeout(this.timer);
        clearTimeout(this.drain);
        socket?.close();
    }

    /** What the browser calls by itself: an engine that stops here stops for everybody. */
    private guarded(run: () => void): void {
        if (this.ended)
            return;
        try {
            run();
        } catch {
            this.events.broken();
        }
    }

    private plan(): void {
        clearTimeout(this.timer);
        if (this.ended || this.socket)
            return;
        const due = this.library.retryInMs();
        this.atOnce = due === 0 ? this.atOnce + 1 : 0;
        if (due < 0 || this.atOnce > AT_ONCE_MAX)
            this.later();
        else
            this.timer = self.setTimeout(() => this.guarded(() => this.now()), due);
    }
    /** After a while. */
    later(): void {
        clearTimeout(this.timer);
        this.timer = self.setTimeout(() => this.guarded(() => this.now()), QUIET_MS * (0.75 + Math.random() / 2));
    }

    private opened(socket: WebSocket): void {
        if (socket !== this.socket)
            return;
        try {
            this.library.linkUp();
            this.connections++;
            this.state = 'on';
        } catch (e) {
            return this.drop(socket, this.refused(e));
        }
        this.pump(socket);
        this.events.moved();
    }

    /** The library's own words; what is not the library's goes on. */
    private refused(e: unknown): string {
        if (!(e instanceof SamlingError))
            throw e;
        if (e.code === 'EFULL')
            this.events.full();
        return e.message;
    }

    private heard(socket: WebSocket, data: unknown): void {
        if (socket !== this.socket || this.state !== 'on')
            return;
        this.heardMs = performance.now();
        if (!(data instanceof ArrayBuffer))
            return this.drop(socket, 'the centre said something that is no frame');
        let failed = '';
        try {
            this.library.linkFeed(new Uint8Array(data));
        } catch (e) {
            failed = this.refused(e);
        }
        this.pump(socket); /* an ERROR or BYE may be there */
        if (failed)
            this.drop(socket, failed);
        else
            this.why = '';
        this.events.moved();
    }

    private pump(socket: WebSocket): void {
        clearTimeout(this.drain);
        while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < BUFFERED_BYTES_MAX) {
            const bytes = this.library.linkPeek(MESSAGE_BYTES_MAX);
            if (!bytes.length)
                return;
            socket.send(bytes as Uint8Array<ArrayBuffer>);
            this.library.linkSent(bytes.length);
        }
        if (socket.readyState === WebSocket.OPEN)
            this.drain = self.setTimeout(() => this.guarded(() => this.pump(socket)), DRAIN_MS);
    }

    private closed(socket: WebSocket, why: string): void {
        if (socket !== this.socket)
            return;
        this.socket = null;
        clearTimeout(this.drain);
        if (this.state === 'on')
            this.why = this.library.linkDown() || why;
        else {
            this.library.linkFailed();
            this.why = why;
        }
        this.state = 'off';
        this.plan();
        this.events.moved();
    }

    private drop(socket: WebSocket, why: string): void {
        this.closed(socket, why);
        socket.close();
    }

    /** A connection that does not come about, or has gone silent in the middle of work. */
    private watch(socket: WebSocket): void {
        if (socket !== this.socket)
            return;
        const silent = performance.now() - this.heardMs;
        if (this.state === 'connecting' && silent > CONNECT_MS_MAX)
            return this.drop(socket, 'no connection');
        if (this.state === 'on' && silent > SILENCE_MS_MAX && (silent > IDLE_SILENCE_MS_MAX || !this.library.linkIdle()))
            return this.drop(socket, 'the centre does not answer');
        self.setTimeout(() => this.guarded(() => this.watch(socket)), 1000);
    }
}
