// Makes the tablet app, flat in one folder: node build.js OUT WORDS.ts MODULES SAMLING.wasm VERSION
// What has a hash in its name never changes; index.html, the manifest and sw.js name them. SAM_TABLET_CLIENT: another client.ts, for tests.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { iconPng, iconSvg } from './icon.js';

const here = dirname(fileURLToPath(import.meta.url)), web = resolve(here, '../web');
const [out, words, modules, wasm, version] = process.argv.slice(2).map((word, i) => (i < 4 ? resolve(word) : word));
const { build } = createRequire(`${modules}/`)('esbuild');
const client = process.env.SAM_TABLET_CLIENT ?? join(web, 'client.ts');
const BUDGET_BYTES = 250000; // of JavaScript, gzipped

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 12);
const part = `${out}.part`;
rmSync(part, { recursive: true, force: true });
mkdirSync(part, { recursive: true });
const put = (name, bytes) => (writeFileSync(join(part, name), bytes), name);
const putHashed = (stem, ending, bytes) => put(`${stem}-${hash(bytes)}.${ending}`, bytes);

const common = {
    bundle: true, minify: true, write: false, target: ['es2022', 'chrome110', 'safari16.4', 'firefox115'], charset: 'utf8', legalComments: 'none', nodePaths: [modules],
    alias: { '@samling/words': words, '@samling/client': client }, jsx: 'automatic', jsxImportSource: 'preact', outdir: part, logLevel: 'warning',
};
const made = async (entry, more) => (await build({ ...common, entryPoints: [entry], ...more })).outputFiles;

async function one(entry, stem, more) {
    const [file] = await made(entry, { format: 'iife', ...more });
    return stem ? putHashed(stem, basename(entry).endsWith('.css') ? 'css' : 'js', file.contents) : file.contents;
}

// the engine's half
const names = { WASM: existsSync(wasm) ? putHashed('samling', 'wasm', readFileSync(wasm)) : '', WORKER: '' };
if (existsSync(join(web, 'worker.ts'))) names.WORKER = await one(join(web, 'worker.ts'), 'worker');
const defined = (more) => Object.fromEntries(Object.entries({ ...names, ...more }).map(([name, value]) => [`BUILT_${name}`, JSON.stringify(value)]));

// the app's half, in parts: what is seldom needed is loaded when it is
const style = await one(join(here, 'style.css'), 'style');
const files = await made(join(here, 'main.tsx'), { format: 'esm', splitting: true, entryNames: 'app-[hash]', chunkNames: 'part-[hash]', define: defined({ VERSION: version }) });
for (const file of files) put(basename(file.path), file.contents);
const app = files.map((file) => basename(file.path)).find((name) => name.startsWith('app-'));

put('icon.svg', iconSvg());
put('icon-192.png', iconPng(192, false));
put('icon-512.png', iconPng(512, false));
put('icon-maskable-512.png', iconPng(512, true));
put('manifest.webmanifest', readFileSync(join(here, 'manifest.json')));
put('index.html', readFileSync(join(here, 'index.html'), 'utf8').replace('{style}', style).replace('{app}', app));

// the service worker knows every file by name, and its version by what is in them
const all = readdirSync(part).sort();
const whole = hash(all.map((name) => name + hash(readFileSync(join(part, name)))).join());
put('sw.js', await one(join(here, 'sw.ts'), '', { define: defined({ FILES: all, VERSION: whole }) }));

const zipped = readdirSync(part).filter((name) => name.endsWith('.js')).reduce((sum, name) => sum + gzipSync(readFileSync(join(part, name))).length, 0);
if (zipped > BUDGET_BYTES) throw new Error(`JavaScript is ${zipped} bytes gzipped, more than ${BUDGET_BYTES}`);
rmSync(out, { recursive: true, force: true });
renameSync(part, out);
console.error(`WEB ${all.length + 1} files, JavaScript ${zipped} bytes gzipped`);
