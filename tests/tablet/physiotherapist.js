// Somebody with the tablet app in a real browser: joins, opens the lock, taps. What the screen said is kept here, outside the browser, so that
// it outlives a kill: every "Lagret" that appeared, and how many taps were made.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILD } from "../console/rig.js";
import { need } from "../console/tap.js";
import { Browser, require, until } from "./browser.js";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const PIN = "258046", SHOTS = join(BUILD, "tablet-shots");
export const SIZES = { portrait: { width: 768, height: 1024 }, landscape: { width: 1280, height: 800 } };
const WATCH = `(() => {
    const told = new Set();
    const look = () => { for (const one of document.querySelectorAll(".saved[data-what]")) {
        const key = one.dataset.what + " " + one.dataset.at;
        if (!told.has(key)) { told.add(key); window.sawSaved?.(one.dataset.what); } } };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-at", "data-what", "class"] });
})()`;
// As it stays: laid out, painted, and what fades or slides has come to its end.
const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished.catch(() => {}))));
const words = {};

// the app's words, as it has them: word("nb", "TAB_SAVED")
export function word(lang, id) {
    if (!words.all) {
        const made = readFileSync(join(BUILD, "tablet-gen/words.ts"), "utf8");
        words.all = Object.fromEntries(["nb", "en"].map((one) => [one, new Map()]));
        let now = "";
        for (const line of made.split("\n")) {
            now = line.match(/^\s*"?(nb|en)"?:\s*\{/)?.[1] ?? now;
            const [, name, text] = line.match(/^\s*"?([A-Z][A-Z0-9_]+)"?: (".*"),?$/) ?? [];
            if (now && name) words.all[now].set(name, JSON.parse(text));
        }
    }
    const text = words.all[lang].get(id);
    need(text, `the app has no word ${id}`);
    return text;
}

export class Physiotherapist {
    // await Physiotherapist.starts(folder, centre, "nb"): a tablet that has not joined
    static async starts(folder, centre, lang = "nb", more = {}) {
        const one = new Physiotherapist();
        Object.assign(one, { centre, lang, saved: [], taps: 0, url: `${centre.origin}/tablet/` });
        one.browser = await Browser.start(folder, { ca: join(centre.home, "keys/ca.crt"), lang, ...more });
        await one.opens();
        return one;
    }

    async opens(where = "") {
        const cdp = await this.browser.browser.newBrowserCDPSession();
        await cdp.send("Browser.grantPermissions", { permissions: ["durableStorage"], origin: this.centre.origin }).catch(() => {});
        this.page = await this.browser.page();
        await this.page.exposeFunction("sawSaved", (what) => this.saved.push(what));
        await this.page.addInitScript(WATCH);
        await this.page.addInitScript((lang) => localStorage.setItem("samling.language", lang), this.lang);
        await this.page.goto(this.url + where);
        await this.page.waitForSelector("h1");
    }

    async again(where) {
        await this.browser.again();
        await this.opens(where);
    }

    word(id) {
        return word(this.lang, id);
    }

    // the engine, as the app's own files know it
    async engine(run, arg) {
        return this.page.evaluate(run, arg);
    }

    button(id, within = this.page) {
        return within.getByRole("button", { name: this.word(id), exact: true });
    }

    async tap(what) {
        this.taps++;
        await (typeof what === "string" ? this.page.locator(what).first() : what).click();
    }

    async goes(path) {
        await this.page.evaluate((to) => { location.hash = to; }, `#${path}`);
    }

    async types(pin = PIN) {
        await until(async () => (await this.page.locator(".pad button:enabled").count()) > 9 && !(await this.page.locator(".pad .typed .on").count()), "a PIN may be typed");
        for (const digit of pin) await this.page.keyboard.press(digit);
    }

    // From the invite to the first screen: the coordinator's part is played too.
    async joins(clinic, label, user, { pin = PIN, look = false } = {}) {
        const step = (name) => look && this.step(name);
        const { invite } = await this.centre.verb("device", "invite", clinic, "--label", label, "--host", "127.0.0.1", "--port", this.centre.port);
        await this.page.locator("textarea").fill(invite);
        await this.button("TAB_NEXT").click();
        await this.page.getByLabel(this.word("TAB_LABEL")).fill(label);
        await step("11-confirm");
        await this.button("TAB_JOIN").click();
        const digits = await until(async () => (await this.page.locator("main").innerText()).replace(/\s/g, "").match(/(?<!\d)\d{6}(?!\d)/)?.[0], "the six digits are shown");
        await step("12-digits");
        this.no = await until(async () => (await this.centre.verb("device", "list")).find((one) => one.label === label && one.state === "pending")?.device_no
            ?? (await this.centre.verb("device", "list")).find((one) => one.label === label)?.no, "the centre has heard of the tablet");
        await this.centre.verb("device", "approve", this.no, digits);
        const name = this.page.locator("button", { hasText: user });
        await until(async () => {
            const again = this.button("TAB_LOOK_AGAIN");
            if (await again.count()) await again.click().catch(() => {});
            return name.count();
        }, "the tablet is let in", 90000, 500);
        await step("13-who");
        await name.first().click();
        await this.page.locator(".pad").waitFor();
        await step("14-pin");
        await this.types(pin);
        await this.page.getByText(this.word("TAB_PIN_REPEAT")).first().waitFor();
        await this.types(pin);
        await this.page.locator("nav.ways").waitFor();
        this.user = user;
    }

    // Opens the lock after a start.
    async unlocks(pin = PIN) {
        await this.page.locator(".pad").waitFor({ timeout: 60000 }).catch(async (wrong) => {
            wrong.message += ` the screen says: ${await this.page.evaluate(() => document.body.innerText).catch(String)} ${this.page.faults.join(" | ")}`;
            throw wrong;
        });
        const name = this.page.locator("label", { hasText: this.user });
        if (await name.count()) await name.first().click();
        await this.types(pin);
        await this.page.locator("nav.ways").waitFor({ timeout: 60000 }).catch(async (wrong) => { await this.page.screenshot({ path: join(SHOTS, "wrong.png") }); throw wrong; });
    }

    row(name) {
        return this.page.locator("li.person", { hasText: name });
    }

    async rows() {
        return this.page.locator("li.person").evaluateAll((all) => all.map((one) => ({ ...one.dataset })));
    }

    // axe with every rule, the page fits, nothing went wrong behind it; a picture at both sizes.
    async step(name) {
        mkdirSync(SHOTS, { recursive: true });
        for (const [size, box] of Object.entries(SIZES)) {
            await this.page.setViewportSize(box);
            await this.page.evaluate(drawn);
            if (!(await this.page.evaluate(() => "axe" in window))) await this.browser_eval();
            const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
            await this.page.screenshot({ path: join(SHOTS, `${name}-${this.lang}-${size}.png`) });
            need(!violations.length, () => `${name} ${size}: ${violations.map((one) => `${one.id} ${one.nodes[0].target} ${one.nodes[0].failureSummary}`).join("; ")}`);
            const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            need(wide <= 0, `${name} ${size}: ${wide} px too wide`);
            const small = await this.page.evaluate(() => [...document.querySelectorAll("button, a[href], input:not([type=radio]):not([type=checkbox]), select, textarea, label:has(input)")]
                .filter((one) => one.checkVisibility() && !one.closest("[inert]")).map((one) => [one, one.getBoundingClientRect()])
                .filter(([one, box]) => box.width > 0 && (box.height < 47.5 || box.width < 47.5) && !one.closest(".heard"))
                .map(([one, box]) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 30)} ${Math.round(box.width)}×${Math.round(box.height)}`));
            need(!small.length, () => `${name} ${size}: smaller than 48 px: ${small.join("; ")}`);
        }
        await this.page.setViewportSize(SIZES.portrait);
        need(!this.page.faults.length, () => `${name}: ${this.page.faults.join(" | ")}`);
        this.steps = (this.steps ?? 0) + 1;
    }

    // The page's rules forbid a script from outside; the browser's own side may put one in.
    async browser_eval() {
        const cdp = await this.browser.context.newCDPSession(this.page);
        await cdp.send("Runtime.evaluate", { expression: `${axe}; void 0` });
        await cdp.detach();
    }

    async leaves() {
        await this.browser.stop();
    }
}
