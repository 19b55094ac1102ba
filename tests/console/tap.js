// Lines "ok NAME" and "not ok NAME why", as tests/run.sh counts them.

let failed = 0;

export class Failed extends Error {}

export function need(holds, why) {
    if (!holds) throw new Failed(typeof why === "function" ? why() : why);
}

export function ok(name) {
    console.log(`ok ${name}`);
}

export function notOk(name, why) {
    failed++;
    console.log(`not ok ${name} ${String(why?.stack ?? why).replace(/\s+/g, " ").slice(0, 1500)}`);
}

export function say(text) {
    console.log(`# ${text}`);
}

// What goes wrong inside is told and counted; the program goes on.
export async function test(name, work) {
    try {
        await work();
        ok(name);
        return true;
    } catch (wrong) {
        notOk(name, wrong instanceof Failed ? wrong.message : wrong);
        return false;
    }
}

export const exitCode = () => (failed ? 1 : 0);
