#include "device_facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The value behind "KEY=" at the start of a line. */
static void copy_value(const char *text, const char *key, char *value, size_t size)
{
    size_t key_length = strlen(key);
    value[0] = '\0';
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, key_length) != 0)
            continue;
        const char *start = line + key_length;
        size_t length = strcspn(start, "\n");
        if (length >= size)
            length = size - 1;
        memcpy(value, start, length);
        value[length] = '\0';
        return;
    }
}

void device_parse_uevent(const char *text, char *ret_devtype, size_t size, uint32_t *ret_index)
{
    char index[16];
    copy_value(text, "DEVTYPE=", ret_devtype, size);
    copy_value(text, "IFINDEX=", index, sizeof(index));
    *ret_index = (uint32_t)strtoul(index, NULL, 10);
}

static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

void device_facts_read(struct network_interface *iface)
{
    char path[64], text[512], devtype[16];
    uint32_t index;
    if (iface->type != NETWORK_ETHERNET && iface->type != NETWORK_OTHER)
        return;
    snprintf(path, sizeof(path), "/sys/class/net/%s/uevent", iface->name);
    if (!read_text(path, text, sizeof(text)))
        return;
    device_parse_uevent(text, devtype, sizeof(devtype), &index);
    if (index != (iface->identity & UINT32_MAX))
        return;
    if (strcmp(devtype, "wwan") == 0)
        iface->type = NETWORK_CELLULAR;
    if (strcmp(devtype, "wlan") == 0)
        iface->type = NETWORK_WIFI;
}
