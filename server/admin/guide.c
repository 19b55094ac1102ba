#include "server/admin/guide.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/admin/invite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int first_clinic(void *ctx, const struct store_row *row)
{
    *(uint64_t *)ctx = row->row.key.part[0];
    return 1;
}

static bool has_device(struct store *st)
{
    struct store_device d;
    bool any = store_device_each(st, SAM_DEVICE_NO_CONSOLE, &d) == 0;
    sam_wipe(&d, sizeof d);
    return any;
}

void guide_prepare(struct guide *g, struct verb_context *v, struct intake *in)
{
    uint64_t org = 0;
    memset(g, 0, sizeof *g);
    v->in = in;
    v->st = intake_store(in);
    if (has_device(v->st) || author_each(v, SAM_ORG_UNIT, first_clinic, &org) < 0 || org == 0)
        return;
    author_name(v, SAM_ORG_UNIT, org, SAM_ORG_UNIT_name, g->clinic, sizeof g->clinic);
    if (intake_begin(in))
        return;
    if (intake_invite(in, org, "", &g->invite))
        intake_rollback(in);
    else
        g->invited = intake_commit(in) == 0;
}

static void print(struct report *r)
{
    struct sam_span text = sam_buf_peek(&r->out);
    if (text.len)
        fwrite(text.ptr, 1, text.len, stdout);
    fflush(stdout);
    sam_buf_clear(&r->out);
}

/* How the programs beside this one are called from here: "build/samling". */
static void program(char *out, size_t size, const char *name)
{
    char self[HOME_PATH_BYTES_MAX], here[HOME_PATH_BYTES_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = n > 0 ? (self[n] = 0, strrchr(self, '/')) : NULL;
    snprintf(out, size, "%s", name);
    if (!slash || !getcwd(here, sizeof here))
        return;
    slash[1] = 0;
    size_t len = strlen(here);
    const char *folder = self;
    if (strncmp(self, "/usr/", 5) == 0)
        folder = "";
    else if (strncmp(self, here, len) == 0 && self[len] == '/')
        folder = self[len + 1] ? self + len + 1 : "./";
    int len_all = snprintf(out, size, "%s%s", folder, name);
    if (len_all < 0 || (size_t)len_all >= size)
        snprintf(out, size, "%s", name);
}

static void next_steps(struct verb_context *v, const char *clinic, const char *invite, const char *code)
{
    struct report *r = &v->report;
    bool wants_qr = args_has(&v->args, "qr") || (isatty(STDOUT_FILENO) && !args_has(&v->args, "no-qr"));
    char tablet[HOME_PATH_BYTES_MAX], centre[HOME_PATH_BYTES_MAX];
    program(tablet, sizeof tablet, "samling");
    program(centre, sizeof centre, "samlingd");
    report_say(r, "\n");
    report_tell(r, SAM_TEXT_GUIDE_INVITE, clinic);
    report_say(r, "\n    %s\n\n", invite);
    if (wants_qr)
        invite_qr(r, invite);
    invite_beside(r, invite, code);
    report_tell(r, SAM_TEXT_GUIDE_JOIN);
    report_say(r, "    %s join '%s'\n", tablet, invite);
    report_tell(r, SAM_TEXT_GUIDE_APPROVE);
    report_say(r, "    %s device approve 2 --home %s\n", centre, v->home->dir);
    report_tell(r, SAM_TEXT_GUIDE_SHEET);
    report_say(r, "    %s sync\n    %s groups\n", tablet, tablet);
    report_tell(r, SAM_TEXT_GUIDE_AGAIN);
    report_say(r, "    %s device invite '%s' --home %s\n", centre, clinic, v->home->dir);
}

void guide_ready(struct guide *g, struct verb_context *v, const char *address, uint16_t port)
{
    char invite[INVITE_TEXT_BYTES_MAX], host[HOME_HOST_BYTES_MAX], code[SAM_SPOKEN_TEXT_BYTES(SAM_CODE_LETTERS)];
    uint8_t pin[32];
    v->in = NULL; /* the write thread's from now on */
    v->st = NULL;
    report_say(&v->report, "ready %s %u\n", address, port);
    invite_code(code, &g->invite);
    if (g->invited && home_host(v->home, host) == 0 && home_pin(v->home, pin) == 0 &&
        invite_text(invite, host, port, pin, &g->invite, g->clinic) == 0)
        next_steps(v, g->clinic, invite, code);
    sam_wipe(&g->invite, sizeof g->invite);
    print(&v->report);
}
