#include "darwin_changes.h"

#include "darwin_bytes.h"
#include "darwin_wire.h"
#include <stdio.h>

static bool is_of_interest(uint32_t subclass, uint32_t code)
{
    static const uint8_t of_links[] = {KEV_DL_IS_FLAGS, KEV_DL_IS_MTU, KEV_DL_IS_MEDIA,
        KEV_DL_IS_ATTACHED, KEV_DL_IS_DETACHING, KEV_DL_IS_DETACHED, KEV_DL_IS_LINK_OFF,
        KEV_DL_IS_LINK_ON, KEV_DL_IS_ADDRESS, KEV_DL_IS_PRIMARY};
    if (subclass == KEV_IS_INET || subclass == KEV_IS_INET6)
        return true;
    if (subclass != KEV_IS_DL)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(of_links); i++)
        if (of_links[i] == code)
            return true;
    return false;
}

/* The kernel says "en" and 0. */
static void put_name(const uint8_t *data, size_t size, struct darwin_change *change)
{
    if (size < NED_SIZE)
        return;
    int length = (int)strnlen((const char *)data + NED_NAME, NED_NAME_SIZE);
    snprintf(change->attached, sizeof(change->attached), "%.*s%u", length,
        (const char *)data + NED_NAME, read_le32(data + NED_UNIT));
}

void darwin_change_read_event(const uint8_t *bytes, size_t size, struct darwin_change *change)
{
    if (size < KEV_DATA || read_le32(bytes + KEV_TOTAL) > size ||
        read_le32(bytes + KEV_VENDOR) != KEV_IS_APPLE ||
        read_le32(bytes + KEV_CLASS) != KEV_IS_NETWORK)
        return;
    uint32_t subclass = read_le32(bytes + KEV_SUBCLASS), code = read_le32(bytes + KEV_CODE);
    if (!is_of_interest(subclass, code))
        return;
    change->facts = true;
    if (subclass == KEV_IS_DL && code == KEV_DL_IS_ATTACHED)
        put_name(bytes + KEV_DATA, size - KEV_DATA, change);
}

void darwin_change_read_route(const uint8_t *bytes, size_t size, struct darwin_change *change)
{
    if (size < RTM_HEAD || read_le16(bytes + RTM_LENGTH) > size ||
        bytes[RTM_OF_VERSION] != RTM_IS_VERSION)
        return;
    uint8_t type = bytes[RTM_TYPE];
    change->facts |= type == RTM_IS_IFINFO || type == RTM_IS_NEWADDR || type == RTM_IS_DELADDR ||
                     type == RTM_IS_ADD || type == RTM_IS_DELETE || type == RTM_IS_CHANGE;
}
