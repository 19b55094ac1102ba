#!/usr/bin/env node
// Goal: who may work on a tablet, and what the centre decides about it: a PIN for each, a substitute who is vouched for, the lock by hand, by
// time and after ten wrong PINs, a second tab, and a tablet that is drained, revoked and emptied. In both languages nothing is only a colour.
import { join } from "node:path";
import { BUILD, Centre, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, test } from "../console/tap.js";
import { Browser, until } from "./browser.js";
import { joined, pinTyped, served } from "./hands.js";

const root = folder(), PIN = "258046", HERS = "402851", NEW = "931570";
let centre, browser, app, page, no;
let said = "";
const waits = (pattern, what = pattern) => until(async () => pattern.test((said = await page.evaluate(() => document.body.innerText).catch(() => ""))), () => `the screen says ${what}, not: ${said}`);
const to = (path) => page.evaluate((hash) => (location.hash = hash), path);
const button = (text) => page.getByRole("button", { name: text });
const asked = () => page.waitForSelector(".pad");
// A name and a digit, before the browser has come to draw what the name changes: how many dots are shown then
async function typedAtOnce(name) {
    [...document.querySelectorAll(".choice label")].find((one) => one.textContent.includes(name)).querySelector("input").click();
    for (let i = 0; i < 10; i++) await null;
    document.querySelector(".pad button").click();
    await new Promise((done) => { requestAnimationFrame(() => setTimeout(done, 200)); });
    return document.querySelectorAll(".pad .typed .on").length;
}
async function opened(name, pin) {
    await asked();
    if (await page.locator(".choice label").count() > 1) await page.locator(".choice label", { hasText: name }).click();
    await pinTyped(page, pin);
    await page.waitForSelector("nav.ways");
}

try {
    centre = await Centre.make(join(root, "centre"));
    const clinic = await centre.clinic("Testnes");
    for (const name of ["Kari", "Per"]) await centre.verb("user", "add", "--clinic", clinic, "--name", name);
    const group = await centre.group(clinic, "Bevegelse", ["Ada Prøve", "Bo Prøve"]);
    app = await served(centre, join(BUILD, "tablet"));
    browser = await Browser.start(join(root, "browser"));
    await browser.context.addInitScript(() => localStorage.getItem("samling.language") ?? localStorage.setItem("samling.language", "nb"));
    page = await browser.page(app.url);

    await test("the first who joins chooses who they are and a PIN; weak and unequal ones are refused", async () => {
        const { code } = await centre.verb("device", "invite", clinic, "--label", "Sal 1", "--host", "127.0.0.1", "--port", centre.port);
        await page.fill("textarea", "samling://nothing");
        await page.locator(".card:has(textarea) button").click();
        await waits(/ikke en invitasjon/);
        await page.fill("textarea", code.toLowerCase().replaceAll("-", " "));
        await page.locator(".card:has(textarea) button").click();
        await waits(/Er dette klinikken din/);
        await button("Avbryt").click();
        no = await joined(page, centre, clinic, { name: "Kari", pin: PIN });
        await to("/safety");
        await button("Kari: Ny PIN").click();
        for (const weak of ["000000", "123456", "987654"]) {
            await pinTyped(page, weak);
            await waits(/Den ville alle prøvd først/);
        }
        await pinTyped(page, PIN);
        await pinTyped(page, HERS);
        await waits(/De to var ikke like/);
        await button("Lukk").click();
    });
    await test("another user gets a PIN, and a substitute is vouched for and works", async () => {
        await button("Per: Velg PIN").click();
        await pinTyped(page, HERS);
        await pinTyped(page, HERS);
        await page.waitForSelector(".saved[data-what^=pin]");
        await button("Vikar uten bruker").click();
        await page.locator("dialog input[type=text]").fill("Vera Vikar");
        await button("Jeg går god, videre til PIN").click();
        await waits(/Vera Vikar: velg en PIN/);
        await pinTyped(page, NEW);
        await pinTyped(page, NEW);
        await page.waitForSelector(".users >> text=gått god for av Kari");
        await button("Lås nå").first().click();
        await asked();
        need((await page.evaluate(typedAtOnce, "Vera Vikar")) === 1, "a digit that is typed right after the name does not count");
        await button("Slett siste siffer").click();
        await opened("Vera Vikar", NEW);
        await page.locator("[data-what^=open]").first().click();
        await page.locator(".person .who").first().click();
        await page.waitForSelector(".saved[data-what^=mark], .person[data-presence='1'][data-state='2']"); /* or it is at the centre already */
        await to("/safety");
        await button("Vikar uten bruker").click();
        await page.locator("dialog input[type=text]").fill("Enda En");
        await button("Jeg går god, videre til PIN").click();
        await waits(/vikar uten bruker kan ikke gå god/i);
        await button("Lukk").click();
    });
    await test("a PIN is taken away: its owner opens the tablet no more", async () => {
        need(!(await button("Per: Ny PIN").count()), "a colleague's PIN can be changed");
        await button("Per: Fjern PIN").click();
        await page.locator("dialog .warn").click();
        await page.waitForSelector("dialog", { state: "detached" });
        await button("Lås nå").first().click();
        await asked();
        need(!/Per/.test(await page.locator(".choice").textContent()), "Per is still asked");
        await opened("Kari", PIN);
    });
    await test("nobody touches it: it locks after the time that was chosen, and still sends", async () => {
        await page.clock.install();
        await to("/safety");
        await page.locator(".choice label", { hasText: "2 min" }).click();
        await page.clock.fastForward("01:30");
        await page.waitForSelector("nav.ways");
        await page.clock.fastForward("00:45");
        await asked();
        await page.reload();
        await opened("Kari", PIN);
    });
    await test("a second tab has it, and the first says so and takes it back", async () => {
        const second = await browser.page(app.url);
        await waits(/Appen er åpen i en annen fane/);
        await page.bringToFront();
        await button("Bruk her").click();
        await asked();
        await second.close();
        await opened("Kari", PIN);
    });
    await test("the other language, everywhere at once and after a restart", async () => {
        await to("/safety");
        await page.locator(".choice label", { hasText: "English" }).click();
        await waits(/Where everything is/);
        await page.reload();
        await waits(/Who are you|Your PIN/);
        await button("Norsk bokmål").click();
        await waits(/Hvem er du|PIN-koden din/);
        await opened("Kari", PIN);
    });
    await test("ten wrong PINs: a coordinator is asked, and what to read out stands there", async () => {
        await button("Lås nå").first().click();
        await asked();
        await page.locator(".choice label", { hasText: "Vera Vikar" }).click();
        for (let left = 9; left >= 0; left--) {
            await pinTyped(page, "730164");
            if (left) await waits(new RegExp(`Feil PIN. ${left} forsøk igjen`));
        }
        await waits(/Ti gale PIN-koder. Ingenting er slettet/);
        need((await page.locator(".large dd").first().textContent()) === no, "not the tablet's number");
        const number = (await page.locator(".large dd").nth(1).textContent()).trim();
        const { code } = await centre.verb("device", "unlock", no, "--number", number);
        await page.locator("input[type=text]").fill("0000-0000");
        await page.locator(".choice label", { hasText: "Kari" }).click();
        const chosen = async () => {
            await button("Velg ny PIN").click();
            await pinTyped(page, NEW.replace("9", "8"));
            await page.waitForSelector(".pad .typed:not(:has(.on))");
            await pinTyped(page, NEW.replace("9", "8"));
        };
        await chosen();
        await waits(/Det er ikke koden/);
        await page.locator("input[type=text]").fill(code);
        await chosen();
        await page.waitForSelector("nav.ways");
        await button("Lås nå").first().click();
        await opened("Kari", NEW.replace("9", "8"));
    });
    await test("a tablet that is drained says so and still sends; one that is emptied says so and can begin anew", async () => {
        const other = await Browser.start(join(root, "other"));
        try {
            await other.context.addInitScript(() => localStorage.setItem("samling.language", "nb"));
            const first = page;
            page = await other.page(app.url);
            const number = await joined(page, centre, clinic, { name: "Kari", pin: PIN });
            await centre.verb("device", "drain", number);
            await waits(/Sentralen har stengt nettbrettet/);
            await page.locator("[data-what^=open]").first().click();
            await page.locator(".person .who").last().click();
            await page.locator(".person").last().locator(".saved").waitFor();
            await to("/safety"); // the centre has told the tablet to come back in some minutes
            await button("Send nå").click();
            await waits(/Alt er trygt hos sentralen/);
            await centre.verb("device", "revoke", number);
            await until(async () => {
                await button("Send nå").click({ timeout: 1000 }).catch(() => {}); // while it is not emptied, and the line not on its way
                return /Sentralen har tømt nettbrettet/.test(await page.evaluate(() => document.body.innerText));
            }, "the tablet is emptied");
            await button("Begynn på nytt med en ny invitasjon").click();
            await page.waitForSelector("textarea");
            page = first;
        } finally {
            await other.stop();
        }
    });
    need(group.people.length === 2 && page.faults.every((fault) => /WebSocket|ERR_CONNECTION/.test(fault)), () => page.faults.join(" | "));
} catch (wrong) {
    notOk("safety is tested to the end", wrong);
    console.log(`# ${page?.url()} ${page?.faults} ${await page?.evaluate(() => document.body.innerText.slice(0, 500)).catch(() => "")}`);
} finally {
    await browser?.stop();
    app?.stop();
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
