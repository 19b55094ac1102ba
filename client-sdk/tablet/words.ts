/* What the app says, in the language that was chosen: the catalogue's texts, by their names. */
import { useEffect, useState } from 'preact/hooks';
import { sets, words } from '@samling/words';

export type Language = 'nb' | 'en';
export type WordId = keyof (typeof words)['nb'];
export type WordSet = keyof typeof sets;

const KEY = 'samling.language';
const heard = new Set<() => void>();
let now: Language = first();

function first(): Language {
    let kept: string | null = null;
    try {
        kept = localStorage.getItem(KEY);
    } catch {
        /* a browser that keeps nothing: the choice lasts as long as the page */
    }
    if (kept === 'nb' || kept === 'en') return kept;
    return /^(nb|nn|no)\b/i.test(navigator.language) ? 'nb' : 'en';
}

export function language(): Language {
    return now;
}

export function setLanguage(language: Language): void {
    now = language;
    try {
        localStorage.setItem(KEY, language);
    } catch {
        /* as above */
    }
    document.documentElement.lang = language;
    heard.forEach((tell) => tell());
}

/** Draws its component anew when the language changes. */
export function useLanguage(): Language {
    const [, draw] = useState(0);
    useEffect(() => {
        const tell = () => draw((n) => n + 1);
        heard.add(tell);
        return () => void heard.delete(tell);
    }, []);
    return now;
}

/** A text with its placeholders filled in, in their order. */
export function t(id: WordId, ...args: (string | number | bigint)[]): string {
    let next = 0;
    return words[now][id].replace(/%(s|d|llu|%)/g, (whole, kind: string) => (kind === '%' ? '%' : String(args[next++] ?? whole)));
}

/** The text of one value of a set, "?" for one that this version does not know. */
export function tOf(set: WordSet, value: number): string {
    const id = sets[set][value];
    return id ? words[now][id as WordId] : '?';
}
