/* Addresses inside the app: what stands after #. */
import { useEffect, useState } from 'preact/hooks';

/** The address in parts: #/sheet/12 is ["sheet", "12"], #/ is []. */
export function routeParts(): string[] {
    return location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map((part) => {
        try {
            return decodeURIComponent(part);
        } catch {
            return part; /* an address that somebody typed */
        }
    });
}

/** How many steps the app itself has gone: back() leaves the app never. */
let depth = 0;

export function go(path: string): void {
    depth++;
    location.hash = `#${path}`;
}

export function back(): void {
    if (depth > 0) {
        depth--;
        history.back();
    } else {
        location.replace('#/');
    }
}

/** Go there instead of here: back() does not come here again. */
export function goInstead(path: string): void {
    location.replace(`#${path}`);
}

export function useRoute(): string[] {
    const [parts, set] = useState(routeParts);
    useEffect(() => {
        const heard = () => set(routeParts());
        addEventListener('hashchange', heard);
        return () => removeEventListener('hashchange', heard);
    }, []);
    return parts;
}

/** A part as an Id; 0n, nobody, where it is none. */
export function routeId(part: string | undefined): bigint {
    return part && /^\d{1,20}$/.test(part) ? BigInt(part) : 0n;
}
