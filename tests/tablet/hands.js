// What a pair of hands does with the app: serve it, join, type a PIN.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../console/rig.js";
import { until } from "./browser.js";

// The app's files from a folder on http://localhost, with the line to a centre: { url, stop() }
export async function served(centre, files, port = 0) {
    const bridge = spawn(process.execPath, [join(ROOT, "client-sdk/web/example/serve.js"), centre.origin, "--ca", join(centre.home, "keys/ca.crt"),
        "--port", String(port), "--folder", files], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const part of bridge.stdout) {
        const ready = String(part).match(/^ready (\S+)$/m);
        if (ready) return { url: ready[1], port: new URL(ready[1]).port, stop: () => bridge.kill() };
    }
    throw new Error("the app is not served");
}

export async function pinTyped(page, pin) {
    for (const digit of pin) await page.locator(".pad button", { hasText: digit }).first().click();
}

// From an empty tablet to an open one; resolves to its number.
export async function joined(page, centre, clinic, { name, pin }) {
    const { invite } = await centre.verb("device", "invite", clinic, "--label", "Sal 1", "--host", "127.0.0.1", "--port", centre.port);
    await page.fill("textarea", invite);
    await page.locator(".card:has(textarea) button").click();
    await page.locator(".card:has(dl.facts) button.go").click();
    const digits = (await page.locator(".digits").textContent()).replace(/\D/g, "");
    const no = await until(async () => (await page.locator(".card .hint").textContent({ timeout: 500 }).catch(() => ""))?.match(/\d+/)?.[0], "the centre has answered");
    await centre.verb("device", "approve", no, digits);
    await page.locator(".list button", { hasText: name }).click({ timeout: 60000 });
    await pinTyped(page, pin);
    await page.waitForSelector(".pad .typed:not(:has(.on))");
    await pinTyped(page, pin);
    await page.waitForSelector("nav.ways");
    return no;
}
