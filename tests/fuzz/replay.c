/* Gives a fuzz target the inputs that are kept: every file of the folders named, whole, cut off at
 * every length, and with each byte in turn the greatest there is. The last file named in the output
 * is the one that went wrong. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { INPUT_MAX = 1 << 20 };
static uint8_t input[INPUT_MAX];

static void give(size_t size)
{
    uint8_t *alone = malloc(size ? size : 1);
    FUZZ_CHECK(alone);
    memcpy(alone, input, size);
    (void)LLVMFuzzerTestOneInput(alone, size);
    free(alone);
}

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        fuzz_fail(path, 0, strerror(errno));
    size_t size = fread(input, 1, sizeof(input), file);
    fclose(file);
    printf("%s\n", path);
    fflush(stdout);
    for (size_t i = 0; i <= size; i++)
        give(i);
    for (size_t i = 0; i < size; i++) {
        uint8_t was = input[i];
        input[i] = UINT8_MAX;
        give(size);
        input[i] = was;
    }
}

static unsigned replay_folder(const char *path)
{
    unsigned count = 0;
    DIR *folder = opendir(path);
    if (!folder && errno == ENOENT)
        return 0;
    if (!folder)
        fuzz_fail(path, 0, strerror(errno));
    for (struct dirent *entry; (entry = readdir(folder));) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        replay_file(file);
        count++;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    printf("%u inputs\n", count);
    return count > 0 ? 0 : 1;
}
