// One tablet with PouchDB, as load.c is one with samling: a word a line on stdin, each answered by a line of tab-separated figures.
//   NODE_PATH=build/peers/node_modules node tablet.js URL NUMBER PEOPLE SESSIONS SEED
//     fill     keep SESSIONS x PEOPLE marks in the local store      push    replicate to URL      pull   a fresh copy from URL
//     hundred  keep 100 marks and replicate both ways               one     the next one          idle   nothing to do
//     session  keep twelve marks at once, and replicate: durable_s until the server has them      again  forget connections      quit
//     ready    answer
// The local store is in memory, which is what helps it; connections are kept open, as a browser keeps them; 100 documents a batch.
'use strict';
const PouchDB = require('pouchdb-core').plugin(require('pouchdb-adapter-memory')).plugin(require('pouchdb-adapter-http'))
  .plugin(require('pouchdb-replication'));
const readline = require('readline');

const [url, number, people, sessions, seed] = process.argv.slice(2).map((word, i) => i ? Number(word) : word);
const BATCH = { batch_size: 100 };
const GYM = 12, PLANNED = 9, HUNDRED = 100;
const { Agent } = require(url.startsWith('https') ? 'https' : 'http');
const newAgent = () => new Agent({ keepAlive: true, rejectUnauthorized: false });     // a test's certificate
let agent = newAgent();
let answered_ms = 0;      // when the server last said that it has documents
const centre = new PouchDB(url, { skip_setup: true, fetch: async (to, how) => {
  const answer = await PouchDB.fetch(to, { ...how, agent });
  if (to.includes('/_bulk_docs'))
    answered_ms = performance.now();
  return answer;
} });
const store = new PouchDB(`tablet-${number}`, { adapter: 'memory' });
let tapped = 0, held = 0;

// as load.c draws it: the person-th of the session-th session of a tablet
function drawn(session, person) {
  let x = Math.imul(seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b) ^ Math.imul(session, 0xc2b2ae35) ^ Math.imul(person, 0x27d4eb2f);
  x = Math.imul(x ^ x >>> 15, 0x2c1b3c6d);
  x = Math.imul(x ^ x >>> 12, 0x297a2d39);
  return (x ^ x >>> 15) >>> 0;
}

// ids as samling mints them: the number of a tablet, or of the centre for persons, and a counter
const id = (device, counter) => (BigInt(device) << 40n | BigInt(counter)).toString();

function mark(session, person, x) {
  const came = x % 10 < 7;
  const doc = { _id: `${id(number + 2, session + 1)}:${id(1, number * 100 + person + 1)}`, type: 'attendance',
    session: id(number + 2, session + 1), participant: id(1, number * 100 + person + 1), presence: came ? 1 : x % 10 < 9 ? 2 : 3,
    evidence: 2, user: id(1, number + 1), claimed_s: Math.floor(Date.now() / 1000) };
  if (came)
    Object.assign(doc, { minutes: 30 + (x >>> 8) % 31, by_video: (x >>> 16) % 8 === 0, late: (x >>> 20) % 11 === 0 });
  return doc;
}

async function keep(docs) {
  const wrong = (await store.bulkDocs(docs)).find((one) => one.error);
  if (wrong)
    throw new Error(`${wrong.name}: ${wrong.message}`);
  return docs.length;
}

async function fill() {
  let saved = 0;
  for (let s = 0; s < sessions; s++) {
    await keep([{ _id: id(number + 2, s + 1), type: 'session', group: id(1, number + 1), day: 21000 + s, start_min: 600, status: 1 }]);
    saved += 1 + await keep(Array.from({ length: people }, (_, p) => mark(s, p, drawn(s, p))));
  }
  return { saved };
}

// acked_s: until the server's last answer that it has documents; what the client does afterwards (its checkpoint) is in seconds alone
async function push(from = performance.now()) {
  answered_ms = from;
  const done = await store.replicate.to(centre, BATCH);
  const acked_s = (answered_ms - from) / 1000;
  if (done.doc_write_failures)
    throw new Error(`${done.doc_write_failures} documents were refused`);
  return { acked: done.docs_written, acked_s, durable_s: acked_s, seconds: (performance.now() - from) / 1000 };
}

async function both() {
  const from = performance.now();
  const pushed = await push(from);
  const pulled = await store.replicate.from(centre, BATCH);
  return { ...pushed, rows: pulled.docs_written, seconds: (performance.now() - from) / 1000 };
}

async function pull() {
  const from = performance.now();
  const done = await store.replicate.from(centre, BATCH);
  return { rows: done.docs_written, seconds: (performance.now() - from) / 1000 };
}

async function taps(first, count) {
  const docs = Array.from({ length: count }, (_, i) => mark(first + i, 90, drawn(first + i, 90)));
  return { saved: await keep(docs) };
}

async function sheet() {
  const docs = Array.from({ length: GYM }, (_, i) => mark(100000 + held, i, drawn(held, i)));
  held++;
  const from = performance.now();
  await keep(docs);
  return push(from);
}

const WORDS = {
  ready: async () => ({}), fill, push: () => push(), pull, idle: both, session: sheet,
  hundred: async () => ({ ...await taps(0, HUNDRED), ...await both() }),
  one: async () => ({ ...await taps(HUNDRED + tapped++, 1), ...await both() }),
  again: async () => { agent.destroy(); agent = newAgent(); return {}; },
};

async function main() {
  if (!seed || PLANNED * GYM < HUNDRED)
    process.exit(2);
  for await (const word of readline.createInterface({ input: process.stdin })) {
    if (word === 'quit')
      break;
    try {
      const said = { saved: 0, acked: 0, rows: 0, seconds: 0, acked_s: 0, durable_s: 0, failed: 0, ...await WORDS[word]() };
      process.stdout.write(Object.entries(said).map(([name, value]) => `${name}\t${value}`).join('\t') + '\n');
    } catch (wrong) {
      process.stderr.write(`tablet ${number}: ${word}: ${wrong.stack}\n`);
      process.stdout.write('failed\t1\n');
    }
  }
  process.exit(0);
}

main();
