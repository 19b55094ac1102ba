// Oversikt: what waits, live.
import { need, test } from "./tap.js";

export async function overview(world, one) {
    await test(`${one.lang}: clinics, tablets and today's groups; names from outside stay text`, async () => {
        await one.goes("/");
        await one.sees(".clinic h3", world.clinic.name);
        await one.sees(".tablets th", world.label);
        await one.sees(".clinic th", world.group.name);
        await one.sees("#state", await one.words("WEB_LIVE"));
        need(await one.page.locator("main img, main script, main b").count() === 0, "markup out of a name");
        await one.step("overview");
    });
    await test(`${one.lang}: what a tablet syncs stands there without reloading; how soon is told`, async () => {
        const marked = () => one.page.locator(".clinic td.number", { hasText: /\d/ }).allTextContents();
        const before = (await marked()).join();
        const person = world.unmarked.pop();
        await world.tablet.mark(world.session, { [person.id]: "present" });
        const began = Date.now();
        await world.tablet.sync();
        const acked = Date.now();
        await one.page.waitForFunction((was) => [...document.querySelectorAll(".clinic td.number")].filter((cell) => /\d/.test(cell.textContent))
            .map((cell) => cell.textContent).join() !== was, before, { polling: 20 });
        console.log(`# overview_after_sync_ms: ${Date.now() - acked} (sync itself ${acked - began})`);
    });
    await test(`${one.lang}: the whole page is reached with the keyboard, and the focus is seen`, async () => {
        await one.goes("/");
        await one.sees(".clinic");
        const reached = new Set();
        for (let i = 0; i < 40; i++) {
            await one.page.keyboard.press("Tab");
            reached.add(await one.page.evaluate(() => document.activeElement.id || document.activeElement.getAttribute("href") || document.activeElement.dataset.lang || document.activeElement.tagName));
        }
        for (const want of ["out", "nb", "en"]) need(reached.has(want), `${want} is not reached: ${[...reached]}`);
    });
}
