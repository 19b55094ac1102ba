// A tablet's browser: real Chromium with a profile of its own that trusts a centre's CA through NSS, so that the service worker registers. It
// can be killed in the middle of anything and started again on the same profile.
//   const browser = await Browser.start(folder, { ca: "…/ca.crt" }); const page = await browser.page(url); await browser.kill()
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BUILD } from "../console/rig.js";
import { need } from "../console/tap.js";

export const require = createRequire(join(BUILD, "console/"));
const { chromium } = require("playwright-core");
const START_MS = 60000, STOP_MS = 20000, FORGET_MS = 3000, WAIT_MS = 60000;
// No request of the browser's own; nothing else differs from what a clinic runs. CHROMIUM_WORDS adds some, for looking at what happens.
const WORDS = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--password-store=basic", "--remote-debugging-port=0"];

// What its other end says of a browser that was killed in the middle of a word is no fault of the test's.
process.on("uncaughtException", (wrong) => {
    if (/^\s+at .*playwright-core/.test(wrong?.stack?.split("\n")[1] ?? "")) return;
    console.log(`not ok stopped: ${String(wrong?.stack ?? wrong).replace(/\s+/g, " ")}`);
    process.exit(1);
});

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// until(() => …, what, ms): asks again and again until it holds
export async function until(holds, what, ms = 60000, pause = 25) {
    for (const end = Date.now() + ms; ;) {
        const value = await holds();
        if (value) return value;
        need(Date.now() < end, () => `waited ${ms} ms in vain: ${typeof what === "function" ? what() : what}`);
        await sleep(pause);
    }
}

export class Browser {
    static async start(folder, { ca, words = [], lang = "nb" } = {}) {
        const one = new Browser();
        one.folder = folder;
        one.words = words;
        one.lang = lang;
        mkdirSync(join(folder, "profile"), { recursive: true });
        const nss = join(folder, ".pki/nssdb");
        if (ca && !existsSync(nss)) {
            mkdirSync(nss, { recursive: true });
            execFileSync("certutil", ["-d", `sql:${nss}`, "-N", "--empty-password"]);
            execFileSync("certutil", ["-d", `sql:${nss}`, "-A", "-t", "C,,", "-n", "centre", "-i", ca]);
        }
        await one.again();
        return one;
    }

    // The program starts on the profile as the last one left it.
    async again() {
        const port = join(this.folder, "profile/DevToolsActivePort");
        rmSync(port, { force: true });
        const words = [...WORDS, ...this.words, ...(process.getuid() ? [] : ["--no-sandbox"]), `--lang=${this.lang}`,
            `--user-data-dir=${join(this.folder, "profile")}`, ...(process.env.CHROMIUM_WORDS ?? "").split(" ").filter(Boolean), "about:blank"];
        this.process = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", words, {
            detached: true, stdio: "ignore", env: { ...process.env, HOME: this.folder, LANGUAGE: this.lang } });
        this.ended = new Promise((done) => this.process.once("exit", done));
        const address = await until(() => {
            need(this.process.exitCode === null, () => `the browser ended: ${this.process.exitCode}`);
            const said = existsSync(port) ? readFileSync(port, "utf8").split("\n") : [];
            return said.length >= 2 && said[1] && `ws://127.0.0.1:${said[0]}${said[1]}`;
        }, "the browser starts", START_MS);
        this.browser = await chromium.connectOverCDP(address, { timeout: START_MS });
        this.context = this.browser.contexts()[0];
        this.context.setDefaultTimeout(WAIT_MS);
    }

    async page(url, { width = 768, height = 1024 } = {}) {
        const page = await this.context.newPage();
        page.faults = [];
        page.on("pageerror", (wrong) => page.faults.push(String(wrong?.stack ?? wrong)));
        page.on("console", (said) => said.type() === "error" && page.faults.push(said.text()));
        await page.setViewportSize({ width, height });
        if (url) await page.goto(url);
        return page;
    }

    // As a flat battery would: every process of it at once, at any moment.
    async kill() {
        try {
            process.kill(-this.process.pid, "SIGKILL");
        } catch {
            // it has ended already
        }
        await this.ended;
        await this.forgotten();
    }

    // Its other end may wait for ever for what a dead browser owes it.
    async forgotten() {
        await Promise.race([this.browser?.close().catch(() => {}), sleep(FORGET_MS)]);
    }

    async stop() {
        await this.forgotten();
        try {
            process.kill(-this.process.pid, "SIGTERM");
        } catch {
            return;
        }
        const late = setTimeout(() => process.kill(-this.process.pid, "SIGKILL"), STOP_MS);
        await this.ended;
        clearTimeout(late);
    }
}
