// Goal: a form is due once at the start, once half way and once at the end of the course that the person is in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as due from '../../../client-sdk/tablet/due.ts';
import type { Episode, Intervention, ScoreLine, WorkLine } from '../../../client-sdk/web/types.ts';

function score(instrument: number, occasion: number, day: number, rest: Partial<ScoreLine> = {}): ScoreLine {
    return {
        score: { id: 1n, participant: 1n, instrument, version: 1, occasion, day, mode: 0, answers: '5', replaces: 0n, scale0Means: 0, heldBy: 1, language: 'nb' },
        items: 1, answered: 1, primary: true, replacedBy: 0n, state: 1, why: 0, sum: 5, count: 1, ruleVersion: 1, better: 2, text: '5', ...rest,
    };
}

function episode(referralDay: number): Episode {
    return { id: 1n, participant: 1n, org: 1n, referralDay, assessedDay: 0, deadlineDay: 0, firstContactDay: 0, source: 1, entitled: 1, targetGroup: 1, goal: 2, outcome: 0 };
}

function intervention(code: number, name: string, rest: Partial<Intervention> = {}): Intervention {
    return { id: 1n, code, version: 1, name, individual: 0, plannedSessions: 12, plannedMinutes: 90, navNeeded: 0, needsEndScore: 1, completionPercent: 75, consecutiveMisses: 3, returnDays: 28, active: true, ...rest };
}

function work(day: number): WorkLine {
    return { work: { id: 1n, participant: 1n, day, status: 6, employed: 1, sickLeavePercent: 50, workingPercent: 50, replaces: 0n }, replacedBy: 0n, state: 1 };
}

const course: due.Course = { enrolment: 4, scores: [], works: [work(60), work(95)], today: 100, episodes: [episode(50)], sessions: 1, planned: 12, needsEndScore: 1, last: false };
const all = (occasion: number, day: number) => due.THE_SET.map((instrument) => score(instrument, occasion, day));

test('at the start the whole set is due, the own activities first', () => {
    assert.deepEqual(due.due(course).map((one) => one.instrument), [due.PSFS, due.WORK_ABILITY, due.PAIN_REST, due.PAIN_ACTIVITY]);
    assert.ok(due.due(course).every((one) => one.occasion === due.BASELINE));
});

test('what was answered is not due once more', () => {
    assert.deepEqual(due.due({ ...course, scores: [score(due.PSFS, 0, 60)] }).map((one) => one.instrument), [4, 1, 2]);
    assert.deepEqual(due.due({ ...course, scores: all(0, 60) }), []);
});

test('a form that was corrected is answered by its correction', () => {
    const corrected = [score(due.PSFS, 0, 60, { replacedBy: 2n }), score(due.PSFS, 0, 60)];
    assert.ok(due.answered(corrected, due.PSFS, 0, 50));
    assert.ok(!due.answered(corrected.slice(0, 1), due.PSFS, 0, 50));
});

test('a form from before the referral belongs to another course', () => {
    assert.equal(due.due({ ...course, scores: all(0, 40) }).length, 4);
});

test('half way the midway form is due, and at the last planned session the end', () => {
    const begun = { ...course, scores: all(0, 60) };
    assert.deepEqual(due.due({ ...begun, sessions: 5 }), []);
    assert.equal(due.due({ ...begun, sessions: 6 })[0]?.occasion, due.MIDWAY);
    assert.equal(due.due({ ...begun, sessions: 12 })[0]?.occasion, due.END);
    assert.equal(due.due({ ...begun, sessions: 14, scores: [...begun.scores, ...all(2, 90)] }).length, 0);
});

test('without a plan nobody is asked half way, and the end comes with the last session', () => {
    const open = { ...course, planned: -1, scores: all(0, 60), sessions: 20 };
    assert.deepEqual(due.due(open), []);
    assert.equal(due.due({ ...open, last: true })[0]?.occasion, due.END);
});

test('work is asked at the start once, half way not, and at the end anew', () => {
    const asked = (rest: Partial<due.Course>) => due.due({ ...course, ...rest }).some((one) => one.instrument === due.WORK_STATUS);
    assert.ok(asked({ works: [] }) && asked({ works: [work(40)] }), 'one from before the referral is of another course');
    assert.ok(!asked({ works: [work(60)] }));
    assert.ok(!asked({ works: [], sessions: 6 }));
    assert.ok(asked({ works: [work(60)], sessions: 12 }));
    assert.ok(!asked({ works: [work(90)], sessions: 12 }));
});

test('who has ended is asked for the end only, and not where the course needs none', () => {
    assert.equal(due.due({ ...course, enrolment: 5, scores: all(0, 60) })[0]?.occasion, due.END);
    assert.deepEqual(due.due({ ...course, enrolment: 6, needsEndScore: 0 }), []);
});

test('who is on the waiting list, said no or never came is asked nothing', () => {
    for (const enrolment of [-1, 0, 1, 2, 7, 8, 9]) assert.deepEqual(due.due({ ...course, enrolment }), []);
});

test('the plan of a group is that of its name, of the newest version in use', () => {
    const list = [intervention(1, 'Bevegelsesgruppe'), intervention(1, 'Bevegelsesgruppe', { version: 2, plannedSessions: 10 }), intervention(2, 'Todagerskurs')];
    assert.equal(due.planOf({ name: 'Bevegelsesgruppe tirsdag' }, list)?.plannedSessions, 10);
    assert.equal(due.planOf({ name: 'Mestring' }, list), undefined, 'several, and none of that name');
    assert.equal(due.planOf({ name: 'Mestring' }, list.slice(0, 2))?.version, 2, 'there is only one');
    assert.equal(due.planOf({ name: 'Samtaler' }, [intervention(3, 'Samtaler', { individual: 1 })]), undefined);
});

test('sessions at which somebody was not expected, or of which nobody said anything, do not bring the course on', () => {
    assert.equal(due.expectedAt([0, 1, 2, 3, 4]), 3);
});

test('the end is asked first', () => {
    const first = { participant: 1n, name: 'A', due: [{ instrument: 3, occasion: 0 }] };
    const last = { participant: 2n, name: 'B', due: [{ instrument: 3, occasion: 2 }] };
    assert.deepEqual(due.sorted([first, { ...first, due: [] }, last]).map((one) => one.name), ['B', 'A']);
});
