/* fake_frameworks_parts - what the files of fake_frameworks share: objects that are counted, and
 * the tables of what each library has. */
#ifndef IFPULSE_FAKE_FRAMEWORKS_PARTS_H
#define IFPULSE_FAKE_FRAMEWORKS_PARTS_H

#include "fake_frameworks.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FRAMEWORK(name) "/System/Library/Frameworks/" name ".framework/" name
#define OBJECTIVE_C "/usr/lib/libobjc.A.dylib"

enum kind { STRING, NUMBER, ARRAY, DICTIONARY, PORT, POOL, CLASS, CLIENT, INTERFACE, CHANNEL };

struct object {
    enum kind kind;
    int references; /* 0: it is gone, and only kept to tell who uses it all the same */
    char *text;
    size_t index;          /* of its port or radio */
    struct object **items; /* of an array, port or pool, which owns one reference of each */
    size_t count;
    struct object *next;
};

/* The world as it was told, NULL before the begin; and what is said of the radios now, under the
 * lock. */
extern const struct fake_frameworks *fake_world;
extern struct fake_radio fake_radios[8];
extern unsigned fake_asked[8];
extern pthread_mutex_t fake_lock;
extern pthread_cond_t fake_changed;

__attribute__((format(printf, 1, 2), noreturn)) void fake_fault(const char *format, ...);
bool fake_is_missing(const char *name);

const char *fake_kind_word(const struct object *object);
struct object *fake_object_new(enum kind kind, const char *text);
/* Moves the caller's reference of item into list. */
void fake_object_add(struct object *list, struct object *item);
/* The object that it is an address of, which must not be gone; and must be of that kind. */
struct object *fake_object_of(const void *address, const char *function);
struct object *fake_object_as(const void *address, enum kind kind, const char *function);
void fake_object_release(struct object *object);
/* Objects that are there without being made. */
extern struct object fake_client_class, fake_client;

/* Free all there is, of IOKit in the second; return how many were left. */
size_t fake_objects_end(void);
size_t fake_nodes_end(void);
void fake_nodes_begin(void);

/* Each ends with a row without a name. */
typedef void any_function(void);
struct fake_function {
    const char *path, *name;
    any_function *function;
};
extern const struct fake_function fake_core_foundation[], fake_ports[], fake_io_kit[],
    fake_runtime[];
/* NULL behind the last. */
const char *fake_method_name(size_t index);

#endif
