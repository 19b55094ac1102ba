#!/usr/bin/env node
// Goal: the app's rules (what is due, dose, change, answers …) as functions, without a browser.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BUILD, ROOT } from "../console/rig.js";

const { buildSync } = createRequire(join(BUILD, "node_modules/"))("esbuild"), from = join(ROOT, "tests/tablet/unit"), out = join(BUILD, "tablet-unit");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
let failed = 0, count = 0;
for (const file of readdirSync(from).filter((name) => name.endsWith(".test.ts")).sort()) {
    const made = join(out, file.replace(/\.ts$/, ".mjs"));
    buildSync({ entryPoints: [join(from, file)], outfile: made, bundle: true, format: "esm", platform: "node", target: "node18", jsx: "automatic", jsxImportSource: "preact",
        nodePaths: [join(BUILD, "node_modules")], alias: { "@samling/words": join(BUILD, "tablet-gen/words.ts"), "@samling/client": join(ROOT, "client-sdk/web/client.ts") }, logLevel: "warning" });
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--test-reporter=tap", made], { encoding: "utf8" });
    for (const line of stdout.split("\n")) {
        const [, not, name] = line.match(/^(not )?ok \d+ - (.*)$/) ?? [];
        if (name) console.log(`${not ?? ""}ok ${file}: ${name}`);
        if (name) count++;
    }
    if (status) {
        failed++;
        console.log(`${stdout}${stderr}`);
    }
}
if (!count) console.log("not ok no test ran");
process.exit(failed || !count ? 1 : 0);
