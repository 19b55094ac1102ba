/* How a person stands in groups, leaving one, and a record that is shut: as far as this tablet's engine knows them. */
import type { Id, Person, RecordState } from '../web/types.ts';
import { engine } from './engine.ts';

export interface EnrolmentLine {
    group: Id; participant: Id; status: number; startDay: number; endDay: number; reason: number; state: RecordState; disputed: boolean;
}
interface Enrolling {
    enrolments(participant: Id): Promise<EnrolmentLine[]>;
    enrolmentEnd(group: Id, participant: Id, status: number, day: number, reason: number): Promise<void>;
    recordShut(participant: Id): Promise<void>;
}

/** null: this engine does not know them. */
export function enrolling(): Enrolling | null {
    return 'enrolmentEnd' in engine() ? engine() as unknown as Enrolling : null;
}

export function isShut(person: Person): boolean {
    return (person as Person & { shut?: boolean }).shut === true;
}
