// A test program as a module: run to its end, with files of its own.
import { readFileSync } from "node:fs";
import { Files } from "./files.js";
import { engine } from "./host.js";
import { Exit, wasi } from "./wasi.js";

const compiled = new Map();

export function module(path) {
    if (!compiled.has(path)) compiled.set(path, new WebAssembly.Module(readFileSync(path)));
    return compiled.get(path);
}

// run(path, {args, env, files, engine}): {code, out}. What the module cannot go on from (a trap, a truth that does not hold) is
// code 134 and stands in out.
export function run(path, { args = [], env = {}, files = new Files(process.cwd()), options = {} } = {}) {
    const said = [];
    const host = engine(files, options), system = wasi(files, { args: [path, ...args], env, said: (b) => said.push(b) });
    const instance = new WebAssembly.Instance(module(path), { ...system, samling: host.samling });
    let code = 0, why = "";
    host.bind(instance);
    system.bind(instance);
    try {
        instance.exports._start();
    } catch (e) {
        if (e instanceof Exit) code = e.code;
        else [code, why] = [134, `${e.stack ?? e}\n`];
    }
    return { code, out: Buffer.concat(said).toString() + why };
}
