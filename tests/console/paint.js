#!/usr/bin/env node
// How long Chromium needs to paint the matrix: paint.js ORIGIN SESSION GROUP. From the last byte of the answer until two frames after the
// table stands there. Prints tab-separated name value unit, for tests/bench/bench_console.py.
import { browserOpen } from "./coordinator.js";

const [origin, session, group] = process.argv.slice(2), ROUNDS = 7, DAYS = 399;
const day = (ago) => new Date(Date.now() - ago * 86400000).toISOString().slice(0, 10);

const browser = await browserOpen();
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } });
await context.addCookies([{ name: "__Host-sid", value: session, url: origin, secure: true, httpOnly: true, sameSite: "Strict" }]);
const page = await context.newPage();
await page.addInitScript(() => {
    const done = new MutationObserver(() => {
        if (document.querySelectorAll("main table td").length < 1000) return;
        done.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now(); }));
    });
    document.addEventListener("DOMContentLoaded", () => done.observe(document.body, { childList: true, subtree: true }));
});
const took = [];
let cells = 0;
for (let i = 0; i < ROUNDS; i++) {
    await page.goto(`${origin}/attendance?group=${group}&from=${day(DAYS)}&to=${day(0)}`);
    await page.waitForFunction(() => window.painted);
    took.push(await page.evaluate(() => {
        const answers = performance.getEntriesByType("resource").filter((one) => one.name.includes("/api/attendance?"));
        return window.painted - answers.at(-1).responseEnd;
    }));
    cells = await page.locator("main table td").count();
}
took.sort((a, b) => a - b);
console.log(`matrix_cells\t${cells}\t1`);
console.log(`matrix_paint_p50_ms\t${took[Math.floor(ROUNDS / 2)].toFixed(1)}\tms`);
console.log(`matrix_paint_worst_ms\t${took.at(-1).toFixed(1)}\tms`);
await browser.close();
