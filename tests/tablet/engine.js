#!/usr/bin/env node
// Goal: @samling/client in a real browser against a real centre, through the example that others start from: an invite is taken, a mark is
// on the disk when the promise has resolved, arrives once, and what the worker may not hand out it does not.
import { spawn } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILD, Centre, ROOT, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, say, test } from "../console/tap.js";
import { Browser, until } from "./browser.js";

const root = folder(), PIN = "258046";
let centre, browser, bridge, page, world;

// The example's files, or those of ${folder}; always at the same address, to which the browser's store belongs.
async function bridged(folder = join(BUILD, "example"), port = 0) {
    bridge?.kill();
    bridge = spawn(process.execPath, [join(ROOT, "client-sdk/web/example/serve.js"), centre.origin, "--ca", join(centre.home, "keys/ca.crt"), "--port", String(port),
        "--folder", folder], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const part of bridge.stdout) {
        const ready = String(part).match(/^ready (\S+)$/m);
        if (ready) return ready[1];
    }
    throw new Error("the bridge does not start");
}
// The same with a worker whose clock goes so many hours ahead.
function ahead(hours) {
    const folder = join(root, `ahead-${hours}`), worker = join(folder, "worker.js");
    cpSync(join(BUILD, "example"), folder, { recursive: true });
    writeFileSync(worker, `{ const now = Date.now.bind(Date); Date.now = () => now() + ${hours * 3600e3}; }\n${readFileSync(worker, "utf8")}`);
    return folder;
}
const status = (p = page) => p.evaluate(() => JSON.parse(document.getElementById("state").dataset.status ?? "{}"));
const where = (p = page) => p.evaluate(() => window.samling.where.phase);
const code = (p, run, arg) => p.evaluate(`(${run})(${JSON.stringify(arg ?? null)}).then(() => "", (e) => e.code)`);
let last;
const settled = (p, what = "the tablet is in order") => until(async () => {
    last = await status(p);
    return last.line === "on" && !last.waiting && !last.waitingAccess && last.scopes > 0 && last.scopes === last.scopesFilled;
}, () => `${what}: ${JSON.stringify(last)}`);

try {
    centre = await Centre.make(join(root, "centre"));
    const clinic = await centre.clinic("Testnes"), user = await centre.verb("user", "add", "--clinic", clinic, "--name", "Kari");
    const group = await centre.group(clinic, "Bevegelse", ["Ada Prøve", "Bo Prøve", "Čearrá Test"]);
    world = { clinic, user, group };
    browser = await Browser.start(join(root, "browser"));
    const url = await bridged();

    await test("the example joins with an invite, and its digits are those that the centre asks", async () => {
        page = await browser.page(url);
        await page.waitForSelector("input[name=invite]");
        const { invite } = await centre.verb("device", "invite", clinic, "--label", "Sal 1", "--host", "127.0.0.1", "--port", centre.port);
        await page.fill("input[name=invite]", invite);
        await page.click("button");
        const digits = (await page.waitForSelector("#digits").then((e) => e.textContent())).match(/\d{6}/)[0];
        await until(async () => (await status()).state === 2, "the tablet is pending");
        await centre.verb("device", "approve", (await status()).deviceNo, digits);
        await settled(page, () => `the tablet is filled`);
    });
    await test("until somebody has a PIN, nothing of a person is handed out", async () => {
        need((await where()) === "unkeyed", await where());
        need((await code(page, "() => window.samling.people()")) === "ELOCKED", "people were handed out");
    });
    await test("a weak PIN is refused, a good one opens the tablet", async () => {
        await page.waitForSelector("input[name=PIN]");
        await page.fill("input[name=PIN]", "123456");
        await page.click("button");
        await page.waitForFunction(() => /ERANGE/.test(document.querySelector(".wrong").textContent));
        await page.fill("input[name=PIN]", PIN);
        await page.click("button");
        await page.waitForSelector("li");
        need((await page.locator("li").count()) === 3, "not three people");
    });
    await test("a mark is saved on the tablet, reaches the centre once, and the sheet says so", async () => {
        await page.locator("li", { hasText: "Ada" }).locator("button").click();
        await page.waitForFunction(() => [...document.querySelectorAll("li")].some((li) => /Ada.*present.*at the centre/.test(li.textContent)));
        await settled(page);
        const sessions = await centre.verb("session", "list", "--group", group.id), marked = JSON.stringify(sessions);
        say(marked.slice(0, 300));
        need(page.faults.length === 0, page.faults.join(" | "));
    });
    await test("after the browser was killed the tablet is locked, a wrong PIN is counted, the right one opens it", async () => {
        await browser.kill();
        await browser.again();
        page = await browser.page(url);
        await until(async () => (await where()) === "locked", "it is locked");
        need((await code(page, "() => window.samling.groups()")) === "ELOCKED", "groups were handed out");
        const holder = (await page.evaluate(() => window.samling.where.holders.map((h) => h.name)))[0];
        need(holder === "Kari", holder);
        need((await page.evaluate(() => window.samling.unlock(window.samling.where.holders[0].user, "999999"))) === false, "a wrong PIN opened it");
        need((await page.evaluate(() => window.samling.where.triesLeft)) === 9, "the try was not counted");
        need(await page.evaluate((pin) => window.samling.unlock(window.samling.where.holders[0].user, pin), PIN), "the right PIN did not open it");
        await page.waitForSelector("li");
        await page.waitForFunction(() => [...document.querySelectorAll("li")].some((li) => /Ada.*present/.test(li.textContent)));
    });
    await test("without the centre a mark is saved and waits; it is sent when the centre is back", async () => {
        centre.kill();
        await until(async () => (await status()).line !== "on", "the line is down");
        await page.locator("li", { hasText: "Bo" }).locator("button").click();
        await page.waitForFunction(() => [...document.querySelectorAll("li")].some((li) => /Bo.*present.*saved on the tablet/.test(li.textContent)));
        await until(async () => (await status()).waiting === 1, "one waits");
        await centre.start();
        await settled(page, "the mark is sent");
    });
    await test("a person who was handed the tablet reaches nothing else", async () => {
        const person = world.group.people[0].id;
        await page.evaluate((id) => window.samling.handOver(BigInt(id)), person);
        for (const [run, want] of [["() => window.samling.people()", "ELOCKED"], [`() => window.samling.sheet(${1}n)`, "ELOCKED"],
            [`() => window.samling.scoreSave({ participant: 5n, instrument: 4, occasion: 0, day: 20000, answers: "3" })`, "ELOCKED"],
            [`() => window.samling.scoreSave({ participant: ${person}n, instrument: 4, occasion: 0, day: window.samling.status.today, answers: "3", heldBy: 1, mode: 0 })`, ""]])
            need((await code(page, run)) === want, () => `${run}: not ${want}`);
        need((await where()) === "handed", await where());
        await page.evaluate((pin) => window.samling.unlock(window.samling.where.holders[0].user, pin), PIN);
        need((await where()) === "open", await where());
        await settled(page);
    });
    await test("a second tab takes the store over, and the first says so", async () => {
        const second = await browser.page(url);
        await until(async () => (await where(second)) === "locked", "the second tab has it", 30000);
        await until(async () => (await where()) === "elsewhere", "the first tab has noticed");
        need((await code(page, "() => window.samling.groups()")) === "EELSEWHERE", "the first tab still answers");
        await page.click("button");
        await until(async () => (await where()) === "locked", "the first tab has it again");
        await until(async () => (await where(second)) === "elsewhere", "the second tab has noticed");
        await second.close();
    });
    await test("after 72 hours without the centre history is hidden, attendance is not; a clock that is put back does not show it again", async () => {
        const person = world.group.people[2].id, shown = (run) => code(page, run.replace("PERSON", `${person}n`));
        const after = async (hours) => {
            await page.close();
            await bridged(ahead(hours), new URL(url).port);
            page = await browser.page();
            await page.goto(url);
            await until(async () => (await where()) === "locked", "it is locked");
            await page.evaluate((pin) => window.samling.unlock(window.samling.where.holders[0].user, pin), PIN);
        };
        await page.evaluate((pin) => window.samling.unlock(window.samling.where.holders[0].user, pin), PIN);
        await settled(page);
        need((await shown("() => window.samling.scores(PERSON)")) === "", "scores are hidden before their time");
        centre.kill();
        await after(73);
        await until(async () => (await status()).stale, "it is stale");
        for (const name of ["scores", "notes", "contacts", "works", "episodes"]) need((await shown(`() => window.samling.${name}(PERSON)`)) === "ESTALE", `${name} are shown`);
        const marked = await page.evaluate(async (id) => {
            const [group] = await window.samling.groups(), sessions = await window.samling.sessions(group.id), session = sessions[0].id;
            await window.samling.mark({ session, participant: BigInt(id) });
            return (await window.samling.sheet(session)).find((one) => one.participant === BigInt(id)).presence;
        }, person);
        need(marked === 1, "a mark was refused");
        await after(1);
        need((await shown("() => window.samling.scores(PERSON)")) === "ESTALE", "an older clock shows scores again");
        await centre.start();
        await page.evaluate(() => window.samling.syncNow());
        await settled(page, "the centre is heard");
        need((await shown("() => window.samling.scores(PERSON)")) === "", "scores stay hidden");
    });
    await test("a browser that has no room left opens the store all the same, and sends what waits", async () => {
        centre.kill();
        await until(async () => (await status()).line !== "on", "the line is down");
        const [, second] = world.group.people;
        const told = await page.evaluate(async (id) => {
            const [group] = await window.samling.groups(), sessions = await window.samling.sessions(group.id);
            await window.samling.mark({ session: sessions.at(-1).id, participant: BigInt(id) });
            return window.samling.status.waiting;
        }, second.id);
        need(told === 1, `when the mark is called saved, ${told} are said to wait`);
        const { usage } = await page.evaluate(() => navigator.storage.estimate());
        const cdp = await browser.context.newCDPSession(page), quota = (quotaSize) => cdp.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin, quotaSize });
        await quota(usage - 200000);
        await page.reload();
        await until(async () => (await where()) === "locked", "it is locked");
        need(await page.evaluate((pin) => window.samling.unlock(window.samling.where.holders[0].user, pin), PIN), "a full browser does not open its store");
        await until(async () => (await status()).waiting === 1, "what waits is seen");
        await centre.start();
        await page.evaluate(() => window.samling.syncNow());
        await settled(page, "what waited is sent");
        await quota();
        await cdp.detach();
    });
    await test("ten wrong PINs bar the tablet; nothing is lost by it", async () => {
        for (let i = 0; i < 10; i++) await page.evaluate(() => window.samling.unlock(window.samling.where.holders[0].user, "999998"));
        need((await where()) === "barred", await where());
        need((await page.evaluate((pin) => window.samling.unlock(window.samling.where.holders[0].user, pin), PIN)) === false, "a barred tablet was opened by a PIN");
    });
} catch (wrong) {
    notOk("the engine is tested to the end", wrong);
} finally {
    await browser?.stop();
    bridge?.kill();
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
