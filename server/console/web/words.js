// Texts of the catalogue, and elements that know theirs, so that another language changes words and nothing else. Texts are only
// ever set as text, never as markup.

const page = document.documentElement;
const bound = new WeakMap(); // element -> what it says: a function of the language
let texts = {};

function saved() {
    try { return localStorage.getItem("lang"); } catch { return null; }
}

export function language() {
    return page.lang === "en" ? "en" : "nb";
}

// words("WEB_AGO_HOURS", 3): its %s and %d filled in, in order
export function words(name, ...values) {
    let next = 0;
    return (texts[name] ?? name).replace(/%[sd]/g, () => String(values[next++]));
}

// says(element, () => words(…)): now, and whenever the language is another one
export function says(element, what) {
    bound.set(element, what);
    element.textContent = what();
    return element;
}

export async function speak(lang) {
    const answer = await fetch(page.dataset[lang === "en" ? "textEn" : "textNb"]);
    texts = await answer.json();
    page.lang = lang;
    for (const element of document.querySelectorAll("*")) {
        const what = bound.get(element);
        if (what) element.textContent = what();
    }
    for (const button of document.querySelectorAll("[data-lang]"))
        button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
    document.dispatchEvent(new CustomEvent("language")); // for what the centre said in the one before
}

export async function speakFirst() {
    for (const button of document.querySelectorAll("[data-lang]"))
        button.addEventListener("click", () => {
            try { localStorage.setItem("lang", button.dataset.lang); } catch { /* a private window: as long as the page lasts */ }
            speak(button.dataset.lang);
        });
    await speak(saved() ?? (/^(nb|nn|no)\b/.test(navigator.language) ? "nb" : "en"));
}

// make("p", { class: "x", text: "WEB_LOG_IN" or () => "…" }, child, …)
export function make(tag, { text, ...given } = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
    if (text) says(element, typeof text === "function" ? text : () => words(text));
    element.append(...children.filter(Boolean));
    return element;
}

// word("PRESENCE", 1): what people call a number of the wire
export function word(set, value) {
    return texts[set]?.[value] ?? "?";
}

// A view takes the place of the one before, and its heading the focus, so that a screen reader tells where one is.
const WIDE = new Set();

// wide("WEB_CASES"): a view with this title takes the whole width
export function wide(title) {
    WIDE.add(title);
    return title;
}

export function view(title, ...children) {
    const main = document.getElementById("main");
    const heading = make("h2", { text: title, tabindex: "-1" });
    main.className = WIDE.has(title) ? "wide" : "narrow";
    main.replaceChildren(heading, ...children.filter(Boolean));
    says(document.querySelector("title"), () => `${words(title)} · samling`);
    (main.querySelector("input") ?? heading).focus();
    return main;
}
