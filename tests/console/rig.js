// Real processes in a scratch folder: a centre that serves, tablets on the command line. What tests/lib/rig.py is for Python.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { need } from "./tap.js";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const BUILD = resolve(ROOT, process.env.SAM_BUILD ?? "build");
export const HOST = "127.0.0.1";
const LIMITS = ["--handshake-rate", "0", "--joins-per-minute", "0", "--ops-per-day", "0"]; // all come from one address here
const CALL_MS = 60000, START_MS = 30000, ATTENTION = 4;
const run = promisify(execFile);

function environment() {
    const drop = ["SAMLING_HOME", "SAMLING_KEY_FILE", "SAMLING_USER", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS"];
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !drop.includes(name)));
}

async function call(program, words, { codes = [0], given } = {}) {
    let code = 0, out, err;
    const running = run(join(BUILD, program), words.map(String), { env: environment(), timeout: CALL_MS, maxBuffer: 1 << 26 });
    running.child.stdin.on("error", () => {}); // it may have ended without reading
    running.child.stdin.end(given ?? "");
    try {
        ({ stdout: out, stderr: err } = await running);
    } catch (wrong) {
        ({ code, stdout: out, stderr: err } = wrong);
    }
    need(codes.includes(code), () => `${program} ${words.join(" ")}: exit ${code}: ${err} ${out}`);
    return out;
}

export function folder() {
    return mkdtempSync(join(tmpdir(), "samling-console-"));
}

export function remove(path) {
    if (!process.env.SAM_KEEP) rmSync(path, { recursive: true, force: true });
}

export class Centre {
    // await Centre.make(FOLDER): made and served
    static async make(path) {
        const centre = new Centre();
        mkdirSync(path, { recursive: true });
        centre.home = join(path, "home");
        centre.logPath = join(path, "serve.log");
        await call("samlingd", ["init", "--host", HOST, "--home", centre.home]);
        await centre.start();
        return centre;
    }

    async start() {
        const words = ["serve", "--home", this.home, "--bind", HOST, "--port", String(this.port ?? 0), ...LIMITS];
        this.server = spawn(join(BUILD, "samlingd"), words, { env: environment(), stdio: ["ignore", "pipe", openSync(this.logPath, "a")] });
        const timer = setTimeout(() => this.kill(), START_MS);
        let said = "";
        for await (const part of this.server.stdout) {
            said += part;
            if (/^ready \S+ \d+$/m.test(said)) break;
        }
        clearTimeout(timer);
        const ready = said.match(/^ready \S+ (\d+)$/m);
        need(ready, () => `the centre does not start: ${this.log()}`);
        this.port = Number(ready[1]);
        this.origin = `https://${HOST}:${this.port}`;
    }

    log() {
        return readFileSync(this.logPath, "utf8").slice(-3000);
    }

    kill() {
        this.server?.kill("SIGKILL");
    }

    // await centre.verb("clinic", "add", "Porsgrunn"): its JSON
    async verb(...words) {
        return JSON.parse(await call("samlingd", [...words, "--home", this.home, "--json"]));
    }

    async clinic(name) {
        return (await this.verb("clinic", "add", name)).id;
    }

    // A group that meets today, and its people: { id, people }
    async group(clinic, name, people) {
        const today = new Date(), day = today.toISOString().slice(0, 10);
        const { id } = await this.verb("group", "add", "--clinic", clinic, "--name", name, "--code", "B1", "--weekday", today.getUTCDay() || 7, "--first", day);
        for (const person of people) await this.verb("participant", "add", person, "--group", id);
        const listed = await this.verb("participant", "list", "--group", id);
        return { id, people: listed.map((row) => ({ id: row.id, name: row.name })) };
    }

    async tablet(path, clinic, label, user) {
        const tablet = new Tablet(path, user);
        const { invite } = await this.verb("device", "invite", clinic, "--label", label, "--host", HOST, "--port", this.port);
        const said = await tablet.does(["join", invite, "--label", label], { codes: [0, 3] });
        tablet.no = (await tablet.does(["status"], { codes: [0, 3] })).device_no;
        await this.verb("device", "approve", tablet.no, said.digits);
        await tablet.sync();
        return tablet;
    }
}

export class Tablet {
    constructor(path, user) {
        mkdirSync(path, { recursive: true });
        this.words = ["--store", join(path, "store"), "--key-file", join(path, "data.key"), "--user", user, "--json", "--lang", "en"];
    }

    async does(words, how) {
        return JSON.parse(await call("samling", [...this.words, ...words], how));
    }

    sync() {
        return this.does(["sync"], { codes: [0, ATTENTION] });
    }

    // marks: { participant: "present" }
    mark(session, marks) {
        const given = Object.entries(marks).map(([person, word]) => `${person};${word}\n`).join("");
        return this.does(["mark", "--session", session, "--from", "-"], { given, codes: [0, ATTENTION] });
    }

    async today(group) {
        const day = new Date().toISOString().slice(0, 10);
        const { sessions } = await this.does(["sessions", String(group)]);
        return sessions.find((row) => row.date === day || row.day === day)?.id ?? sessions[0].id;
    }
}
