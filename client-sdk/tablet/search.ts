/* Names as people look for them. */

/** "Čearrá Ås" as "cearra as": how names are compared when they are typed in a hurry. */
export function folded(text: string): string {
    return text.toLowerCase().replace(/æ/g, 'ae').replace(/ø/g, 'o').replace(/đ/g, 'd').replace(/ŋ/g, 'n').replace(/ŧ/g, 't').normalize('NFD').replace(/\p{M}/gu, '').replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}

/** Every word that is typed begins a word of the name. */
export function fits(name: string, typed: string): boolean {
    const words = folded(name).split(' ');
    return folded(typed).split(' ').every((part) => words.some((word) => word.startsWith(part)));
}
