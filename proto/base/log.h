/* One event, one line, in logfmt: `level=info ev=listen port=7311`. Events and keys have stable names; values are numbers, ids
 * and addresses, never names of people. The host says where lines go and puts the time before them. */
#ifndef SAM_BASE_LOG_H
#define SAM_BASE_LOG_H

#include <stddef.h>

enum sam_log_level { SAM_LOG_DEBUG, SAM_LOG_INFO, SAM_LOG_WARN, SAM_LOG_ERROR };

#define SAM_LOG_LINE_BYTES_MAX 1024u

/**
 * sam_log_to(sink, ctx):
 * Where lines go from now on; NULL: nowhere, as at the start. Called before the first thread.
 *   sink    gets a line of ${len} bytes that ends with a newline; may be called by several threads at once
 */
void sam_log_to(void (*sink)(void *ctx, enum sam_log_level level, const char *line, size_t len), void *ctx);

/**
 * sam_log(level, ev, fmt, ...):
 * Write one line: level, ev=${ev}, then ${fmt} as printf, which holds `key=value` pairs. Texts (%s) are foreign: behind `=`
 * one that needs quotes gets them, and between quotes \, " and control bytes are escaped, so that every line can be parsed.
 * What is longer than SAM_LOG_LINE_BYTES_MAX is cut, and a quote that was open is closed.
 *   fmt     whole numbers, %s and %.*s; no %c, no floating point
 *   thread  any; does not allocate
 */
void sam_log(enum sam_log_level level, const char *ev, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* sam_log_level_name(level): "info". */
const char *sam_log_level_name(enum sam_log_level level);

#endif
