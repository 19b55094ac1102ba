#include "server/store/unread.h"

#include <stddef.h>
#include <string.h>

static const int files[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};

static sqlite3_file *file_failed(sqlite3 *db, int which)
{
    sqlite3_file *file = NULL;
    int failure = 0;
    if (sqlite3_file_control(db, "main", which, &file) || !file || !file->pMethods)
        return NULL;
    return file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &failure) || !failure ? NULL : file;
}

bool unread_any(sqlite3 *db)
{
    return file_failed(db, files[0]) || file_failed(db, files[1]);
}

/* The errno that SQLite keeps of a file's last failure stays there until a read comes to the end of the file: so here is one. */
void unread_forget(sqlite3 *db)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        sqlite3_file *file = file_failed(db, files[i]);
        sqlite3_int64 end = 0;
        char byte;
        if (file && !file->pMethods->xFileSize(file, &end))
            file->pMethods->xRead(file, &byte, 1, end);
    }
}

bool unread_rc(sqlite3 *db, int rc)
{
    int whole = sqlite3_extended_errcode(db);
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return unread_any(db);
    case SQLITE_IOERR:
        return whole == SQLITE_IOERR_READ || whole == SQLITE_IOERR_SHORT_READ || whole == SQLITE_IOERR_CORRUPTFS;
    default: return false;
    }
}

bool unread_lines(const char *text)
{
    return strstr(text, "unable to get the page") || strstr(text, "failed to get page") ||
           strstr(text, "Failed to read ptrmap");
}
