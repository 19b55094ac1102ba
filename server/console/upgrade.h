/* GET /sync: may this request become a WebSocket (RFC 6455, 4.2.1)? Only a page of this very centre may open one, as its Origin
 * says; no cookie is looked at, because who speaks proves that with HELLO. No extensions: what is sent is deflated already. */
#ifndef CONSOLE_UPGRADE_H
#define CONSOLE_UPGRADE_H

#include "server/console/http.h"

#define UPGRADE_ACCEPT_BYTES 29u /* 20 bytes as base64, with the 0 behind them */
#define UPGRADE_PROTOCOL "samling.1"

/**
 * upgrade_check(r, accept):
 *   returns 101 and Sec-WebSocket-Accept in ${accept}
 *           426 it does not ask for a WebSocket of version 13     403 of another origin, or of none
 *           400 a key that is none, or it does not offer UPGRADE_PROTOCOL     500 no hash
 */
unsigned upgrade_check(const struct http_request *r, char accept[UPGRADE_ACCEPT_BYTES]);

#endif
