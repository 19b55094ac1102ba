// Goal: the scales hold the numbers that they have and no others, and of several ratings the one that counts is shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as rating from '../../../client-sdk/tablet/rating.ts';
import type { ExertionLine } from '../../../client-sdk/web/types.ts';

function line(id: bigint, valueTenths: number, rest: Partial<ExertionLine> = {}): ExertionLine {
    return {
        exertion: { id, session: 1n, participant: 1n, scale: rating.RPE, moment: 1, valueTenths, evidence: 2, replaces: 0n },
        primary: true, replacedBy: 0n, state: 1, ...rest,
    };
}

test('RPE goes from 6 to 20 in whole numbers', () => {
    const values = rating.tenthsOf(rating.RPE);
    assert.equal(values[0], 60);
    assert.equal(values.at(-1), 200);
    assert.equal(values.length, 15);
});

test('CR10 begins at 0 and has halves where they matter', () => {
    const values = rating.tenthsOf(rating.CR10);
    assert.ok(values.includes(5) && values.includes(100));
    assert.ok(Math.max(...values) <= rating.CR10_TENTHS_MAX);
});

test('tenths are read with a comma', () => {
    assert.equal(rating.inPoints(115, ','), '11,5');
    assert.equal(rating.inPoints(60, ','), '6');
});

test('the rating that counts is shown, not one that was corrected', () => {
    const lines = [line(1n, 110, { primary: false }), line(2n, 130), line(3n, 150, { replacedBy: 2n })];
    assert.equal(rating.ratingOf(lines, rating.RPE, 1)?.exertion.id, 2n);
    assert.equal(rating.ratingOf(lines, rating.RPE, 2), undefined);
    assert.equal(rating.ratingOf(lines, rating.CR10, 1), undefined);
});
