#!/usr/bin/env node
// Goal: the engine's files in a real browser's worker: what was flushed is there after the browser is killed, a write that is cut short or
// refused is an error and no damage, a handle that is lost ends the store and not its contents, and one worker has the store at a time.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILD, ROOT, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, say, test } from "../console/tap.js";
import { Browser, sleep, until } from "./browser.js";
import { createRequire } from "node:module";

const { build } = createRequire(join(BUILD, "node_modules/"))("esbuild");

// A page with a worker in which the engine lies open: window.ask(name, …) calls what files_worker.js offers.
async function served() {
    const { outputFiles } = await build({ entryPoints: [join(ROOT, "tests/tablet/files_worker.js")], bundle: true, format: "esm", write: false,
        nodePaths: [join(BUILD, "node_modules")], target: "chrome110" });
    const files = {
        "/": ["text/html", `<!doctype html><title>files</title><script src="page.js"></script>`],
        "/page.js": ["text/javascript", `const worker = new Worker("worker.js", { type: "module" }), asked = new Map(); let next = 1;
            worker.onmessage = ({ data }) => { const { done, failed } = asked.get(data.id); "wrong" in data ? failed(new Error(data.wrong)) : done(data.value); };
            worker.onerror = (e) => { document.title = "stopped: " + e.message; };
            window.ask = (name, ...args) => new Promise((done, failed) => { asked.set(next, { done, failed }); worker.postMessage({ id: next++, name, args }); });
            window.end = () => worker.terminate();`],
        "/worker.js": ["text/javascript", outputFiles[0].text],
        "/samling.wasm": ["application/wasm", readFileSync(join(BUILD, "wasm/files.wasm"))],
    };
    const server = createServer((request, response) => {
        const file = files[request.url];
        response.writeHead(file ? 200 : 404, { "Content-Type": file?.[0] ?? "text/plain" });
        response.end(file?.[1]);
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

const root = folder();
const KILLS = Number(process.env.SAM_FILE_KILLS ?? 12);
let browser, web;
const ask = (page, name, ...args) => page.evaluate(([name, args]) => window.ask(name, ...args), [name, args]);
// What a page had been told before it died, read while it dies.
const asking = (page, ...words) => ask(page, ...words).catch(() => null);

try {
    web = await served();
    browser = await Browser.start(join(root, "browser"));
    await test("a store opens, keeps what was said, and opens again", async () => {
        const page = await browser.page(web.url);
        await ask(page, "open", "one");
        const first = await ask(page, "add", 20);
        need(first.count === 20, () => JSON.stringify(first));
        await ask(page, "close");
        await ask(page, "open", "one");
        need((await ask(page, "count")) === 20, "rows are gone after closing");
        await page.close();
    });
    await test("a commit is one flush of the log", async () => {
        const page = await browser.page(web.url);
        await ask(page, "open", "flushes");
        const { flushes } = await ask(page, "add", 50);
        say(`50 commits: ${flushes} flushes`);
        need(flushes >= 50 && flushes <= 55, () => `${flushes} flushes for 50 commits`);
        await page.close();
    });
    await test(`what was committed is there after each of ${KILLS} SIGKILLs of the browser`, async () => {
        let told = 0;
        for (let i = 0; i < KILLS; i++) {
            const page = await browser.page(web.url);
            await ask(page, "open", "killed");
            const { count, sound } = await ask(page, "check");
            need(sound === "ok" && count >= told, () => `kill ${i}: ${told} were committed, ${count} are there, ${sound}`);
            const going = asking(page, "addForEver");
            const before = told, end = Date.now() + 80 + Math.floor(Math.random() * 120);
            while (Date.now() < end || told < before + 2) { /* on a busy machine until it has committed at all */
                const now = await asking(page, "committed");
                told = now ?? told;
            }
            await browser.kill();
            await going;
            await browser.again();
        }
        say(`${told} commits were seen before the last kill`);
        need(told > KILLS, "hardly anything was committed");
    });
    for (const [fault, code] of [["short", "EFULL"], ["quota", "EFULL"], ["throws", "EIO"], ["flush", "EIO"]]) {
        await test(`a write that fails (${fault}) is ${code}: nothing of it is there, what was before is`, async () => {
            const page = await browser.page(web.url);
            const store = `fault-${fault}`;
            await ask(page, "open", store);
            await ask(page, "add", 5);
            const wrong = await ask(page, "fault", fault);
            need(wrong === code, () => `it said ${wrong}`);
            await ask(page, "close");
            await ask(page, "open", store);
            const { count, sound } = await ask(page, "check");
            need(sound === "ok" && count === 5, () => `${count} rows, ${sound}`);
            const after = await ask(page, "add", 1);
            need(after.count === 6, "it takes nothing more");
            await page.close();
        });
    }
    await test("a real quota: the browser refuses, the store says EFULL and goes on where room is again", async () => {
        const page = await browser.page(web.url), cdp = await browser.context.newCDPSession(page);
        await ask(page, "open", "quota");
        await ask(page, "add", 3);
        const used = (await page.evaluate(() => navigator.storage.estimate())).usage;
        await cdp.send("Storage.overrideQuotaForOrigin", { origin: new URL(web.url).origin, quotaSize: used + 300000 });
        const wrong = await ask(page, "fill");
        need(wrong === "EFULL", () => `it said ${wrong}`);
        await cdp.send("Storage.overrideQuotaForOrigin", { origin: new URL(web.url).origin });
        await ask(page, "close");
        await ask(page, "open", "quota");
        const { count, sound } = await ask(page, "check");
        need(sound === "ok" && count >= 3, () => `${count} rows, ${sound}`);
        await ask(page, "add", 1);
        await page.close();
    });
    await test("a lost handle ends the store and not its contents", async () => {
        const page = await browser.page(web.url);
        await ask(page, "open", "lost");
        await ask(page, "add", 4);
        const wrong = await ask(page, "lose");
        need(wrong === "EIO", () => `it said ${wrong}`);
        await ask(page, "close");
        await ask(page, "open", "lost");
        const { count, sound } = await ask(page, "check");
        need(sound === "ok" && count === 4, () => `${count} rows, ${sound}`);
        await page.close();
    });
    await test("a second worker waits for the first to end, and then finds all of it", async () => {
        const page = await browser.page(web.url), other = await browser.page(web.url);
        await ask(page, "open", "shared");
        await ask(page, "add", 7);
        const refused = await ask(other, "open", "shared").catch((wrong) => String(wrong));
        need(/EELSEWHERE/.test(String(refused)), () => `it said ${refused}`);
        const going = ask(other, "open", "shared");
        await sleep(200);
        await page.evaluate(() => window.end());
        await going;
        need((await ask(other, "count")) === 7, "rows are gone");
        await page.close();
        await other.close();
    });
} catch (wrong) {
    notOk("the files are tested to the end", wrong);
} finally {
    await browser?.stop();
    web?.server.close();
    remove(root);
}
process.exit(exitCode());
