/* Of one person: how it stood with work, day by day. */
import { useState } from 'preact/hooks';
import type { Id, WorkLine } from '../web/types.ts';
import { Button, Dialog, Notice } from './bits.tsx';
import { engine, useRead, useStatus } from './engine.ts';
import { Gate } from './gate.tsx';
import { Remove } from './remove.tsx';
import { dateWords } from './when.ts';
import { t, tOf } from './words.ts';
import { WorkForm, workWords } from './work.tsx';

export function Works({ person }: { person: Id }) {
    const read = useRead(() => engine().works(person), [person]), [writing, write] = useState<WorkLine | 'new' | null>(null), { today } = useStatus();
    return (
        <Gate opened="open" read={read}>
            {(works) => (
                <div class="stack">
                    <div class="row"><Button kind="go" icon="plus" onClick={() => write('new')}>{t('TAB_FORM_WORK_WRITE')}</Button></div>
                    {works.length === 0 ? <Notice>{t('TAB_PERSON_NOTHING')}</Notice>
                        : <ul class="records card">{[...works].reverse().map((one) => <Row key={String(one.work.id)} line={one} onCorrect={() => write(one)} />)}</ul>}
                    {writing && <Dialog title={t('TAB_WORK_STATUS')} wide onClose={() => write(null)}>
                        <WorkForm participant={person} day={today} replaces={writing === 'new' ? undefined : writing} onDone={() => write(null)} />
                    </Dialog>}
                </div>
            )}
        </Gate>
    );
}

function Row({ line, onCorrect }: { line: WorkLine; onCorrect: () => void }) {
    const { work } = line, words = workWords(line), about = `${words}, ${dateWords(work.day)}`;
    return (
        <li class={line.replacedBy ? 'past' : ''}>
            <span class="grow">{words}<small>{[dateWords(work.day), line.replacedBy && t('TAB_PERSON_CORRECTED'), tOf('RECORD', line.state)].filter(Boolean).join(' · ')}</small></span>
            {!line.replacedBy && <>
                <Button kind="plain" label={t('TAB_PERSON_ASKS', t('TAB_PERSON_CORRECT'), about)} onClick={onCorrect}>{t('TAB_PERSON_CORRECT')}</Button>
                <Remove about={about} what={`remove:work:${work.id}`} work={() => engine().workRemove(work.id)} />
            </>}
        </li>
    );
}
