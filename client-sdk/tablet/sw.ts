/* The service worker: the app's files, from the first visit on without any network. It takes a new version whole or not at all, starts it
 * only when told, and deletes nothing but its own older copies: what people saved lies elsewhere, and is not its business. */
declare const BUILT_FILES: string[], BUILT_VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const OURS = 'samling-tablet-', NAME = OURS + BUILT_VERSION;
const HASHED = /-[0-9A-Za-z]{8,}\.\w+$/;
const scope = () => new URL(worker.registration.scope);
const address = (file: string) => new URL(file === 'index.html' ? './' : file, scope()).href;

/* A file with a hash in its name is the same in every version: what is here already is not fetched on a line that may be slow. */
async function bring(cache: Cache, file: string): Promise<void> {
    const url = address(file);
    const here = HASHED.test(file) ? await caches.match(url) : undefined;
    const got = here ?? (await fetch(url, { cache: HASHED.test(file) ? 'default' : 'no-cache' }));
    if (!got.ok) throw new Error(`${file}: ${got.status}`);
    await cache.put(url, got);
}

async function install(): Promise<void> {
    const cache = await caches.open(NAME);
    await Promise.all(BUILT_FILES.map((file) => bring(cache, file)));
}

async function activate(): Promise<void> {
    for (const name of await caches.keys()) if (name.startsWith(OURS) && name !== NAME) await caches.delete(name);
    await worker.clients.claim();
}

async function answer(request: Request): Promise<Response> {
    const cache = await caches.open(NAME), url = new URL(request.url);
    const file = request.mode === 'navigate' ? address('index.html') : url.origin + url.pathname;
    return (await cache.match(file)) ?? fetch(request);
}

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
    const { request } = event;
    if (request.method === 'GET' && request.url.startsWith(scope().href)) event.respondWith(answer(request));
});
worker.addEventListener('message', (event) => {
    if (event.data === 'take') void worker.skipWaiting();
});
