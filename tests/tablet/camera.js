#!/usr/bin/env node
// Goal: the camera reads the coordinator's QR code, with the reader that is loaded only then; a browser that may not use it says so, and the
// code can be typed.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILD, Centre, folder, remove } from "../console/rig.js";
import { exitCode, need, notOk, test } from "../console/tap.js";
import { Browser, until } from "./browser.js";
import { served } from "./hands.js";

const root = folder(), WIDTH = 640, HEIGHT = 480, SIDE = 5, LIGHT = 235, DARK = 16, GREY = 128;
let centre, app;

// What the terminal shows of a QR code, two modules in one letter, as rows of light and dark
function modules(said) {
    const rows = said.replace(/\u001b\[[\d;]*m/g, "").split("\n").filter((line) => /[█▀▄]/.test(line) && /^[█▀▄ ]+$/.test(line));
    return rows.flatMap((row) => [[...row].map((sign) => "█▀".includes(sign)), [...row].map((sign) => "█▄".includes(sign))]);
}
// A film of one picture, as Chromium takes it in place of a camera
function film(path, rows) {
    const picture = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, GREY);
    picture.fill(LIGHT, 0, WIDTH * HEIGHT);
    const left = Math.floor((WIDTH - rows[0].length * SIDE) / 2), top = Math.floor((HEIGHT - rows.length * SIDE) / 2);
    need(left >= 0 && top >= 0, () => `the code is ${rows[0].length} modules wide`);
    rows.forEach((row, y) => row.forEach((light, x) => {
        for (let line = 0; line < SIDE; line++) {
            const at = (top + y * SIDE + line) * WIDTH + left + x * SIDE;
            picture.fill(light ? LIGHT : DARK, at, at + SIDE);
        }
    }));
    writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n`), picture, Buffer.from("FRAME\n"), picture]));
}
async function opened(name, words, work) {
    const browser = await Browser.start(join(root, name), { words });
    try {
        await browser.context.addInitScript(() => localStorage.setItem("samling.language", "nb"));
        const page = await browser.page(app.url);
        await page.getByRole("button", { name: "Åpne kameraet" }).click();
        await work(page);
        need(!page.faults.length, () => page.faults.join(" | "));
    } finally {
        await browser.stop();
    }
}

try {
    centre = await Centre.make(join(root, "centre"));
    const clinic = await centre.clinic("Testnes");
    app = await served(centre, join(BUILD, "tablet"));
    await test("the camera reads the coordinator's code", async () => {
        const said = execFileSync(join(BUILD, "samlingd"), ["device", "invite", clinic, "--label", "Sal 1", "--host", "127.0.0.1", "--port", centre.port, "--qr", "--home", centre.home].map(String));
        film(join(root, "code.y4m"), modules(said.toString()));
        await opened("camera", ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${join(root, "code.y4m")}`], async (page) => {
            await page.waitForSelector("text=Er dette klinikken din?", { timeout: 60000 });
            need(/Testnes/.test(await page.locator(".facts").textContent()), "not the clinic");
            await until(() => page.evaluate(() => document.querySelector("video") === null), "the camera is off");
        });
    });
    await test("where there is no camera, or it may not be used, the screen says so and the code is typed", () =>
        opened("none", ["--deny-permission-prompts"], async (page) => {
            await page.waitForSelector(".notice.wrong");
            await page.getByRole("button", { name: "Skriv inn koden i stedet" }).click();
            await page.waitForSelector("textarea");
        }));
} catch (wrong) {
    notOk("the camera is tested to the end", wrong);
} finally {
    app?.stop();
    centre?.kill();
    remove(root);
}
process.exit(exitCode());
