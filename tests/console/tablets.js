// Nettbrett, Logg and the own account: a tablet is let in, shut out and asked for what is missing; the log is searched and checked; two who decide
// erase a person; another password and new recovery codes.
import { join } from "node:path";
import { Coordinator, PASSWORD, asked } from "./coordinator.js";
import { Tablet } from "./rig.js";
import { need, test } from "./tap.js";

const XSS = '<img src=x onerror=alert(1)>"\'';

async function presses(one, name, within = "main") {
    const text = await one.words(name);
    await one.page.locator(`${within} button`, { hasText: new RegExp(`^${text}$`) }).first().click();
}

async function plain(one) {
    need(await one.page.locator("main script, main b, main img:not(.qr)").count() === 0, "markup out of a name");
}

async function lettingIn(world, root, lang, one) {
    const tablet = new Tablet(join(root, `tablet-invited-${lang}`), "Kari");
    await test(`${lang}: a tablet is invited, shows the same digits, and is let in`, async () => {
        await one.goes("/tablets");
        await one.sees(".clinic h3", world.clinic.name);
        await one.step("tablets");
        await presses(one, "WEB_INVITE");
        await one.page.fill(".panel [name=label]", `Sal ${lang} ${XSS}`);
        await one.step("tablets-invite");
        await one.page.click(".panel button.go");
        await one.sees("img.qr");
        await one.page.click(".panel summary");
        await one.step("tablets-invited");
        need(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/.test(await one.page.textContent(".panel .typed")), "what is to be typed");
        const line = (await one.page.textContent(".panel details code")).replace("localhost", "127.0.0.1");
        const said = await tablet.does(["join", line, "--label", `Sal ${lang} ${XSS}`], { codes: [0, 3] });
        await one.sees(".asking code", `${said.digits.slice(0, 3)} ${said.digits.slice(3)}`);
        await plain(one);
        await one.page.click(".asking a");
        await one.sees(".acts button");
        await presses(one, "WEB_APPROVE");
        await one.sees(".digits", `${said.digits.slice(0, 3)} ${said.digits.slice(3)}`);
        await one.step("tablet-approve");
        await one.page.check(".tick input");
        await one.page.click(".sure button.go");
        await one.sees(".told");
        await tablet.sync();
    });
    await test(`${lang}: what may be missing if it is lost; it only delivers, is used again, and is shut out`, async () => {
        await presses(one, "WEB_LOST_SHOW");
        await one.sees("main .holder, main table.fill");
        await one.step("tablet");
        await presses(one, "WEB_TABLET_UNLOCK", ".acts");
        await one.page.fill(".sure [name=number]", "3");
        await one.page.click(".sure button.go");
        await one.sees(".sure .typed", /^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$/);
        await one.step("tablet-unlock");
        await presses(one, "WEB_DONE", ".sure");
        for (const [offer, act] of [["WEB_DRAIN", "WEB_DRAINED"], ["WEB_USE_AGAIN", "WEB_USED_AGAIN"], ["WEB_REVOKE", "WEB_REVOKED"]]) {
            await presses(one, offer, ".acts");
            const reason = one.page.locator(".sure [name=reason]");
            if (await reason.count()) await reason.fill("service");
            await one.page.click(".sure button.go");
            await one.sees(".told", await one.words(act));
        }
        await one.step("tablet-revoked");
    });
}

async function logs(world, lang, one) {
    await test(`${lang}: the log is searched, and each of its lines checked; who has seen a person is a page to print`, async () => {
        await one.goes("/log");
        await one.sees("tbody tr");
        await one.step("log");
        await one.page.fill("[name=text]", "device revoke");
        await one.page.click("form button.go");
        await one.page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].every((row) => row.textContent.includes("device revoke")));
        await presses(one, "WEB_CHAIN_CHECK");
        await one.sees(".clinic .holder");
        await one.step("log-whole");
        await one.goes(`/log?part=seen&person=${world.group.people[0].id}`);
        await one.sees("main .holder");
        need(!(await one.page.textContent("main")).includes("Ada"), "an auditor is told a name");
        await one.step("seen");
    });
}

async function erasing(world, lang, first, second) {
    const [person] = await world.centre.verb("participant", "add", `Slettes ${lang} ${XSS}`, "--group", world.group.id).then((row) => [row].flat());
    await test(`${lang}: one asks that a person be erased, and takes nothing back alone; another confirms`, async () => {
        await first.goes(`/log?part=erase&person=${person.id}`);
        await first.page.fill(".sure [name=reason]", "vedtak 12/26");
        await first.step("erase-ask");
        await first.page.click(".sure button.go");
        await first.sees(".requests .told");
        need(await first.page.locator(".requests button", { hasText: await first.words("WEB_ERASE_CONFIRM") }).count() === 0, "one may confirm alone");
        await first.step("erase-asked");
        await second.goes("/log?part=erase");
        await presses(second, "WEB_ERASE_CONFIRM");
        await second.page.fill(".sure [name=number]", String(person.id));
        await second.step("erase-confirm");
        await plain(second);
        await second.page.click(".sure button.go");
        await second.sees(".requests .told");
        await first.goes(`/log?part=seen&person=${world.group.people[0].id}`);
        await first.sees("main .holder");
        await first.goes(`/log?part=erase&person=${world.group.people[1].id}`);
        await first.page.fill(".sure [name=reason]", "vedtak 13/26");
        await first.page.click(".sure button.go");
        await first.sees(".requests .told");
        await presses(first, "WEB_ERASE_WITHDRAW");
        await first.page.click(".sure button.go");
        await first.sees(".requests .none");
    });
}

// The app's page, and its line to the centre, which only a page of the centre may open.
async function app(lang, one) {
    await test(`${lang}: the tablet app is at /tablet/, and a page of the centre opens its line`, async () => {
        const page = await one.page.context().newPage(), sockets = [], wrong = [];
        const worker = /SSL certificate error occurred when fetching the script/; // of a certificate that no system trusts Chromium takes no worker
        page.on("console", (message) => { if (message.type() === "error" && !worker.test(message.text())) wrong.push(message.text()); });
        page.on("pageerror", (error) => wrong.push(error.message));
        page.on("request", (request) => asked.add(`${request.method()} ${new URL(request.url()).pathname}`));
        page.on("websocket", (socket) => sockets.push(new URL(socket.url()).pathname));
        await page.goto(`${one.centre.origin}/tablet`);
        need(new URL(page.url()).pathname === "/tablet/", page.url());
        need((await page.evaluate(() => fetch("/tablet/index.html").then((answer) => answer.status))) === 200, "its file");
        const line = () => page.evaluate(() => new Promise((done) => {
            const socket = new WebSocket(`wss://${location.host}/sync`, "samling.1");
            socket.onopen = () => socket.send(new Uint8Array([1, 0]));
            socket.onclose = (end) => done(`${socket.protocol} ${end.code} ${end.wasClean}`);
        }));
        need((await line()) === "samling.1 1000 true", await line());
        need(sockets.length && sockets.every((path) => path === "/sync"), sockets.join());
        need(!wrong.length, () => `the app: ${wrong.join("; ")}`);
        asked.add("GET /sync");
        await page.close();
    });
}

async function own(lang, one) {
    await test(`${lang}: the own account: another password, new recovery codes`, async () => {
        await one.goes("/account");
        await one.sees("main .facts");
        await one.goes("/");
        await one.page.click("#name");
        await one.sees("main .facts");
        await one.step("account");
        await presses(one, "WEB_PASSWORD_OTHER");
        await one.page.fill("[name=password]", PASSWORD);
        await one.page.fill("[name=new]", `${PASSWORD} igjen`);
        await one.page.click("main button.go");
        await one.sees(".told");
        await presses(one, "WEB_CODES_RENEW");
        await one.page.fill("[name=password]", `${PASSWORD} igjen`);
        await one.page.click("main button.go");
        await one.sees(".codes");
        await one.step("account-codes");
    });
}

export async function tablets(world, browser, root, lang) {
    const people = [];
    for (const [name, ...roles] of [["kari", "--role", "coordinator"], ["ola", "--role", "coordinator"], ["siri", "--role", "auditor"]]) {
        const one = await Coordinator.sitsDown(browser, world.centre, lang, { dark: lang === "en" });
        await one.takes(`${name}.${lang}`, roles);
        await one.logsIn();
        people.push(one);
    }
    const [kari, ola, siri] = people;
    await lettingIn(world, root, lang, kari);
    await logs(world, lang, siri);
    await erasing(world, lang, kari, ola);
    await app(lang, kari);
    await own(lang, kari);
    for (const one of people) await one.leaves();
}
