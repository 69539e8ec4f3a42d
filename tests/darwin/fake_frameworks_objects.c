#include "fake_frameworks_parts.h"

#include <stdarg.h>
#include <stdio.h>

static struct object *objects;

static const char *const kind_words[] = {"string", "number", "array", "dictionary",
    "network interface", "autorelease pool", "class", "CWWiFiClient", "CWInterface", "CWChannel"};

void fake_fault(const char *format, ...)
{
    va_list arguments;
    fputs("fake_frameworks: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}

bool fake_is_missing(const char *name)
{
    return fake_world->missing && strcmp(fake_world->missing, name) == 0;
}

const char *fake_kind_word(const struct object *object)
{
    return kind_words[object->kind];
}

struct object *fake_object_new(enum kind kind, const char *text)
{
    struct object *object = calloc(1, sizeof(*object));
    if (!object)
        abort();
    object->kind = kind;
    object->references = 1;
    object->text = text ? strdup(text) : NULL;
    pthread_mutex_lock(&fake_lock);
    object->next = objects;
    objects = object;
    pthread_mutex_unlock(&fake_lock);
    return object;
}

void fake_object_add(struct object *list, struct object *item)
{
    list->items = reallocarray(list->items, list->count + 1, sizeof(*list->items));
    if (!list->items)
        abort();
    list->items[list->count++] = item;
}

struct object *fake_object_of(const void *address, const char *function)
{
    struct object *object;
    if (address == &fake_client_class || address == &fake_client)
        return address == &fake_client ? &fake_client : &fake_client_class;
    pthread_mutex_lock(&fake_lock);
    for (object = objects; object && object != address; object = object->next)
        ;
    int references = object ? object->references : 0;
    pthread_mutex_unlock(&fake_lock);
    if (!object)
        fake_fault("%s of %p, which is no object", function, address);
    if (references <= 0)
        fake_fault("%s of a %s that is gone: %s", function, fake_kind_word(object),
            object->text ? object->text : "");
    return object;
}

struct object *fake_object_as(const void *address, enum kind kind, const char *function)
{
    struct object *object = fake_object_of(address, function);
    if (object->kind != kind)
        fake_fault("%s of a %s", function, fake_kind_word(object));
    return object;
}

void fake_object_release(struct object *object)
{
    pthread_mutex_lock(&fake_lock);
    size_t count = --object->references == 0 ? object->count : 0;
    pthread_mutex_unlock(&fake_lock);
    while (count > 0)
        fake_object_release(object->items[--count]);
}

static void object_free(struct object *object)
{
    free(object->text);
    free(object->items);
    free(object);
}

size_t fake_objects_end(void)
{
    size_t left = 0;
    for (struct object *object = objects, *next; object; object = next) {
        next = object->next;
        if (object->references > 0 && ++left)
            fprintf(stderr, "fake_frameworks: a %s is left: %s\n", fake_kind_word(object),
                object->text ? object->text : "");
        object_free(object);
    }
    objects = NULL;
    return left;
}
