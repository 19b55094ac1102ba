/* What somebody wrote about a person. A note is never changed: a correction is one of its own, and both stay. */
import { useState } from 'preact/hooks';
import type { Id, NoteLine, User } from '../web/types.ts';
import { Button, Choice, Dialog, Field, Notice } from './bits.tsx';
import { engine, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { Remove } from './remove.tsx';
import { Saved, useSaver } from './saving.tsx';
import { upper } from './spoken.ts';
import { useHalfTyped } from './version.ts';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';

const TEXT_BYTES_MAX = 2000, SUBJECT_MAX = 60, TEAM = 0, ROLE = 1;
const bytes = (text: string): number => new TextEncoder().encode(text).length;

async function notesRead(person: Id): Promise<{ notes: NoteLine[]; users: User[] }> {
    return { notes: await engine().notes(person), users: await engine().users() };
}

export function Notes({ person }: { person: Id }) {
    const read = useRead(() => notesRead(person), [person]), [writing, write] = useState<NoteLine | 'new' | null>(null);
    return (
        <Gate opened="open" read={read}>
            {({ notes, users }) => (
                <div class="stack">
                    <div class="row"><Button kind="go" icon="plus" onClick={() => write('new')}>{t('TAB_NOTE_WRITE')}</Button></div>
                    {notes.length === 0 && <Notice>{t('TAB_PERSON_NOTHING')}</Notice>}
                    {[...notes].reverse().map((one) => (
                        <One key={String(one.note.id)} line={one} users={users} onCorrect={() => write(one)} />
                    ))}
                    {writing && <Write person={person} before={writing === 'new' ? undefined : writing} onClose={() => write(null)} />}
                </div>
            )}
        </Gate>
    );
}

function One({ line, users, onCorrect }: { line: NoteLine; users: User[]; onCorrect: () => void }) {
    const { note } = line, author = users.find((one) => one.id === line.author)?.name ?? t('TAB_NOTE_SOMEBODY');
    const by = t('TAB_NOTE_BY', author, tOf('ROLE', line.role)), when = dateWords(note.day);
    const about = [note.subject, when].filter(Boolean).join(', ');
    return (
        <article class={`card${line.replacedBy ? ' past' : ''}`} aria-label={about}>
            {note.subject && <h3>{note.subject}</h3>}
            <p class="text">{note.text}</p>
            <p class="hint">{[when, by, note.visibility === ROLE && tOf('VISIBILITY', ROLE), line.replacedBy && t('TAB_PERSON_CORRECTED'), tOf('RECORD', line.state)].filter(Boolean).join(' · ')}</p>
            {!line.replacedBy && <div class="row">
                <Button kind="plain" label={t('TAB_PERSON_ASKS', t('TAB_PERSON_CORRECT'), about)} onClick={onCorrect}>{t('TAB_PERSON_CORRECT')}</Button>
                <Remove about={about} what={`remove:note:${note.id}`} work={() => engine().noteRemove(note.id)} />
            </div>}
        </article>
    );
}

function Write({ person, before, onClose }: { person: Id; before: NoteLine | undefined; onClose: () => void }) {
    const [text, type] = useState(before?.note.text ?? ''), [subject, setSubject] = useState(before?.note.subject ?? '');
    const [visibility, see] = useState(before?.note.visibility ?? TEAM), { today } = useStatus(), saver = useSaver();
    useHalfTyped(text !== '' && text !== before?.note.text);
    const over = bytes(text) - TEXT_BYTES_MAX, state = saver.of('note');
    const save = async () => {
        const note = { participant: person, day: before?.note.day ?? today, text: text.trim(), subject: subject.trim(), visibility, replaces: before?.note.id ?? 0n };
        if (await saver.save('note', `note:${person}`, () => engine().noteSave(note))) onClose();
    };
    return (
        <Dialog title={t(before ? 'TAB_NOTE_CORRECT' : 'TAB_NOTE_WRITE')} wide onClose={onClose}>
            {before && <p class="hint">{t('TAB_NOTE_CORRECT_WHY')}</p>}
            <Field label={t('TAB_NOTE_SUBJECT')} value={subject} max={SUBJECT_MAX} onChange={setSubject} />
            <Field label={t('TAB_NOTE_TEXT')} value={text} lines={6} onChange={type} wrong={over > 0 ? t('TAB_NOTE_LONG', over) : undefined} />
            <Choice label={t('TAB_NOTE_WHO')} value={visibility} onChange={see} options={[TEAM, ROLE].map((value) => ({ value, text: upper(tOf('VISIBILITY', value)) }))} />
            <div class="row">
                <Button kind="go" busy={state?.state === 'saving'} disabled={!text.trim() || over > 0} onClick={() => void save()}>{t('TAB_FORM_SAVE')}</Button>
                <Saved state={state} />
            </div>
        </Dialog>
    );
}
