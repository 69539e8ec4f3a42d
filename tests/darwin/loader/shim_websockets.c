/* libwebsockets, which this Linux builds with what it calls capabilities: one of its structs then
 * has members in the middle that it has nowhere else. */
#include "loader.h"

#include <libwebsockets.h>
#include <stdint.h>
#include <string.h>

#if defined(LWS_HAVE_SYS_CAPABILITY_H) && defined(LWS_HAVE_LIBCAP)

static struct lws_context *create_context(const uint8_t *given)
{
    typedef struct lws_context_creation_info info_here;
    enum {
        BEFORE = offsetof(info_here, caps),
        REST_HERE = offsetof(info_here, foreign_loops),
        REST = (BEFORE + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *),
    };
    info_here info;
    memset(&info, 0, sizeof(info));
    memcpy(&info, given, BEFORE);
    memcpy((uint8_t *)&info + REST_HERE, given + REST, sizeof(info) - REST_HERE);
    return lws_create_context(&info);
}

const struct shim websockets_shims[] = {
    SHIM("lws_create_context", create_context),
    SHIMS_END,
};

#else
const struct shim websockets_shims[] = {SHIMS_END};
#endif
