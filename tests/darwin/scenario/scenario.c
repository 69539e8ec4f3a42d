/* darwin_scenario FOLDER NAME - writes the answers of a macOS kernel (kernel_script.h) for a test.
 * Without NAME it lists the names; "told_SUBCLASS_CODE" is one besides, whose event has these
 * numbers.
 */
#include "scenarios.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    void (*write)(void);
} scenarios[] = {
    {"macbook", scenario_macbook},
    {"closing", scenario_closing},
    {"macos14", scenario_macos14},
    {"hidden", scenario_hidden},
    {"growing", scenario_growing},
    {"events", scenario_events},
    {"fallback", scenario_fallback},
    {"hostile", scenario_hostile},
    {"broken", scenario_broken},
};

static int list(void)
{
    for (size_t i = 0; i < LENGTH(scenarios); i++)
        puts(scenarios[i].name);
    return 0;
}

int main(int count, char **words)
{
    unsigned subclass, code;
    if (count < 3)
        return list();
    answers_into(words[1]);
    for (size_t i = 0; i < LENGTH(scenarios); i++)
        if (strcmp(words[2], scenarios[i].name) == 0) {
            scenarios[i].write();
            return 0;
        }
    if (sscanf(words[2], "told_%u_%u", &subclass, &code) == 2) {
        scenario_told(subclass, code);
        return 0;
    }
    fail("there is no scenario %s", words[2]);
}
