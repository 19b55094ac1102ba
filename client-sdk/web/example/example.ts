/* The smallest app on @samling/client: it joins with an invite, lets somebody choose a PIN, shows today's sheet of each group, and marks
 * who is present. Everything works without a network but joining. See serve.js for how to run it. */
import { DeviceState, type Group, type Line, Presence, RecordState, SamlingError, type Session, start } from '../client.ts';

const samling = start({ worker: () => new Worker('worker.js', { type: 'module' }), wasm: 'samling.wasm', app: 'example 1' });
const main = document.getElementById('main') as HTMLElement, state = document.getElementById('state') as HTMLElement;

function add<K extends keyof HTMLElementTagNameMap>(to: HTMLElement, tag: K, text = '', set: Partial<HTMLElementTagNameMap[K]> = {}): HTMLElementTagNameMap[K] {
    const made = Object.assign(document.createElement(tag), set);
    made.textContent = text;
    to.append(made);
    return made;
}
function form(title: string, fields: string[], done: (values: string[]) => Promise<unknown>): void {
    const f = add(main, 'form');
    add(f, 'h2', title);
    const inputs = fields.map((name) => add(add(f, 'label', `${name} `), 'input', '', { name }));
    const wrong = add(f, 'p', '', { className: 'wrong' });
    add(f, 'button', 'Go on');
    f.onsubmit = (e) => {
        e.preventDefault();
        done(inputs.map((i) => i.value)).catch((x: unknown) => (wrong.textContent = x instanceof SamlingError ? `${x.code}: ${x.message}` : String(x)));
    };
}

const WORD: Record<number, string> = { [RecordState.None]: '', [RecordState.Waiting]: 'saved on the tablet', [RecordState.AtCentre]: 'at the centre', [RecordState.Attention]: 'look at this' };

async function sheetShow(to: HTMLElement, session: Session): Promise<void> {
    const lines: Line[] = await samling.sheet(session.id), list = add(to, 'ul');
    for (const line of lines) {
        const item = add(list, 'li', `${line.name} `), box = add(item, 'button', line.presence === Presence.Present ? 'present' : 'mark present');
        add(item, 'span', ` ${WORD[line.state] ?? ''}`, { className: 'saved' });
        box.onclick = () => samling.mark({ session: session.id, participant: line.participant }).catch((x: unknown) => (box.textContent = String(x)));
    }
}

async function today(): Promise<void> {
    const groups: Group[] = await samling.groups(), page = document.createElement('div');
    for (const group of groups) {
        add(page, 'h2', group.name);
        const session = await samling.sessionNear(group.id).catch(() => null);
        if (!session)
            continue;
        await samling.access({ group: group.id, persons: group.participants, what: 1 });
        await sheetShow(page, session);
    }
    main.replaceChildren(page);
}

async function show(): Promise<void> {
    const { phase, holders } = samling.where;
    if (phase === 'open')
        return today();
    main.replaceChildren();
    if (phase === 'new')
        form('Join', ['invite'], ([invite]) => samling.join(invite ?? '', 'example'));
    if (phase === 'unkeyed') {
        const digits = samling.status.state < DeviceState.Active ? await samling.joinDigits().catch(() => '') : '', users = await samling.users();
        main.replaceChildren();
        if (digits)
            add(main, 'p', `Compare with the coordinator's screen: ${digits}`, { id: 'digits' });
        for (const user of users)
            form(`You are ${user.name}`, ['PIN'], ([pin]) => samling.pinSet(user.id, pin ?? ''));
    }
    for (const holder of holders)
        form(`Locked. You are ${holder.name}`, ['PIN'], ([pin]) => samling.unlock(holder.user, pin ?? ''));
    if (phase === 'elsewhere')
        add(main, 'button', 'Use it here').onclick = () => void samling.takeOver();
}

let shown: Promise<unknown> = Promise.resolve();
const again = (): void => void (shown = shown.then(show).catch((x: unknown) => (state.textContent = String(x))));
samling.on('where', again);
samling.on('change', again);
samling.on('status', (s) => {
    state.textContent = `${s.clinic} ${s.line}: ${s.waiting} waiting, ${s.attention} to look at`;
    state.dataset['status'] = JSON.stringify(s);
});
samling.on('failed', (why) => (state.textContent = `stopped: ${why}`));
(window as unknown as { samling: unknown }).samling = samling;
