/* The invite in the address that opened the app: https://HOST:PORT/tablet/#pin=…&code=…&clinic=… */

/** '' where there is none. It does not stay there, where a history would keep it. */
export function inviteOfAddress(): string {
    if (!/^#(.*&)?code=/.test(location.hash)) return '';
    const invite = location.href;
    history.replaceState(null, '', '#/');
    return invite;
}

/** Is it of the centre that shows this app? A page reaches no other. */
export function inviteIsOurs(invite: { host: string; port: number }): boolean {
    return invite.host === location.hostname && invite.port === Number(location.port || 443);
}
