// Grupper og deltakere: a group from its making to its sheets, people into it and out of it, a spreadsheet, and two names that are one person.
import { need, test } from "./tap.js";

const MARKUP = "main img, main script, main b, main i";
const DAY_MS = 86400000, WEEK = 7;
const iso = (days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

// What each of the steps needs: finding by what is written there, in this one's language
function hands(one) {
    const page = one.page;
    const button = async (name, within = "main") => page.locator(`${within} button`, { hasText: new RegExp(`^${await one.words(name)}`) }).first();
    return {
        button,
        press: async (name, within) => (await button(name, within)).click(),
        opens: async (name, within = "main") => page.locator(`${within} summary`, { hasText: await one.words(name) }).first().click(),
        fills: async (name, value, within = "main") => page.locator(within).getByLabel(await one.words(name), { exact: true }).first().fill(value),
        chooses: async (name, value, within = "main") => page.locator(within).getByLabel(await one.words(name), { exact: true }).first().selectOption(value),
        told: async (name, ...values) => one.sees(".told", await one.words(name, ...values)),
        clean: async () => need(await page.locator(MARKUP).count() === 0, "markup out of a name"),
    };
}

async function enters(world, one) {
    await one.goes("/");
    await one.sees("#who");
    if (!(await one.link("/groups").count())) {
        await world.centre.verb("account", "role", "add", one.name, "--role", "coordinator");
        // the page asks who is here, and nothing is under way that would leave with it: the answer brings the session's new id
        await one.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
        await one.sees("#menu a[href='/groups']");
    }
    await one.link("/groups").click();
    await one.sees(".clinic h3", world.clinic.name);
}

function making(world, one, at) {
    const { opens, fills, chooses, press, told, clean } = hands(one);
    return test(`${one.lang}: a group is made, led, changed after its preview, and stands in the list`, async () => {
        await enters(world, one);
        await chooses("WEB_CLINIC", String(world.clinic.id));
        await opens("WEB_GROUP_NEW");
        await fills("WEB_GROUP_NAME", at.name);
        await chooses("WEB_GROUP_WEEKDAY", String(new Date().getUTCDay() || WEEK));
        await fills("WEB_GROUP_FIRST", iso(0), "details[open]");
        await one.step("groups");
        await press("WEB_GROUP_ADD");
        await (await one.sees(".lines a", at.name)).click();
        await one.sees("h2", at.name);
        at.address = one.page.url().replace(world.centre.origin, "");
        await opens("WEB_LEADER_ADD");
        await press("WEB_ADD");
        await told("WEB_LEADER_ADDED");
        await press("WEB_REMOVE");
        await told("WEB_LEADER_GONE");
        await opens("WEB_PLAN_CHANGE");
        await fills("WEB_GROUP_STOP", "11:30");
        await press("WEB_GO_ON");
        await one.sees(".sure", await one.words("WEB_PLAN_FOLLOWS", 0, 0, 8, 0));
        await one.step("group-plan");
        await press("WEB_SAVE", ".sure");
        await told("WEB_GROUP_SAVED");
        await one.sees(".facts dd", "11:30");
        await clean();
    });
}

function people(world, one, at) {
    const { opens, fills, press, told, clean } = hands(one);
    return test(`${one.lang}: a new person and one of another group come in; a session is cancelled and taken back`, async () => {
        await one.goes(at.address);
        await opens("WEB_PERSON_ADD");
        await fills("WEB_SEARCH_NAME", at.person);
        await press("WEB_SEARCH");
        await one.sees(".none", await one.words("WEB_SEARCH_NOBODY"));
        await press("WEB_PERSON_MAKE");
        await told("WEB_PERSON_ADDED");
        await opens("WEB_PERSON_ADD");
        await fills("WEB_SEARCH_NAME", "čearrá");
        await press("WEB_SEARCH");
        await press("WEB_ENROL");
        await told("WEB_PERSON_ADDED");
        await one.sees(".lines a", "Čearrá Test");
        await press("WEB_SESSION_CANCEL", "tr:nth-child(2)");
        await fills("WEB_REASON_CODE", "3", ".sure");
        await one.step("group-session");
        await press("WEB_SESSION_CANCEL", ".sure");
        await told("WEB_SESSION_DONE");
        await press("WEB_SESSION_RESTORE");
        await told("WEB_SESSION_BACK");
        await one.step("group");
        await clean();
    });
}

function papers(world, one, at) {
    const { press, told, fills, opens, clean } = hands(one);
    return test(`${one.lang}: the week's sheets are printed, and one is typed in; a day is called off and taken back`, async () => {
        await one.goes(at.address);
        await one.page.click("a[href^='/groups?sheet=']");
        await one.sees(".paper th", "Čearrá Test");
        await one.page.locator(".typed select").first().selectOption("present");
        await one.step("sheet");
        await press("WEB_SHEET_SAVE");
        await told("WEB_SHEET_SAVED", 1);
        await one.goes(`/groups?sheets=${world.clinic.id}`);
        await one.sees(".week h3", at.name);
        await one.page.emulateMedia({ media: "print" });
        need(!(await one.page.locator("header, #menu, .way").first().isVisible()), "the menu is printed");
        await one.page.emulateMedia({ media: "screen" });
        await one.step("sheets");
        await one.goes(`/groups?clinic=${world.clinic.id}`);
        await one.sees(".clinic h3");
        await opens("WEB_DAY_OFF");
        await fills("WEB_DAY", iso(WEEK), "details[open]");
        await fills("WEB_REASON_CODE", "3", "details[open]");
        await press("WEB_DAY_LOOK");
        await one.sees(".sure li", at.name);
        await one.step("day-off");
        await press("WEB_DAY_DO");
        await press("WEB_UNDO");
        await told("WEB_DAY_UNDONE");
        await clean();
    });
}

function person(world, one, at) {
    const { press, told, fills, opens, chooses, clean } = hands(one);
    return test(`${one.lang}: a participant is found, said how it stands, moved to another group and back`, async () => {
        await one.goes("/participants");
        await one.sees("#who");
        await fills("WEB_SEARCH_NAME", at.person.slice(0, 6).toUpperCase());
        await press("WEB_SEARCH");
        await one.sees(".lines th", at.person);
        await one.step("participants");
        await press("WEB_OPEN", `tr:has-text(${JSON.stringify(at.person)})`);
        await one.sees("h2", at.person);
        await press("WEB_COMPLETION");
        await one.sees(".facts dt", await one.words("WEB_COMPLETION_SAYS"));
        await opens("WEB_ENROLMENT_CHANGE");
        await fills("WEB_PLANNED", "8");
        await press("WEB_SAVE");
        await told("WEB_ENROLMENT_SAVED");
        for (const to of [String(world.group.id), new URLSearchParams(at.address.split("?")[1]).get("group")]) {
            await opens("WEB_MOVE");
            await one.sees("details[open] select");
            await chooses("WEB_MOVE_TO", to);
            await fills("WEB_MOVE_DAY", iso(to === String(world.group.id) ? 1 : 2));
            await press("WEB_GO_ON");
            await one.sees(".sure h4", await one.words("WEB_MOVE_SURE"));
            await one.step("participant-move");
            await press("WEB_MOVE_DO", ".sure");
            await told("WEB_MOVE_DONE");
        }
        await one.step("participant");
        await press("WEB_SHUT_DO");
        await one.step("participant-shut");
        await press("WEB_SHUT_DO", ".sure");
        await told("WEB_SHUT_DONE");
        await one.sees(".none", await one.words("WEB_SHUT_NONE"));
        await press("WEB_SHUT_OPEN");
        await press("WEB_SHUT_OPEN", ".sure");
        await told("WEB_SHUT_OPENED");
        await clean();
    });
}

function linked(world, one, at) {
    const { press, told, fills, opens, clean } = hands(one);
    return test(`${one.lang}: a walk-in is looked at beside somebody of the list, shown as one, and given back`, async () => {
        const name = `Innom ${one.lang} <b>x</b>`;
        await world.tablet.does(["walk-in", "--session", String(world.session), name], { codes: [0, 3] });
        await world.tablet.sync();
        await one.link("/participants").click();
        await press("WEB_WALKINS");
        await press("WEB_OPEN", `tr:has-text(${JSON.stringify(name)})`);
        await one.sees("h2", name);
        await opens("WEB_LINK_FIND");
        await fills("WEB_SEARCH_NAME", at.person);
        await press("WEB_SEARCH");
        await press("WEB_COMPARE");
        await one.sees("h3", name);
        await one.sees("h3", at.person);
        await fills("WEB_NOTE", "samme person");
        await one.step("participants-compare");
        await press("WEB_LINK_DO");
        await one.sees("h2", at.person);
        await press("WEB_PART");
        await press("WEB_PART", ".sure");
        await told("WEB_PARTED");
        await clean();
    });
}

function spreadsheet(world, one, at) {
    const { press, told, clean } = hands(one);
    return test(`${one.lang}: a spreadsheet is looked at, refused row by row, taken in once and no second time`, async () => {
        const rows = `Navn;Gruppe;Født\r\nImport ${one.lang} <b>x</b>;${at.name};1970\r\n;${at.name};\r\nX;<i>ingen</i>;\r\n`;
        await one.goes(`/groups?clinic=${world.clinic.id}`);
        await one.page.click("a[href^='/groups?import=']");
        for (const [count, done] of [[1, true], [0, false]]) {
            await (await one.sees("input[type=file]")).setInputFiles({ name: "liste.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
            await press("WEB_IMPORT_LOOK");
            await one.sees("caption", await one.words("WEB_IMPORT_REFUSED", 2));
            await one.step(`import-${count}`);
            if (done) await press("WEB_IMPORT_SAVE");
            if (done) await told("WEB_IMPORT_DONE", 1);
            else await one.sees(".none", await one.words("WEB_IMPORT_NOBODY"));
            await one.page.locator("input[type=file]").setInputFiles([]);
        }
        await (await one.sees("input[type=file]")).setInputFiles({ name: "bilde.png", mimeType: "image/png", buffer: Buffer.from([0xff, 0xfe, 0x41, 0]) });
        await one.sees(".wrong", /\S/);
        await clean();
    });
}

export async function groups(world, one) {
    const at = { name: `Mestring ${one.lang} <b>x</b>`, person: `Ánde${one.lang} <i>Čáhppes</i>` };
    for (const part of [making, people, papers, person, linked, spreadsheet]) await part(world, one, at);
}
