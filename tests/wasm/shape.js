#!/usr/bin/env node
// Goal: the module that is shipped asks of its host what client-sdk/web/import.h says and nothing else, and has every name of the
// public headers.
//
//   shape.js BUILD
import { readFileSync } from "node:fs";
import { Files } from "./files.js";
import { engine } from "./host.js";

const build = process.argv[2];
const binary = readFileSync(`${build}/wasm/samling.wasm`);
const module = new WebAssembly.Module(binary);
let failed = 0;

// "now_s() f64": the functions that a module imports, with the types that stand in its first two sections.
function signatures(bytes) {
    const names = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64" }, types = [], found = [];
    let at = 8;
    const number = () => {
        let n = 0, shift = 0, b;
        do (b = bytes[at++]), (n |= (b & 127) << shift), (shift += 7);
        while (b & 128);
        return n;
    };
    const list = (one) => Array.from({ length: number() }, one);
    const text = () => {
        const n = number();
        return bytes.toString("utf8", at, (at += n));
    };
    for (let id = 0; id < 2 && at < bytes.length;) {
        id = bytes[at++];
        const end = number() + at;
        if (id === 1) types.push(...list(() => (at++, [list(() => names[bytes[at++]]), list(() => names[bytes[at++]])])));
        if (id === 2) found.push(...list(() => (text(), { name: text(), kind: at++, type: types[number()] })));
        at = end;
    }
    return found.map(({ name, type: [takes, gives] }) => `${name}(${takes.join(" ")}) ${gives.join(" ")}`.trim());
}
const wasmType = (c) => (c === "void" ? "" : c.includes("*") || c.startsWith("int32_t") ? "i32" : c.startsWith("double") ? "f64" : `? ${c}`);

function same(what, is, should) {
    const left = should.filter((n) => !is.includes(n)), more = is.filter((n) => !should.includes(n));
    const ok = should.length > 0 && !left.length && !more.length;
    console.log(`${ok ? "ok" : "not ok"} ${what}: ${is.length}${left.length ? `, missing: ${left.join(" ")}` : ""}${more.length ? `, beyond: ${more.join(" ")}` : ""}`);
    failed += ok ? 0 : 1;
}

const header = readFileSync("client-sdk/web/import.h", "utf8");
const declared = [...header.matchAll(/^(?:_Noreturn )?SAM_IMPORT\((\w+)\) /gm)].map(([, name]) => name);
const imports = WebAssembly.Module.imports(module);
same("imports", imports.map((i) => `${i.kind} ${i.module}.${i.name}`).sort(), declared.map((n) => `function samling.${n}`).sort());
const promised = [...header.matchAll(/^(?:_Noreturn )?SAM_IMPORT\((\w+)\) (\w+) \w+\(([^)]*)\);/gm)]
    .map(([, name, gives, takes]) => `${name}(${takes.split(", ").map(wasmType).join(" ")}) ${wasmType(gives)}`.trim());
same("imports with their types", signatures(binary).sort(), promised.sort());
same("the host of these tests", Object.keys(engine(new Files()).samling).sort(), declared.sort());
const names = readFileSync(`${build}/gen/samling.names`, "utf8").trim().split("\n");
const exported = WebAssembly.Module.exports(module).filter((e) => e.kind === "function").map((e) => e.name);
const native = names.filter((n) => !exported.includes(n));
same("exported functions", exported.sort(), [...names.filter((n) => exported.includes(n)), "_initialize", "free", "malloc", "samling_face", "samling_start"].sort());
same("public functions that a module has not", native.concat("end"), ["end"]);
process.exitCode = failed ? 1 : 0;
