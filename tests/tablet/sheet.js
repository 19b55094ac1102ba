#!/usr/bin/env node
// Goal: what the sheet does when things are not as planned: a tap is undone, all of them at once too, a long press opens what a tap does not,
// a full tablet puts the value back and says so, a group meets without a plan, and what nobody finished is asked for.
import { join } from "node:path";
import { BUILD, Centre, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, test } from "../console/tap.js";
import { Browser, until } from "./browser.js";
import { joined, served } from "./hands.js";

const root = folder(), PIN = "258046";
let centre, browser, app, page;
const row = (name) => page.locator(".person", { hasText: name });
const presence = (name) => row(name).getAttribute("data-presence");
const becomes = (name, want) => until(async () => (await presence(name)) === want, `${name} is ${want}`);
const to = (path) => page.evaluate((hash) => (location.hash = hash), path);
const button = (text) => page.getByRole("button", { name: text, exact: true });
// The disk of the engine's worker: "full" refuses every write, as the browser does when there is no room, "slow" takes 400 ms for each, "well" neither
async function disk(how) {
    await page.workers()[0].evaluate((said) => {
        const files = self.FileSystemSyncAccessHandle.prototype, before = (self.writeBefore ??= files.write);
        const slow = function (...what) {
            for (const end = Date.now() + 400; Date.now() < end;);
            return before.apply(this, what);
        };
        const full = () => { throw new DOMException("no room", "QuotaExceededError"); };
        files.write = { full, slow, well: before }[said];
    }, how);
}

try {
    centre = await Centre.make(join(root, "centre"));
    const clinic = await centre.clinic("Testnes"), today = new Date(), weekday = today.getUTCDay() || 7;
    await centre.verb("user", "add", "--clinic", clinic, "--name", "Kari");
    const group = await centre.group(clinic, "Bevegelse", ["Ada Prøve", "Bo Prøve", "Čearrá Test"]);
    await centre.verb("group", "add", "--clinic", clinic, "--name", "Uten plan", "--code", "U1", "--weekday", (weekday % 7) + 1, "--first", today.toISOString().slice(0, 10));
    app = await served(centre, join(BUILD, "tablet"));
    browser = await Browser.start(join(root, "browser"));
    await browser.context.addInitScript(() => localStorage.setItem("samling.language", "nb"));
    page = await browser.page(app.url);
    await joined(page, centre, clinic, { name: "Kari", pin: PIN });
    await page.locator(".list .group button", { hasText: "Uten plan" }).first().waitFor();

    await test("a tap says that somebody is here, and undoing it makes them unknown again", async () => {
        await page.locator(".card button[data-what^=open]").first().click();
        await row("Ada").locator(".who").click();
        await row("Ada").locator(".saved").waitFor();
        need((await presence("Ada")) === "1", "Ada is not here");
        await button("Angre").click();
        await becomes("Ada", "0");
        await page.locator(".undo").waitFor({ state: "detached" });
    });
    await test("all who are untouched are marked at once, whoever was marked stays, and that is undone as one", async () => {
        await row("Bo").locator(".round").click();
        await page.locator("dialog .choice label", { hasText: "Ikke møtt" }).click();
        await page.locator("dialog .saved").waitFor();
        await page.locator("dialog [data-what=close]").click();
        await page.locator("[data-what=all]").click();
        await becomes("Ada", "1");
        need((await presence("Bo")) === "3", "Bo was overwritten");
        need(/sammen med alle/.test(await row("Ada").textContent()), "how it is known does not stand there");
        await button("Angre").click();
        await becomes("Ada", "0");
        need((await presence("Bo")) === "3", "Bo was undone too");
    });
    await test("while the next thing is being saved, the last one's way back is gone: nobody undoes the wrong thing", async () => {
        await row("Čearrá").locator(".who").click();
        await page.locator(".undo", { hasText: "Čearrá" }).waitFor();
        await disk("slow");
        await page.locator("[data-what=all]").click();
        await page.locator("[data-what=all][aria-busy=true]").waitFor();
        const stale = await page.locator(".undo").count();
        await disk("well");
        need(!stale, "Čearrá's way back still stands there");
        await page.locator(".undo", { hasNotText: "Čearrá" }).waitFor();
        await button("Angre").click();
        await becomes("Ada", "0");
        need((await presence("Čearrá")) === "1", "Čearrá was undone too");
    });
    await test("a page that is busy knows a long press all the same", async () => {
        const box = await row("Ada").locator(".who").boundingBox();
        await page.mouse.move(box.x + 40, box.y + 20);
        await page.mouse.down();
        const busy = page.evaluate(() => {
            for (const end = Date.now() + 1500; Date.now() < end;);
        });
        await new Promise((done) => setTimeout(done, 700));
        await page.mouse.up();
        await busy;
        await page.locator("dialog", { hasText: "Ada" }).waitFor();
        need((await presence("Ada")) === "0", "the press marked Ada");
        await page.locator("dialog [data-what=close]").click();
    });
    await test("a long press opens what there is to say, and marks nobody; so does a tap on one who is marked", async () => {
        const box = await row("Ada").locator(".who").boundingBox();
        await page.mouse.move(box.x + 40, box.y + 20);
        await page.mouse.down();
        await page.locator("dialog", { hasText: "Ada" }).waitFor();
        await page.mouse.up();
        need((await presence("Ada")) === "0", "the press marked Ada");
        await page.keyboard.press("Escape");
        await page.locator("dialog").waitFor({ state: "detached" });
        await row("Bo").locator(".who").click();
        await page.locator("dialog", { hasText: "Bo" }).waitFor();
        need((await presence("Bo")) === "3", "the tap changed Bo");
        await page.locator("dialog [data-what=close]").click();
    });
    await test("times are stepped and saved when they rest, also when the dialog is closed at once", async () => {
        await row("Čearrá").locator(".round").click();
        await page.locator("dialog .tick", { hasText: "Kom sent" }).click();
        await page.locator("dialog .stepper", { hasText: "Kom klokka" }).locator(".round").last().click();
        await page.locator("dialog .stepper", { hasText: "Kom klokka" }).locator(".round").last().click();
        await page.locator("dialog [data-what=close]").click();
        await until(async () => /kom 10:15/.test(await row("Čearrá").textContent()), "the time stands on the sheet");
    });
    await test("a tablet that is full says so, and shows nobody as marked who is not", async () => {
        await disk("full");
        await row("Ada").locator(".who").click();
        await row("Ada").locator(".failed").waitFor();
        need(/Ikke lagret. Nettbrettet er fullt/.test(await row("Ada").textContent()), "it does not say what is wrong");
        await becomes("Ada", "0");
        await page.locator("[data-what=all]").click();
        await page.locator(".failed", { hasText: "Ikke lagret" }).nth(1).waitFor();
        await becomes("Ada", "0");
        await disk("well");
        await row("Ada").locator(".who").click();
        await row("Ada").locator(".saved").waitFor();
        await becomes("Ada", "1");
    });
    await test("somebody on the tablet who is on no list here is found before a new one is made", async () => {
        await page.locator("[data-what=walkin]").click();
        await page.locator("dialog input").first().fill("cear");
        await page.locator("dialog [data-what^=take]", { hasText: "Čearrá Test" }).waitFor();
        need(/på lista: Møtt/.test(await page.locator("dialog").textContent()), "it is not said that she is on the list");
        await page.locator("dialog input").first().fill("Nina Ny");
        await page.locator("dialog").getByText("heter «Nina Ny»").waitFor();
        await page.locator("dialog [data-what=make]").click();
        await becomes("Nina Ny", "1");
    });
    await test("a group meets without a plan: a session is made, marked, and held", async () => {
        await to("/");
        await button("Annen samling i Uten plan").click();
        await button("Ny samling i dag").click();
        await page.getByText("Ingen står på lista").waitFor();
        await page.locator("[data-what=walkin]").click();
        await page.locator("dialog input").first().fill("Ada");
        await page.locator("dialog [data-what^=take]", { hasText: "Ada" }).click();
        await becomes("Ada", "1");
        await page.locator("[data-what=done]").click();
        await page.locator("[data-what=held]").click();
        await page.locator(".saved[data-what^=status]").waitFor();
    });
    await test("what nobody finished is asked for: who is unknown, and whether it was held", async () => {
        const [{ id }] = (await centre.verb("session", "list", "--group", group.id)).filter((one) => one.day === today.toISOString().slice(0, 10));
        await to(`/done/${id}`);
        await page.locator("[data-what=held]").click();
        await page.locator(".saved[data-what^=status]").waitFor();
        await page.locator("[data-what=cancelled]").click();
        need(/er ført som møtt. Koordinatoren vil spørre/.test(await page.locator("main").textContent()), "nothing is said about those who were there");
        await button("Nei, likevel ikke").click();
        await until(async () => /Alt er trygt hos sentralen/.test(await page.locator(".state").textContent()), "all of it is at the centre");
        need(page.faults.every((fault) => /WebSocket|ERR_CONNECTION/.test(fault)), () => page.faults.join(" | "));
    });
} catch (wrong) {
    notOk("the sheet is tested to the end", wrong);
    console.log(`# ${page?.url()} ${page?.faults} ${await page?.evaluate(() => document.body.innerText.slice(0, 500)).catch(() => "")}`);
} finally {
    await browser?.stop();
    app?.stop();
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
