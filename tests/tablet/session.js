// A whole session with the centre gone: twelve people, one absent, one late, one who stands in no list.
import { need, say, test } from "../console/tap.js";
import { until } from "./browser.js";

const TAPS_MAX = 22;

export async function session(world, one) {
    const { centre, group } = world;
    await test(`${one.lang}: the app can be installed`, async () => {
        const cdp = await one.browser.context.newCDPSession(one.page);
        await until(async () => !(await cdp.send("Page.getInstallabilityErrors")).installabilityErrors.length, async () => JSON.stringify(await cdp.send("Page.getInstallabilityErrors")), 30000, 500);
        await one.page.evaluate(() => navigator.serviceWorker.ready.then(() => 0));
    });
    await test(`${one.lang}: with the centre gone the app opens, and the lock after it`, async () => {
        centre.kill();
        await one.page.reload();
        await one.page.locator(".pad").waitFor();
        await one.step("30-lock");
        await one.unlocks();
        await one.step("31-today-offline");
    });
    await test(`${one.lang}: a whole session in at most ${TAPS_MAX} taps, each saved on the tablet`, async () => {
        one.taps = 0;
        one.saved.length = 0;
        await one.tap('[data-what^="open:"]');
        await one.page.locator("li.person").first().waitFor();
        const rows = await one.rows();
        need(rows.length >= 12, `${rows.length} on the sheet`);
        await one.step("40-sheet");
    });
}
