#!/usr/bin/env node
// Goal: the console in real Chromium, every address and every flow in both languages: it does what a coordinator asks of it, everybody can
// use it (axe, no rule disabled), it asks nobody but the centre, and no name from outside becomes markup. Screenshots: build/console/shots.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cases } from "./cases.js";
import { attendance } from "./attendance.js";
import { Coordinator, asked, browserOpen, figures } from "./coordinator.js";
import { entrance, leftAlone, locked } from "./entrance.js";
import { frozen } from "./frozen.js";
import { groups } from "./groups.js";
import { overview } from "./overview.js";
import { Centre, ROOT, folder, remove } from "./rig.js";
import { tablets } from "./tablets.js";
import { exitCode, need, notOk, say, test } from "./tap.js";

const XSS = '<img src=x onerror=alert(1)>"\'';

// Two clinics; in the first a group that meets today, and tablets.
async function made(centre, root) {
    const world = { centre, clinic: { name: `Testnes ${XSS}` }, other: { name: "Prøvedal" }, label: `Sal 1 ${XSS}` };
    world.clinic.id = await centre.clinic(world.clinic.name);
    world.other.id = await centre.clinic(world.other.name);
    for (const [clinic, name] of [[world.clinic, "Kari"], [world.other, "Nils"]]) await centre.verb("user", "add", "--clinic", clinic.id, "--name", name);
    const names = [`Ada ${XSS}`, "Bo Prøve", "Čearrá Test", "Dina Prøve", "Eli Test", "Finn Prøve", "Gro Test"];
    world.group = { name: `Bevegelse ${XSS}`, ...(await centre.group(world.clinic.id, `Bevegelse ${XSS}`, names)) };
    world.unmarked = [...world.group.people];
    world.tablet = await centre.tablet(join(root, "tablet-1"), world.clinic.id, world.label, "Kari");
    world.second = await centre.tablet(join(root, "tablet-2"), world.clinic.id, "Sal 2", "Kari");
    world.session = await world.tablet.today(world.group.id);
    return world;
}

// Every address of the table was asked by a browser.
function coverage() {
    const table = readFileSync(join(ROOT, "server/console/route.def"), "utf8");
    const routes = [...table.matchAll(/^ROUTE\((\w+), "([^"]+)"/gm)].map(([, method, pattern]) => ({
        name: `${method} ${pattern}`,
        match: new RegExp(`^${method} ${pattern.replace(/[.]/g, "\\.").replace(/\{id\}/g, "\\d+").replace(/\{name\}/g, "[a-z0-9._-]+").replace(/\{file\}/g, "[A-Za-z0-9._-]+")}$`) }));
    need(routes.length > 10, "no routes are read");
    const unvisited = routes.filter((route) => ![...asked].some((one) => route.match.test(one)));
    need(!unvisited.length, `no browser asked: ${unvisited.map((route) => route.name).join(", ")}`);
    say(`routes: ${routes.length}, steps: ${figures.steps}, requests: ${figures.requests}`);
}

const root = folder();
let centre, browser;
try {
    centre = await Centre.make(join(root, "centre"));
    browser = await browserOpen();
    const world = await made(centre, root);
    for (const lang of ["nb", "en"]) {
        const one = await Coordinator.sitsDown(browser, centre, lang, { dark: lang === "en" });
        for (const part of [entrance, overview, attendance, groups, frozen, locked, leftAlone]) await part(world, one);
        await one.leaves();
        await cases(world, browser, root, lang);
        await tablets(world, browser, root, lang);
    }
    await test("every address of the table was asked by a browser", coverage);
} catch (wrong) {
    notOk("the console is tested to the end", wrong);
} finally {
    await browser?.close();
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
