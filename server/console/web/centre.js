// Asking the centre. Whoever is in has a cookie that this page cannot read, and a token that every change brings along.

import { language } from "./words.js";

let token = null;

// What was refused: status, and why: in both languages, or as said (in the page's)
export class Refused extends Error {
    constructor(status, said) {
        super(String(status));
        this.status = status;
        this.said = said;
    }
}

// ${body}: an object, or a spreadsheet: a file or its text
async function ask(method, path, body, quiet, type = "application/json") {
    const headers = { Accept: "application/json", "Accept-Language": language() };
    if (token) headers["X-Samling-Token"] = token;
    if (quiet) headers["X-Samling-Quiet"] = "1";
    if (body) headers["Content-Type"] = type;
    let answer, said;
    try {
        answer = await fetch(path, { method, headers, body: body && type === "application/json" ? JSON.stringify(body) : body, cache: "no-store" });
        said = await answer.json();
    } catch {
        throw new Refused(0, null);
    }
    if (!answer.ok) throw new Refused(answer.status, said);
    if (said.state === "none") token = null;
    if (said.token) token = said.token;
    return said;
}

// ${quiet}: the page asks by itself, which keeps nobody in
export const get = (path, quiet = false) => ask("GET", path, null, quiet);
// The token is another one when the account's roles have changed meanwhile: then it is fetched, and the question asked once more.
export async function post(path, body, type) {
    const before = token;
    try {
        return await ask("POST", path, body, false, type);
    } catch (error) {
        if (error.status !== 403 || !before) throw error;
        await get("/api/session", true);
        if (token === before) throw error;
        return ask("POST", path, body, false, type);
    }
}
export const send = (path, file) => post(path, file, "text/csv");
