/* The other language, one tap away wherever nobody can reach the settings. */
import { Button } from './bits.tsx';
import { language, setLanguage, type Language } from './words.ts';

/** Each language names itself. */
export const LANGUAGES: { value: Language; text: string }[] = [{ value: 'nb', text: 'Norsk bokmål' }, { value: 'en', text: 'English' }];

export function LanguageSwitch() {
    const other = LANGUAGES.find((one) => one.value !== language())!;
    return <span lang={other.value}><Button kind="plain" onClick={() => setLanguage(other.value)}>{other.text}</Button></span>;
}
