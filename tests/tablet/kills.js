#!/usr/bin/env node
// Goal: what said "Lagret" is there. The browser is killed with SIGKILL, again and again, at random points: while it starts, while the lock opens,
// between a tap and its word, in the middle of sending. After each, whatever the screen had said is on the sheet; at the end it is at the
// centre, once.   kills.js [--kills N] [--seed N]
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Centre, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, say, test } from "../console/tap.js";
import { sleep, until } from "./browser.js";
import { Physiotherapist } from "./physiotherapist.js";

const { values } = parseArgs({ options: { kills: { type: "string", default: process.env.SAM_WHOLE ? "104" : "40" }, seed: { type: "string", default: String(Date.now() % 1e6) } } });
const KILLS = Number(values.kills), BETWEEN_MIN = Math.floor(KILLS * 0.3), TABLETS = 3;
const PEOPLE = 36 + KILLS; /* on each sheet: more than are marked between so many kills */
let dice = Number(values.seed);
const random = (n) => (dice = (dice * 48271 + 11) % 2147483647) % n;

const figures = { kills: 0, between: 0, early: 0, saved: 0 };
const enough = () => figures.kills >= 2 * KILLS || (figures.kills >= KILLS && figures.between >= BETWEEN_MIN);
let wait_ms = 24; /* at most, from a tap to its kill: less where the word was quicker, on a machine of whatever speed */

async function sheet(one) {
    await one.goes(`/sheet/${one.session}`);
    await one.page.locator("li.person").nth(PEOPLE - 1).waitFor({ timeout: 60000 });
    return new Map((await one.rows()).map((row) => [row.participant, row.presence]));
}

// Everything that was said before is there. A mark that nobody had called saved may be there or not.
async function checked(one) {
    const rows = await sheet(one);
    for (const what of one.saved) {
        const [, , participant, presence] = what.split(":");
        need(rows.get(participant) === presence, () => `${what} was saved; the sheet says ${rows.get(participant)}`);
    }
    return rows;
}

// Where the centre answers faster than the screen draws, the line says so instead of "Lagret".
const there = (one, participant) => one.page.evaluate((id) => document.querySelector(`li.person[data-participant="${id}"]`).dataset.state === "2", participant);

async function round(one) {
    const rows = await checked(one), open = [...rows].filter(([, presence]) => presence === "0").map(([participant]) => participant);
    need(open.length > 3, "everybody is marked: more people are needed");
    for (let i = random(3); i >= 0; i--) {
        const participant = open.splice(random(open.length), 1)[0], what = `mark:${one.session}:${participant}:1`;
        const last = i === 0, tapped = one.page.evaluate((id) => document.querySelector(`li.person[data-participant="${id}"] .who`).click(), participant).catch(() => {});
        if (!last) {
            await tapped;
            await until(async () => one.saved.includes(what) || (await there(one, participant)), `${what} is saved`);
            continue;
        }
        if (random(4)) await tapped;
        await sleep(random(wait_ms + 1));
        const kill = one.browser.kill();
        one.tapped.push(what);
        await kill;
        await sleep(30); /* what the browser had said before it died is on its way here */
        figures.kills++;
        const said = one.saved.includes(what);
        wait_ms = said ? wait_ms >> 1 : wait_ms + 1;
        figures.between += said ? 0 : 1;
    }
}

// The centre is there for the middle third of the time.
let up = true, turning = Promise.resolve();
function centreTurns(share) {
    const wanted = share > 1 / 3 && share < 2 / 3;
    if (wanted === up) return turning;
    up = wanted;
    return (turning = turning.then(() => (wanted ? centre.start() : centre.kill())));
}

async function killed(one) {
    while (!enough()) {
        await centreTurns(figures.kills / KILLS);
        if (random(5) === 0) { /* somewhere in its start */
            await one.browser.again();
            const opening = one.opens().then(() => one.unlocks()).catch(() => {});
            await sleep(random(1500));
            await one.browser.kill();
            await Promise.race([opening, sleep(500)]);
            figures.kills++;
            figures.early++;
            continue;
        }
        await one.again();
        await one.unlocks();
        await round(one);
    }
}

const root = folder(), all = [];
let centre;
try {
    say(`seed ${values.seed}`);
    centre = await Centre.make(join(root, "centre"));
    const clinic = await centre.clinic("Testnes");
    await centre.verb("user", "add", "--clinic", clinic, "--name", "Kari Fysio");
    for (let i = 0; i < TABLETS; i++) {
        const group = await centre.group(clinic, `Gruppe ${i}`, []), list = join(root, `list-${i}.csv`);
        writeFileSync(list, ["Navn;Gruppe", ...Array.from({ length: PEOPLE }, (_, n) => `Prøve ${i} ${String(n).padStart(3, "0")};Gruppe ${i}`)].join("\r\n"));
        await centre.verb("participant", "import", list, "--save");
        const session = (await centre.verb("session", "list", "--group", group.id))[0].id;
        const one = await Physiotherapist.starts(join(root, `tablet-${i}`), centre, i ? "en" : "nb");
        all.push(Object.assign(one, { group: group.id, session: String(session), tapped: [] }));
        await one.joins(clinic, `Sal ${i}`, "Kari Fysio");
        await sheet(one);
        await one.browser.kill();
    }
    await test(`nothing that said saved is missing after ${KILLS} SIGKILLs`, async () => {
        await Promise.all(all.map((one) => killed(one)));
        await centreTurns(0.5);
        for (const one of all) {
            await one.again();
            await one.unlocks();
            await checked(one);
            figures.saved += one.saved.length;
        }
        say(JSON.stringify(figures));
        need(figures.between >= BETWEEN_MIN, () => `only ${figures.between} between a tap and its word`);
        need(figures.saved > figures.kills / 4, "hardly anything was saved");
    });
    await test("all of it is at the centre, once", async () => {
        for (const one of all) {
            const rows = await sheet(one), here = [...rows.values()].filter((presence) => presence === "1").length;
            const there = async () => (await centre.verb("session", "list", "--group", one.group)).find((row) => String(row.id) === one.session);
            await until(async () => (await there()).present === here, async () => `${here} are marked on the tablet, at the centre: ${JSON.stringify(await there())}`, 90000, 300);
            need((await there()).marked === here, "somebody was marked twice");
        }
    });
} catch (wrong) {
    notOk("the kills are played to the end", wrong);
} finally {
    for (const one of all) await one.leaves().catch(() => {});
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
