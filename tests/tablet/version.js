#!/usr/bin/env node
// Goal: the app opens without any network, and takes a new version at the next start or when somebody says so, whole, without touching what
// is saved or what others keep in the browser.
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BUILD, Centre, ROOT, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, test } from "../console/tap.js";
import { Browser, until } from "./browser.js";
import { joined, pinTyped, served } from "./hands.js";

const root = folder(), PIN = "258046", files = join(root, "served");
let centre, browser, bridge, page;

// A build that says another version: everything else is the same.
function build(version) {
    const out = join(root, `app-${version}`);
    execFileSync(process.execPath, [join(ROOT, "client-sdk/tablet/build.js"), out, join(BUILD, "tablet-gen/words.ts"), join(BUILD, "node_modules"),
        join(BUILD, "wasm/samling.wasm"), version], { stdio: ["ignore", "ignore", "inherit"] });
    rmSync(files, { recursive: true, force: true });
    cpSync(out, files, { recursive: true });
}
async function serve() {
    bridge = await served(centre, files, bridge?.port);
}
const app = () => page.evaluate(() => document.querySelector("script[type=module]")?.src.split("/").pop());
const builtApp = () => readFileSync(join(files, "index.html"), "utf8").match(/src="([^"]+)"/)[1];
const caches = () => page.evaluate(() => window.caches.keys());
const ready = () => until(() => page.evaluate(async () => !!(await navigator.serviceWorker.getRegistration())?.active && !!navigator.serviceWorker.controller), "the service worker is here");

try {
    centre = await Centre.make(join(root, "centre"));
    const clinic = await centre.clinic("Testnes");
    await centre.verb("user", "add", "--clinic", clinic, "--name", "Kari");
    await centre.group(clinic, "Bevegelse", ["Ada Prøve", "Bo Prøve"]);
    build("1.0.0");
    browser = await Browser.start(join(root, "browser"));
    await serve();
    await browser.context.addInitScript(() => localStorage.setItem("samling.language", "nb"));
    page = await browser.page(bridge.url);

    await test("the app is here whole after one visit, and joins", async () => {
        await page.waitForSelector("textarea");
        await ready();
        const kept = await page.evaluate(async () => (await (await window.caches.open((await window.caches.keys())[0])).keys()).map((one) => new URL(one.url).pathname.slice(1)));
        const want = readdirSync(files).filter((name) => name !== "sw.js").map((name) => (name === "index.html" ? "" : name)).sort();
        need(kept.sort().join() === want.join(), () => `kept: ${kept} of ${want}`);
        await joined(page, centre, clinic, { name: "Kari", pin: PIN });
    });
    await test("without any network it opens, asks for the PIN and shows today", async () => {
        bridge.stop();
        centre.kill();
        await page.reload();
        await page.waitForSelector(".pad");
        await pinTyped(page, PIN);
        await page.waitForSelector(".list .group");
        need(page.faults.every((fault) => /WebSocket|ERR_CONNECTION/.test(fault)), () => page.faults.join(" | "));
    });
    await test("a new version is offered at the top of the screen, not taken by itself, and starts when somebody says so", async () => {
        const old = await app();
        build("1.0.1");
        await serve();
        await page.evaluate(() => window.caches.open("of-somebody-else"));
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
        await page.waitForSelector(".pill.fresh", { timeout: 60000 });
        need((await app()) === old, "the version changed by itself");
        await page.locator(".pill.fresh").click();
        await until(async () => (await app().catch(() => "")) === builtApp(), "the new version runs");
        await page.waitForSelector(".pad");
        need((await caches()).includes("of-somebody-else"), "the cache of somebody else is gone");
        await until(async () => (await caches()).filter((name) => name.startsWith("samling-tablet-")).length === 1, "the old version is gone");
    });
    await test("a version that waits is taken at the next start", async () => {
        build("1.0.2");
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
        await until(() => page.evaluate(async () => !!(await navigator.serviceWorker.getRegistration()).waiting), "it waits");
        need((await app()) !== builtApp(), "it was taken at once");
        await page.reload();
        await until(async () => (await app().catch(() => "")) === builtApp(), "the new version runs");
        await page.waitForSelector(".pad");
        await pinTyped(page, PIN);
        await page.waitForSelector(".list .group");
    });
    await test("a version that does not come whole is not taken", async () => {
        const now = await app();
        build("1.0.3");
        rmSync(join(files, "icon-512.png"));
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update().catch(() => undefined));
        await until(() => page.evaluate(async () => !(await navigator.serviceWorker.getRegistration()).installing), "the attempt is over");
        await page.reload();
        await page.waitForSelector(".pad");
        need((await app()) === now, "half a version runs");
        need((await caches()).filter((name) => name.startsWith("samling-tablet-")).length <= 2, () => "the halves pile up");
    });
} catch (wrong) {
    notOk("the versions are tested to the end", wrong);
    const last = browser?.context?.pages().at(-1);
    console.log(`# ${last?.url()} ${last?.faults} ${await last?.evaluate(() => document.body.innerText.slice(0, 300)).catch(() => "")}`);
} finally {
    await browser?.stop();
    bridge?.stop();
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
