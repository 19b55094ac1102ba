/* What the two lists of attendance share: the days that they are about, and how a group is told. */
#ifndef CONSOLE_PAGE_ATTENDANCE_H
#define CONSOLE_PAGE_ATTENDANCE_H

#include "server/console/ask.h"
#include "server/store/attendance.h"

struct attendance_span {
    int32_t first, last, today; /* days since 1970 */
    int64_t now_min;            /* minutes since 1970 */
};
/* attendance_span_read(a, s): ?from= and ?to=. SAM_EUSAGE: they are no days, or too many. */
int attendance_span_read(const struct ask *a, struct attendance_span *s);
void attendance_span_add(struct sam_json *j, const struct ask *a, const struct attendance_span *s);
/* attendance_group_add(j, st, g): into the open object: its head and who leads it. As the store. */
int attendance_group_add(struct sam_json *j, struct store *st, const struct store_group_line *g);

#endif
