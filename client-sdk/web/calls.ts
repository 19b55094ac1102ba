/* Every call of the library as data: what goes in, what comes back. The name in C is the one here with samling_ before it. */
import { codeNormal } from './spoken.ts';
import { int32, type Module, errorName, type Plain, uint64 } from './module.ts';
import { SamlingError } from './types.ts';

/* In: user (who is at work; not given by the app), id, int, text, NAME* (one struct), NAME[] (several). */
interface Call { in: string[]; out: string; kind: 'list' | 'one' | 'save' | 'made' }
const list = (out: string, ...args: string[]): Call => ({ in: args, out, kind: 'list' });
const one = (out: string, ...args: string[]): Call => ({ in: args, out, kind: 'one' });
const save = (...args: string[]): Call => ({ in: args, out: '', kind: 'save' });
/** Gives an id back. */
const made = (...args: string[]): Call => ({ in: args, out: '', kind: 'made' });

export const CALLS: Record<string, Call> = {
    groups: list('group'),
    users: list('user'),
    sessions: list('session', 'id'),
    sessionNear: one('session', 'id'),
    sheet: list('line', 'id'),
    members: list('line', 'id', 'int'),
    sets: list('set_line', 'id', 'id'),
    consents: list('consent_line', 'id'),
    people: list('person'),
    interventions: list('intervention'),
    episodes: list('episode', 'id'),
    enrolments: list('enrolment_line', 'id'),
    scores: list('score_line', 'id'),
    notes: list('note_line', 'user', 'id'),
    contacts: list('contact_line', 'id'),
    works: list('work_line', 'id'),
    exertions: list('exertion_line', 'id', 'id'),
    activities: list('activity_line', 'id'),
    sessionLeaders: list('leader', 'id'),
    groupLeaders: list('leader', 'id'),
    notices: list('notice'),

    mark: save('user', 'mark*'),
    markAll: save('user', 'mark[]'),
    walkIn: made('user', 'id', 'text', 'int'),
    userVouch: made('user', 'text', 'int'),
    sessionAdd: made('user', 'id', 'int', 'int'),
    sessionStatus: save('user', 'id', 'int', 'int'),
    setSave: save('user', 'set*'),
    setSaveAll: save('user', 'set[]'),
    consentSave: save('user', 'consent*'),
    enrolmentEnd: save('user', 'id', 'id', 'int', 'int', 'int'),
    recordShut: save('user', 'id'),
    access: save('user', 'access*'),
    noticeSeen: save('id'),
    scoreSave: made('user', 'score*'),
    scoreRemove: save('user', 'id'),
    noteSave: made('user', 'note*'),
    noteRemove: save('user', 'id'),
    contactSave: made('user', 'contact*'),
    contactRemove: save('user', 'id'),
    workSave: made('user', 'work*'),
    workRemove: save('user', 'id'),
    exertionSave: made('user', 'exertion*'),
    exertionRemove: save('user', 'id'),
    activitySave: made('user', 'activity*'),
    activityRemove: save('user', 'id'),
    leaderSave: save('user', 'id', 'id', 'int'),
    leaderRemove: save('user', 'id', 'id'),
};

const ENOTFOUND = -7;
export const inC = (name: string): string => `samling_${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;

/** The library on one store: ${handle} is what samling_open gave. */
export class Library {
    constructor(private readonly m: Module, private readonly handle: number) {}

    /** Throws what went wrong, with the library's words. */
    check(rc: number): void {
        if (rc < 0)
            throw new SamlingError(errorName(rc), this.m.text(this.m.call('samling_errmsg', this.handle)));
    }

    call(name: string, args: readonly unknown[], user: bigint): unknown {
        const call = CALLS[name];
        if (!call)
            throw new SamlingError('EUSAGE', `there is no call ${name}`);
        return this.m.with((scratch) => {
            let next = 0;
            const given: (number | bigint)[] = [this.handle];
            for (const kind of call.in) {
                const v = kind === 'user' ? user : args[next++];
                if (kind === 'user' || kind === 'id')
                    given.push(uint64(v));
                else if (kind === 'int')
                    given.push(int32(v));
                else if (kind === 'text')
                    given.push(scratch.text(String(v)));
                else if (kind.endsWith('[]'))
                    given.push(scratch.structs(kind.slice(0, -2), v as object[]), (v as object[]).length);
                else
                    given.push(scratch.structs(kind.slice(0, -1), [v as object]));
            }
            const out = call.kind === 'save' ? 0 : scratch.take(16);
            if (out)
                given.push(out);
            if (call.kind === 'list')
                given.push(out + 8);
            const rc = this.m.call(inC(name), ...given);
            if (rc === ENOTFOUND && call.kind === 'one')
                return null;
            this.check(rc);
            return call.kind === 'save' ? undefined
                : call.kind === 'made' ? this.m.view().getBigUint64(out, true)
                : this.listRead(call, out);
        });
    }

    private listRead(call: Call, out: number): unknown {
        const view = this.m.view(), at = view.getUint32(out, true), size = this.m.shape(call.out).size,
            count = call.kind === 'one' ? 1 : view.getUint32(out + 8, true), rows: Plain[] = [];
        for (let i = 0; i < count; i++)
            rows.push(this.m.read(call.out, at + i * size));
        this.m.call('samling_list_free', at);
        return call.kind === 'one' ? rows[0] : rows;
    }

    /** A struct that the library fills in: samling_status, samling_link_report. */
    filled(name: string, shape: string): Plain {
        return this.m.with((scratch) => {
            const at = scratch.take(this.m.shape(shape).size);
            this.check(this.m.call(name, this.handle, at));
            return this.m.read(shape, at);
        });
    }

    today(): number {
        return this.m.call('samling_today', this.handle);
    }
    join(invite: string, label: string): void {
        this.m.with((scratch) => this.check(this.m.call('samling_join_begin', this.handle, scratch.text(invite), scratch.text(label))));
    }
    /** With the code as a person types it; the line's own host is the centre. */
    joinTyped(typed: string, host: string, port: number, label: string): void {
        this.m.with((scratch) => this.check(this.m.call('samling_join_typed', this.handle, scratch.text(typed), scratch.text(host), port, scratch.text(label))));
    }
    joinDigits(): string {
        return this.m.with((scratch) => {
            const at = scratch.take(8);
            this.check(this.m.call('samling_join_digits', this.handle, at));
            return this.m.text(at);
        });
    }
    appSet(app: string, model: string): void {
        this.m.with((scratch) => this.check(this.m.call('samling_app_set', this.handle, scratch.text(app), scratch.text(model))));
    }
    /** The code by which a coordinator opens this tablet the n-th time; null before it has joined. */
    unlockCode(n: number): string | null {
        return this.m.with((scratch) => {
            const at = scratch.take(16), rc = this.m.call('samling_unlock_code', this.handle, BigInt(n), at);
            return rc < 0 ? null : this.m.text(at);
        });
    }

    /* ---- the link */

    retryInMs(): number {
        return this.m.call('samling_retry_in_ms', this.handle);
    }
    linkUp(): void {
        this.check(this.m.call('samling_link_up', this.handle));
    }
    linkFeed(bytes: Uint8Array): void {
        this.m.with((scratch) => this.check(this.m.call('samling_link_feed', this.handle, scratch.bytes(bytes), bytes.length)));
    }
    /** A copy of at most ${most} bytes that are to be sent. */
    linkPeek(most: number): Uint8Array {
        return this.m.with((scratch) => {
            const out = scratch.take(8), n = this.m.call('samling_link_peek', this.handle, out);
            return this.m.bytes(this.m.view().getUint32(out, true), Math.min(n, most)).slice();
        });
    }
    linkSent(n: number): void {
        this.m.call('samling_link_sent', this.handle, n);
    }
    linkIdle(): boolean {
        return this.m.call('samling_link_idle', this.handle) === 1;
    }
    linkDown(): string {
        this.m.call('samling_link_down', this.handle);
        return this.m.text(this.m.call('samling_errmsg', this.handle));
    }
    linkFailed(): void {
        this.m.call('samling_link_failed', this.handle);
    }
    linkReport(): Plain {
        return this.filled('samling_link_report', 'report');
    }

    close(): void {
        this.m.call('samling_close', this.handle);
    }
}

/** Open, or make, the store called ${name}. */
export function libraryOpen(m: Module, name: string, key: Uint8Array): Library {
    return m.with((scratch) => {
        const out = scratch.take(4), at = scratch.bytes(key), rc = m.call('samling_open', scratch.text(name), at, out);
        m.bytes(at, key.length).fill(0);
        if (rc < 0)
            throw new SamlingError(errorName(rc), m.text(m.call('samling_errname', rc)));
        return new Library(m, m.view().getUint32(out, true));
    });
}

/** Calls that need no store. */
export function instruments(m: Module): Plain[] {
    return m.with((scratch) => {
        const at = scratch.take(m.shape('instrument').size), all: Plain[] = [];
        for (let i = 0; m.call('samling_instrument_at', i, at) === 0; i++)
            all.push(m.read('instrument', at));
        return all;
    });
}
export function scoreCheck(m: Module, score: object): number {
    return m.with((scratch) => m.call('samling_score_check', scratch.structs('score', [score])));
}
/** A code of 16 letters as a person types it has no address in it: the page's own centre is meant. */
export const TYPED = /^[0-9A-HJKMNP-TV-Z]{16}$/;
/** A page's own address, as the engine has hosts: without the brackets of IPv6. */
export const hostOf = (centre: URL): string => centre.hostname.replace(/^\[|\]$/g, '');
export function inviteParse(m: Module, text: string, centre: URL): Plain {
    if (TYPED.test(codeNormal(text)))
        return { host: hostOf(centre), port: Number(centre.port || 443), pin: new Uint8Array(32), code: new Uint8Array(16), clinic: '' };
    return m.with((scratch) => {
        const at = scratch.take(m.shape('invite').size);
        if (m.call('samling_invite_parse', scratch.text(text), at) < 0)
            throw new SamlingError('EUSAGE', 'this is not an invite');
        return m.read('invite', at);
    });
}
