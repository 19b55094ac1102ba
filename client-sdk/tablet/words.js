// Makes the app's copy of the catalogue: node words.js OUT DEF ... -- SOURCE ...
// All texts whose names stand in quotes in a source, and all of the sets that do; text_tablet*.def whole.
import { readFileSync, writeFileSync } from 'node:fs';

const STRINGS = '((?:"(?:\\\\.|[^"\\\\])*"\\s*)+)';
const TEXT = new RegExp(`SAM_TEXT\\(\\s*(\\w+),\\s*${STRINGS},\\s*${STRINGS}\\)|SAM_TEXT_SET\\(\\s*(\\w+),\\s*(\\w+),\\s*(\\w+)\\)`, 'g');

const joined = (strings) => [...strings.matchAll(/"((?:\\.|[^"\\])*)"/g)].map((one) => JSON.parse(`"${one[1]}"`)).join('');

// the catalogue in its own order: a set spans what stands between its first and its last text
function catalogue(paths) {
    const texts = new Map(), sets = new Map();
    for (const path of paths)
        for (const [, id, en, nb, set, first, last] of readFileSync(path, 'utf8').replace(/\/\*.*?\*\//gs, '').matchAll(TEXT)) {
            if (id) texts.set(id, { en: joined(en), nb: joined(nb), own: /text_tablet\w*\.def$/.test(path) });
            else {
                const ids = [...texts.keys()];
                sets.set(set, ids.slice(ids.indexOf(first), ids.indexOf(last) + 1));
            }
        }
    return { texts, sets };
}

function quoted(paths) {
    const found = new Set();
    for (const path of paths) for (const [, id] of readFileSync(path, 'utf8').matchAll(/['"]([A-Z][A-Z0-9_]+)['"]/g)) found.add(id);
    return found;
}

const [out, ...rest] = process.argv.slice(2), cut = rest.indexOf('--');
const { texts, sets } = catalogue(rest.slice(0, cut));
const wanted = quoted(rest.slice(cut + 1));
const taken = [...sets].filter(([set]) => wanted.has(set));
for (const [, ids] of taken) for (const id of ids) wanted.add(id);
const used = [...texts].filter(([id, text]) => text.own || wanted.has(id));
const table = (lang) => used.map(([id, text]) => `        ${id}: ${JSON.stringify(text[lang])},\n`).join('');
writeFileSync(out, `/* Made from the catalogue by words.js. */
export const words = {
    nb: {\n${table('nb')}    },
    en: {\n${table('en')}    },
};
export const sets = {
${taken.map(([set, ids]) => `    ${set}: ${JSON.stringify(ids)},\n`).join('')}};
`);
