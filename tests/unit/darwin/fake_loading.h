/* fake_loading - what the linker's --wrap puts in place of dlopen and dlsym: fake_frameworks.h, and
 * where that has nothing, as on a system without frameworks, the system itself. */
#ifndef IFPULSE_FAKE_LOADING_H
#define IFPULSE_FAKE_LOADING_H

#include "fake_frameworks.h"

void *__real_dlopen(const char *path, int mode);

void *__wrap_dlopen(const char *path, int mode)
{
    void *library = fake_frameworks_open(path);
    return library ? library : __real_dlopen(path, mode);
}

void *__wrap_dlsym(void *library, const char *name)
{
    return fake_frameworks_find(library, name);
}

#endif
