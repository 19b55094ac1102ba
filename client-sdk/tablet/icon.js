// The app's icon: three who have come together. As SVG, and drawn to PNG without any library.
import * as zlib from 'node:zlib';

const GREEN = [15, 82, 64], WHITE = [255, 255, 255];
const CIRCLES = [[0.5, 0.31, 0.135], [0.3, 0.655, 0.135], [0.7, 0.655, 0.135]]; // x, y, radius of a side of 1: inside what a mask leaves
const CORNER = 0.22;

const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

export function iconSvg() {
    const circles = CIRCLES.map(([x, y, r]) => `<circle cx="${x * 512}" cy="${y * 512}" r="${r * 512}" fill="${css(WHITE)}"/>`).join('');
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" rx="${CORNER * 512}" fill="${css(GREEN)}"/>${circles}</svg>\n`;
}

// how much of a pixel lies inside, from the distance to the edge
const inside = (distance, pixel) => Math.min(1, Math.max(0, 0.5 - distance / pixel));

function square(x, y, corner) {
    const dx = Math.max(Math.abs(x - 0.5) - 0.5 + corner, 0), dy = Math.max(Math.abs(y - 0.5) - 0.5 + corner, 0);
    return Math.hypot(dx, dy) - corner;
}

function chunk(kind, bytes) {
    const body = Buffer.concat([Buffer.from(kind), bytes]), size = Buffer.alloc(4), sum = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    sum.writeUInt32BE(checksum(body));
    return Buffer.concat([size, body, sum]);
}

// zlib.crc32 came late to Node
function checksum(bytes) {
    if (zlib.crc32) return zlib.crc32(bytes) >>> 0;
    let sum = ~0;
    for (const byte of bytes) {
        sum ^= byte;
        for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum >>> 0;
}

export function iconPng(side, maskable) {
    const pixel = 1 / side, rows = Buffer.alloc(side * (side * 4 + 1));
    for (let row = 0; row < side; row++)
        for (let column = 0; column < side; column++) {
            const x = (column + 0.5) * pixel, y = (row + 0.5) * pixel, at = row * (side * 4 + 1) + 1 + column * 4;
            const white = Math.max(...CIRCLES.map(([cx, cy, r]) => inside(Math.hypot(x - cx, y - cy) - r, pixel)));
            for (let i = 0; i < 3; i++) rows[at + i] = Math.round(GREEN[i] + (WHITE[i] - GREEN[i]) * white);
            rows[at + 3] = maskable ? 255 : Math.round(255 * inside(square(x, y, CORNER), pixel));
        }
    const head = Buffer.alloc(13);
    head.writeUInt32BE(side, 0);
    head.writeUInt32BE(side, 4);
    head.set([8, 6, 0, 0, 0], 8); // 8 bits, red green blue alpha
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
