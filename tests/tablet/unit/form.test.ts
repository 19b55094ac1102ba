// Goal: what is answered on the screen is what the library gets, skipped questions and all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as form from '../../../client-sdk/tablet/form.ts';
import type { ActivityLine, Instrument, ScoreLine } from '../../../client-sdk/web/types.ts';

const nrs: Instrument = {
    number: 1, version: 1, ruleVersion: 1, code: 'pain-rest', itemsMin: 1, itemsMax: 1, answerMin: 0, answerMax: 10, answerStep: 1,
    perPoint: 1, answeredMin: 1, scoring: 1, better: 3, reversalOpen: false, textShown: false, source: '',
};
const psfs: Instrument = { ...nrs, number: 3, code: 'psfs', itemsMin: 3, itemsMax: 5, better: 4, textShown: true };
const cr10: Instrument = { ...nrs, number: 6, code: 'borg-cr10', answerMax: 150, perPoint: 10, better: 1 };

function activity(ordinal: number, words: string, replacedBy = 0n): ActivityLine {
    return { activity: { id: BigInt(ordinal), participant: 1n, ordinal, words, icf: '', episode: 0n, replaces: 0n }, replacedBy, state: 1 };
}

test('answers go over as the library reads them', () => {
    assert.equal(form.answersText([7, null, 4]), '7,-,4');
    assert.deepEqual(form.answersOf('7,-,4'), [7, null, 4]);
});

test('an activity that was replaced is not asked about', () => {
    const lines = [activity(2, 'gå'), activity(1, 'bære'), activity(1, 'løfte', 9n)];
    assert.deepEqual(form.chosen(lines).map((one) => one.activity.words), ['bære', 'gå']);
});

test('of two activities under one number the first is asked about', () => {
    assert.deepEqual(form.chosen([activity(1, 'bære'), activity(1, 'gå')]).map((one) => one.activity.words), ['bære']);
});

test('PSFS has a row for each activity and at least three', () => {
    assert.equal(form.questions(psfs, [activity(1, 'a')]), 3);
    assert.equal(form.questions(psfs, [activity(1, 'a'), activity(4, 'd')]), 4);
    assert.deepEqual(form.askable(psfs, [activity(1, 'a'), activity(4, 'd')]), [0, 3]);
    assert.deepEqual(form.askable(nrs, []), [0]);
});

test('each value has a button where there are not too many', () => {
    assert.deepEqual(form.values(nrs).length, 11);
    assert.ok(form.tappable(nrs));
    assert.ok(!form.tappable(cr10));
});

test('what is typed is an answer of the form or none', () => {
    assert.equal(form.typed(cr10, '11,5'), 115);
    assert.equal(form.typed(cr10, '15,1'), null);
    assert.equal(form.typed(nrs, '7'), 7);
    assert.equal(form.typed(nrs, '7.5'), null);
    assert.equal(form.typed(nrs, '-1'), null);
    assert.equal(form.typed(nrs, ''), null);
    assert.equal(form.shown(cr10, 115, ','), '11,5');
});

test('the direction is the one of the form before, so that both can be compared', () => {
    const before = { score: { instrument: 3, day: 50, scale0Means: form.BEST }, replacedBy: 0n } as ScoreLine;
    assert.equal(form.direction(psfs, []), form.WORST);
    assert.equal(form.direction(psfs, [before]), form.BEST);
    assert.equal(form.direction(nrs, [before]), 0, 'where it is fixed nothing is said');
});
