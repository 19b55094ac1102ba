/* Linked into every killer: writes down each folder that it makes, so that what a killed program leaves behind can be taken away.
 * The linker puts it before mkdtemp (--wrap). */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *__real_mkdtemp(char *path);
char *__wrap_mkdtemp(char *path);

char *__wrap_mkdtemp(char *path)
{
    const char *list = getenv("SAM_MUTANT_FOLDERS");
    char *made = __real_mkdtemp(path);
    int fd = made && list ? open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        ssize_t n = write(fd, made, strlen(made));
        n += write(fd, "\n", 1);
        (void)n;
        close(fd);
    }
    return made;
}
