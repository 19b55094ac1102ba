// Goal: what the centre made of a record is told plainly, the worst first, with the way to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as cases from '../../../client-sdk/tablet/case.ts';
import type { Notice } from '../../../client-sdk/web/types.ts';

function notice(kind: number, rest: Partial<Notice> = {}): Notice {
    return { seq: 1n, about: 1, kind, reason: 0, session: 5n, participant: 7n, caseNo: 0, closed: false, ...rest };
}

test('each verdict has its words, and a newer one is not mistaken for another', () => {
    assert.deepEqual([1, 3, 4, 5, 7, 99].map((kind) => cases.what(notice(kind))), ['MERGED', 'SUPERSEDED', 'CASE', 'ASIDE', 'LOST', 'OTHER']);
    assert.equal(cases.what(notice(5, { closed: true })), 'RESTS');
});

test('what is lost is to be written again, what is a case is the coordinator’s', () => {
    assert.equal(cases.todo(notice(7)), 'AGAIN');
    assert.equal(cases.todo(notice(4)), 'ASK');
    assert.equal(cases.todo(notice(5, { closed: true })), 'NOTHING');
    assert.equal(cases.todo(notice(1)), 'LOOK');
});

test('the way leads to what it is about', () => {
    assert.equal(cases.place(notice(4)), '#/sheet/5');
    assert.equal(cases.place(notice(4, { about: 3 })), '#/exercises/5/7');
    assert.equal(cases.place(notice(4, { about: 9 })), '#/exertion/5');
    assert.equal(cases.place(notice(4, { session: 0n, about: 5 })), '#/person/7');
    assert.equal(cases.place(notice(4, { session: 0n, participant: 0n })), null);
});

test('the worst stands first, and of the same the newest', () => {
    const list = [notice(1, { seq: 1n }), notice(7, { seq: 2n }), notice(4, { seq: 3n }), notice(4, { seq: 4n })];
    assert.deepEqual(cases.sorted(list).map((one) => one.seq), [2n, 4n, 3n, 1n]);
});
