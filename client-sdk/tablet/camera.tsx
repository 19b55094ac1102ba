/* A QR code by the camera: the browser reads it where it can, else a reader that is loaded only then. Nothing of the picture is kept. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Notice } from './bits.tsx';
import { t } from './words.ts';

interface Detector {
    detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type DetectorMaker = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };
type Reader = (video: HTMLVideoElement) => Promise<string | null>;

const WAIT_MS = 150, SIDE_MAX = 640;

async function ownReader(): Promise<Reader | null> {
    const Maker = (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;
    if (!Maker || !(await Maker.getSupportedFormats().catch((): string[] => [])).includes('qr_code')) return null;
    const detector = new Maker({ formats: ['qr_code'] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
}

async function loadedReader(): Promise<Reader> {
    const { default: read } = await import('jsqr');
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', { willReadFrequently: true })!;
    return (video) => {
        const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight));
        canvas.width = Math.round(video.videoWidth * scale);
        canvas.height = Math.round(video.videoHeight * scale);
        pen.drawImage(video, 0, 0, canvas.width, canvas.height);
        const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
        return Promise.resolve(read(data, canvas.width, canvas.height)?.data ?? null);
    };
}

export function Camera({ onFound, onCancel }: { onFound: (text: string) => void; onCancel: () => void }) {
    const video = useRef<HTMLVideoElement>(null), [said, say] = useState('');
    useEffect(() => {
        let alive = true, stream: MediaStream | null = null, timer = 0;
        const look = async (read: Reader) => {
            const text = video.current?.videoWidth ? await read(video.current).catch(() => null) : null;
            if (!alive) return;
            if (text) onFound(text);
            else timer = setTimeout(() => void look(read), WAIT_MS) as unknown as number;
        };
        const start = async () => {
            stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
            if (!alive || !video.current) return stream.getTracks().forEach((track) => track.stop());
            video.current.srcObject = stream;
            await video.current.play();
            await look((await ownReader()) ?? (await loadedReader()));
        };
        start().catch((wrong: unknown) => alive && say(t((wrong as Error)?.name === 'NotAllowedError' ? 'TAB_CAMERA_REFUSED' : 'TAB_CAMERA_NONE')));
        return () => {
            alive = false;
            clearTimeout(timer);
            stream?.getTracks().forEach((track) => track.stop());
        };
    }, []);
    return (
        <div class="part">
            {said ? <Notice kind="wrong">{said}</Notice> : <p>{t('TAB_CAMERA_HINT')}</p>}
            {!said && <video ref={video} class="camera" muted playsInline aria-label={t('TAB_CAMERA')} />}
            <div class="row"><Button onClick={onCancel}>{t('TAB_TYPE_INSTEAD')}</Button></div>
        </div>
    );
}
