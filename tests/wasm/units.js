#!/usr/bin/env node
// Goal: the unit tests of the engine, and of what it stands on, end as a module of WebAssembly as they end natively, test by test.
// What a module cannot do (another process, a socket) is skipped, and only what stands in CANNOT may be.
//
//   units.js BUILD PROGRAM…     unit/test_merge: BUILD/unit/test_merge and BUILD/wasm/test/unit/test_merge.wasm
import { run } from "./module.js";
import { natively } from "./native.js";

const CANNOT = new Set([
    "unit/test_sdk_store opening_twice_drops_no_lock",
    "unit/test_sdk_store typed", // a socket of its own
    // these remove and copy folders by a shell
    "unit/test_restart the_journal_gives_back_what_a_backup_misses",
    "unit/test_restart a_journal_of_another_history_is_not_replayed",
]);

// What cmocka and its stand-in print of a test: its name and how it ended.
function ends(text) {
    const found = [];
    for (const [, how, name] of text.matchAll(/^\[\s+(OK|FAILED|SKIPPED)\s*\] (\S+)$/gm)) if (!/^\d+$|:$/.test(name)) found.push([name, how]);
    return found;
}

// cmocka names what failed once more at its end.
function unique(all) {
    const seen = new Set();
    return all.filter(([name, how]) => how !== "FAILED" || (!seen.has(name) && seen.add(name)));
}

// Until its last test: a test that ended the module is left behind by the next one.
function asModule(path) {
    const all = [];
    for (let text = "";;) {
        const r = run(path, { env: { CMOCKA_FROM: String(all.length), TZ: process.env.TZ ?? "" } });
        const list = ends(r.out);
        text += r.out;
        all.push(...list);
        if (r.code === 0) return { code: 0, ends: all, text };
        const running = [...r.out.matchAll(/^\[ RUN\s+\] (\S+)$/gm)].at(-1)?.[1];
        if (!running) return { code: r.code, ends: all, text };
        if (list.at(-1)?.[0] !== running) all.push([running, "FAILED"]); // a trap says nothing
    }
}

function compare(build, name) {
    const began = performance.now();
    const native = natively(build, name), between = performance.now(), module = asModule(`${build}/wasm/test/${name}.wasm`);
    const wrong = [], cannot = [];
    native.ends = unique(ends(native.text));
    if (native.code || module.code) wrong.push(`exit codes ${native.code}, ${module.code}`);
    if (!native.ends.length && !module.ends.length) { // a program without cmocka: what it prints
        const lines = (text) => text.split("\n").sort().join("\n");
        if (!native.text.trim() || lines(native.text) !== lines(module.text)) wrong.push(`not the same is printed; natively:\n${native.text}`);
        for (const r of [native, module]) r.ends = wrong.length ? [] : r.text.trim().split("\n").map((line) => [line, "OK"]);
    }
    for (let i = 0; i < Math.max(native.ends.length, module.ends.length); i++) {
        const [a, b] = [native.ends[i]?.join(" ") ?? "nothing", module.ends[i]?.join(" ") ?? "nothing"];
        const skipped = module.ends[i]?.[1] === "SKIPPED" && CANNOT.has(`${name} ${module.ends[i][0]}`);
        if (skipped && native.ends[i]?.[0] === module.ends[i][0]) cannot.push(module.ends[i][0]);
        else if (a !== b || native.ends[i][1] === "FAILED") wrong.push(`natively ${a}, as a module ${b}`);
    }
    const passed = (r) => r.ends.filter(([, how]) => how === "OK").length;
    const took = `${native.kept ? "log" : `${Math.round(between - began)} ms`}, ${Math.round(performance.now() - between)} ms`;
    console.log(`${wrong.length ? "not ok" : "ok"} ${name}: ${passed(native)} passed natively, ${passed(module)} as a module (${took})`);
    for (const test of cannot) console.log(`skip ${name} ${test}: another process, or a socket`);
    if (wrong.length) console.log(`${wrong.join("\n")}\n${module.text.slice(-3000)}`);
    return { ok: !wrong.length, native: passed(native), module: passed(module) };
}

const [build, ...names] = process.argv.slice(2);
const results = names.map((name) => compare(build, name));
const sum = (what) => results.reduce((n, r) => n + r[what], 0);
console.log(`${names.length} programs: ${sum("native")} tests passed natively, ${sum("module")} as modules`);
process.exitCode = names.length && results.every((r) => r.ok) ? 0 : 1;
