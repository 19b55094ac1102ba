// What a program printed natively: as `make test` kept it in BUILD/test, where that is of the program as it is now; else it is run.
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

const time = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

export function natively(build, name, args = []) {
    const program = `${build}/${name}`, log = `${build}/test/${name.replaceAll("/", "-")}.log`;
    if (time(log) > Math.max(time(program), ...args.map(time))) return { kept: true, text: readFileSync(log, "utf8") };
    const r = spawnSync(program, args, { encoding: "utf8", timeout: 600000, maxBuffer: 1 << 28, env: { TMPDIR: "/dev/shm", ...process.env } });
    return { kept: false, code: r.status ?? 134, text: r.stdout + r.stderr };
}
