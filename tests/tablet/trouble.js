// What goes wrong in a clinic: two tablets say different things with the centre gone, the centre goes back to last night's backup, a second tab
// is opened, somebody types ten wrong PINs, a tablet is shut out.
import { need, test } from "../console/tap.js";
import { until } from "./browser.js";

async function openSheet(one, session) {
    await one.goes(`/sheet/${session}`);
    await one.page.locator("li.person").first().waitFor();
}

// Marks somebody who is unknown, or says something else of somebody who is not.
async function marks(one, session, name, id) {
    await openSheet(one, session);
    const row = one.row(name);
    await row.getByRole("button").last().click();
    await one.page.locator("dialog label", { hasText: one.word(id) }).first().click();
    await one.page.locator("dialog .saved").waitFor();
    await one.page.locator('dialog [data-what="close"]').click();
}

const safe = (one) => until(async () => (await one.page.locator("header.top").innerText()).includes(one.word("TAB_ALL_SAFE").split(" %")[0]), `${one.lang}: all is safe`, 120000, 200);
const state = (one, name) => one.row(name).evaluate((row) => ({ ...row.dataset }));

export async function trouble(world, [one, two]) {
    const { centre, group } = world, sessions = await centre.verb("session", "list", "--group", group.id), session = sessions[1].id;
    await test("two tablets say different things with the centre gone: a case, told on both, nothing lost", async () => {
        for (const each of [one, two]) await openSheet(each, session);
        await safe(one);
        await safe(two);
        centre.kill();
        await marks(one, session, "Finn Prøve", "PRESENCE_PRESENT");
        await marks(two, session, "Finn Prøve", "PRESENCE_NO_SHOW");
        await centre.start();
        const cases = await until(async () => {
            const all = await centre.verb("case", "list");
            return all.length && all;
        }, "a case is opened", 90000, 300);
        need(cases.length === 1 && /Finn/.test(JSON.stringify(cases)), () => JSON.stringify(cases));
        for (const each of [one, two]) {
            await openSheet(each, session);
            await until(async () => (await each.row("Finn Prøve").locator(".disputed").count()) > 0, `${each.lang}: the other word is shown`, 90000, 300);
            await each.step("50-disputed");
        }
    });
    await test("the one whose word was contradicted is told what it needs, until it is seen", async () => {
        const told = await until(async () => {
            for (const each of [one, two]) if (/\d/.test(await each.page.locator("header .attend, header a[href='#/attention'], header button.pill.attend").allInnerTexts().then((all) => all.join(" ")))) return each;
            return null;
        }, "somebody is told", 60000, 300);
        await told.goes("/attention");
        await told.page.getByText("Finn Prøve").first().waitFor();
        await told.step("51-attention");
    });
    await test("a centre that went back to a backup gets again what it lost", async () => {
        const { file } = await centre.verb("backup");
        await marks(one, session, "Gro Prøve", "PRESENCE_PRESENT");
        await safe(one);
        const before = (await centre.verb("session", "list", "--group", group.id)).find((row) => row.id === session).marked;
        centre.kill();
        await until(() => centre.server.exitCode !== null || centre.server.signalCode !== null, "the centre has ended");
        await centre.verb("restore", file);
        const back = (await centre.verb("session", "list", "--group", group.id)).find((row) => row.id === session).marked;
        need(back < before, `the backup lacks nothing: ${back} of ${before}`);
        await centre.start();
        await centre.verb("device", "confirm").catch(() => {});
        await until(async () => (await centre.verb("session", "list", "--group", group.id)).find((row) => row.id === session).marked === before, "it is sent again", 120000, 300);
        await safe(one);
    });
    for (const each of [one, two]) {
        await test(`${each.lang}: a second tab takes over; the first says where it is, and takes it back`, async () => {
            const first = each.page;
            await each.opens();
            await each.page.locator(".pad").waitFor();
            await first.getByText(each.word("TAB_ELSEWHERE")).first().waitFor();
            const second = each.page;
            each.page = first;
            await each.step("52-elsewhere");
            await each.page.locator("main button").first().click();
            await each.page.locator(".pad").waitFor();
            await second.close();
            await each.unlocks();
        });
        await test(`${each.lang}: ten wrong PINs: a code from the coordinator, by telephone, opens the tablet again`, async () => {
            await each.page.getByRole("button", { name: each.word("TAB_LOCK_NOW") }).first().click();
            await each.page.locator(".pad").waitFor();
            const barred = async () => (await each.page.getByText(each.word("TAB_UNLOCK_NUMBER")).count()) > 0;
            for (let tries = 0; !(await barred()); tries++) {
                need(tries < 30, "it is never barred");
                await until(async () => (await barred()) || (await each.page.locator(".pad button:enabled").count()) > 9, "a PIN may be tried");
                for (const digit of "135790") await each.page.keyboard.press(digit); /* digits that come too early are left out: it is wrong all the same */
                await each.page.waitForTimeout(60);
                if (tries === 0) {
                    await each.page.locator(".notice.wrong, [role=alert]").first().waitFor();
                    await each.step("53-wrong-pin");
                }
            }
            await each.page.getByText(each.word("TAB_UNLOCK_NUMBER")).first().waitFor();
            await each.step("54-barred");
            const number = (await each.page.locator("dl.large dd").last().innerText()).trim();
            const said = await centre.verb("device", "unlock", each.no, "--number", number);
            await each.page.getByLabel(each.word("TAB_COORDINATOR_CODE")).fill(said.code.toLowerCase());
            await each.page.locator("label", { hasText: each.user }).first().click();
            await each.button("TAB_TO_NEW_PIN").click();
            await each.page.locator(".pad").waitFor();
            await each.types("902317");
            await each.page.getByText(each.word("TAB_PIN_REPEAT")).first().waitFor();
            await each.types("902317");
            await each.page.locator("nav.ways").waitFor({ timeout: 60000 });
            need(await each.page.locator("h1").count() === 1, "no screen");
        });
    }
    await test("a tablet that is shut out is drained, and locked with words that say so", async () => {
        await openSheet(two, session);
        centre.kill();
        await marks(two, session, "Hans Prøve", "PRESENCE_PRESENT");
        await until(() => centre.server.exitCode !== null || centre.server.signalCode !== null, "the centre has ended");
        await centre.start();
        await centre.verb("device", "revoke", two.no);
        await until(async () => (await two.page.locator(".page").innerText()).match(new RegExp(two.word("DEVICE_WIPED").slice(0, 12) + "|" + two.word("DEVICE_REVOKED").slice(0, 12), "i")), "the tablet says that it was shut out", 120000, 300);
        await two.step("55-shut-out");
        const held = await centre.verb("quarantine", "list");
        need(/Hans/.test(JSON.stringify(held)) || held.length > 0, () => `what it had is not with the coordinator: ${JSON.stringify(held)}`);
    });
    await test("one on which nothing waits is emptied, and says so", async () => {
        await safe(one);
        await centre.verb("device", "revoke", one.no);
        await until(async () => (await one.page.locator(".page").innerText()).match(new RegExp(one.word("DEVICE_WIPED").slice(0, 12), "i")), "the tablet says that it was emptied", 120000, 300);
        await one.step("55-shut-out");
    });
}
