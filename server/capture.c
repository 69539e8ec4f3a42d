#include "capture.h"

#include "platform.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, CAPTURE_NO_FOLDER, CAPTURE_NOT_EMPTY or -errno. */
static int check_empty(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    int count = 0;

    if (!entries)
        return errno == ENOTDIR ? CAPTURE_NO_FOLDER : -errno;
    while ((entry = readdir(entries)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(entries);
    return count > 0 ? CAPTURE_NOT_EMPTY : 0;
}

int capture_into(const char *folder, size_t *ret_files)
{
    bool is_new = mkdir(folder, 0700) == 0;
    int r = 0;

    if (!is_new)
        r = errno == EEXIST ? check_empty(folder) : -errno;
    if (r == 0)
        r = platform_capture(folder, ret_files);
    if (r == -ENOTSUP && is_new)
        (void)rmdir(folder);
    return r;
}
