/* Lists the machine's interfaces with their type, state and addresses.
 *
 *   list_interfaces */
#include <network_monitor.h>
#include <stdio.h>

static void print_addresses(const struct network_interface *iface)
{
    char text[NETWORK_ADDRESS_TEXT];
    for (uint32_t i = 0; i < iface->addresses.count; i++) {
        network_address_format(&iface->addresses.items[i], text);
        printf("  %s", text);
    }
    printf("\n");
}

int main(void)
{
    struct network_monitor *monitor;
    int result = network_monitor_open(&monitor);
    if (result < 0) {
        fprintf(stderr, "cannot observe the network: %s error\n",
            network_error_text(network_error_of(result)));
        return 1;
    }
    size_t count;
    const struct network_interface *interfaces = network_monitor_interfaces(monitor, &count);
    for (size_t i = 0; i < count; i++) {
        printf("%s: %s, %s", interfaces[i].name, network_interface_type_words[interfaces[i].type],
            interfaces[i].is_active ? "active" : "inactive");
        print_addresses(&interfaces[i]);
    }
    network_monitor_close(monitor);
    return 0;
}
