// Saker: the queue, deciding each way, again, and all of a session at once; two who may be one; what was put aside.
import { join } from "node:path";
import { Coordinator } from "./coordinator.js";
import { need, test } from "./tap.js";

const XSS = '<img src=x onerror=alert(1)>"\'';

// A group of its own, with what two tablets say differently of it.
async function trouble(world, root, lang) {
    const { centre, tablet: a, second: b } = world, day = new Date().toISOString().slice(0, 10), name = `Saker ${lang} <b>`;
    const { id } = await centre.verb("group", "add", "--clinic", world.clinic.id, "--name", name, "--code", `S-${lang}`, "--weekday", new Date().getUTCDay() || 7, "--first", day);
    for (const person of ["Una", "Vera", "Wilma", "Yrsa"]) await centre.verb("participant", "add", `${person} ${lang} ${XSS}`, "--group", id);
    const people = (await centre.verb("participant", "list", "--group", id)).map((row) => row.id);
    for (const tablet of [a, b]) await tablet.sync();
    const { sessions } = await a.does(["sessions", String(id)]);
    const today = sessions.find((row) => row.day === day)?.id ?? sessions[0].id, later = sessions.at(-1).id;
    for (const [tablet, word] of [[a, "present"], [b, "no-show"]]) {
        await tablet.mark(today, Object.fromEntries(people.slice(0, 3).map((person) => [person, word])));
        await tablet.does(["walk-in", "--session", today, `Ny ${lang} ${XSS}`], { codes: [0, 4] });
    }
    await a.does(["session", "cancel", later], { codes: [0, 4] });
    await b.mark(later, { [people[3]]: "present" });
    for (const tablet of [a, b, a]) await tablet.sync();
    const third = await centre.tablet(join(root, `tablet-cases-${lang}`), world.clinic.id, `Sal 3 ${XSS}`, "Kari");
    await third.mark(today, { [people[3]]: "notified" });
    await centre.verb("device", "revoke", third.no);
    await third.does(["sync"], { codes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
    return { name };
}

async function opens(one, text) {
    await one.goes("/cases");
    await (await one.sees(".rows a", text)).click();
    return one.sees(".one article h3");
}

async function decides(one) {
    await one.page.click(".one form button.go");
    await one.sees(".told");
}

async function queue(one, lang) {
    await test(`${lang}: the queue is read, and a case is decided with a third value and a reason; the next one is offered`, async () => {
        await one.goes("/cases");
        await one.sees(".rows a", `Una ${lang}`);
        await one.step("cases");
        await opens(one, `Una ${lang}`);
        await one.step("case");
        await one.page.click(".one form button.go");
        await one.sees(".one .wrong", await one.words("WEB_CASE_CHOOSE"));
        await one.page.selectOption("#another-0", "4");
        await one.page.fill(".one [name=note]", "asked at the desk");
        await decides(one);
        need(await one.page.evaluate(() => document.activeElement.className) === "told", "the focus is lost");
        await one.step("case-decided");
        await one.page.click(".told button.go");
        await one.sees(".one article form");
        need(await one.page.locator("main img, main script").count() === 0, "markup out of a name");
    });
    await test(`${lang}: by the keyboard alone, and all of a session at once`, async () => {
        await opens(one, `Vera ${lang}`);
        await one.page.focus(".pick input[type=radio]");
        await one.page.keyboard.press("ArrowDown");
        need(await one.page.locator(".pick input:checked").getAttribute("value") === "1", "the arrow chooses nothing");
        await one.page.click(".whole button");
        await one.sees(".told", /2/);
    });
    await test(`${lang}: what was decided is decided again, and says what it was before`, async () => {
        await one.goes("/cases?view=closed");
        await (await one.sees(".rows a", `Una ${lang}`)).click();
        await one.sees(".marks", "asked at the desk");
        await one.step("case-closed");
        await one.page.selectOption("#another-0", "1");
        await decides(one);
    });
}

async function rules(one, lang) {
    await test(`${lang}: two who may be one person are linked, parted, and let be two`, async () => {
        await opens(one, `Ny ${lang}`);
        await one.step("case-pair");
        await one.page.click(".one form .pick >> nth=0");
        await decides(one);
        await one.page.click(`.one article button:has-text("${await one.words("WEB_CASE_UNLINK")}")`);
        await one.sees(".one form");
        await one.page.click(".one form .pick >> nth=2");
        await decides(one);
    });
    await test(`${lang}: a session that stands as cancelled was held: who was there stands beside it`, async () => {
        await one.goes("/cases");
        await (await one.sees(".rows a", await one.words("WEB_CASES_ATTENDED", 1))).click();
        await one.sees(".one table", `Yrsa ${lang}`);
        await one.step("case-session");
        await one.page.click(".one form .pick >> nth=0");
        await decides(one);
    });
}

async function asides(one, lang) {
    const press = async (text) => one.page.locator(".one article button", { hasText: new RegExp(`^${text}$`) }).click();
    await test(`${lang}: what was put aside may rest with a reason, is taken out again and taken in`, async () => {
        await one.goes("/cases?view=aside");
        await (await one.sees(".rows a", `Yrsa ${lang}`)).click();
        await one.sees(".one article");
        await press(await one.words("WEB_ASIDE_CLOSE"));
        await one.sees(".one .wrong", await one.words("WEB_ASIDE_REASON_NEEDED"));
        await one.step("aside");
        await one.page.fill(".one [name=note]", "twice on paper");
        await press(await one.words("WEB_ASIDE_CLOSE"));
        await one.sees(".told");
        await one.goes("/cases?view=rests");
        await (await one.sees(".rows a", `Yrsa ${lang}`)).click();
        await one.sees(".one article", "twice on paper");
        await press(await one.words("WEB_ASIDE_REOPEN"));
        await one.sees(".told");
        await one.goes("/cases?view=aside");
        await (await one.sees(".rows a", `Yrsa ${lang}`)).click();
        await one.sees(".one article");
        await press(await one.words("WEB_ASIDE_RETRY"));
        await one.sees(".told");
        await one.step("aside-taken");
    });
}

export async function cases(world, browser, root, lang) {
    const one = await Coordinator.sitsDown(browser, world.centre, lang, { dark: lang === "en" });
    await trouble(world, root, lang);
    await one.takes(`koordinator.${lang}`, ["--role", "coordinator"]);
    await one.logsIn();
    for (const part of [queue, rules, asides]) await part(one, lang);
    await one.leaves();
}
