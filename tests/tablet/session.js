// A whole session with the centre gone: twelve people, one absent, one late, one who stands in no list; then it arrives, once.
import { need, say, test } from "../console/tap.js";
import { until } from "./browser.js";

const TAPS_MAX = 22;

export async function session(world, one) {
    const { centre, group } = world, guest = `Gjest ${one.lang}`;
    let id;
    await test(`${one.lang}: the app can be installed`, async () => {
        const cdp = await one.browser.context.newCDPSession(one.page);
        const wrong = async () => (await cdp.send("Page.getInstallabilityErrors")).installabilityErrors;
        await one.page.evaluate(() => navigator.serviceWorker.ready.then(() => 0));
        await until(async () => !(await wrong()).length, async () => JSON.stringify(await wrong()), 30000, 500);
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
        const open = one.page.locator("section.card", { hasText: group.name }).locator('[data-what^="open:"]');
        id = (await open.getAttribute("data-what")).slice(5);
        await one.tap(open);
        await one.page.locator("li.person").first().waitFor();
        const rows = await one.rows();
        need(rows.length >= 12, `${rows.length} on the sheet`);
        await one.tap(one.row("Bo Prøve").locator(".who")); /* somebody comes */
        await one.tap(one.row("Ada Prøve").getByRole("button").last()); /* who has rung to say that she cannot */
        await one.step("41-mark");
        await one.tap(one.page.locator("dialog label", { hasText: one.word("PRESENCE_NOTIFIED") }));
        await one.tap('dialog [data-what="close"]');
        await one.tap('[data-what="all"]');
        await one.tap(one.row("Eli Prøve").locator(".who")); /* and she came late */
        await one.tap(one.page.locator("dialog label", { hasText: one.word("TAB_LATE") }));
        await one.tap('dialog [data-what="close"]');
        await one.tap('[data-what="walkin"]');
        const name = one.page.locator("dialog input[type=text], dialog input:not([type])").first();
        await one.tap(name);
        await name.fill(guest);
        await one.step("42-walk-in");
        await one.tap('dialog [data-what="make"]');
        await one.row(guest).waitFor();
        await one.step("43-sheet");
        await one.tap('[data-what="done"]');
        await one.page.locator('[data-what="held"]').waitFor();
        await one.tap('[data-what="held"]');
        await until(() => one.saved.includes(`status:${id}:1`), "it is said that it was held");
        await one.step("44-done");
        say(`${one.lang}: ${one.taps} taps; saved: ${one.saved.length}`);
        need(one.taps <= TAPS_MAX, `${one.taps} taps`);
        await one.tap('[data-what="home"]');
    });
    await test(`${one.lang}: back in coverage all of it arrives, once`, async () => {
        await centre.start();
        await one.page.locator(".state, .pill").first().waitFor();
        await until(async () => (await centre.verb("session", "list", "--group", group.id)).find((row) => String(row.id) === id)?.status === "held", "the session arrives", 90000, 300);
        const row = (await centre.verb("session", "list", "--group", group.id)).find((one) => String(one.id) === id);
        need(row.people === 13 || row.marked === 13, () => JSON.stringify(row));
        need(row.marked === 13 && row.present === 12, () => JSON.stringify(row));
        await until(async () => (await one.page.locator("header.top").innerText()).includes(one.word("TAB_ALL_SAFE").split(" %")[0]), "the tablet says that all is safe");
        await one.step("45-safe");
    });
}
