/* Where log lines of this process go: standard error, one logfmt line each.
 *
 *      time=2026-03-22T10:15:00.123Z level=info ev=listen host=0.0.0.0 port=7311
 *
 * Where systemd's journal reads standard error (JOURNAL_STREAM names it), the journal has a time of its own, and each line
 * begins with its priority as sd-daemon(3) says, which the journal takes off: "<6>level=info ev=…". */
#ifndef ADMIN_LOG_OUT_H
#define ADMIN_LOG_OUT_H

#include "proto/base/log.h"
#include "server/admin/config.h"

/* log_out_start(): from now on, from warnings up. Before the first thread. */
void log_out_start(void);
/* log_out_set(level, time): what the settings say. Before the first thread. */
void log_out_set(enum sam_log_level level, enum config_log_time time);

#endif
