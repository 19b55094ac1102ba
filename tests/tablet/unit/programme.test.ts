// Goal: a station offers what the group did last time, and a set begins with what that person did when they were last there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as programme from '../../../client-sdk/tablet/programme.ts';
import type { Session, SetLine } from '../../../client-sdk/web/types.ts';

function session(id: bigint, day: number, rest: Partial<Session> = {}): Session {
    return { id, group: 1n, day, status: 1, planned: true, startMin: 600, endMin: 690, room: '', theme: '', ...rest };
}

function line(participant: bigint, exercise: number, setNo: number, rest: Partial<SetLine['set']> = {}): SetLine {
    const set = { session: 1n, participant, exercise, setNo, ...programme.EMPTY, ...rest };
    return { set, state: 1, disputed: false, other: set };
}

const say: programme.Spoken = (id, value) => (value ? `${id}(${value})` : id);

test('earlier sessions are the newest first, and cancelled ones are none', () => {
    const now = session(9n, 100);
    const found = programme.earlier([session(1n, 86), session(2n, 93, { status: 2 }), session(3n, 93), now, session(4n, 107)], now);
    assert.deepEqual(found.map((one) => one.id), [3n, 1n]);
});

test('of two sessions on one day only the one before is earlier', () => {
    const now = session(9n, 100, { startMin: 800 });
    const found = programme.earlier([session(1n, 100, { startMin: 600 }), session(2n, 100, { startMin: 900 })], now);
    assert.deepEqual(found.map((one) => one.id), [1n]);
});

test('stations: what most did last time stands first, and what is written down now is there too', () => {
    const last = [line(1n, 7, 1), line(2n, 7, 1), line(1n, 11, 1), line(1n, 11, 2), line(3n, 7, 1)];
    assert.deepEqual(programme.stations([line(4n, 15, 1)], last), [7, 11, 15]);
});

test('a group that never trained begins with the head of the list', () => {
    const shown = programme.stations([], []);
    assert.deepEqual(shown, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(shown.length + programme.otherStations(shown).length, programme.EXERCISE_LAST);
});

test('a set begins with the same set of last time, without what was felt', () => {
    const last = [line(1n, 1, 1, { reps: 12, loadHg: 200, pain: 4, stopped: 1 }), line(1n, 1, 2, { reps: 8, loadHg: 225 })];
    assert.deepEqual(programme.draft(1, 1, last, []), { ...programme.EMPTY, reps: 12, loadHg: 200 });
    assert.equal(programme.draft(1, 2, last, []).loadHg, 225);
    assert.equal(programme.draft(1, 3, last, []).loadHg, 225, 'a third set goes on from the second');
});

test('who has never done it goes on from the set before, or begins with what is usual', () => {
    assert.equal(programme.draft(1, 2, [], [line(1n, 1, 1, { reps: 15 })]).reps, 15);
    assert.deepEqual(programme.draft(1, 1, [], []), { ...programme.EMPTY, reps: 10 });
    assert.equal(programme.draft(15, 1, [], []).durationS, 30, 'a plank is counted in seconds');
    assert.equal(programme.draft(15, 1, [], []).reps, -1);
});

test('there are at most twenty sets', () => {
    assert.equal(programme.nextSet([]), 1);
    assert.equal(programme.nextSet([line(1n, 1, 1), line(1n, 1, 3)]), 4, 'no set is overwritten');
    assert.equal(programme.nextSet([line(1n, 1, 20)]), 0);
});

test('loads have halves', () => {
    assert.equal(programme.kilos(200, ','), '20');
    assert.equal(programme.kilos(225, ','), '22,5');
    assert.equal(programme.kilos(5, '.'), '0.5');
});

test('what was done is said in few words', () => {
    const values = { ...programme.EMPTY, reps: 8, loadHg: 225, side: 1, pain: 3 };
    assert.deepEqual(programme.spoken(values, say, ','), ['8 × KILOS(22,5)', 'LEFT', 'PAIN(3)']);
    assert.deepEqual(programme.spoken({ ...programme.EMPTY, durationS: 90 }, say, ','), ['MINUTES(1) SECONDS(30)']);
    assert.deepEqual(programme.spoken({ ...programme.EMPTY, reps: 10, loadHg: 0 }, say, ','), ['TIMES(10)'], 'no weight is not 0 kg');
});

test('sets stand by exercise and number', () => {
    const found = programme.byExercise([line(1n, 2, 2), line(1n, 1, 1), line(1n, 2, 1)]);
    assert.deepEqual(found.get(2)?.map((one) => one.set.setNo), [1, 2]);
});

test('a set without any number says nothing', () => {
    assert.equal(programme.saysAnything(programme.EMPTY), false);
    assert.equal(programme.saysAnything({ ...programme.EMPTY, reps: 0 }), true);
});
