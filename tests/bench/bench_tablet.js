#!/usr/bin/env node
// What the tablet app costs: tab-separated lines `name value unit`. 400 participants in 29 groups and a year of weekly sessions at the centre
// (fill.c; one group of 90 has only what is planned, to be tapped on), of which the tablet has what its scopes have; then, with the centre gone, STARTS cold starts of the browser (default 8) and TAPS taps
// (default 60), plain and with the renderer held still for SLOW_STOP of every SLOW_TURN milliseconds, as a slow tablet's would be.
//   make bench-tablet
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { BUILD, Centre, folder, remove } from "../console/rig.js";
import { need, say } from "../console/tap.js";
import { sleep, until } from "../tablet/browser.js";
import { Physiotherapist } from "../tablet/physiotherapist.js";

const STARTS = Number(process.env.STARTS ?? 8), TAPS = Number(process.env.TAPS ?? 60), GROUPS = 28, PERSONS = 10, WEEKS = 52, TAPPED = 90;
const SLOW_STOP = 12, SLOW_TURN = 16, WASM_BYTES_MAX = 500e3, JS_BYTES_MAX = 250e3;
const line = (name, value, unit) => console.log(`${name}\t${Number.isInteger(value) ? value : value.toFixed(1)}\t${unit}`);
const at = (all, share) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))];
const spread = (name, all) => (line(`${name}_p50`, at(all, 0.5), "ms"), line(`${name}_p95`, at(all, 0.95), "ms"));

function sizes() {
    let script = 0, wasm = 0;
    for (const name of readdirSync(join(BUILD, "tablet"))) {
        const bytes = gzipSync(readFileSync(join(BUILD, "tablet", name)), { level: 9 }).length;
        if (name.endsWith(".js")) script += bytes;
        if (name.endsWith(".wasm")) wasm += bytes;
    }
    line("tablet_wasm_gzip", wasm, "bytes");
    line("tablet_js_gzip", script, "bytes");
    need(wasm > 0 && wasm <= WASM_BYTES_MAX, `the module is ${wasm} bytes`);
    need(script > 0 && script <= JS_BYTES_MAX, `the scripts are ${script} bytes`);
}

function signal(pid, name) {
    try {
        process.kill(pid, name);
    } catch {
        // it has ended meanwhile
    }
}

// Every renderer of the browser is stopped and let go, again and again: throttling by the browser itself does not reach workers.
async function slowly(one, work) {
    const cdp = await one.browser.browser.newBrowserCDPSession();
    const { processInfo } = await cdp.send("SystemInfo.getProcessInfo"), pids = processInfo.filter((p) => p.type === "renderer").map((p) => p.id);
    let on = true;
    const turning = (async () => {
        while (on) {
            pids.forEach((pid) => signal(pid, "SIGSTOP"));
            await sleep(SLOW_STOP);
            pids.forEach((pid) => signal(pid, "SIGCONT"));
            await sleep(SLOW_TURN - SLOW_STOP);
        }
    })();
    try {
        return await work();
    } finally {
        on = false;
        await turning;
    }
}

// From the tap to the word, by the page's own clock.
async function taps(one, sessions, count) {
    const all = [];
    for (const session of sessions) {
        await one.goes(`/sheet/${session}`);
        await one.page.locator(`li.person`).first().waitFor();
        await sleep(300);
        while (all.length < count) {
            const took = await one.page.evaluate(async () => {
                const row = document.querySelector('li.person[data-presence="0"]');
                if (!row) return null;
                const began = performance.now();
                row.querySelector(".who").click();
                for (;;) {
                    const said = document.querySelector(`li.person[data-participant="${row.dataset.participant}"] .saved`);
                    if (said) return Number(said.dataset.at) - began;
                    await new Promise((done) => requestAnimationFrame(done));
                }
            });
            if (took === null) break;
            all.push(took);
        }
        if (all.length >= count) break;
    }
    need(all.length >= count, `only ${all.length} were left to tap`);
    return all;
}

async function starts(one, slow) {
    const open = [], unlocked = [];
    for (let i = 0; i < STARTS; i++) {
        await one.browser.kill();
        await one.browser.again();
        one.page = await one.browser.page();
        const begin = performance.now();
        const run = async () => {
            await one.page.goto(one.url, { waitUntil: "commit" });
            await one.page.locator(".pad").waitFor();
            open.push(performance.now() - begin);
            await one.types();
            const typed = performance.now();
            await one.page.locator("li.group").nth(GROUPS).waitFor();
            unlocked.push(performance.now() - typed);
        };
        await (slow ? slowly(one, run) : run());
    }
    return { open, unlocked };
}

const root = folder();
let centre, one;
try {
    sizes();
    const home = join(root, "home");
    execFileSync(join(BUILD, "bench/fill"), [home, "1", String(GROUPS), String(PERSONS), String(WEEKS)], { stdio: ["ignore", "ignore", "inherit"] });
    centre = new Centre();
    Object.assign(centre, { home, logPath: join(root, "serve.log") });
    await centre.start();
    const clinic = (await centre.verb("clinic", "list"))[0].id;
    await centre.verb("user", "add", "--clinic", clinic, "--name", "Kari Fysio");
    const tapped = await centre.group(clinic, "Trykk", Array.from({ length: TAPPED }, (_, i) => `Prøve ${i}`));
    line("participants", (await centre.verb("participant", "list")).length, "persons");
    one = await Physiotherapist.starts(join(root, "tablet"), centre, "nb");
    const began = performance.now();
    await one.joins(clinic, "Sal 1", "Kari Fysio");
    await until(async () => (await one.page.locator("li.group").count()) === GROUPS + 1, "all groups are there", 120000);
    await until(async () => (await one.page.locator("header.top").innerText()).includes(one.word("TAB_ALL_SAFE").split(" %")[0]), "all is safe", 120000);
    line("join_and_fill", performance.now() - began, "ms");
    await one.page.evaluate(() => navigator.serviceWorker.ready.then(() => 0));
    const usage = await one.page.evaluate(async () => (await navigator.storage.estimate()).usage);
    line("storage_used", usage, "bytes");
    const sessions = (await centre.verb("session", "list", "--group", tapped.id)).map((row) => row.id);
    centre.kill();
    for (const [name, slow] of [["", false], ["slow_", true]]) {
        const { open, unlocked } = await starts(one, slow);
        spread(`${name}cold_start_to_lock`, open);
        spread(`${name}pin_to_today`, unlocked);
        const mine = sessions.splice(0, Math.ceil(sessions.length / 2));
        const run = () => taps(one, mine, TAPS);
        spread(`${name}tap_to_saved`, await (slow ? slowly(one, run) : run()));
    }
    say(`renderer held still ${SLOW_STOP} of every ${SLOW_TURN} ms in slow_*`);
} finally {
    await one?.leaves().catch(() => {});
    centre?.kill();
    remove(root);
}
