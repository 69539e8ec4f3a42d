#include "darwin_frameworks.h"

#include "darwin_frameworks_calls.h"

#include <dlfcn.h>

#define OBJECTIVE_C_CALLS(X)                                                                       \
    X(void *, objc_getClass, const char *name)                                                     \
    X(void *, sel_registerName, const char *name)                                                  \
    X(void *, objc_autoreleasePoolPush, void)                                                      \
    X(void, objc_autoreleasePoolPop, void *pool)                                                   \
    X(void, objc_msgSend, void) /* cast to each method's own type */

CALLS(objective_c, OBJECTIVE_C_CALLS);

/* Apart from what lists ports: CoreWLAN brings megabytes that a machine without Wi-Fi need not
 * load.
 */
struct radio_calls {
    struct core_foundation_calls cf;
    struct objective_c_calls objc;
    bool is_whole;
};

static void find_radio_calls(void *ret_calls)
{
    struct radio_calls *calls = ret_calls;
    bool has_cf = FIND_CALLS(FRAMEWORK("CoreFoundation"), core_foundation, &calls->cf);
    bool has_objc = FIND_CALLS("/usr/lib/libobjc.A.dylib", objective_c, &calls->objc);
    bool has_classes = dlopen(FRAMEWORK("CoreWLAN"), RTLD_LAZY | RTLD_LOCAL);
    calls->is_whole = has_cf && has_objc && has_classes;
}

/* objc_msgSend by the type of the method that it is to call. */
#define SEND(objc, type, ...) ((type(*)(__VA_ARGS__))(objc)->objc_msgSend)

/* The selector of a method without which the program would end if it were called: NULL where
 * object, which may be NULL, has no such method. */
static void *selector_of(const struct objective_c_calls *objc, void *object, const char *method)
{
    void *selector = objc->sel_registerName(method);
    void *responds = objc->sel_registerName("respondsToSelector:");
    signed char has =
        object ? SEND(objc, signed char, void *, void *, void *)(object, responds, selector) : 0;
    return has ? selector : NULL;
}

static void *ask_object(const struct objective_c_calls *objc, void *object, const char *method)
{
    void *selector = selector_of(objc, object, method);
    return selector ? SEND(objc, void *, void *, void *)(object, selector) : NULL;
}

static long ask_number(const struct objective_c_calls *objc, void *object, const char *method)
{
    void *selector = selector_of(objc, object, method);
    return selector ? SEND(objc, long, void *, void *)(object, selector) : 0;
}

static double ask_real(const struct objective_c_calls *objc, void *object, const char *method)
{
    void *selector = selector_of(objc, object, method);
    return selector ? SEND(objc, double, void *, void *)(object, selector) : 0;
}

/* BOOL is a signed char for x86_64 and a bool for arm64; this reads both. */
static bool ask_flag(const struct objective_c_calls *objc, void *object, const char *method)
{
    void *selector = selector_of(objc, object, method);
    return selector && SEND(objc, signed char, void *, void *)(object, selector);
}

/* 0: none. */
static uint32_t frequency_of(const struct objective_c_calls *objc, void *channel)
{
    /* CWChannelBand: where channel 0 would be, and the last channel. */
    static const struct {
        uint32_t base_mhz;
        long last;
    } bands[] = {{0, 0}, {2407, 14}, {5000, 177}, {5950, 233}};
    long number = ask_number(objc, channel, "channelNumber");
    long band = ask_number(objc, channel, "channelBand");
    if (band < 0 || band >= (long)ARRAY_LENGTH(bands) || number < 1 || number > bands[band].last)
        return 0;
    if (band == 1 && number == 14)
        return 2484;
    return bands[band].base_mhz + 5 * (uint32_t)number;
}

static int32_t dbm_of(long value)
{
    return value < 0 && value > -256 ? (int32_t)value : 0;
}

static void read_network(
    const struct radio_calls *calls, void *interface, struct darwin_radio *radio)
{
    const struct objective_c_calls *objc = &calls->objc;
    void *channel = ask_object(objc, interface, "wlanChannel");
    if (!channel)
        return;
    double rate = ask_real(objc, interface, "transmitRate");
    radio->signal_dbm = dbm_of(ask_number(objc, interface, "rssiValue"));
    radio->transmit_mbit_per_s = rate > 0 && rate < 1e6 ? rate : 0;
    darwin_frameworks_read_text(
        &calls->cf, ask_object(objc, interface, "ssid"), radio->ssid, sizeof(radio->ssid));
    /* One that is looking for a network has a channel too, but hears nothing of its own. */
    radio->is_joined = radio->signal_dbm != 0 || radio->transmit_mbit_per_s > 0 || radio->ssid[0];
    if (!radio->is_joined)
        return;
    radio->noise_dbm = dbm_of(ask_number(objc, interface, "noiseMeasurement"));
    radio->frequency_mhz = frequency_of(objc, channel);
}

static int find_interface(const struct radio_calls *calls, const char *name, void **ret_interface)
{
    const struct objective_c_calls *objc = &calls->objc;
    void *client = ask_object(objc, objc->objc_getClass("CWWiFiClient"), "sharedWiFiClient");
    void *selector = selector_of(objc, client, "interfaceWithName:");
    if (!selector)
        return -ENOSYS;
    const void *string = calls->cf.CFStringCreateWithCString(NULL, name, CF_UTF8);
    if (!string) /* not UTF-8; and without a name it would be the default interface */
        return -ENODEV;
    *ret_interface = SEND(objc, void *, void *, void *, const void *)(client, selector, string);
    calls->cf.CFRelease(string);
    return *ret_interface ? 0 : -ENODEV;
}

int darwin_frameworks_read_radio(const char *name, struct darwin_radio *ret_radio)
{
    static _Atomic(void *) kept;
    const struct radio_calls *calls =
        darwin_frameworks_once(&kept, find_radio_calls, sizeof(*calls));
    struct darwin_radio radio = {0};
    void *interface = NULL;
    if (!calls)
        return -ENOMEM;
    if (!calls->is_whole)
        return -ENOSYS;
    void *pool = calls->objc.objc_autoreleasePoolPush();
    int r = find_interface(calls, name, &interface);
    if (r == 0 && ask_flag(&calls->objc, interface, "powerOn")) {
        radio.is_on = true;
        read_network(calls, interface, &radio);
    }
    calls->objc.objc_autoreleasePoolPop(pool);
    if (r == 0)
        *ret_radio = radio;
    return r;
}
