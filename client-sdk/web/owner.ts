/* One tab at a time has the store. Who has the lock works; a tab that is opened later asks for it and gets it, since it is the one
 * that somebody looks at; the earlier one closes its store first and says so. A tab that does not answer loses the lock all the same:
 * its handles go when its worker ends. */
const LOCK = 'samling-store', CHANNEL = 'samling-owner';
const ANSWER_MS_MAX = 4000;

export class Owner {
    private release: (() => void) | null = null;
    private readonly channel = new BroadcastChannel(CHANNEL);
    private readonly me = crypto.randomUUID();

    /** ${lost}: another tab wants it; close the store, then the lock goes. */
    constructor(private readonly lost: () => Promise<void>) {
        this.channel.onmessage = (m: MessageEvent<{ wants: string }>) => {
            if (m.data.wants !== this.me && this.release)
                void this.give();
        };
    }

    get has(): boolean {
        return this.release !== null;
    }

    async take(): Promise<void> {
        if (this.release)
            return;
        this.channel.postMessage({ wants: this.me });
        const patience = new AbortController(), timer = setTimeout(() => patience.abort(), ANSWER_MS_MAX);
        try {
            await this.request({ signal: patience.signal });
        } catch (e) {
            if (!(e instanceof DOMException && e.name === 'AbortError'))
                throw e;
            await this.request({ steal: true });
        } finally {
            clearTimeout(timer);
        }
    }

    private request(options: LockOptions): Promise<void> {
        return new Promise((got, failed) => {
            navigator.locks
                .request(LOCK, options, () => new Promise<void>((release) => {
                    this.release = release;
                    got();
                }))
                .catch((e: unknown) => {
                    failed(e);
                    if (this.release) /* stolen */
                        void this.give();
                });
        });
    }

    private async give(): Promise<void> {
        const release = this.release;
        this.release = null;
        await this.lost();
        release?.();
    }

    async end(): Promise<void> {
        const release = this.release;
        this.release = null;
        this.channel.close();
        release?.();
    }
}
