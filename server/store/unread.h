/* Was it damaged, or could it not be read? SQLite calls a page "malformed" where the disk gave it nothing, and integrity_check tells of
 * a read or an allocation that failed as of one thing more that is wrong. Neither says anything about what is stored. */
#ifndef STORE_UNREAD_H
#define STORE_UNREAD_H

#include <sqlite3.h>
#include <stdbool.h>

/* unread_any(db): has a call for the database's file or its log failed, as far as SQLite remembers? */
bool unread_any(sqlite3 *db);
/* unread_forget(db): what failed before is not to be asked about: a transaction begins. Cheap where nothing has failed. */
void unread_forget(sqlite3 *db);
/* unread_rc(db, rc): ${rc}, just given by a call on ${db}, comes of a read that failed. One that failed may give many such codes. */
bool unread_rc(sqlite3 *db, int rc);
/* unread_lines(text): does integrity_check tell of a page that it did not get? What else it says then follows from that. */
bool unread_lines(const char *text);

#endif
