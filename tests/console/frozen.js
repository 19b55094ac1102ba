// Tall: figures are frozen, a mark comes late, and the page says what moved them; one is withdrawn.
import { need, test } from "./tap.js";

const MARKUP = "main img, main script, main b";

export async function frozen(world, one) {
    const first = one.page.locator("table.figures tbody tr").first();
    await test(`${one.lang}: figures of a clinic and of a group are frozen, and stand in the list`, async () => {
        await one.goes("/");
        await one.link("/figures").click();
        await one.sees("form.filters button.go", await one.words("WEB_FIG_FREEZE"));
        await one.step("figures");
        await one.page.selectOption("#fig-clinic", { label: world.clinic.name });
        await one.page.selectOption("#fig-period", { index: 0 });
        await one.page.fill("form.filters input", `Rapport ${one.lang} <b>`);
        await one.page.click("form.filters button.go");
        await one.sees("table.figures td", `Rapport ${one.lang} <b>`);
        await one.page.selectOption("#fig-clinic", { label: world.clinic.name });
        await one.page.selectOption("#fig-group", { label: world.group.name });
        await one.page.selectOption("#fig-period", { index: 0 });
        await one.page.click("form.filters button.go");
        await one.sees("table.figures tbody tr:first-child td", world.group.name);
        need(await one.page.locator(MARKUP).count() === 0, "markup out of a name");
        await one.step("figures-frozen");
    });
    await test(`${one.lang}: nothing has moved; then a tablet brings a mark, and the page says which`, async () => {
        const person = world.group.people[4];
        await first.locator("a").click();
        await one.sees("table.sums");
        await one.sees(".none", await one.words("WEB_FIG_SAME"));
        await one.step("figure-same");
        await world.tablet.mark(world.session, { [person.id]: one.lang === "nb" ? "present" : "notified" });
        await world.tablet.sync();
        await one.page.reload();
        await (await one.sees("details.moved summary")).click();
        await one.sees("details.moved li strong", person.name);
        await one.sees("details.moved li", "Kari");
        need(await one.page.locator("table.sums td.attend").count() > 0, "no sum is marked");
        need(await one.page.locator(MARKUP).count() === 0, "markup out of a name");
        await one.step("figure-moved");
    });
    await test(`${one.lang}: withdrawn it stays, with the reason`, async () => {
        await one.page.click("details.withdraw summary");
        await one.page.fill("details.withdraw input", "feil <b>");
        await one.step("figure-withdrawing");
        await one.page.click("details.withdraw button.go");
        await one.sees("p.wrong", "feil <b>");
        await one.page.click("main a[href='/figures']");
        await one.sees("table.figures tr.cancelled .badge");
        await one.step("figures-withdrawn");
    });
}
