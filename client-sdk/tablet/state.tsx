/* Where everything is, in words, at the top of every screen; and the ways to the main screens. */
import { engine, useStatus, useWhere } from './engine.ts';
import { Icon, type IconName } from './icon.tsx';
import { go, useRoute } from './route.ts';
import { useNewVersion, versionTake } from './version.ts';
import { t, type WordId } from './words.ts';
import { momentWords } from './when.ts';

/** "Alt er trygt hos sentralen 10:42", "14 venter, lagret på nettbrettet" */
export function stateWords(status: { waiting: number; lastContactS: number }): string {
    if (status.waiting === 1) return t('TAB_WAITING_ONE');
    if (status.waiting) return t('TAB_WAITING', status.waiting);
    return status.lastContactS ? t('TAB_ALL_SAFE', momentWords(status.lastContactS)) : t('TAB_NEVER_SENT');
}

export function StateLine({ alone }: { alone?: boolean }) {
    const status = useStatus(), where = useWhere(), fresh = useNewVersion();
    const needs = status.attention === 1 ? t('TAB_NEEDS_YOU_ONE') : t('TAB_NEEDS_YOU', status.attention);
    const name = where.holders.find((one) => one.user === where.user)?.name; /* in whose name everything here is saved */
    const safe = !status.waiting && status.lastContactS > 0;
    const words = <><Icon name={safe ? 'safe' : 'tablet'} /><span>{stateWords(status)}</span></>;
    return (
        <div class="state" role="status" data-waiting={status.waiting} data-attention={status.attention} data-line={status.line}>
            {alone ? <span class={`pill${safe ? ' safe' : ''}`}>{words}</span>
                : <button type="button" class={`pill${safe ? ' safe' : ''}`} onClick={() => go('/safety')}>{words}</button>}
            {status.attention > 0 && !alone && (
                <button type="button" class="pill attend" onClick={() => go('/attention')}>
                    <Icon name="warning" /><span>{needs}</span>
                </button>
            )}
            {fresh && (
                <button type="button" class="pill fresh" onClick={versionTake}>
                    <Icon name="again" /><span>{t('TAB_NEW_VERSION')}</span>
                </button>
            )}
            {!alone && where.phase === 'open' && (
                <button type="button" class="pill lock" onClick={() => void engine().lock()}>
                    <Icon name="lock" /><span>{name && <small>{name}</small>}{t('TAB_LOCK_NOW')}</span>
                </button>
            )}
        </div>
    );
}

const WAYS: [path: string, starts: string[], word: WordId, icon: IconName][] = [
    ['/', ['', 'sheet', 'done', 'exercises', 'exertion'], 'TAB_TODAY_SCREEN', 'today'],
    ['/forms', ['forms', 'fill', 'paper'], 'TAB_FORMS_SCREEN', 'form'],
    ['/people', ['people', 'person'], 'TAB_PEOPLE_SCREEN', 'people'],
    ['/safety', ['safety', 'attention'], 'TAB_SAFETY_SCREEN', 'shield'],
];

export function Navigation() {
    const at = useRoute()[0] ?? '';
    return (
        <nav class="ways" aria-label={t('TAB_WAYS')}>
            {WAYS.map(([path, starts, word, icon]) => (
                <a key={path} href={`#${path}`} aria-current={starts.includes(at) ? 'page' : undefined}>
                    <Icon name={icon} />
                    <span>{t(word)}</span>
                </a>
            ))}
        </nav>
    );
}
