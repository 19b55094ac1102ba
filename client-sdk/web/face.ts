/* The face of @samling/client: what an app calls. Each method of Calls is one function of samling.h, with the user who is at work
 * filled in where the library asks who saves; each resolves when the library has answered, a save when it is on the disk. */
import type {
    Access, Activity, ActivityLine, Consent, ConsentLine, Contact, ContactLine, EnrolmentLine, Episode, ExerciseSet, Exertion, ExertionLine, Group, Id,
    Instrument, Intervention, Invite, Leader, Line, Mark, Note, NoteLine, Notice, Person, SamlingEvents, Score, ScoreLine, Session,
    SetLine, Status, User, Where, Work, WorkLine,
} from './types.ts';

export interface Calls {
    groups(): Promise<Group[]>;
    users(): Promise<User[]>;
    sessions(group: Id): Promise<Session[]>;
    /** The planned session nearest to the trusted now, null: none; ECLOCK: the clock is not to pick a date. */
    sessionNear(group: Id): Promise<Session | null>;
    sheet(session: Id): Promise<Line[]>;
    members(group: Id, day: number): Promise<Line[]>;
    sets(session: Id, participant: Id): Promise<SetLine[]>;
    consents(participant: Id): Promise<ConsentLine[]>;
    people(): Promise<Person[]>;
    interventions(): Promise<Intervention[]>;
    episodes(participant: Id): Promise<Episode[]>;
    enrolments(participant: Id): Promise<EnrolmentLine[]>;
    /** All instruments that the library knows. */
    instruments(): Promise<Instrument[]>;
    scores(participant: Id): Promise<ScoreLine[]>;
    notes(participant: Id): Promise<NoteLine[]>;
    contacts(participant: Id): Promise<ContactLine[]>;
    works(participant: Id): Promise<WorkLine[]>;
    exertions(session: Id, participant: Id): Promise<ExertionLine[]>;
    activities(participant: Id): Promise<ActivityLine[]>;
    sessionLeaders(session: Id): Promise<Leader[]>;
    groupLeaders(group: Id): Promise<Leader[]>;
    notices(): Promise<Notice[]>;

    mark(mark: Mark): Promise<void>;
    markAll(marks: Mark[]): Promise<void>;
    /** -1: the year of birth is not known. Resolves to the provisional person, who is marked present. */
    walkIn(session: Id, name: string, birthYear: number): Promise<Id>;
    userVouch(name: string, role: number): Promise<Id>;
    sessionAdd(group: Id, day: number, startMin: number): Promise<Id>;
    sessionStatus(session: Id, status: number, reason: number): Promise<void>;
    setSave(set: ExerciseSet): Promise<void>;
    setSaveAll(sets: ExerciseSet[]): Promise<void>;
    consentSave(consent: Consent): Promise<void>;
    /** Somebody leaves a group: status 5 completed, 6 discontinued; day: the last one; reason -1: not said. */
    enrolmentEnd(group: Id, participant: Id, status: number, day: number, reason: number): Promise<void>;
    /** The person wants the record barred: what stands in it is ESTATE from then on, unless access() has been told purpose 5, the
     * person's own request, or 6, an emergency, within ten minutes. Only the centre opens it again. */
    recordShut(participant: Id): Promise<void>;
    /** A line of the access log; called before anything of it is shown. */
    access(access: Access): Promise<void>;
    noticeSeen(seq: Id): Promise<void>;
    scoreSave(score: Score): Promise<Id>;
    /** 0: the form fits its instrument; else samling_score_why. */
    scoreCheck(score: Score): Promise<number>;
    scoreRemove(id: Id): Promise<void>;
    noteSave(note: Note): Promise<Id>;
    noteRemove(id: Id): Promise<void>;
    contactSave(contact: Contact): Promise<Id>;
    contactRemove(id: Id): Promise<void>;
    workSave(work: Work): Promise<Id>;
    workRemove(id: Id): Promise<void>;
    exertionSave(exertion: Exertion): Promise<Id>;
    exertionRemove(id: Id): Promise<void>;
    activitySave(activity: Activity): Promise<Id>;
    activityRemove(id: Id): Promise<void>;
    leaderSave(session: Id, leader: Id, role: number): Promise<void>;
    leaderRemove(session: Id, leader: Id): Promise<void>;

    /** Take an invite apart, to show it before joining. Throws EUSAGE where it is none. */
    inviteParse(text: string): Promise<Invite>;
    /** Take the invite: the address of a QR code, or a code as it was typed. Phase becomes unkeyed, the next sync asks the centre. */
    join(invite: string, label: string): Promise<void>;
    /** The six digits to compare with the coordinator's screen. */
    joinDigits(): Promise<string>;

    /** Try the PIN of one who has one here. false: wrong; see where.triesLeft. */
    unlock(user: Id, pin: string): Promise<boolean>;
    /** A coordinator's code: opens the tablet, and gives ${user} a new PIN. false: not that code. */
    unlockByCode(code: string, user: Id, pin: string): Promise<boolean>;
    /** Give a user a PIN on this tablet, or another one. Somebody must be at work, or nobody have a PIN yet. At least 6 digits. */
    pinSet(user: Id, pin: string): Promise<void>;
    pinRemove(user: Id): Promise<void>;
    /** Close the screens; what waits is still sent. */
    lock(): Promise<void>;
    /** Hand the tablet to a person: until unlock() only that person's own forms are handed out and taken. */
    handOver(participant: Id): Promise<void>;

    /** Connect now instead of at the next retry. */
    syncNow(): Promise<void>;
    /** Ask the browser to keep the store. */
    persist(): Promise<boolean>;
    /** Take the store from another tab. */
    takeOver(): Promise<void>;
    /** Where an erased or revoked tablet has nothing that waits: forget its keys and start anew. ESTATE where work waits. */
    startAnew(): Promise<void>;
}

export interface Samling extends Calls {
    readonly where: Where;
    readonly status: Status;
    on<E extends keyof SamlingEvents>(event: E, heard: (value: SamlingEvents[E]) => void): () => void;
    /** Let go of the store and the line. */
    close(): Promise<void>;
}
