// The shell of the console: the language, and what the centre says of itself. Texts are only ever set as text, never as markup.
"use strict";

const page = document.documentElement;

function saved(name) {
    try { return localStorage.getItem(name); } catch { return null; }
}

function save(name, value) {
    try { localStorage.setItem(name, value); } catch { /* a private window: the choice lasts as long as the page */ }
}

async function json(address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
}

async function say(lang) {
    const texts = await json(page.dataset[lang === "en" ? "textEn" : "textNb"]);
    page.lang = lang;
    for (const at of document.querySelectorAll("[data-text]")) at.textContent = texts[at.dataset.text] ?? at.dataset.text;
    for (const button of document.querySelectorAll("[data-lang]"))
        button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
}

function firstLanguage() {
    return saved("lang") ?? (/^(nb|nn|no)\b/.test(navigator.language) ? "nb" : "en");
}

async function start() {
    const message = document.querySelector("main p");
    for (const button of document.querySelectorAll("[data-lang]"))
        button.addEventListener("click", () => {
            save("lang", button.dataset.lang);
            say(button.dataset.lang);
        });
    try {
        const status = await json("/api/status");
        document.getElementById("version").textContent = status.version;
        message.dataset.text = status.read_only ? "WEB_READ_ONLY" : "WEB_READY";
    } catch {
        message.dataset.text = "WEB_NO_ANSWER";
    }
    await say(firstLanguage());
}

start();
