#!/usr/bin/env node
// Goal: the module that is shipped asks of its host what client-sdk/web/import.h says and nothing else, and has every name of the
// public headers.
//
//   shape.js BUILD
import { readFileSync } from "node:fs";
import { Files } from "./files.js";
import { engine } from "./host.js";

const build = process.argv[2];
const module = new WebAssembly.Module(readFileSync(`${build}/wasm/samling.wasm`));
let failed = 0;

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
same("the host of these tests", Object.keys(engine(new Files()).samling).sort(), declared.sort());
const names = readFileSync(`${build}/gen/samling.names`, "utf8").trim().split("\n");
const exported = WebAssembly.Module.exports(module).filter((e) => e.kind === "function").map((e) => e.name);
const native = names.filter((n) => !exported.includes(n));
same("exported functions", exported.sort(), [...names.filter((n) => exported.includes(n)), "_initialize", "free", "malloc", "samling_face", "samling_start"].sort());
same("public functions that a module has not", native.concat("end"), ["end"]);
process.exitCode = failed ? 1 : 0;
