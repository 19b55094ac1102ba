/* Where an answer in files goes on the side of whoever asked: standard output, a file, or a folder for several. A file has another
 * name until the whole answer is there (".part"), so that what has the right name is whole; 0600; an existing one stays unless it is
 * to be replaced. */
#ifndef ADMIN_OUTLET_H
#define ADMIN_OUTLET_H

#include "server/admin/verbs.h"

#define OUTLET_FILES_MAX 8u

struct outlet {
    const char *to; /* NULL: standard output */
    bool folder, replace;
    int fd; /* of the file that is being written, -1: none */
    unsigned count;
    char name[OUTLET_FILES_MAX][2 * HOME_PATH_BYTES_MAX]; /* final ones */
    uint64_t bytes;
    enum sam_text_id why; /* after a failure */
    int system_error;
};

/**
 * outlet_open(o, to, files, replace):
 * ${to}: a file, or a folder where ${files} is more than one or where it is one already; NULL: standard output.
 *   errors  SAM_EEXIST the file is there; SAM_EUSAGE several files need a folder. o->why says it
 */
int outlet_open(struct outlet *o, const char *to, unsigned files, bool replace);
/* outlet_file(o, name), outlet_bytes(o, bytes): as struct verb_sink has them. SAM_EIO, SAM_EEXIST. */
int outlet_file(void *o, const char *name);
int outlet_bytes(void *o, struct sam_span bytes);
/* outlet_close(o, keep): all files get their names; !keep: nothing is left of them. */
int outlet_close(struct outlet *o, bool keep);

#endif
