#!/usr/bin/env node
// Goal: what is written of persons through the tablet app, in real Chromium against a real centre: sets as last time, ratings of a whole
// group, a form in the person's own hands that leads nowhere else, one from paper, notes, consents, what needs somebody. What the screen
// called saved is at the centre afterwards. Every screen: axe, no rule disabled, at both sizes; in both languages with SAM_WHOLE=1, as
// make test-tablet has it, else in bokmål.
import { join } from "node:path";
import { Centre, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, test } from "../console/tap.js";
import { until } from "./browser.js";
import { PIN, Physiotherapist } from "./physiotherapist.js";

const DAY_MS = 86400000, WEEK = 7, LAST_TIME = { code: "1", sets: ["10x20", "8x22,5kg"] };
const ATTENTION = { codes: [0, 4, 5] }, HELD_MS = 700, SLOW_MS = 1500;
const day = (ago) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
const root = folder();
let centre;

// The group met a week ago, and Ada trained: written by another tablet, so that this one has it from the centre.
async function worldMake(lang) {
    const name = `Testnes ${lang}`, clinic = await centre.clinic(name);
    await centre.verb("user", "add", "--clinic", clinic, "--name", "Kari Fysio");
    const group = { name: `Bevegelse ${lang}`, ...(await centre.group(clinic, `Bevegelse ${lang}`, ["Ada Prøve", "Bo Prøve", "Čearrá Test"])) };
    const other = await centre.tablet(join(root, `other-${lang}`), clinic, "Blått", "Kari Fysio"), ada = group.people.find((one) => one.name === "Ada Prøve");
    const { session } = await other.does(["session", "add", String(group.id), day(WEEK), "--start", "09:00"], ATTENTION);
    await other.mark(session, { [ada.id]: "present" });
    await other.does(["exercise", "--session", session, ada.id, LAST_TIME.code, ...LAST_TIME.sets], ATTENTION);
    const today = await other.today(group.id);
    await other.mark(today, Object.fromEntries(group.people.map((one) => [one.id, "present"])));
    await other.sync();
    return { clinic, group, other, ada, bo: group.people.find((one) => one.name === "Bo Prøve"), today };
}

async function shows(one, path, what) {
    await one.goes(path);
    await one.page.locator(what).first().waitFor();
}

const saved = (one, what) => until(() => one.saved.some((key) => what.test(key)), () => `${what} is called saved: ${one.saved.join(" ")}`);
const sent = (one) => until(() => one.page.locator('.state[data-waiting="0"]').count(), "everything is sent", 90000);

// A tap that a busy tablet hears of long after it was over: between its two ends what waits for a long press has had its time.
async function heardLate(button, ms) {
    const tap = ["pointerdown", "pointerup"].map((name) => new PointerEvent(name, { bubbles: true, button: 0 }));
    button.dispatchEvent(tap[0]);
    await new Promise((done) => { setTimeout(done, ms); });
    button.dispatchEvent(tap[1]);
    button.click();
}

async function exercises(one, { other, today, ada }) {
    await test(`${one.lang}: a set as last time is one tap, and another one begins with its values`, async () => {
        await shows(one, `/exercises/${today}`, ".sets");
        await one.step("50-exercises");
        const row = one.page.locator(".sets li", { hasText: "Ada Prøve" });
        await row.locator('[data-what^="as-last:"]').click();
        await saved(one, new RegExp(`^set:${today}:${ada.id}:1:1$`));
        await row.locator(".who").click();
        await row.getByText("22", { exact: false }).first().waitFor();
        need(/22[.,]5/.test(await row.locator("output").nth(1).textContent()), () => "the second set does not begin with last time's weight");
        const step = row.locator(".stepper").first().getByRole("button").last(), says = async () => Number(await row.locator("output").first().textContent());
        const before = await says();
        await step.evaluate(heardLate, HELD_MS);
        const late = await says();
        need(late === before + 1, `a tap that was heard late made ${late} of ${before}`);
        await step.click();
        need((await says()) === before + 2, "a tap is no step");
        await row.locator(".setform .plain").first().click();
        await row.locator(".numbers button").nth(3).click();
        await one.step("51-set");
        await row.locator('[data-what="save-set"]').click();
        await saved(one, new RegExp(`^set:${today}:${ada.id}:1:2$`));
        await sent(one);
        await other.sync();
        const { sets } = await other.does(["exercise", "list", "--session", today, ada.id], ATTENTION), kept = JSON.stringify(sets);
        need(sets.length === 2 && /225/.test(kept.replace(/[.,]/g, "")), () => `the centre has ${kept}`);
    });
    await test(`${one.lang}: a person's own page of exercises`, async () => {
        await shows(one, `/exercises/${today}/${ada.id}`, ".sets");
        await one.step("52-exercises-person");
    });
}

// From now on the tablet's disk takes so long for each flush; 0: as long as it takes.
async function slow(one, ms) {
    await one.page.workers()[0].evaluate((pause) => {
        const files = self.FileSystemSyncAccessHandle.prototype;
        self.flushBefore ??= files.flush;
        files.flush = function () {
            for (const end = performance.now() + pause; performance.now() < end;);
            return self.flushBefore.call(this);
        };
    }, ms);
}

async function ratings(one, { other, today, ada, bo }) {
    const rates = one.page.locator(".rates li", { hasText: "Ada Prøve" });
    await test(`${one.lang}: the whole group is rated with a tap each, and a tap is taken back`, async () => {
        await shows(one, `/exertion/${today}`, ".rates");
        await one.step("53-exertion");
        await rates.locator(".numbers button", { hasText: /^15$/ }).click();
        await saved(one, new RegExp(`^exertion:${today}:${ada.id}:150$`));
        await one.page.locator(".undo button").click();
        await saved(one, /^undo:/);
        await until(async () => !(await rates.locator('[aria-pressed="true"]').count()), "the rating is gone");
        await rates.locator(".numbers button", { hasText: /^13$/ }).click();
        await saved(one, new RegExp(`^exertion:${today}:${ada.id}:130$`));
        await one.page.locator(".undo", { hasText: "Ada" }).waitFor();
        await slow(one, SLOW_MS);
        const others = one.page.locator(".rates li", { hasText: "Bo Prøve" });
        await others.locator(".numbers button", { hasText: /^12$/ }).click();
        await others.locator(".saving").waitFor();
        need(!(await one.page.locator(".undo").count()), "while one thing is being saved, what was before it is offered to be undone");
        await slow(one, 0);
        await saved(one, new RegExp(`^exertion:${today}:${bo.id}:120$`));
        await one.page.locator(".undo", { hasText: "Bo" }).waitFor();
        await one.page.locator(".choice label", { hasText: one.word("TAB_RATE_PAIN") }).click();
        await rates.locator(".numbers button", { hasText: /^4$/ }).click();
        await saved(one, new RegExp(`^pain:${ada.id}:4$`));
        await one.step("54-pain");
        await sent(one);
        await other.sync();
        const { ratings: kept = [], ...rest } = await other.does(["exertion", "list", "--session", today, ada.id], ATTENTION);
        need(/13/.test(JSON.stringify(kept.length ? kept : rest)) && !/15/.test(JSON.stringify(kept.map((line) => line.value))), () => JSON.stringify(rest));
    });
}

// A PIN with a finger: each digit when its button can be pressed, so none is lost while the one before is tried.
async function taps(one, pin) {
    for (const digit of pin) await one.page.locator(".pad button", { hasText: digit }).click();
}

async function handed(one, { bo }) {
    const forms = `/forms/${bo.id}`, at = () => one.page.evaluate(() => location.hash), steps = one.page.locator(".steps");
    await test(`${one.lang}: a form goes into the person's hands only when somebody says so`, async () => {
        await shows(one, "/forms", ".sets");
        await one.step("60-forms");
        await shows(one, forms, ".forms");
        await one.step("61-forms-person");
        await one.page.locator(".card.next .go").click();
        await one.page.locator(".handing").waitFor();
        await one.step("62-hand-over");
        await one.page.locator(".handing .go").click();
        await one.page.locator(".fill").waitFor();
        await one.step("63-hello");
    });
    await test(`${one.lang}: no address and no step back leads anywhere else, and the answers stay`, async () => {
        await steps.locator(".go").click();
        for (const [i, words] of ["gå i trapper", "bære ved", "sove en hel natt"].entries()) await one.page.locator(".form input").nth(i).fill(words);
        await one.step("64-activities");
        await one.page.locator(".form .go").click();
        await one.page.locator(".large.scale").waitFor();
        await one.page.locator(".large button", { hasText: /^3$/ }).click();
        const before = await at();
        for (const path of ["#/people", "#/", `#/person/${bo.id}`]) await one.page.evaluate((to) => { location.hash = to; }, path);
        for (let i = 0; i < 3; i++) await one.page.evaluate(() => history.back());
        await until(async () => (await at()) === before, async () => `the address is ${await at()}`);
        need((await one.page.locator(".about").textContent()) === "gå i trapper", "the question is gone");
        need((await one.page.locator('.large [aria-pressed="true"]').count()) === 1, "the answer is gone");
        need(!(await one.page.locator("nav.ways").count()), "there are ways to other screens");
        await one.step("65-question");
    });
    await test(`${one.lang}: the answers are looked over, saved, and the tablet comes back with a PIN alone`, async () => {
        for (let left = 12; left && !(await one.page.locator(".fill .list").count()); left--) {
            const choice = one.page.locator(".large button, .choice label").nth(3), at = await one.page.locator("header.top .title").innerText();
            if (!(await one.page.locator('.large [aria-pressed="true"]').count())) await choice.click();
            await steps.locator(".go").click();
            await until(async () => (await one.page.locator("header.top .title").innerText()) !== at, "the next question");
        }
        await one.step("66-answers");
        await steps.locator(".go").click();
        await one.page.locator(".thanks").waitFor();
        await one.step("67-thanks");
        await saved(one, new RegExp(`^score:${bo.id}:3:0$`));
        await steps.getByRole("button").click();
        await taps(one, "999998");
        await one.page.locator(".notice.wrong").waitFor();
        await one.step("68-wrong-pin");
        await taps(one, PIN);
        await one.page.locator("nav.ways").waitFor();
        await until(async () => (await at()) === `#${forms}`, async () => `it came back to ${await at()}`);
        await sent(one);
        const kept = JSON.stringify(await centre.verb("score", "list", bo.id));
        need(/psfs/.test(kept) && /work-ability/.test(kept), () => `the centre has ${kept.slice(0, 300)}`);
    });
    await test(`${one.lang}: a step back later hands nothing over`, async () => {
        for (let i = 0; i < 4; i++) await one.page.evaluate(() => history.back());
        await one.page.locator("nav.ways").waitFor();
        need(!(await one.page.locator(".fill").count()), "the form is there again");
    });
}

async function paper(one, { ada }) {
    await test(`${one.lang}: a form from paper is typed, what does not fit is refused, its score is shown`, async () => {
        await shows(one, `/paper/${ada.id}/8/0`, ".paper");
        await one.page.locator(".answer").first().focus();
        for (let i = 0; i < 10; i++) {
            await one.page.keyboard.type(i === 4 ? "9" : "2");
            await one.page.keyboard.press("Enter");
        }
        await one.page.locator(".put .wrong").waitFor();
        await one.step("70-paper");
        need(await one.page.locator(".paper .go").isDisabled(), "a form that does not fit can be saved");
        await one.page.locator(".answer").nth(4).fill("2");
        await one.page.locator(".paper .go").click();
        await saved(one, new RegExp(`^score:${ada.id}:8:0$`));
        await one.page.getByText("40").first().waitFor();
        await one.step("71-paper-saved");
    });
    await test(`${one.lang}: an answer of the PSFS is about an activity`, async () => {
        await shows(one, `/paper/${ada.id}/3/0`, ".paper");
        await one.page.locator(".answer").first().fill("4");
        await one.page.locator(".paper .go").click();
        await one.page.getByText(one.word("TAB_PAPER_NAMELESS")).waitFor();
        await one.page.locator(".grid .field input").first().fill("gå til bussen");
        await one.page.locator(".paper .go").click();
        await saved(one, new RegExp(`^score:${ada.id}:3:0$`));
    });
}

async function person(one, { ada }) {
    const tab = (id) => one.page.locator(".tabs button", { hasText: one.word(id) }), dialog = one.page.locator("dialog");
    await test(`${one.lang}: somebody is found, and each part of what is known is shown`, async () => {
        await shows(one, "/people", ".people");
        await one.page.getByLabel(one.word("TAB_PERSON_SEARCH")).fill("ada");
        await until(async () => (await one.page.locator(".people li").count()) === 1, "one is found");
        await one.step("80-people");
        await one.page.locator(".people a").click();
        await one.page.locator(".seen").waitFor();
        await one.step("81-attendance");
        for (const id of ["TAB_PERSON_SCORES", "TAB_PERSON_CONTACTS", "TAB_PERSON_WORK", "TAB_PERSON_EPISODES", "TAB_PERSON_LEAVING"]) {
            await tab(id).click();
            await until(async () => !(await one.page.locator(".waiting").count()), "the part is read");
            await one.step(`82-${id.slice(11).toLowerCase()}`);
        }
    });
    await test(`${one.lang}: a note is written, corrected, and one that was entered in error goes`, async () => {
        const notes = one.page.locator("article");
        await tab("TAB_PERSON_NOTES").click();
        await one.button("TAB_NOTE_WRITE").click();
        await dialog.locator("textarea").fill("Ønsker å sykle til jobb.");
        await one.step("83-note");
        await dialog.locator(".go").click();
        await saved(one, new RegExp(`^note:${ada.id}$`));
        await until(async () => (await notes.count()) === 1, "the note is there");
        await notes.first().getByRole("button").last().click();
        await one.step("84-remove");
        await dialog.locator(".warn").click();
        await saved(one, /^remove:note:/);
        await until(async () => (await notes.count()) === 0, "the note is gone");
    });
    await test(`${one.lang}: a consent is given, and withdrawn after plain words about it`, async () => {
        await tab("TAB_PERSON_CONSENTS").click();
        const research = one.page.locator(".records li").nth(1);
        await research.getByRole("button").click();
        await dialog.locator(".go").click();
        await saved(one, new RegExp(`^consent:${ada.id}:2:1$`));
        await research.locator(".warn").click();
        await dialog.getByText(one.word("TAB_CONSENT_WITHDRAW_WHY")).waitFor();
        await one.step("85-withdraw");
        await dialog.locator(".warn").click();
        await saved(one, new RegExp(`^consent:${ada.id}:2:2$`));
        await research.getByText(one.word("CONSENT_WITHDRAWN")).waitFor();
    });
}

async function leaving(one, { other, group, bo }) {
    const tab = (id) => one.page.locator(".tabs button", { hasText: one.word(id) }), dialog = one.page.locator("dialog");
    await test(`${one.lang}: somebody leaves the group, after plain words about it`, async () => {
        await shows(one, `/person/${bo.id}`, ".seen");
        await tab("TAB_PERSON_LEAVING").click();
        await one.page.locator(".records .warn").click();
        await dialog.locator("label", { hasText: one.word("ENROLMENT_COMPLETED") }).click();
        await one.step("86-leave");
        await dialog.locator(".warn").click();
        await saved(one, new RegExp(`^leave:${bo.id}:${group.id}$`));
        await one.page.locator(".records").getByText(one.word("ENROLMENT_COMPLETED")).first().waitFor();
    });
    await test(`${one.lang}: a record is shut: its parts open for a reason only, and the lists of others go on`, async () => {
        await one.page.locator(".stack > .card").last().locator(".warn").click();
        await one.step("87-shut");
        await dialog.locator(".tick").click();
        await dialog.locator(".warn").click();
        await saved(one, new RegExp(`^shut:${bo.id}$`));
        await tab("TAB_PERSON_SCORES").click();
        await one.page.getByText(one.word("TAB_SHUT_IS")).waitFor();
        await one.step("88-is-shut");
        await one.button("TAB_SHUT_OWN").click();
        await one.page.locator(".plot").first().waitFor();
        await shows(one, "/forms", ".sets, .notice.good");
        await shows(one, `/paper/${bo.id}/4/1`, ".answer");
        await sent(one);
        await other.sync();
    });
}

async function attention(one, { other, today, ada }) {
    await test(`${one.lang}: what two wrote differently is shown until it is seen`, async () => {
        await sent(one);
        centre.kill();
        await until(() => one.page.locator('.state:not([data-line="on"])').count(), "the line is down");
        await shows(one, `/sheet/${today}`, "li.person");
        await one.row("Ada Prøve").getByRole("button").last().click();
        await one.page.locator("dialog label", { hasText: one.word("PRESENCE_NO_SHOW") }).click();
        await until(() => one.page.locator('.state[data-waiting="1"]').count(), "one waits");
        await one.page.keyboard.press("Escape");
        await centre.start();
        await other.mark(today, { [ada.id]: "notified" });
        await other.sync();
        await until(() => one.page.locator('.state:not([data-attention="0"])').count(), "it needs somebody", 120000);
        await one.page.locator(".state .attend").click();
        await one.page.locator(".case").waitFor();
        await one.step("90-attention");
        await one.page.locator(".case").getByRole("button", { name: one.word("TAB_CASE_SEEN") }).click();
        await until(() => one.page.locator('.state[data-attention="0"]').count(), "it is seen");
        await one.step("91-attention-none");
    });
}

try {
    centre = await Centre.make(join(root, "centre"));
    for (const lang of process.env.SAM_WHOLE ? ["nb", "en"] : ["nb"]) {
        const world = await worldMake(lang), one = await Physiotherapist.starts(join(root, lang), centre, lang);
        try {
            await one.joins(world.clinic, `Sal ${lang}`, "Kari Fysio");
            await until(() => one.page.locator('[data-what^="open:"]').count(), "the groups are there", 90000);
            for (const part of [exercises, ratings, handed, paper, person, leaving, attention]) await part(one, world);
        } finally {
            await one.leaves().catch(() => {});
        }
    }
} catch (wrong) {
    notOk("the record screens are tested to the end", wrong);
} finally {
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
