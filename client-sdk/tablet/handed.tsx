/* The tablet is in a person's hands: no address leads anywhere else. The engine hands out nothing of others then; this keeps the screen
 * from going to where there would be nothing to show, and the answers from being lost on the way.
 *
 *   pinned   the address at which it was handed over stays, whatever is typed or swiped; each step back in the history is taken forward */
import { useEffect, useRef } from 'preact/hooks';
import { engine, useWhere } from './engine.ts';
import { Fill } from './fill.tsx';
import { routeId } from './route.ts';

/** The parts of the address to be shown: while the tablet is handed over those of before. */
export function usePinned(parts: string[]): string[] {
    const handed = useWhere().phase === 'handed', kept = useRef(parts);
    if (!handed) kept.current = parts;
    useEffect(() => {
        if (!handed) return;
        const address = `#/${kept.current.join('/')}`, away = () => engine().where.phase !== 'handed'; /* it is back, and nothing is drawn yet */
        const stay = () => {
            if (!away() && location.hash !== address) history.pushState(null, '', address);
        };
        const again = () => {
            if (!away()) history.pushState(null, '', address);
        };
        again();
        addEventListener('popstate', again);
        addEventListener('hashchange', stay);
        return () => {
            removeEventListener('popstate', again);
            removeEventListener('hashchange', stay);
        };
    }, [handed]);
    return kept.current;
}

/** The form of whoever holds the tablet, or is to. Where the address is none of theirs (the app was begun anew) only the way back is
 * there. */
export function Handed({ parts }: { parts: string[] }) {
    const where = useWhere(), participant = where.phase === 'handed' ? where.participant : routeId(parts[1]);
    const own = parts[0] === 'fill' && routeId(parts[1]) === participant;
    return <Fill key={own ? parts.join('/') : 'back'} participant={participant} instruments={own ? parts[2] ?? '' : ''} occasion={own ? Number(parts[3]) : 0} />;
}
