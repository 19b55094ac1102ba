/* Of one person: which sessions they were at, and how much that is. */
import type { EnrolmentLine, Group, Id } from '../web/types.ts';
import { Notice } from './bits.tsx';
import { type Attended, dose } from './dose.ts';
import { engine, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { dateWords, dayWords } from './when.ts';
import { t, tOf } from './words.ts';

interface Course { group: Group; enrolment: EnrolmentLine | undefined; attended: Attended[] }

const HOUR_MIN = 60;

/** The person's groups, and of each the sessions until today on whose sheets they stand. */
async function coursesRead(person: Id, today: number): Promise<Course[]> {
    const enrolments = await engine().enrolments(person), courses: Course[] = [];
    for (const group of await engine().groups()) {
        const enrolment = enrolments.find((one) => one.group === group.id), attended: Attended[] = [];
        for (const session of await engine().sessions(group.id)) {
            if (session.day > today) continue;
            const line = (await engine().sheet(session.id)).find((one) => one.participant === person);
            if (line) attended.push({ session, line, usual: group.endMin - group.startMin });
        }
        if (attended.length > 0 || enrolment) courses.push({ group, enrolment, attended: attended.reverse() });
    }
    return courses;
}

export function Attendance({ person }: { person: Id }) {
    const { today } = useStatus(), read = useRead(() => coursesRead(person, today), [person, today]);
    return (
        <Gate opened="open" read={read}>
            {(courses) => (courses.length === 0 ? <Notice>{t('TAB_PERSON_NOTHING')}</Notice>
                : <div class="stack">{courses.map((one) => <OfGroup key={String(one.group.id)} course={one} today={today} />)}</div>)}
        </Gate>
    );
}

function timeWords(minutes: number): string {
    return t('TAB_DOSE_HOURS', Math.floor(minutes / HOUR_MIN), minutes % HOUR_MIN);
}

function OfGroup({ course: { group, enrolment, attended }, today }: { course: Course; today: number }) {
    const sum = dose(attended, today), unknown = sum.unknown === 1 ? t('TAB_DOSE_UNKNOWN_ONE') : t('TAB_DOSE_UNKNOWN_OF', sum.unknown);
    return (
        <section class="card">
            <h3>{group.name}{enrolment && <> <span class="badge">{tOf('ENROLMENT', enrolment.status)}</span></>}</h3>
            <dl class="facts">
                <dt>{t('TAB_DOSE_WAS_THERE')}</dt><dd>{t('TAB_DOSE_PRESENT', sum.present, sum.expected)}</dd>
                <dt>{t('TAB_DOSE_MINUTES')}</dt><dd>{timeWords(sum.minutes)}</dd>
                {sum.unknown > 0 && <><dt>{t('TAB_DOSE_UNKNOWN')}</dt><dd>{unknown}</dd></>}
            </dl>
            {sum.planned > 0 && <p class="hint">{t('TAB_DOSE_PLANNED')}</p>}
            <ul class="seen">{attended.map((one) => <Seen key={String(one.session.id)} one={one} today={today} />)}</ul>
        </section>
    );
}

function Seen({ one: { session, line }, today }: { one: Attended; today: number }) {
    const CANCELLED = 2, cancelled = session.status === CANCELLED;
    const said = [cancelled ? tOf('SESSION', CANCELLED) : tOf('PRESENCE', line.presence), line.late === 1 && t('CLI_LATE'), line.leftEarly === 1 && t('CLI_LEFT_EARLY'),
        line.byVideo === 1 && t('CLI_BY_VIDEO'), line.disputed && t('TAB_DOSE_DISPUTED')].filter(Boolean);
    const day = session.day === today ? dayWords(session.day, today) : dateWords(session.day);
    return <li><a href={`#/sheet/${session.id}`}><span class="when">{day}</span><span class={line.presence === 1 && !cancelled ? 'there' : ''}>{said.join(', ')}</span></a></li>;
}
