// Goal: only what can be compared is compared, and a change counts only where a source says from how much on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as change from '../../../client-sdk/tablet/change.ts';
import type { ScoreLine } from '../../../client-sdk/web/types.ts';

function score(instrument: number, occasion: number, day: number, text: string, rest: Partial<ScoreLine> = {}): ScoreLine {
    return {
        score: { id: BigInt(day), participant: 1n, instrument, version: 1, occasion, day, mode: 0, answers: text, replaces: 0n, scale0Means: 0, heldBy: 1, language: 'nb' },
        items: 1, answered: 1, primary: true, replacedBy: 0n, state: 2, why: 0, sum: 0, count: 3, ruleVersion: 1, better: change.LOWER, text, ...rest,
    };
}

test('forms of another rule, edition or direction are left out', () => {
    const kept = score(1, 2, 30, '3');
    const scores = [score(1, 0, 1, '7', { ruleVersion: 2 }), score(1, 0, 2, '7', { better: change.HIGHER }), score(2, 0, 3, '7'), kept];
    assert.deepEqual(change.comparable(scores, 1), [kept]);
    assert.equal(change.change(scores, 1), null);
});

test('a form that does not count, was corrected, or has no score is left out', () => {
    const scores = [score(1, 0, 1, '7', { primary: false }), score(1, 0, 2, '6', { replacedBy: 9n }), score(1, 0, 3, '', { why: 5 }), score(1, 2, 4, '2')];
    assert.deepEqual(change.points(scores, 1).map((one) => one.text), ['2']);
});

test('pain: two points, or thirty per cent', () => {
    assert.equal(change.change([score(1, 0, 1, '8'), score(1, 2, 9, '6')], 1)?.counts, true);
    assert.equal(change.change([score(1, 0, 1, '3'), score(1, 2, 9, '2')], 1)?.counts, true, 'a third');
    assert.equal(change.change([score(1, 0, 1, '8'), score(1, 2, 9, '7')], 1)?.counts, false);
    assert.equal(change.change([score(1, 0, 1, '0'), score(1, 2, 9, '1')], 1)?.counts, false, 'from 0 there is no share');
});

test('PSFS: two points of a mean, three where one of both rests on one activity', () => {
    const higher = { better: change.HIGHER };
    assert.equal(change.change([score(3, 0, 1, '3.33', higher), score(3, 2, 9, '5.33', higher)], 3)?.counts, true);
    assert.equal(change.change([score(3, 0, 1, '3', { ...higher, count: 1 }), score(3, 2, 9, '5', higher)], 3)?.counts, false);
    assert.equal(change.change([score(3, 0, 1, '3', { ...higher, count: 1 }), score(3, 2, 9, '6', higher)], 3)?.counts, true);
});

test('a form without a bound says how large the change is and no more', () => {
    const found = change.change([score(4, 0, 1, '4', { better: change.HIGHER }), score(4, 2, 9, '7', { better: change.HIGHER })], 4);
    assert.equal(found?.direction, 'better');
    assert.equal(found?.by, 3);
    assert.equal(found?.counts, null);
});

test('for the worse is said as such, and never counts', () => {
    const found = change.change([score(1, 0, 1, '3'), score(1, 2, 9, '8')], 1);
    assert.equal(found?.direction, 'worse');
    assert.equal(found?.counts, false);
    assert.equal(change.change([score(5, 0, 1, '11', { better: 1 }), score(5, 2, 9, '13', { better: 1 })], 5)?.direction, 'none', 'of a load neither end is better');
});

test('the course is drawn from the newest baseline on', () => {
    const scores = [score(1, 0, 1, '9'), score(1, 2, 20, '5'), score(1, 0, 100, '7'), score(1, 2, 140, '4')];
    assert.deepEqual(change.points(scores, 1).map((one) => one.text), ['7', '4']);
    assert.equal(change.change(scores, 1)?.by, -3);
});

test('without a baseline there is nothing to compare with', () => {
    assert.equal(change.change([score(1, 1, 1, '9'), score(1, 2, 20, '5')], 1), null);
    assert.equal(change.change([score(1, 0, 1, '9')], 1), null);
});
