/* An invite in each of its forms, as the one that the engine takes: samling://HOST:PORT/?pin=…&code=…&clinic=…
 *   as the console shows it                 samling://…
 *   as an address that opens the app        https://HOST:PORT/tablet/#pin=…&code=…
 *   as its code alone, typed                32 signs, with or without blanks and dashes
 * A page reaches only the centre that served it, so where only the code is given, the rest is this page's own. The pin is for tablets that
 * check the centre themselves; a browser has done so before the app began. */

const CODE_DIGITS = 32, PIN_DIGITS = 64, HTTPS_PORT = '443';

const place = (url: URL | Location) => `${url.hostname}:${url.port || HTTPS_PORT}`;

export function inviteText(given: string): string {
    const text = given.trim(), code = text.replace(/[\s-]/g, '').toLowerCase();
    if (code.length === CODE_DIGITS && /^[0-9a-f]+$/.test(code)) return `samling://${place(location)}/?pin=${'0'.repeat(PIN_DIGITS)}&code=${code}`;
    if (!/^https:/i.test(text)) return text;
    try {
        const url = new URL(text), query = url.hash.length > 1 ? url.hash.slice(1) : url.search.slice(1);
        return `samling://${place(url)}/?${query}`;
    } catch {
        return text; /* no address: the engine says so */
    }
}

/** The invite in the address that opened the app, '' where there is none. It does not stay there, where a history would keep it. */
export function inviteOfAddress(): string {
    if (!/^#(.*&)?code=/.test(location.hash)) return '';
    const invite = location.href;
    history.replaceState(null, '', '#/');
    return invite;
}
