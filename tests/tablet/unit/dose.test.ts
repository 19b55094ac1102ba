// Goal: how much somebody took part is counted as indicator A1 does: what nobody knows is no absence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dose, minutesOf } from '../../../client-sdk/tablet/dose.ts';
import type { Attended } from '../../../client-sdk/tablet/dose.ts';
import type { Line, Session } from '../../../client-sdk/web/types.ts';

function attended(day: number, presence: number, line: Partial<Line> = {}, session: Partial<Session> = {}): Attended {
    return {
        usual: 60,
        session: { id: 1n, group: 1n, day, status: 1, planned: true, startMin: 600, endMin: 690, room: '', theme: '', ...session },
        line: {
            participant: 1n, name: 'A', birthYear: 1970, enrolment: 4, presence, evidence: 2, reason: -1, minutes: -1, arrivedMin: -1,
            leftMin: -1, late: -1, leftEarly: -1, byVideo: -1, state: 2, disputed: false, otherPresence: -1, ...line,
        },
    };
}

test('present of expected, and the minutes', () => {
    const sum = dose([attended(1, 1), attended(8, 2), attended(15, 3), attended(22, 1, { minutes: 45 })], 100);
    assert.deepEqual(sum, { present: 2, expected: 4, unknown: 0, minutes: 135, planned: 90 });
});

test('what nobody said, or two said differently, is counted apart', () => {
    const sum = dose([attended(1, 0), attended(8, 1, { disputed: true }), attended(200, 0)], 100);
    assert.deepEqual(sum, { present: 0, expected: 0, unknown: 2, minutes: 0, planned: 0 }, 'a session to come is not unknown');
});

test('cancelled and not expected are in no count', () => {
    assert.equal(dose([attended(1, 1, {}, { status: 2 }), attended(8, 4)], 100).expected, 0);
});

test('minutes that were written down hold', () => {
    assert.deepEqual(minutesOf(attended(1, 1, { minutes: 0 })), { minutes: 0, written: true });
    assert.deepEqual(minutesOf(attended(1, 1)), { minutes: 90, written: false });
    assert.equal(minutesOf(attended(1, 1, {}, { endMin: -1 })).minutes, 60, 'a session that says no end is as long as the group’s');
});
