#!/usr/bin/env node
// Goal: the tablet app in real Chromium against a real centre: it is installed, joins, and works with the centre gone; a whole session is
// logged in at most 22 taps and arrives once; two tablets that disagree become a case; a restored centre gets again what it lost; a revoked
// tablet is drained and locked; a second tab takes over. Every screen in both languages and both ways up: axe, no rule disabled, and
// pictures under build/tablet-shots.
import { join } from "node:path";
import { Centre, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, say, test } from "../console/tap.js";
import { Physiotherapist } from "./physiotherapist.js";
import { session } from "./session.js";
import { trouble } from "./trouble.js";

const root = folder();
let centre;
const people = [];

try {
    centre = await Centre.make(join(root, "centre"));
    const clinic = { name: "Testnes" };
    clinic.id = await centre.clinic(clinic.name);
    for (const name of ["Kari Fysio", "Nils Vikar"]) await centre.verb("user", "add", "--clinic", clinic.id, "--name", name);
    const names = ["Ada", "Bo", "Čearrá", "Dina", "Eli", "Finn", "Gro", "Hans", "Ida", "Jon", "Kaia", "Leif"].map((name) => `${name} Prøve`);
    const world = { root, centre, clinic, user: "Kari Fysio" };
    for (const lang of ["nb", "en"]) {
        const group = { name: lang === "nb" ? "Bevegelse ute" : "Movement indoors" };
        const one = await Physiotherapist.starts(join(root, lang), centre, lang);
        people.push(one);
        await test(`${lang}: joins`, async () => {
            Object.assign(group, await centre.group(clinic.id, group.name, names));
            await one.step("10-join");
            await one.button("TAB_CAMERA_OPEN").click();
            await one.step("15-camera");
            await one.button("TAB_TYPE_INSTEAD").click();
            await one.joins(clinic.id, `Sal ${lang}`, world.user, { look: true });
            await one.step("20-today");
            await one.goes("/safety");
            await one.page.getByText(one.word("TAB_WHO_WORKS")).first().waitFor();
            await one.step("56-safety");
            await one.goes("/");
        });
        await session({ ...world, group }, one);
        world.group = group;
    }
    await trouble(world, people);
} catch (wrong) {
    notOk("the tablet app is tested to the end", wrong);
} finally {
    for (const one of people) await one.leaves().catch(() => {});
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
