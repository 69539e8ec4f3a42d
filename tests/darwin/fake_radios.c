#include "fake_frameworks_parts.h"

/* --- the Objective-C runtime --- */

enum { SELECTORS = 256 };

struct object fake_client_class = {.kind = CLASS, .references = 1};
struct object fake_client = {.kind = CLIENT, .references = 1};
static _Thread_local struct object *pool;

static void *get_class_object(const char *name)
{
    bool is_there = strcmp(name, "CWWiFiClient") == 0 && !fake_is_missing(name);
    return is_there ? &fake_client_class : NULL;
}

/* One address a name, for good. */
static void *register_name(const char *name)
{
    static char *names[SELECTORS];
    size_t i;
    pthread_mutex_lock(&fake_lock);
    for (i = 0; names[i] && strcmp(names[i], name) != 0; i++)
        ;
    if (!names[i])
        names[i] = strdup(name);
    pthread_mutex_unlock(&fake_lock);
    return names[i];
}

static void *pool_push(void)
{
    struct object *new = fake_object_new(POOL, NULL);
    new->index = (size_t)(uintptr_t)pool; /* the one around it */
    return pool = new;
}

static void pool_pop(void *address)
{
    struct object *popped = fake_object_as(address, POOL, "objc_autoreleasePoolPop");
    if (popped != pool)
        fake_fault("objc_autoreleasePoolPop of another pool than the last");
    pool = (struct object *)(uintptr_t)popped->index;
    fake_object_release(popped);
}

static struct object *autorelease(struct object *object)
{
    if (!pool)
        fake_fault("a %s is autoreleased without a pool", fake_kind_word(object));
    fake_object_add(pool, object);
    return object;
}

/* --- CoreWLAN --- */

/* What is said of the interface's or channel's radio, once it answers. */
static struct fake_radio radio_of(const void *address)
{
    size_t index = fake_object_of(address, "a method")->index;
    pthread_mutex_lock(&fake_lock);
    while (fake_radios[index].hangs)
        pthread_cond_wait(&fake_changed, &fake_lock);
    struct fake_radio radio = fake_radios[index];
    pthread_mutex_unlock(&fake_lock);
    return radio;
}

static void *shared_client(void *self, void *selector)
{
    (void)self, (void)selector;
    return &fake_client;
}

/* nil is the interface that the system prefers. */
static void *interface_with_name(void *self, void *selector, const void *address)
{
    const char *name = address ? fake_object_as(address, STRING, "interfaceWithName:")->text
                               : fake_world->radios[0].name;
    (void)self, (void)selector;
    for (size_t i = 0; i < fake_world->radio_count; i++)
        if (strcmp(fake_world->radios[i].name, name) == 0) {
            struct object *interface = fake_object_new(INTERFACE, name);
            interface->index = i;
            pthread_mutex_lock(&fake_lock);
            fake_asked[i]++;
            pthread_mutex_unlock(&fake_lock);
            return autorelease(interface);
        }
    return NULL;
}

static signed char power_on(void *self, void *selector)
{
    (void)selector;
    return radio_of(self).is_on ? 1 : 0;
}

static void *wlan_channel(void *self, void *selector)
{
    (void)selector;
    if (radio_of(self).channel == 0)
        return NULL;
    struct object *channel = fake_object_new(CHANNEL, NULL);
    channel->index = fake_object_of(self, "wlanChannel")->index;
    return autorelease(channel);
}

static long rssi_value(void *self, void *selector)
{
    (void)selector;
    return radio_of(self).signal;
}

static long noise_measurement(void *self, void *selector)
{
    (void)selector;
    return radio_of(self).noise;
}

static double transmit_rate(void *self, void *selector)
{
    (void)selector;
    return radio_of(self).rate;
}

static void *ssid(void *self, void *selector)
{
    const char *text = radio_of(self).ssid;
    (void)selector;
    return text ? autorelease(fake_object_new(STRING, text)) : NULL;
}

static long channel_number(void *self, void *selector)
{
    (void)selector;
    return radio_of(self).channel;
}

static long channel_band(void *self, void *selector)
{
    (void)selector;
    return radio_of(self).band;
}

/* --- messages --- */

static signed char responds_to(void *self, void *selector, void *method);

static const struct {
    enum kind kind;
    const char *name;
    any_function *function;
} methods[] = {
    {CLASS, "sharedWiFiClient", (any_function *)shared_client},
    {CLIENT, "interfaceWithName:", (any_function *)interface_with_name},
    {INTERFACE, "powerOn", (any_function *)power_on},
    {INTERFACE, "wlanChannel", (any_function *)wlan_channel},
    {INTERFACE, "rssiValue", (any_function *)rssi_value},
    {INTERFACE, "noiseMeasurement", (any_function *)noise_measurement},
    {INTERFACE, "transmitRate", (any_function *)transmit_rate},
    {INTERFACE, "ssid", (any_function *)ssid},
    {CHANNEL, "channelNumber", (any_function *)channel_number},
    {CHANNEL, "channelBand", (any_function *)channel_band},
};
enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

static any_function *method_of(const struct object *object, const char *name)
{
    if (strcmp(name, "respondsToSelector:") == 0)
        return (any_function *)responds_to;
    for (size_t i = 0; i < METHODS; i++)
        if (methods[i].kind == object->kind && strcmp(methods[i].name, name) == 0)
            return fake_is_missing(name) ? NULL : methods[i].function;
    return NULL;
}

static signed char responds_to(void *self, void *selector, void *method)
{
    (void)selector;
    return method_of(fake_object_of(self, "respondsToSelector:"), method) != NULL;
}

/* objc_msgSend has no type: it finds the method, and goes there with all that is in the registers.
 * A message to nil is answered by nothing, whatever the type. */
void fake_frameworks_send(void);
void fake_frameworks_nil(void);
any_function *fake_frameworks_method(void *self, const char *selector);

any_function *fake_frameworks_method(void *self, const char *selector)
{
    if (!self)
        return fake_frameworks_nil;
    struct object *object = fake_object_of(self, selector);
    any_function *function = method_of(object, selector);
    if (!function)
        fake_fault("unrecognized selector sent to a %s: %s", fake_kind_word(object), selector);
    return function;
}

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl fake_frameworks_send, fake_frameworks_nil\n"
        "fake_frameworks_send:\n"
        "    endbr64\n"
        "    push %rdi\n"
        "    push %rsi\n"
        "    push %rdx\n"
        "    call fake_frameworks_method\n"
        "    pop %rdx\n"
        "    pop %rsi\n"
        "    pop %rdi\n"
        "    jmp *%rax\n"
        "fake_frameworks_nil:\n"
        "    endbr64\n"
        "    xor %eax, %eax\n"
        "    pxor %xmm0, %xmm0\n"
        "    ret\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl fake_frameworks_send, fake_frameworks_nil\n"
        "fake_frameworks_send:\n"
        "    stp x29, x30, [sp, #-48]!\n"
        "    stp x0, x1, [sp, #16]\n"
        "    str x2, [sp, #32]\n"
        "    bl fake_frameworks_method\n"
        "    mov x16, x0\n"
        "    ldp x0, x1, [sp, #16]\n"
        "    ldr x2, [sp, #32]\n"
        "    ldp x29, x30, [sp], #48\n"
        "    br x16\n"
        "fake_frameworks_nil:\n"
        "    mov x0, #0\n"
        "    fmov d0, xzr\n"
        "    ret\n");
#endif

const char *fake_method_name(size_t index)
{
    return index < METHODS ? methods[index].name : NULL;
}

const struct fake_function fake_runtime[] = {
    {OBJECTIVE_C, "objc_getClass", (any_function *)get_class_object},
    {OBJECTIVE_C, "sel_registerName", (any_function *)register_name},
    {OBJECTIVE_C, "objc_autoreleasePoolPush", (any_function *)pool_push},
    {OBJECTIVE_C, "objc_autoreleasePoolPop", (any_function *)pool_pop},
    {OBJECTIVE_C, "objc_msgSend", fake_frameworks_send},
    {0},
};
