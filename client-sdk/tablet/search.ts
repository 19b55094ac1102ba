/* Names as people look for them: the beginnings of any of its words, in any order, without regard to case or to marks on letters. */

function plain(text: string): string {
    return text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLocaleLowerCase('nb');
}

export function finds(name: string, text: string): boolean {
    const words = plain(text).split(/\s+/).filter(Boolean), parts = plain(name).split(/[\s-]+/);
    return words.every((word) => parts.some((part) => part.startsWith(word)));
}
