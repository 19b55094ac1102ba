#!/usr/bin/env node
// Goal: what the shipped module has said to be saved is there after any power cut, once, and a first fill or a sync that a cut
// strikes is whole when it is made up for.
//
// The module is build/wasm/samling.wasm itself, called as a page calls it, with files in memory (files.js) whose unflushed writes are
// dropped, kept or torn. Joining and fetching need a centre, so a real one (centre/far.c: the server's store and intake as a module of
// its own) answers it, byte by byte through JavaScript; its power stays on. So the tablet alone is what may forget.
//
// A life: a new tablet joins, is filled, saves and syncs at random, and loses its power again and again, in the midst of all of that;
// at last it syncs whole, and another tablet that joins anew is told the same. After each cut it is asked
//   1. that every save which returned 0 is there, exactly once, and what was under way is there as a whole or not at all;
//   2. that what was fetched is whole: a sheet has everybody or is not there yet, and never fewer than before;
//   3. that it still is that device, in a state not behind the last one seen;
//   4. that every list can be read, and SQLite's integrity_check of the very files that the cut left finds nothing.
//
//   power.js BUILD [--crashes N]   lives, under seeds from 1 on, and then the controls; the seed of a failure is printed
//   power.js BUILD --seed N        that life
//   power.js BUILD --controls      hosts and modules that break a promise: each must be noticed
import { readFileSync } from "node:fs";
import { Centre } from "./centre.js";
import { Files, PowerLost, Random } from "./files.js";
import { Tablet } from "./tablet.js";

const KEY = new TextEncoder().encode("a key for tests, 32 bytes long..");
const STORE = "samling.db";
const PENDING = 2, ACTIVE = 3, AT_CENTRE = 2;
const CUTS_OF_A_LIFE = 25;
const PEOPLE = 12, PEOPLE_OF_A_FILL = 150;

const [build, ...words] = process.argv.slice(2);
const option = (name, otherwise) => (words.includes(name) ? Number(words[words.indexOf(name) + 1]) : otherwise);

class Wrong extends Error {}
const must = (holds, what) => {
    if (!holds) throw new Wrong(what);
};

// The power: it goes in the n-th call that changes something; or in the n-th flush, which else would be struck seldom.
class Power {
    constructor(random, ignores) {
        this.random = random;
        this.ignores = ignores;
        this.left = Infinity;
    }
    arm() {
        this.flushes = this.random.below(4) === 0;
        this.left = 1 + this.random.below(this.flushes ? 12 : [8, 60, 400][this.random.below(3)]);
    }
    lost(what) {
        if (!this.flushes || what === "flush") this.left--;
        return this.left <= 0;
    }
}

class Life {
    constructor(seed, modules, ignores) {
        this.random = new Random(seed);
        this.modules = modules;
        this.filling = seed % 3 === 0; // a life of first fills, of a larger group
        this.centre = new Centre(modules.centre, this.filling ? PEOPLE_OF_A_FILL : PEOPLE, (b) => this.random.fill(b));
        this.power = new Power(this.random, ignores);
        this.counts = new Files().counts;
        this.earlier = new Set(); // notes of former tablets, as far as they came to the centre
        this.cuts = this.saves = this.reads = this.number = this.fills = this.struckFills = this.struckSyncs = 0;
        this.fresh();
    }
    // Those about whom it writes notes.
    get written() { return this.centre.people.slice(0, PEOPLE); }
    // A tablet as it comes out of its box.
    fresh() {
        this.files = new Files();
        this.files.counts = this.counts;
        this.files.power = this.power;
        this.saved = this.state = this.deviceNo = this.sheet = 0;
        this.people = this.centre.people.length;
        for (const text of this.notes?.keys() ?? []) this.earlier.add(text);
        this.notes = new Map(); // text: true where it was saved, false where that was under way
        this.marks = new Map(); // person: minutes that may be there, the last one saved first
        this.batch = null;
        this.doing = "opening";
    }

    opened() {
        const t = new Tablet(this.modules.engine, this.files, { now_s: () => this.centre.now_s, mono_ms: () => 0, random: (b) => this.random.fill(b) });
        t.open(STORE, KEY);
        return t;
    }

    // ---- what it does

    join(t) {
        this.doing = "joining";
        t.join(this.centre.invite(), "nettbrett");
    }
    sync(t, budget) {
        this.doing = this.sheet ? "syncing" : "filling";
        t.sync(this.centre, budget);
        const { state, deviceNo } = t.status();
        if (state === PENDING) this.centre.approve(deviceNo);
    }
    listed(t) { return t.list("sheet", "line", this.centre.session).map((l) => l.participant); }
    note(t) {
        const text = `Notat ${++this.number}\n${"æøå ".repeat(this.random.below(200))}`.trimEnd(), people = this.written;
        this.notes.set(text, false);
        t.save("note_save", this.centre.user, [{ participant: people[this.random.below(people.length)], day: this.centre.day, text }], "note", true);
        this.notes.set(text, true);
        this.saves++;
    }
    mark(t, all) {
        const people = this.listed(t), chosen = all ? people : [people[this.random.below(people.length)]];
        const minutes = ++this.number % 480;
        for (const p of chosen) this.marks.set(p, [...(this.marks.get(p) ?? [-2]), minutes]);
        this.batch = all ? { chosen, minutes } : null;
        t.save(all ? "mark_all" : "mark", this.centre.user, chosen.map((participant) => ({ session: this.centre.session, participant, minutes })), "mark");
        for (const p of chosen) this.marks.set(p, [minutes]);
        this.batch = null;
        this.saves += chosen.length;
    }
    act(t) {
        const filled = this.sheet > 0, chance = this.random.below(10);
        if (t.status().state === 0) return this.join(t);
        if (!filled || chance < 2) this.sync(t, this.random.half() ? Infinity : 1 + this.random.below(filled ? 1500 : 12000));
        else if (chance === 2 && this.centre.people.length < this.people + 40) this.centre.personAdd();
        else if (chance < 6 || this.filling) (this.doing = "saving"), this.note(t);
        else (this.doing = "saving"), this.mark(t, chance === 9);
        this.remember(t);
    }

    // ---- what must be there

    remember(t) {
        const s = t.status();
        this.saved = s.saved;
        this.state = s.state;
        this.deviceNo = s.deviceNo;
        if (s.state === ACTIVE && s.scopesFilled === s.scopes && s.scopes > 0) {
            this.fills += this.sheet ? 0 : 1;
            this.sheet = this.listed(t).length;
        }
    }
    lists(t) {
        const { session, group } = this.centre;
        const calls = [["groups", "group"], ["users", "user"], ["sessions", "session", group], ["people", "person"],
            ["interventions", "intervention"], ["notices", "notice"], ["session_leaders", "leader", session], ["group_leaders", "leader", group]];
        for (const person of this.sheet ? this.written : [])
            calls.push(["sets", "set_line", session, person], ["consents", "consent_line", person], ["episodes", "episode", person], ["scores", "score_line", person],
                ["contacts", "contact_line", person], ["works", "work_line", person], ["exertions", "exertion_line", session, person], ["activities", "activity_line", person]);
        for (const call of calls) {
            try {
                t.list(...call);
            } catch (e) {
                if (e.code !== "ENOTFOUND") throw e;
            }
            this.reads++;
        }
    }
    // After a cut, and at the end of a life by another tablet.
    asked(t) {
        const s = t.status();
        must(s.saved >= this.saved, `${this.saved} ops were saved, ${s.saved} are there`);
        must(s.state >= this.state, `the device was in state ${this.state}, and is in ${s.state}`);
        must(!this.deviceNo || s.deviceNo === this.deviceNo, `device ${this.deviceNo} is ${s.deviceNo} now`);
        this.shown(t);
        this.lists(t);
        this.remember(t);
    }
    shown(t) {
        let lines = [];
        try {
            lines = t.list("sheet", "line", this.centre.session);
        } catch (e) {
            if (e.code !== "ENOTFOUND" && e.code !== "ESTATE") throw e;
        }
        must(lines.length >= this.sheet, `a sheet of ${this.sheet} has ${lines.length} now`);
        must(!lines.length || lines.length >= this.people, `a sheet of ${this.people} has ${lines.length}: a part of a run is shown`);
        must(new Set(lines.map((l) => l.participant)).size === lines.length, "somebody is twice on a sheet");
        this.marksShown(lines);
        this.notesShown(t, lines);
    }
    marksShown(lines) {
        const shown = new Map(lines.map((l) => [l.participant, l.presence ? l.minutes : -2]));
        if (this.batch) {
            const there = this.batch.chosen.filter((p) => shown.get(p) === this.batch.minutes).length;
            must(there === 0 || there === this.batch.chosen.length, `${there} of a batch of ${this.batch.chosen.length} marks are there`);
            this.batch = null;
        }
        for (const [p, may] of this.marks) {
            must(may.includes(shown.get(p)), `a mark of ${may.join(" or ")} minutes is ${shown.get(p)}`);
            this.marks.set(p, [shown.get(p)]);
        }
    }
    notesShown(t, lines) {
        const there = new Map();
        for (const person of lines.length ? this.written : []) for (const n of t.list("notes", "note_line", this.centre.user, person)) there.set(n.note.text, (there.get(n.note.text) ?? 0) + 1);
        for (const [text, n] of there) {
            must(n === 1, `a note is there ${n} times: ${text.slice(0, 12)}`);
            must(this.notes.has(text) || this.earlier.has(text), `nobody wrote ${text.slice(0, 12)}`);
        }
        for (const [text, sure] of [...this.notes]) {
            must(!sure || there.has(text), `a note that was saved is gone: ${text.slice(0, 12)}`);
            if (there.has(text)) this.notes.set(text, true);
            else this.notes.delete(text);
        }
    }

    // ---- its course

    // Until the power goes; or long enough.
    awake() {
        if (this.filling && this.sheet && this.random.half()) this.fresh();
        this.power.arm();
        this.doing = "opening";
        const t = this.opened();
        this.doing = "reading";
        this.asked(t);
        for (let acts = this.random.below(this.filling && this.sheet ? 6 : 60); acts > 0; acts--) this.act(t);
        this.doing = "closing";
        t.close();
    }
    live() {
        while (this.cuts < CUTS_OF_A_LIFE) {
            try {
                this.awake();
            } catch (e) {
                if (!(e instanceof PowerLost)) throw e;
                this.cuts++;
                this.struckFills += this.doing === "filling" ? 1 : 0;
                this.struckSyncs += this.doing === "syncing" ? 1 : 0;
                this.files.lose(this.random);
                must(this.centre.sound(this.files), `the files are damaged: ${this.centre.said.slice(-300)}`);
            }
        }
        this.power.left = Infinity;
        this.end();
    }
    end() {
        const t = this.opened();
        this.asked(t);
        if (t.status().state === 0) this.join(t);
        for (let i = 0; i < 3; i++) this.sync(t, Infinity);
        this.asked(t);
        const s = t.status();
        must(s.state === ACTIVE && s.waiting === 0 && s.scopesFilled === s.scopes && this.sheet > 0, `state ${s.state}, ${s.waiting} wait, ${s.scopesFilled} of ${s.scopes}`);
        must(this.sheet === this.centre.people.length, `${this.centre.people.length} people, ${this.sheet} on the sheet`);
        must(t.list("sheet", "line", this.centre.session).every((l) => !l.presence || l.state === AT_CENTRE), "a mark is not at the centre");
        must(this.centre.wrong() === 0, `the centre: ${this.centre.said.slice(-300)}`);
        t.close();
        this.another();
    }
    // A tablet that joins now is told the same, out of the centre.
    another() {
        const { notes, marks } = this;
        this.fresh();
        this.files.power = null;
        [this.notes, this.marks] = [notes, marks];
        const t = this.opened();
        this.join(t);
        for (let i = 0; i < 3; i++) this.sync(t, Infinity);
        this.shown(t);
        t.close();
    }
}

// A life under this seed: what went wrong, or null.
function tried(seed, modules, ignores, sums) {
    const life = new Life(seed, modules, ignores);
    let why = null;
    try {
        life.live();
    } catch (e) {
        why = `${life.doing}, behind ${life.cuts} cuts: ${e instanceof Wrong ? e.message : e.stack}`;
    }
    for (const name of ["cuts", "saves", "reads", "fills", "struckFills", "struckSyncs"]) sums[name] = (sums[name] ?? 0) + life[name];
    for (const [name, n] of Object.entries(life.counts)) sums[name] = (sums[name] ?? 0) + n;
    return why;
}

const compile = (bytes) => new WebAssembly.Module(bytes);
const engineBytes = readFileSync(`${build}/wasm/samling.wasm`);
const centre = compile(readFileSync(`${build}/wasm/test/centre.wasm`));

function lives() {
    const modules = { engine: compile(engineBytes), centre }, sums = {}, began = performance.now();
    const one = option("--seed", 0), crashes = one ? 1 : option("--crashes", 1200);
    let bad = 0;
    for (let seed = one || 1; (sums.cuts ?? 0) < crashes; seed++) {
        const why = tried(seed, modules, null, sums);
        if (why) console.log(`not ok power: seed ${seed}: ${why}\n  node tests/wasm/power.js ${build} --seed ${seed}`);
        bad += why ? 1 : 0;
        if (bad >= 5) break;
    }
    console.log(`${bad ? "not ok" : "ok"} power: ${sums.cuts} cuts, ${bad} bad, seeds from ${one || 1}; ${sums.saves} saves, ${sums.reads} lists read; ` +
        `${sums.fills} first fills; ${sums.struckFills} cuts in one, ${sums.struckSyncs} in a sync; writes ${sums.dropped} dropped, ${sums.torn} torn, ` +
        `${sums.reordered} kept behind one that was dropped (${Math.round((performance.now() - began) / 1000)} s)`);
    return bad === 0;
}

// The module with other words in its SQL, of the same length.
function patched(from, to) {
    const bytes = Buffer.from(engineBytes), at = bytes.indexOf(from);
    must(at >= 0 && from.length === to.length && bytes.indexOf(from, at + 1) < 0, `"${from}" is not once in the module`);
    bytes.write(to, at);
    return compile(bytes);
}

function controls() {
    const plain = compile(engineBytes);
    const list = [
        ["no flush is one", plain, () => true],
        ["the log's flush is none", plain, (name) => name.endsWith("-wal")],
        ["the database's flush is none", plain, (name) => !name.endsWith("-wal")],
        ["a commit is not flushed (synchronous NORMAL)", patched("PRAGMA synchronous = FULL;", "PRAGMA synchronous = 1   ;"), null],
    ];
    let missed = 0;
    for (const [name, engine, ignores] of list) {
        let why = null, seed = 0;
        for (const sums = {}; !why && (sums.cuts ?? 0) < 600;) why = tried(++seed, { engine, centre }, ignores, sums);
        missed += why ? 0 : 1;
        console.log(`${why ? "ok" : "not ok"} control: ${name}: ${why ? `noticed by seed ${seed}: ${why.split("\n")[0].slice(0, 160)}` : "not noticed"}`);
    }
    return missed === 0;
}

const held = words.includes("--controls") || lives();
process.exitCode = (words.includes("--seed") || controls()) && held ? 0 : 1;
