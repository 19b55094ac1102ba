#!/usr/bin/env node
// Serve the example, or an app of your own, from this machine, and carry its line to a centre:
//   make example-web && node client-sdk/web/example/serve.js https://HOST:PORT --ca home/keys/ca.crt [--port 8080] [--folder build/example]
// Then open http://localhost:8080/ and join with what `samlingd device invite` says. In use an app is served by its centre, at /tablet/,
// and no such bridge stands between: /sync accepts the centre's own origin alone, which is what this one says on the app's behalf.
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { connect } from "node:tls";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({ allowPositionals: true, options: {
    ca: { type: "string" }, port: { type: "string", default: "8080" }, folder: { type: "string", default: "build/example" }, help: { type: "boolean" } } });
if (values.help || positionals.length !== 1) {
    console.log("serve.js https://HOST:PORT [--ca FILE] [--port 8080] [--folder build/example]");
    process.exit(values.help ? 0 : 2);
}
const centre = new URL(positionals[0]);
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".svg": "image/svg+xml" };

const server = createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : basename(new URL(request.url, "http://localhost").pathname), file = join(values.folder, name);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "Cache-Control": "no-store" });
    createReadStream(file).pipe(response);
});

server.on("upgrade", (request, socket, head) => {
    const up = connect({ host: centre.hostname, port: Number(centre.port || 443), servername: /^[\d.]+$/.test(centre.hostname) ? undefined : centre.hostname,
        ca: values.ca && readFileSync(values.ca), ALPNProtocols: ["http/1.1"] });
    up.once("secureConnect", () => {
        const lines = [`GET /sync HTTP/1.1`, `Host: ${centre.host}`, `Origin: ${centre.origin}`];
        for (let i = 0; i < request.rawHeaders.length; i += 2)
            if (/^(upgrade|connection|sec-websocket-.*)$/i.test(request.rawHeaders[i]) && !/extensions/i.test(request.rawHeaders[i]))
                lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
        up.write(`${lines.join("\r\n")}\r\n\r\n`);
        up.write(head);
        up.pipe(socket);
        socket.pipe(up);
    });
    const end = () => (up.destroy(), socket.destroy());
    for (const one of [up, socket]) one.on("error", end).on("close", end);
});

server.listen(Number(values.port), "localhost", () => console.log(`ready http://localhost:${server.address().port}/`));
