/* device_facts - what sysfs says a device is (DEVTYPE of its uevent), where netlink does not. */
#ifndef IFPULSE_DEVICE_FACTS_H
#define IFPULSE_DEVICE_FACTS_H

#include "platform.h"

/* Pure: the text of a uevent file. DEVTYPE is empty where there is none; ret_index 0. */
void device_parse_uevent(const char *text, char *ret_devtype, size_t size, uint32_t *ret_index);

/* Turns the type into wifi or cellular where sysfs says so. The sysfs that is mounted may be
 * another namespace's: only a device of the same name and index is believed. */
void device_facts_read(struct network_interface *iface);

#endif
