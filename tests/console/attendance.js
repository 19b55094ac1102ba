// Oppmøte: from a clinic's groups to one cell, and back on the tablets.
import { need, test } from "./tap.js";

const PEOPLE = 40, SESSIONS = 60;
const MARKUP = "main img, main script, main b, dialog img";

// The sheet's own table with as many people and sessions as a full year has: built, laid out and painted.
function painted([people, sessions]) {
    return import("/web/sheet.js").then(async ({ table }) => {
        const days = Array.from({ length: sessions }, (_, i) => ({ id: String(i + 1), day: 20000 + i * 7, start_min: 600, end_min: 660, status: 0, case: 0, unknown: 1, present: 30, known: 39, unrecorded: i % 9 === 0 }));
        const some = Array.from({ length: people }, (_, p) => ({ id: String(p + 1), name: `Deltaker ${p}`, enrolled: true, planned: 60, cells: days.map((_one, s) => [s, (p + s) % 5, 2, (p * s) % 16, -1, -1, 0]) }));
        const at = performance.now(), { all } = table({ all: true, today: 20210, sessions: days, people: some });
        document.getElementById("main").replaceChildren(all);
        all.getBoundingClientRect();
        await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
        return performance.now() - at;
    });
}

export async function attendance(world, one) {
    const cell = (person, column) => one.page.locator(`tr:has(th span:text-is(${JSON.stringify(person)})) td:nth-child(${column})`);
    await test(`${one.lang}: the groups by clinic, with their share, and filters in the address`, async () => {
        await one.goes("/");
        await one.sees("#who");
        if (!(await one.link("/attendance").count())) {
            await world.centre.verb("account", "role", "add", one.name, "--role", "coordinator");
            // the page asks who is here, and nothing is under way that would leave with it: the answer brings the session's new id
            await one.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
            await one.sees("#menu a[href='/attendance']");
        }
        await one.link("/attendance").click();
        await one.sees("table.groups a", world.group.name);
        await one.step("attendance-groups");
        await one.page.check("input[name=evening]");
        await one.page.click("form.filters button.go");
        await one.sees(".none", await one.words("WEB_ATT_GROUPS_NONE"));
        need(one.page.url().includes("evening=1"), one.page.url());
        await one.step("attendance-none");
        await one.goes("/attendance");
        await one.sees("table.groups a", world.group.name);
        need(await one.page.locator(MARKUP).count() === 0, "markup out of a name");
    });
    await test(`${one.lang}: a group's sheet: signs, the legend, today; the arrow keys go from cell to cell`, async () => {
        await one.page.click(`table.groups a:has-text(${JSON.stringify(world.group.name)})`);
        await one.sees("table.sheet th.today");
        await one.sees("ul.legend", await one.words("WEB_ATT_LATE"));
        await one.sees("td.completion span");
        await one.step("attendance-sheet");
        const first = one.page.locator("button.cell").first();
        await first.focus();
        await one.page.keyboard.press("ArrowDown");
        const row = await one.page.evaluate(() => document.activeElement.dataset.row);
        need(row === "1", `the focus is in row ${row}`);
        need(await one.page.locator("button.cell[tabindex='0']").count() === 1, "one cell is in the tab order");
        need(await one.page.locator(MARKUP).count() === 0, "markup out of a name");
    });
    await test(`${one.lang}: a cell says who said what, is said otherwise, and the tablet has it at its next sync`, async () => {
        const person = world.group.people[one.lang === "nb" ? 1 : 2];
        await cell(person.name, 4).locator("button").click();
        await one.sees("dialog[open] h3", person.name);
        await one.page.locator("dialog button", { hasText: await one.words("WEB_ATT_PAST") }).click();
        await one.sees("dialog h4");
        await one.step("attendance-mark");
        await one.page.check("dialog input[name=presence][value='1']");
        await one.page.check("dialog input[name=late]");
        await one.page.check("dialog input[name=evidence][value=self]");
        await one.page.fill("#mark-reason", "ringte <b>");
        await one.page.click("dialog button.go");
        await one.sees(".saved", person.name);
        need(await cell(person.name, 4).locator("[data-sign=\"✓\"][data-more]").count() === 1, "the sheet does not show it");
        need(await one.page.evaluate(() => document.activeElement.matches("button.cell")), "the focus is not in the cell");
        await one.step("attendance-saved");
        await world.tablet.sync();
        const sheet = await world.tablet.does(["sheet", "--session", world.session]);
        const line = JSON.stringify(sheet).match(new RegExp(`\\{[^{}]*"${person.id}"[^{}]*\\}`))?.[0] ?? "";
        need(line.includes("present"), `on the tablet: ${line}`);
    });
    await test(`${one.lang}: what somebody else changes is offered, not thrown in`, async () => {
        const person = world.group.people.at(-1);
        await world.tablet.mark(world.session, { [person.id]: one.lang === "nb" ? "no-show" : "notified" });
        await one.page.waitForTimeout(3500); // the news of what was done here is over
        await world.tablet.sync();
        await (await one.sees("button.news")).click();
        await one.gone("button.news");
        await one.step("attendance-news");
    });
    await test(`${one.lang}: ${PEOPLE} people by ${SESSIONS} sessions are painted, each time`, async () => {
        const took = [];
        for (let i = 0; i < 5; i++) took.push(Math.round(await one.page.evaluate(painted, [PEOPLE, SESSIONS])));
        console.log(`# sheet_${PEOPLE}x${SESSIONS}_ms: ${took.join(" ")}`);
        need(took.length === 5 && took.every((ms) => ms > 0), took.join(" "));
    });
}
