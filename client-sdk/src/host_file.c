#include "client-sdk/src/host.h"

#include "proto/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* SQLite gives the log the same mode. A file that is there is not touched: closing it would drop the locks that this process may
 * already hold on it. */
int sam_host_file_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : errno == ENOSPC ? SAM_EFULL : SAM_EIO;
    close(fd);
    return 0;
}
