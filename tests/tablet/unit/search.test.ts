// Goal: somebody is found by the beginning of any of their names, however it is written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finds } from '../../../client-sdk/tablet/search.ts';

test('the beginning of any name finds, in any order and case', () => {
    assert.ok(finds('Anna-Marie Berg', 'berg an'));
    assert.ok(finds('Anna-Marie Berg', 'MARIE'));
    assert.ok(!finds('Anna-Marie Berg', 'arie'), 'the middle of a name finds nobody');
    assert.ok(!finds('Anna-Marie Berg', 'anna dahl'));
});

test('marks on letters need not be typed', () => {
    assert.ok(finds('Čearrá Eira', 'cearra'));
    assert.ok(finds('Čearrá Eira', 'čea'));
});

test('nothing typed finds everybody', () => {
    assert.ok(finds('Ada', '  '));
});
