// Getting in and out: an invitation with its three steps, logging in, a wrong word, the lock, a recovery code.
import { PASSWORD } from "./coordinator.js";
import { need, test } from "./tap.js";

export async function entrance(world, one) {
    const seen = (step) => one.step(`${step}`);
    await test(`${one.lang}: an invitation is taken in three steps, and both steps of logging in lead to the overview`, async () => {
        await one.takes(`anne.${one.lang}`, ["--role", "admin"], seen);
        await one.logsIn(seen);
        await one.sees("h2", await one.words("WEB_OVERVIEW"));
    });
    await test(`${one.lang}: wrong words are said in the page's language, in both languages where one changes it`, async () => {
        await one.logsOut();
        await one.page.fill("input[name=name]", one.name);
        await one.page.fill("input[type=password]", "wrong");
        await one.page.keyboard.press("Enter");
        await one.sees(".wrong", /\S/);
        await one.step("login-wrong");
        const before = await one.page.textContent("h2"), other = one.lang === "nb" ? "en" : "nb";
        await one.page.click(`[data-lang=${other}]`);
        await one.page.waitForFunction((text) => document.querySelector("h2").textContent !== text, before);
        await one.page.click(`[data-lang=${one.lang}]`);
        await one.page.waitForFunction((lang) => document.documentElement.lang === lang, one.lang);
        need(await one.page.textContent("h2") === before, "the words do not come back");
    });
    await test(`${one.lang}: a used-up invitation is told so; a recovery code in place of the app lets one in`, async () => {
        await one.goes(`/invitation#${"0".repeat(32)}`);
        await one.sees(".wrong", /\S/);
        await one.step("invitation-void");
        await one.goes("/");
        await (await one.sees("input[name=name]")).fill(one.name);
        await one.page.fill("input[type=password]", PASSWORD);
        await one.page.keyboard.press("Enter");
        await (await one.sees("input[name=word]")).fill(one.codes[0]);
        await one.page.keyboard.press("Enter");
        await one.sees("#who");
        await one.logsOut();
        await one.logsIn();
    });
}

// After a pause the password alone. Thirty minutes are not waited for: that the session is idle is said in the centre's place, the rest is real.
export async function locked(world, one) {
    await test(`${one.lang}: after a pause the page is locked, and the password opens it again`, async () => {
        await one.goes("/");
        await one.sees(".clinic");
        const session = await one.page.evaluate(async () => (await fetch("/api/session", { headers: { "X-Samling-Quiet": "1" } })).json());
        const headers = { "content-security-policy": "default-src 'none'" };
        await one.page.route("**/api/session", (route) => route.fulfill({ headers, json: { ...session, state: "idle" } }), { times: 1 });
        await one.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
        await one.sees("h2", await one.words("WEB_LOCKED"));
        need(!(await one.page.locator(".clinic").count()), "what is locked is still shown");
        await one.step("locked");
        await one.page.fill("input[type=password]", PASSWORD);
        await one.page.keyboard.press("Enter");
        await one.sees(".clinic");
    });
}

// A tablet's app on the same origin keeps its store, whatever the console does.
export async function leftAlone(world, one) {
    await test(`${one.lang}: logging out leaves what a tablet's app keeps on the same origin intact`, async () => {
        await one.goes("/");
        await one.page.evaluate(async () => {
            localStorage.setItem("tablet", "mine");
            const file = await (await navigator.storage.getDirectory()).getFileHandle("tablet.db", { create: true });
            const writer = await file.createWritable();
            await writer.write("not sent yet");
            await writer.close();
        });
        await one.logsOut();
        const kept = await one.page.evaluate(async () => {
            const file = await (await navigator.storage.getDirectory()).getFileHandle("tablet.db");
            return [localStorage.getItem("tablet"), await (await file.getFile()).text()];
        });
        need(kept[0] === "mine" && kept[1] === "not sent yet", `${kept}`);
        await one.logsIn();
    });
}
