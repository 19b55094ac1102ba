/* The app's signs: strokes on a grid of 24, in the colour of the text beside them. They repeat what a word says, so no reader speaks them. */

const STROKES = {
    back: 'M15 5l-7 7 7 7',
    next: 'M9 5l7 7-7 7',
    check: 'M5 12.5l4.5 4.5L19 7.5',
    close: 'M6 6l12 12M18 6L6 18',
    more: 'M5 12h.01M12 12h.01M19 12h.01',
    plus: 'M12 5v14M5 12h14',
    minus: 'M5 12h14',
    erase: 'M9 6h11v12H9l-6-6zM12 9.5l5 5M17 9.5l-5 5',
    today: 'M4 6.5h16V20H4zM4 10.5h16M8.5 4v4M15.5 4v4',
    people: 'M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.5a3.3 3.3 0 010 6.2M18 14.4c2.1.8 3.3 2.7 3.5 5.6',
    person: 'M12 11a4 4 0 100-8 4 4 0 000 8zM4.5 21c.5-4.5 3.4-6.7 7.5-6.7s7 2.2 7.5 6.7',
    form: 'M6 3.5h12v17H6zM9.5 8.5h5M9.5 12.5h5M9.5 16.5h3',
    shield: 'M12 3l7.5 2.5V11c0 5-3 8.3-7.5 10-4.5-1.7-7.5-5-7.5-10V5.5zM8.5 12l2.5 2.5 4.5-4.7',
    safe: 'M7 18.5a4.5 4.5 0 01-.6-8.960A6 6 0 0118 10.5a4 4 0 01-.5 8zM9 13.5l2.3 2.3 3.9-4.1',
    tablet: 'M6 3h12v18H6zM10.5 18h3',
    warning: 'M12 4L2.5 20h19zM12 10v4.5M12 17.3v.01',
    lock: 'M6 11h12v9.5H6zM8.5 11V8a3.5 3.5 0 017 0v3',
    clock: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5.2l3.5 2',
    leave: 'M10 4H5v16h5M14 8l4.5 4-4.5 4M18 12H9.5',
    video: 'M3 6.5h12.5v11H3zM15.5 10.5l5.5-3v9l-5.5-3',
    undo: 'M8.5 5L4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 010 11H9.5',
    again: 'M19.5 5v5h-5M4.5 19v-5h5M19 10a7.5 7.5 0 00-13-2.5M5 14a7.5 7.5 0 0013 2.5',
    search: 'M10.5 17a6.5 6.5 0 100-13 6.5 6.5 0 000 13zM15.5 15.5L20.5 20.5',
    camera: 'M4 7.5h3.5L9 5h6l1.5 2.5H20V19H4zM12 16.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7z',
    body: 'M12 6.5a2 2 0 100-4 2 2 0 000 4zM4.5 9h15M9 9v5l-1.5 7.5M15 9v5l1.5 7.5M9 14h6',
    pulse: 'M3 12.5h4l2.5-6.5 4 12 2.5-5.5h5',
    question: 'M9 9a3 3 0 116 .2c0 2-3 2.3-3 4.8M12 17.5v.01',
} as const;

export type IconName = keyof typeof STROKES;

export function Icon({ name }: { name: IconName }) {
    return (
        <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <path d={STROKES[name]} />
        </svg>
    );
}
