/* The one place from which an address becomes a script: those of the app's own folder, nothing else (require-trusted-types-for 'script'). */

interface Policy {
    createScriptURL(url: string): string;
}
interface Factory {
    createPolicy(name: string, rules: Policy): Policy;
}

function own(url: string): string {
    const whole = new URL(url, document.baseURI), folder = new URL('./', document.baseURI);
    if (!whole.href.startsWith(folder.href)) throw new TypeError(`not the app's own: ${url}`);
    return whole.href;
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy: Policy = factory ? factory.createPolicy('samling', { createScriptURL: own }) : { createScriptURL: own };

/** Typed as the text that it stands for: the browser wants the object, and no library says so. */
export function trusted(url: string): string {
    return policy.createScriptURL(url);
}
