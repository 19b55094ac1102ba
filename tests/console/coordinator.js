// Somebody with a browser: real Chromium, an authenticator, and eyes. After each step every rule of axe is asked, the page must fit, nothing
// may have gone wrong in it, and a screenshot is taken.
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BUILD } from "./rig.js";
import { need } from "./tap.js";

const require = createRequire(join(BUILD, "console/"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const PASSWORD = "tre blå stoler i gangen";
const SHOTS = join(BUILD, "console/shots"), LANGUAGES = { nb: "nb-NO", en: "en-GB" };
const WIDE = { width: 1280, height: 800 }, NARROW = { width: 390, height: 844 };
const WAIT_MS = 60000, STEP_S = 30;

export const asked = new Set(); // "GET /api/overview" of everything that any browser asked
export const figures = { steps: 0, requests: 0 };

export function browserOpen() {
    mkdirSync(SHOTS, { recursive: true });
    return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: process.getuid() ? [] : ["--no-sandbox"] });
}

function base32(text) {
    const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
    return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

// RFC 6238 with SHA-1; each code is good once, so the next may be of the next 30 seconds already, as the centre allows.
class Authenticator {
    constructor(secret) {
        this.secret = base32(secret.replace(/\s/g, ""));
        this.used = 0;
    }

    async code() {
        for (;;) {
            const now = Math.floor(Date.now() / 1000 / STEP_S), step = Math.max(now - 1, this.used + 1);
            if (step <= now + 1) {
                this.used = step;
                return this.at(step);
            }
            await new Promise((done) => { setTimeout(done, 200); });
        }
    }

    at(step) {
        const moment = Buffer.alloc(8);
        moment.writeBigUInt64BE(BigInt(step));
        const mac = createHmac("sha1", this.secret).update(moment).digest(), from = mac[19] & 15;
        return String((mac.readUInt32BE(from) & 0x7fffffff) % 1e6).padStart(6, "0");
    }
}

export class Coordinator {
    // A browser of somebody who reads ${lang}; ${dark}: as the system is set
    static async sitsDown(browser, centre, lang, { dark = false } = {}) {
        const one = new Coordinator();
        Object.assign(one, { centre, lang, dark, wrong: [], name: null });
        one.context = await browser.newContext({
            ignoreHTTPSErrors: true, locale: LANGUAGES[lang], viewport: WIDE, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
        one.context.setDefaultTimeout(WAIT_MS);
        one.page = await one.context.newPage();
        one.watch();
        return one;
    }

    // What a page must never do, and what it asked.
    watch() {
        this.page.on("request", (request) => {
            const url = new URL(request.url());
            figures.requests++;
            if (url.protocol === "data:" || url.protocol === "blob:") return;
            if (url.origin === this.centre.origin) asked.add(`${request.method()} ${url.pathname}`);
            else this.wrong.push(`asked ${request.url()}`);
        });
        this.page.on("response", (response) => {
            const policy = response.headers()["content-security-policy"];
            if (new URL(response.url()).origin !== this.centre.origin) return;
            if (!policy || /unsafe-(inline|eval)/.test(policy)) this.wrong.push(`${response.url()}: policy "${policy}"`);
            if (response.status() >= 500) this.wrong.push(`${response.url()}: ${response.status()}`);
        });
        this.page.on("pageerror", (error) => this.wrong.push(error.message));
        this.page.on("dialog", (dialog) => { this.wrong.push(`dialog "${dialog.message()}"`); dialog.dismiss(); });
        this.page.on("console", (message) => {
            const refusal = /the server responded with a status of 4\d\d/; // what a person is told on the page
            if (message.type() === "error" && !refusal.test(message.text())) this.wrong.push(`console: ${message.text()}`);
        });
    }

    goes(path) {
        return this.page.goto(this.centre.origin + path);
    }

    // By what is written on it, in whichever language
    link(href) {
        return this.page.locator(`#menu a[href="${href}"]`);
    }

    // The text of the catalogue, in this one's language, with its placeholders as a pattern
    async words(name, ...values) {
        this.texts ??= await this.page.evaluate(async (lang) => {
            const answer = await fetch(document.documentElement.dataset[lang === "en" ? "textEn" : "textNb"]);
            return answer.json();
        }, this.lang);
        let next = 0;
        need(typeof this.texts[name] === "string", `no text ${name}`);
        return this.texts[name].replace(/%[sd]/g, () => String(values[next++] ?? ""));
    }

    async sees(selector, text) {
        const found = this.page.locator(selector, text === undefined ? {} : { hasText: text }).first();
        await found.waitFor({ state: "visible" });
        return found;
    }

    async gone(selector) {
        await this.page.locator(selector).first().waitFor({ state: "hidden" });
    }

    // One step is done: nothing went wrong, it can be read by everybody, it fits a screen and a phone
    async step(name) {
        const shot = (size) => this.page.screenshot({ path: join(SHOTS, `${name}-${size}-${this.lang}${this.dark ? "-dark" : ""}.png`), fullPage: true });
        figures.steps++;
        await this.page.setViewportSize(WIDE);
        await this.accessible(name);
        await shot("1280");
        await this.page.setViewportSize(NARROW);
        const over = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        await shot("390");
        need(over <= 0, `${name}: ${over} pixels wider than a phone`);
        await this.page.setViewportSize(WIDE);
        this.calm(name);
    }

    calm(name) {
        need(!this.wrong.length, () => `${name}: ${this.wrong.splice(0).join("; ")}`);
    }

    async accessible(name) {
        if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(`${axe}; void 0`);
        const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        need(!violations.length, () => `${name}: ${violations.map((one) => `${one.id} (${one.help}): ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`).join("; ")}`);
    }

    // ---- getting in

    async takes(name, roles, seen = async () => {}) {
        const { link } = await this.centre.verb("account", "invite", name, ...roles);
        await this.goes(link.replace(/^https:\/\/[^/]*/, ""));
        await seen("invitation");
        await (await this.sees("input[type=password]")).fill(PASSWORD);
        await this.page.click("button.go");
        await this.sees("img.qr");
        await seen("invitation-app");
        this.authenticator = new Authenticator(await this.page.textContent("details code"));
        await this.page.fill("input[name=word]", await this.authenticator.code());
        await this.page.click("button.go");
        await this.sees(".codes");
        await seen("invitation-codes");
        this.codes = await this.page.locator(".codes code").allTextContents();
        await this.page.click("button.go");
        this.name = name;
    }

    async logsIn(seen = async () => {}) {
        await (await this.sees("input[name=name]")).fill(this.name);
        await seen("login");
        await this.page.fill("input[type=password]", PASSWORD);
        await this.page.keyboard.press("Enter");
        await this.sees("input[name=word]");
        await seen("login-second");
        await this.page.fill("input[name=word]", await this.authenticator.code());
        await this.page.keyboard.press("Enter");
        await this.sees("#who");
    }

    async logsOut() {
        await this.page.click("#out");
        await this.sees("input[name=name]");
    }

    leaves() {
        return this.context.close();
    }
}
