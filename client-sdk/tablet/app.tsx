/* Which screen is shown: first by where the tablet is with its keys, then by the address. */
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { Attention } from './attention.tsx';
import { Done } from './done.tsx';
import { Elsewhere } from './elsewhere.tsx';
import { Stopped, Wiped } from './ended.tsx';
import { useFailed, useStatus, useWhere } from './engine.ts';
import { Exercises } from './exercises.tsx';
import { Exertion } from './exertion.tsx';
import { Forms } from './forms.tsx';
import { Handed, usePinned } from './handed.tsx';
import { idleWatch } from './idle.ts';
import { Join, Unkeyed } from './join.tsx';
import { atWork, Lock } from './lock.tsx';
import { Paper } from './paper.tsx';
import { People } from './people.tsx';
import { Person } from './person.tsx';
import { routeId, useRoute } from './route.ts';
import { Safety } from './safety.tsx';
import { Sheet } from './sheet.tsx';
import { Today } from './today.tsx';
import { language, useLanguage } from './words.ts';
import { DeviceState } from '../web/types.ts';


function screen([name, ...parts]: string[]) {
    const key = [name, ...parts].join('/'), first = routeId(parts[0]);
    switch (name) {
    case 'sheet': return <Sheet key={key} session={first} />;
    case 'done': return <Done key={key} session={first} />;
    case 'exercises': return <Exercises key={key} session={first} participant={routeId(parts[1])} />;
    case 'exertion': return <Exertion key={key} session={first} />;
    case 'forms': return <Forms key={key} participant={first} />;
    case 'paper': return <Paper key={key} participant={first} instrument={Number(parts[1])} occasion={Number(parts[2])} />;
    case 'person': return <Person key={key} participant={first} />;
    case 'attention': return <Attention key={key} />;
    case 'safety': return <Safety key={key} />;
    case 'people': return <People key={key} />;
    default: return <Today key="today" />;
    }
}

function App() {
    useLanguage();
    const where = useWhere(), status = useStatus(), failed = useFailed(), parts = usePinned(useRoute());
    useEffect(() => {
        if (where.phase === 'open') atWork(where.user);
    }, [where.phase, where.user]);
    if (failed !== null) return <Stopped why={failed} />;
    if (status.state === DeviceState.Wiped && (where.phase === 'open' || where.phase === 'unkeyed')) return <Wiped />;
    if (where.phase === 'handed' || (where.phase === 'open' && parts[0] === 'fill')) return <Handed key="handed" parts={parts} />;
    switch (where.phase) {
    case 'elsewhere': return <Elsewhere />;
    case 'new': return <Join />;
    case 'unkeyed': return <Unkeyed />;
    case 'locked':
    case 'barred': return <Lock />;
    default: return screen(parts);
    }
}

export function appStart(root: HTMLElement): void {
    document.documentElement.lang = language();
    render(<App />, root);
    idleWatch();
}
