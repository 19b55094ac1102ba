/* The folder of one centre and what lies where:
 *
 *      data/samling.db     the store (0600 in 0700)
 *      keys/               master.key, ticket.key: wrap device keys, seal tickets; ca.crt, ca.key, tls.crt, tls.key
 *      journal/            what the centre itself said since the last backup
 *      backup/             verified backups
 *      samling.conf        the settings of a serving centre
 *      host                the name under which tablets reach this machine
 *      admin.sock, port    while serving
 *
 * keys/ and journal/ may lie on other disks (--keys, --journal): whoever gets the store alone reads no device key, and
 * whoever loses the store's disk still has what was decided. master.key, ticket.key and tls.key that lie in $CREDENTIALS_DIRECTORY,
 * where a service manager hands them over (systemd: LoadCredential), are read there, and need not lie in keys/ at all. */
#ifndef ADMIN_HOME_H
#define ADMIN_HOME_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"

#include <stdbool.h>

#define HOME_PATH_BYTES_MAX 1024u
#define HOME_HOST_BYTES_MAX 254u
#define HOME_DEFAULT "/var/lib/samling"

struct home {
    char dir[HOME_PATH_BYTES_MAX];
    char data[HOME_PATH_BYTES_MAX], store[HOME_PATH_BYTES_MAX], keys[HOME_PATH_BYTES_MAX];
    char journal[HOME_PATH_BYTES_MAX], backup[HOME_PATH_BYTES_MAX], socket[HOME_PATH_BYTES_MAX];
};

/* home_set(h, dir, keys, journal): the paths; keys and journal NULL: inside ${dir}. SAM_ETOOBIG. */
int home_set(struct home *h, const char *dir, const char *keys, const char *journal);
/**
 * home_make(h, host, now_s):
 * Make the folders, the keys and the certificates, each where it is missing; an existing key is never replaced.
 *   errors  SAM_EIO, SAM_EDENIED with a line in the log; those of sam_cert_make_ca
 */
int home_make(const struct home *h, const char *host, int64_t now_s);
bool home_exists(const struct home *h);
/* home_lock(h): this process alone has the store, until it ends. SAM_EBUSY another one has it; SAM_ENOTFOUND no such folder. */
int home_lock(const struct home *h);
int home_master_key(const struct home *h, uint8_t key[SAM_KEY_BYTES]);
int home_ticket_key(const struct home *h, uint8_t key[SAM_KEY_BYTES]);
/* home_tls(h, cert, key): the server's certificate chain and key as PEM, with a closing 0. Wipe the key. */
int home_tls(const struct home *h, struct sam_buf *cert, struct sam_buf *key);
/* home_tls_own(h): is the pair in use the one that init made? */
bool home_tls_own(const struct home *h);
/**
 * home_tls_set(h, cert, key):
 * The pair to serve with from the next start on; key NULL: the one that is there. What init made is kept beside it as own.crt and
 * own.key. home_tls_own_set(h): that one again; SAM_EEXIST it is in use; SAM_ENOTFOUND. SAM_EDENIED: the key is a credential, and
 * changes where that lies.
 */
int home_tls_set(const struct home *h, struct sam_span cert, const struct sam_span *key);
int home_tls_own_set(const struct home *h);
/* home_cert(h, cert): the certificate in use, with its chain, as home_tls. */
int home_cert(const struct home *h, struct sam_buf *cert);
/* home_ca(h, cert): the own authority's certificate, PEM, with a closing 0. */
int home_ca(const struct home *h, struct sam_buf *cert);
/* home_pin(h, pin): what tablets know this centre by. */
int home_pin(const struct home *h, uint8_t pin[32]);
/* The name for invites, and the port while serving (0: not serving). */
int home_host(const struct home *h, char host[HOME_HOST_BYTES_MAX]);
int home_host_set(const struct home *h, const char *host);
uint16_t home_port(const struct home *h);
int home_port_set(const struct home *h, uint16_t port); /* 0: remove it */

/* home_read(path, out): a whole file, at most ${out}'s maximum. SAM_ENOTFOUND, SAM_ETOOBIG, SAM_EDENIED, SAM_EIO. */
int home_read(const char *path, struct sam_buf *out);
/* home_write(path, bytes, mode): durable and whole, or not at all. */
int home_write(const char *path, struct sam_span bytes, unsigned mode);

#endif
