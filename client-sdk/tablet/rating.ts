/* The numbers of the rating scales as they are tapped: Borg's RPE and CR10, and the numeric rating scale of pain. */
import type { ExertionLine } from '../web/types.ts';

export const RPE = 0, CR10 = 1;
const TENTHS = 10;

/** What can be tapped, in tenths. CR10 has further steps between and goes on to 15: a stepper serves those. */
export const RPE_TENTHS = Array.from({ length: 15 }, (_, i) => (i + 6) * TENTHS);
export const CR10_TENTHS = [0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100];
export const CR10_TENTHS_MAX = 150;
export const PAIN = Array.from({ length: 11 }, (_, i) => i);

export function tenthsOf(scale: number): number[] {
    return scale === CR10 ? CR10_TENTHS : RPE_TENTHS;
}

/** "11,5": tenths as people write them. */
export function inPoints(tenths: number, comma: string): string {
    return tenths % TENTHS === 0 ? String(tenths / TENTHS) : `${Math.floor(tenths / TENTHS)}${comma}${tenths % TENTHS}`;
}

/** The rating that counts of one scale and moment. One that was corrected does not. */
export function ratingOf(lines: readonly ExertionLine[], scale: number, moment: number): ExertionLine | undefined {
    const standing = lines.filter((one) => one.replacedBy === 0n && one.exertion.scale === scale && one.exertion.moment === moment);
    return standing.find((one) => one.primary) ?? standing[0];
}
