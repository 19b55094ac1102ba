/** A code as people read it out: Crockford's alphabet, in which O is 0 and I and L are 1; blanks and dashes mean nothing. */
export const codeNormal = (typed: string): string =>
    typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
