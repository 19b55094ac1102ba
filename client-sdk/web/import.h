/* What the engine asks of whoever hosts it: client-sdk/web/engine.ts in a browser's worker, tests/wasm under Node. These are the
 * only imports of the module. Nothing here throws: what fails gives a code back.
 *   numbers  offsets and sizes in bytes, as doubles, exact up to 2^53
 *   text     bytes in UTF-8 and how many, not ended by 0
 *   thread   the worker's only one */
#ifndef SAM_WEB_IMPORT_H
#define SAM_WEB_IMPORT_H

#include <stdint.h>

#define SAM_IMPORT(name) __attribute__((import_module("samling"), import_name(#name))) extern

/* ---- clocks and chance */

/* Seconds since 1970 by the device's clock. */
SAM_IMPORT(now_s) double sam_import_now_s(void);
/* Milliseconds by a clock that never goes back. */
SAM_IMPORT(mono_ms) double sam_import_mono_ms(void);
/* Minutes east of UTC at that moment. */
SAM_IMPORT(utc_offset_min) int32_t sam_import_utc_offset_min(double at_s);
/* 0: ${to} holds ${n} random bytes. */
SAM_IMPORT(random) int32_t sam_import_random(uint8_t *to, int32_t n);
/* A truth of ours does not hold; does not come back. */
_Noreturn SAM_IMPORT(fail) void sam_import_fail(const char *text, int32_t n);

/* ---- files */

enum sam_file_error { SAM_FILE_EIO = -1, SAM_FILE_EFULL = -2, SAM_FILE_ENOENT = -3, SAM_FILE_EBUSY = -4 };

/* A file's number from 0, or an error. ${create}: make it where it is not there. */
SAM_IMPORT(file_open) int32_t sam_import_file_open(const char *name, int32_t n, int32_t create);
SAM_IMPORT(file_close) void sam_import_file_close(int32_t file);
/* 1: there is something in a file of that name. 0: there is not. */
SAM_IMPORT(file_there) int32_t sam_import_file_there(const char *name, int32_t n);
/* 0: nothing of that name is left, and that is durable. */
SAM_IMPORT(file_delete) int32_t sam_import_file_delete(const char *name, int32_t n);
/* How many bytes were read: fewer than ${n} at the end. */
SAM_IMPORT(file_read) int32_t sam_import_file_read(int32_t file, uint8_t *to, int32_t n, double at);
/* 0: all of it was written. */
SAM_IMPORT(file_write) int32_t sam_import_file_write(int32_t file, const uint8_t *from, int32_t n, double at);
SAM_IMPORT(file_truncate) int32_t sam_import_file_truncate(int32_t file, double size);
/* 0: what was written before is on the disk. */
SAM_IMPORT(file_flush) int32_t sam_import_file_flush(int32_t file);
/* The size, or an error. */
SAM_IMPORT(file_size) double sam_import_file_size(int32_t file);

#endif
