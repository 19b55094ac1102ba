// Goal: somebody is found by the beginning of any of their names, however it is written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fits, folded } from '../../../client-sdk/tablet/search.ts';

test('the beginning of any name finds, in any order and case', () => {
    assert.ok(fits('Anna-Marie Berg', 'berg an'));
    assert.ok(fits('Anna-Marie Berg', 'MARIE'));
    assert.ok(!fits('Anna-Marie Berg', 'arie'), 'the middle of a name finds nobody');
    assert.ok(!fits('Anna-Marie Berg', 'anna dahl'));
});

test('marks on letters need not be typed', () => {
    assert.ok(fits('Čearrá Eira', 'cearra'));
    assert.ok(fits('Čearrá Eira', 'čea'));
    assert.equal(folded('Čearrá Ås'), 'cearra as');
});

test('nothing typed finds everybody', () => {
    assert.ok(fits('Ada', '  '));
});
