#!/usr/bin/env node
// Goal: every scenario file, played by a centre and tablets that are modules of WebAssembly, prints byte for byte what it prints
// natively: the verdicts, and at how many bytes a line can be cut, which is the length of all that was said.
//
//   stories.js BUILD FILE…
import { natively } from "./native.js";
import { run } from "./module.js";

// As tests/scenario/stories.c has it natively.
let state = 1;
function random(to) {
    for (let i = 0; i < to.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        to[i] = state >>> 24;
    }
}

const [build, ...files] = process.argv.slice(2);
const native = natively(build, "scenario/stories", files);
const began = performance.now(), module = run(`${build}/wasm/test/scenario/stories.wasm`, { args: files, options: { random } });
const a = native.text.split("\n"), b = module.out.split("\n");
const passed = (lines) => lines.filter((l) => l.startsWith("ok ")).length;
let wrong = module.code ? [`exit code ${module.code}`] : [];
for (let i = 0; i < Math.max(a.length, b.length); i++)
    if (a[i] !== b[i]) wrong.push(`natively:    ${a[i]}\nas a module: ${b[i]}`);
if (!files.length || passed(a) !== files.length) wrong.push(`${files.length} files, ${passed(a)} passed natively`);
console.log(`${wrong.length ? "not ok" : "ok"} stories: ${passed(a)} passed natively${native.kept ? " (log)" : ""}, ${passed(b)} as a module, ` +
    `${Buffer.byteLength(module.out)} bytes the same (${Math.round((performance.now() - began) / 1000)} s)`);
if (wrong.length) console.log(wrong.join("\n"));
process.exitCode = wrong.length ? 1 : 0;
