/* @samling/client: the types of what crosses between an app and the engine. Fields are those of samling.h and samling_record.h, in
 * camelCase; what they mean in full stands there. Conventions: an Id is a bigint and 0n means nobody; days are whole numbers since
 * 1970-01-01; minutes of a day from 0; -1 means "not said" where a number may be left out. What an app hands in may leave out every
 * optional field. */

export type Id = bigint;

export enum DeviceState { NotJoined = 0, Invited = 1, Pending = 2, Active = 3, Draining = 4, Revoked = 5, Wiped = 6 }
/** Where a piece of work is: nowhere, on the tablet, at the centre, or there and a person should look at it. */
export enum RecordState { None = 0, Waiting = 1, AtCentre = 2, Attention = 3 }
export enum Presence { Unknown = 0, Present = 1, Notified = 2, NoShow = 3, NotExpected = 4 }
export enum Evidence { Listed = 0, AllPresent = 1, Tapped = 2, Person = 3 }
export enum SessionStatus { Planned = 0, Held = 1, Cancelled = 2 }

/** samling_status, and what the host knows beside it. */
export interface Status {
    state: DeviceState;
    deviceNo: number;
    clinic: string;
    /** own ops ever saved; work that waits; entries of the access log that wait */
    saved: number;
    waiting: number;
    waitingAccess: number;
    /** verdicts that a person should look at */
    attention: number;
    oldestWaitingS: number;
    /** seconds since 1970, 0: never */
    lastContactS: number;
    lastCentreS: number;
    clockSkewS: number;
    clockSuspect: boolean;
    retryInS: number;
    scopes: number;
    scopesFilled: number;
    fillRows: number;
    fillRowsTotal: number;
    auditCount: number;
    auditBroken: boolean;
    /** the trusted now's day */
    today: number;
    line: 'off' | 'connecting' | 'on';
    /** the last attempt's reason in words for a log, '' after a good one */
    lineWhy: string;
    /** 72 hours without the centre: history and scores are not handed out until it has been heard */
    stale: boolean;
    /** did the browser promise to keep the store? null: not asked yet */
    persisted: boolean | null;
    /** bytes used and allowed by the browser; null: it does not say */
    usage: number | null;
    quota: number | null;
}

export interface Invite { host: string; port: number; pin: Uint8Array; code: Uint8Array; clinic: string }
export interface Group { id: Id; code: string; name: string; kind: number; weekday: number; startMin: number; endMin: number; participants: number }
export interface User {
    id: Id; name: string; role: number; provisional: boolean; vouchedBy: Id; shownAs: Id; voucher: string; realName: string;
}
export interface Session {
    id: Id; group: Id; day: number; status: SessionStatus; planned: boolean; startMin: number; endMin: number; room: string; theme: string;
}
/** A line of a session's sheet. */
export interface Line {
    participant: Id; name: string; birthYear: number;
    /** 0 waiting to start, 1 attending …; -1: not enrolled, only marked */
    enrolment: number;
    presence: Presence; evidence: Evidence;
    reason: number; minutes: number; arrivedMin: number; leftMin: number; late: number; leftEarly: number; byVideo: number;
    state: RecordState;
    /** somebody says something else about the presence; a coordinator is asked */
    disputed: boolean; otherPresence: number;
}
export interface Mark {
    session: Id; participant: Id; presence?: Presence; evidence?: Evidence;
    reason?: number; minutes?: number; arrivedMin?: number; leftMin?: number; late?: number; leftEarly?: number; byVideo?: number;
}
/** An exercise set. loadHg in 0.1 kg; side 0 both, 1 left, 2 right; pain 0 to 10; stopped 1: because of pain. */
export interface ExerciseSet {
    session: Id; participant: Id; exercise: number; setNo?: number; reps?: number; loadHg?: number; durationS?: number;
    distanceM?: number; side?: number; adapted?: number; pain?: number; stopped?: number;
}
export interface SetLine { set: Required<ExerciseSet>; state: RecordState; disputed: boolean; other: Required<ExerciseSet> }
/** purpose 1 quality register, 2 research, 3 SMS, 4 sharing with NAV; state 1 granted, 2 withdrawn */
export interface Consent { participant: Id; purpose: number; state: number; day: number; method?: number; textVersion?: number }
export interface ConsentLine { consent: Required<Consent>; state: RecordState }
export interface Person { id: Id; name: string; birthYear: number; provisional: boolean; shut: boolean }
export interface Intervention {
    id: Id; code: number; version: number; name: string; individual: number; plannedSessions: number; plannedMinutes: number;
    navNeeded: number; needsEndScore: number; completionPercent: number; consecutiveMisses: number; returnDays: number; active: boolean;
}
export interface Episode {
    id: Id; participant: Id; org: Id; referralDay: number; assessedDay: number; deadlineDay: number; firstContactDay: number;
    source: number; entitled: number; targetGroup: number; goal: number; outcome: number;
}
/** A person in a group. status 3 waits to start, 4 attends, 5 completed, 6 discontinued; days -2147483648 where they are not said. */
export interface EnrolmentLine {
    group: Id; participant: Id; status: number; startDay: number; endDay: number; reason: number; state: RecordState; disputed: boolean;
}
/** what: SAMLING_RES_*; action 1 read; purpose 1 treatment */
export interface Access { participant?: Id; group?: Id; persons?: number; what: number; action?: number; purpose?: number }
/** kind 1 merged, 3 superseded, 4 case, 5 quarantined, 7 lost; about: what was saved (SAMLING_ABOUT_*) */
export interface Notice {
    seq: Id; about: number; kind: number; reason: number; session: Id; participant: Id; caseNo: number; closed: boolean;
}
export interface Instrument {
    number: number; version: number; ruleVersion: number; code: string; itemsMin: number; itemsMax: number; answerMin: number;
    answerMax: number; answerStep: number; perPoint: number; answeredMin: number; scoring: number; better: number;
    reversalOpen: boolean; textShown: boolean; source: string;
}
/** answers: "7,-,4"; occasion 0 baseline, 1 midway, 2 end, 3 to 5 after 3, 6, 12 months; heldBy 1 the person, 2 who logs */
export interface Score {
    id?: Id; participant: Id; instrument: number; version?: number; occasion: number; day: number; mode?: number; answers: string;
    replaces?: Id; scale0Means?: number; heldBy?: number; language?: string;
}
export interface ScoreLine {
    score: Required<Score>; items: number; answered: number; primary: boolean; replacedBy: Id; state: RecordState; why: number;
    sum: number; count: number; ruleVersion: number; better: number; text: string;
}
export interface Note { id?: Id; participant: Id; day: number; text: string; subject?: string; visibility?: number; replaces?: Id }
export interface NoteLine { note: Required<Note>; author: Id; role: number; replacedBy: Id; order: Id; state: RecordState }
export interface Contact {
    id?: Id; participant: Id; day: number; minutes?: number; mode?: number; withWhom?: number; role?: number; sector?: number;
    workFocus?: number; intervention?: Id; episode?: Id;
}
export interface ContactLine { contact: Required<Contact>; disputed: boolean; state: RecordState }
export interface Work {
    id?: Id; participant: Id; day: number; status: number; employed?: number; sickLeavePercent?: number; workingPercent?: number; replaces?: Id;
}
export interface WorkLine { work: Required<Work>; replacedBy: Id; state: RecordState }
/** scale 0 RPE (60 to 200), 1 CR10 (0 to 150); moment 0 before, 1 peak, 2 after */
export interface Exertion {
    id?: Id; session: Id; participant: Id; scale: number; moment: number; valueTenths: number; evidence?: number; replaces?: Id;
}
export interface ExertionLine { exertion: Required<Exertion>; primary: boolean; replacedBy: Id; state: RecordState }
export interface Activity { id?: Id; participant: Id; ordinal: number; words: string; icf?: string; episode?: Id; replaces?: Id }
export interface ActivityLine { activity: Required<Activity>; replacedBy: Id; state: RecordState }
export interface Leader { user: Id; name: string; role: number; state: RecordState }

/** What went wrong: code is the library's name ("ERANGE", "ENOTFOUND", "EFULL" …), or "ELOCKED" where nobody has given a PIN,
 * "ESTALE" after 72 hours without the centre, "EELSEWHERE" where another tab has the store. */
export class SamlingError extends Error {
    constructor(readonly code: string, message: string) {
        super(message);
    }
}

/** Who may work on this tablet: as the lock shows it. */
export interface KeyHolder { user: Id; name: string }
/** Where the tablet is with its keys.
 *   elsewhere  another tab of the app has the store
 *   new        nothing is here: join()
 *   unkeyed    joined, and nobody has chosen a PIN yet: everything is open; pinSet() ends it
 *   locked     a PIN is asked: unlock()
 *   barred     ten wrong PINs: a coordinator's code is asked: unlockByCode()
 *   open       somebody is at work
 *   handed     a person fills in a form; nothing else is handed out: unlock() */
export type Phase = 'elsewhere' | 'new' | 'unkeyed' | 'locked' | 'barred' | 'open' | 'handed';
export interface Where {
    phase: Phase;
    /** who is at work, 0n: nobody */
    user: Id;
    /** joined: who has a PIN here */
    holders: KeyHolder[];
    /** locked: tries left; barred: what the coordinator is told */
    triesLeft: number;
    deviceNo: number;
    unlockNumber: number;
    /** handed: to whom */
    participant: Id;
}

export interface SamlingEvents {
    /** where it stands changed: first of all after start */
    where: Where;
    status: Status;
    /** rows may have changed: read again what is shown */
    change: { own: boolean };
    /** the worker stopped, in words for a log: load the page again */
    failed: string;
}
