#include "mounts.h"

#include <string.h>

static bool is_octal(char digit)
{
    return digit >= '0' && digit <= '7';
}

/* Blanks and the like inside a field are written as \040. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* Before the " - " stand six fields and then any number of others. */
enum { FIELD_ROOT = 3, FIELD_PLACE, FIELDS_AT_LEAST = 6 };

bool mount_parse(char *line, struct mount *ret_mount)
{
    struct mount mount = {0};
    char *rest = strstr(line, " - ");
    if (!rest)
        return false;
    *rest = '\0';
    rest += 3;
    int count = 0;
    for (char *field; (field = strsep(&line, " ")); count++) {
        unescape(field);
        if (count == FIELD_ROOT)
            mount.root = field;
        if (count == FIELD_PLACE)
            mount.place = field;
    }
    mount.type = strsep(&rest, " \n");
    if (count < FIELDS_AT_LEAST)
        return false;
    *ret_mount = mount;
    return true;
}
