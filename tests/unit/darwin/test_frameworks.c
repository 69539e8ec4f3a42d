/* What is made of the frameworks' answers, and that nothing of them is kept. Each test is a process
 * of its own: what was found of the frameworks once stays for its life. */
#include "darwin_frameworks.h"

#include "fake_loading.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_port(const struct darwin_ports *ports, size_t index, const char *name,
    const char *type, const char *title, const char *driver)
{
    cr_assert_lt(index, ports->count);
    const struct darwin_port *port = &ports->items[index];
    cr_expect_str_eq(port->name, name);
    cr_expect_str_eq(port->type, type);
    cr_expect_str_eq(port->title, title);
    cr_expect_str_eq(port->driver, driver);
}

/* Reads the ports of a world, of which nothing may be left. */
static int read_ports(const struct fake_frameworks *world, struct darwin_ports *ret_ports)
{
    fake_frameworks_begin(world);
    int r = darwin_frameworks_read_ports(ret_ports);
    cr_expect_eq(fake_frameworks_end(), 0, "something was not released");
    return r;
}

static int read_radio(const struct fake_radio *said, struct darwin_radio *ret_radio)
{
    struct fake_frameworks world = {.radios = said, .radio_count = 1};
    fake_frameworks_begin(&world);
    int r = darwin_frameworks_read_radio(said->name, ret_radio);
    cr_expect_eq(fake_frameworks_end(), 0, "something was not released");
    return r;
}

/* --- ports --- */

Test(ports, of_a_laptop)
{
    struct darwin_ports ports = {0};
    cr_assert_eq(read_ports(&fake_frameworks_laptop, &ports), 0);
    cr_assert_eq(ports.count, 5);
    expect_port(&ports, 0, "en4", "Ethernet", "USB 10/100/1000 LAN", "AppleUserECM");
    expect_port(&ports, 1, "en0", "IEEE80211", "Wi-Fi", "AppleBCMWLANSkywalkInterface");
    expect_port(&ports, 2, "en1", "Ethernet", "Thunderbolt 1", "AppleThunderboltIPPort");
    expect_port(&ports, 3, "bridge0", "Bridge", "Thunderbolt Bridge", "");
    expect_port(&ports, 4, "awdl0", "", "", "AppleBCMWLANSkywalkInterface");
    darwin_ports_fini(&ports);
    cr_expect_eq(ports.count, 0);
}

Test(ports, are_appended_each_name_once)
{
    struct darwin_ports ports = {0};
    cr_assert_eq(read_ports(&fake_frameworks_laptop, &ports), 0);
    cr_assert_eq(read_ports(&fake_frameworks_laptop, &ports), 0);
    cr_expect_eq(ports.count, 5);
    darwin_ports_fini(&ports);
}

Test(ports, of_a_system_without_frameworks)
{
    struct darwin_ports ports = {0};
    struct darwin_radio radio = {.noise_dbm = -1};
    cr_expect_eq(darwin_frameworks_read_ports(&ports), -ENOSYS);
    cr_expect_eq(ports.count, 0);
    cr_expect_eq(darwin_frameworks_read_radio("en0", &radio), -ENOSYS);
    cr_expect_eq(radio.noise_dbm, -1);
    darwin_ports_fini(&ports);
    darwin_ports_fini(NULL);
}

Test(ports, lack_what_is_not_said)
{
    const struct fake_port said[] = {{NULL, "PPP", "nameless"}, {"Bluetooth-Modem1", "Modem", "x"},
        {"123456789012345", NULL, "as long as names are"}, {"en0", "Ethernet", NULL},
        {"", "Ethernet", "no name either"}};
    struct fake_frameworks world = {.ports = said, .port_count = 5};
    struct darwin_ports ports = {0};
    cr_assert_eq(read_ports(&world, &ports), 0);
    cr_assert_eq(ports.count, 2);
    expect_port(&ports, 0, "123456789012345", "", "as long as names are", "");
    expect_port(&ports, 1, "en0", "Ethernet", "", "");
    darwin_ports_fini(&ports);
}

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

/* A title has room for 63 bytes. */
static const struct {
    const char *said, *kept;
} titles[] = {
    {SIXTY "abc", SIXTY "abc"},
    {SIXTY "abcd", SIXTY "abc"},
    {SIXTY "a\u00e9", SIXTY "a\u00e9"},
    {SIXTY "ab\u00e9", SIXTY "ab"},
    {SIXTY "\u7f51", SIXTY "\u7f51"},
    {SIXTY "a\u7f51", SIXTY "a"},
    {SIXTY "ab\u7f51", SIXTY "ab"},
    {SIXTY "\U0001f4f6", SIXTY},
    {SIXTY "ab\U0001f4f6", SIXTY "ab"},
    {"\u7f51\u7edc", "\u7f51\u7edc"},
};

static void expect_titles(bool cuts_anywhere)
{
    for (size_t i = 0; i < ARRAY_LENGTH(titles); i++) {
        const struct fake_port said = {"en0", "Ethernet", titles[i].said};
        struct fake_frameworks world = {
            .ports = &said, .port_count = 1, .cuts_anywhere = cuts_anywhere};
        struct darwin_ports ports = {0};
        cr_assert_eq(read_ports(&world, &ports), 0);
        expect_port(&ports, 0, "en0", "Ethernet", titles[i].kept, "");
        darwin_ports_fini(&ports);
    }
}

Test(ports, titles_are_cut_between_characters)
{
    expect_titles(false);
    expect_titles(true);
}

Test(ports, drivers_of_odd_devices)
{
    const struct fake_device said[] = {
        {.name = NULL, .driver = "NotAttachedYet"},
        {.name = "en7", .has_number = true, .driver = "NumberedDriver"},
        {.name = "en1", .driver = NULL},
        {.name = "en2", .driver = "Behind2", .adapters = 2},
        {.name = "en3", .driver = NULL, .adapters = 1},
        {.name = "en4", .driver = SIXTY SIXTY "1234567"}, /* as long as a class can be named */
        {.name = "en5", .driver = SIXTY "ab\u00e9"},
        {.name = "en6", .driver = "Kernel", .user_class = ""},
    };
    struct fake_frameworks world = {.devices = said, .device_count = 8};
    struct darwin_ports ports = {0};
    cr_assert_eq(read_ports(&world, &ports), 0);
    cr_assert_eq(ports.count, 6);
    expect_port(&ports, 0, "en1", "", "", "");
    expect_port(&ports, 1, "en2", "", "", "Behind2");
    expect_port(&ports, 2, "en3", "", "", "");
    expect_port(&ports, 3, "en4", "", "", SIXTY "012");
    expect_port(&ports, 4, "en5", "", "", SIXTY "ab");
    expect_port(&ports, 5, "en6", "", "", "Kernel");
    darwin_ports_fini(&ports);
}

/* An iterator that was made invalid by a change has not told of all; one that is again and again
 * is no reason to go on for ever. */
Test(ports, registry_that_changes)
{
    static const struct {
        unsigned changes;
        size_t count;
    } cases[] = {{1, 4}, {2, 4}, {1000, 2}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct fake_frameworks world = {.devices = fake_frameworks_laptop.devices,
            .device_count = 4,
            .changes = cases[i].changes};
        struct darwin_ports ports = {0};
        cr_assert_eq(read_ports(&world, &ports), 0);
        cr_expect_eq(ports.count, cases[i].count, "%u changes", cases[i].changes);
        darwin_ports_fini(&ports);
    }
}

Test(ports, one_framework_fails)
{
    struct fake_frameworks no_registry = fake_frameworks_laptop, no_list = fake_frameworks_laptop;
    struct darwin_ports ports = {0};
    no_registry.matching_error = 1;
    cr_expect_eq(read_ports(&no_registry, &ports), 0);
    cr_assert_eq(ports.count, 4);
    expect_port(&ports, 1, "en0", "IEEE80211", "Wi-Fi", "");
    ports.count = 0;
    no_list.has_no_list = true;
    cr_expect_eq(read_ports(&no_list, &ports), 0);
    cr_assert_eq(ports.count, 4);
    expect_port(&ports, 0, "en0", "", "", "AppleBCMWLANSkywalkInterface");
    darwin_ports_fini(&ports);
}

Test(ports, both_frameworks_fail)
{
    struct fake_frameworks world = fake_frameworks_laptop;
    struct darwin_ports ports = {0};
    cr_assert_eq(read_ports(&world, &ports), 0);
    world.matching_error = 1;
    world.has_no_list = true;
    cr_expect_eq(read_ports(&world, &ports), -EIO);
    cr_expect_eq(ports.count, 5, "what was there is still there");
    darwin_ports_fini(&ports);
}

static void *read_in_thread(void *barrier)
{
    struct darwin_ports ports = {0};
    struct darwin_radio radio;
    pthread_barrier_wait(barrier);
    cr_assert_eq(darwin_frameworks_read_ports(&ports), 0);
    cr_assert_eq(ports.count, 5);
    cr_assert_eq(darwin_frameworks_read_radio("en0", &radio), 0);
    darwin_ports_fini(&ports);
    return NULL;
}

Test(ports, from_many_threads)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, THREADS);
    fake_frameworks_begin(&fake_frameworks_laptop);
    for (size_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, read_in_thread, &barrier), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(fake_frameworks_end(), 0);
    pthread_barrier_destroy(&barrier);
}

/* --- radios --- */

static const struct fake_radio joined = {"en0", true, .channel = 149, .band = 2, .signal = -54,
    .noise = -92, .rate = 866.7, .ssid = "home"};

Test(radio, joined)
{
    struct darwin_radio radio;
    cr_assert_eq(read_radio(&joined, &radio), 0);
    cr_expect(radio.is_on && radio.is_joined);
    cr_expect_eq(radio.signal_dbm, -54);
    cr_expect_eq(radio.noise_dbm, -92);
    cr_expect_float_eq(radio.transmit_mbit_per_s, 866.7, 1e-9);
    cr_expect_eq(radio.frequency_mhz, 5745);
    cr_expect_str_eq(radio.ssid, "home");
}

static void expect_nothing(const struct darwin_radio *radio)
{
    cr_expect_not(radio->is_joined);
    cr_expect(radio->signal_dbm == 0 && radio->noise_dbm == 0 && radio->frequency_mhz == 0);
    cr_expect(radio->transmit_mbit_per_s == 0 && radio->ssid[0] == '\0');
}

Test(radio, off)
{
    struct fake_radio said = joined;
    struct darwin_radio radio;
    said.is_on = false;
    cr_assert_eq(read_radio(&said, &radio), 0);
    cr_expect_not(radio.is_on);
    expect_nothing(&radio);
}

Test(radio, in_no_network)
{
    const struct fake_radio said[] = {
        {"en0", true, .noise = -92}, {"en0", true, .channel = 6, .band = 1, .noise = -92}};
    for (size_t i = 0; i < ARRAY_LENGTH(said); i++) {
        struct darwin_radio radio;
        cr_assert_eq(read_radio(&said[i], &radio), 0);
        cr_expect(radio.is_on);
        expect_nothing(&radio);
    }
}

/* The system gives the name of a network only to programs with Location Services. */
Test(radio, without_a_name)
{
    struct fake_radio said = joined;
    struct darwin_radio radio;
    said.ssid = NULL;
    cr_assert_eq(read_radio(&said, &radio), 0);
    cr_expect(radio.is_joined);
    cr_expect_eq(radio.signal_dbm, -54);
    cr_expect_str_eq(radio.ssid, "");
}

Test(radio, zero_is_not_known)
{
    struct fake_radio said = joined;
    struct darwin_radio radio;
    said.signal = said.noise = 0;
    cr_assert_eq(read_radio(&said, &radio), 0);
    cr_expect(radio.is_joined);
    cr_expect(radio.signal_dbm == 0 && radio.noise_dbm == 0);
    cr_expect_eq(radio.frequency_mhz, 5745);
}

Test(radio, says_nonsense)
{
    static const double rates[] = {-1, 0, 1e300, INFINITY, NAN};
    static const long signals[] = {5, -1000, INT64_MIN, INT64_MAX, -(1L << 32) - 54};
    for (size_t i = 0; i < ARRAY_LENGTH(rates); i++) {
        struct fake_radio said = joined;
        struct darwin_radio radio;
        said.rate = rates[i];
        said.signal = signals[i];
        cr_assert_eq(read_radio(&said, &radio), 0);
        cr_expect(radio.is_joined);
        cr_expect(radio.transmit_mbit_per_s == 0 && radio.signal_dbm == 0, "%zu", i);
    }
}

Test(radio, frequencies)
{
    static const struct {
        long band, channel;
        uint32_t mhz;
    } cases[] = {{1, 1, 2412}, {1, 13, 2472}, {1, 14, 2484}, {1, 15, 0}, {2, 36, 5180},
        {2, 165, 5825}, {2, 177, 5885}, {2, 178, 0}, {3, 1, 5955}, {3, 37, 6135}, {3, 233, 7115},
        {3, 234, 0}, {0, 6, 0}, {4, 6, 0}, {-1, 6, 0}, {INT64_MAX, 6, 0}, {2, -1, 0},
        {2, INT64_MAX, 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct fake_radio said = joined;
        struct darwin_radio radio;
        said.band = cases[i].band;
        said.channel = cases[i].channel;
        cr_assert_eq(read_radio(&said, &radio), 0);
        cr_expect(radio.is_joined);
        cr_expect_eq(radio.frequency_mhz, cases[i].mhz, "band %ld channel %ld: %u", cases[i].band,
            cases[i].channel, radio.frequency_mhz);
    }
}

Test(radio, names_of_networks)
{
    static const struct {
        const char *said, *kept;
    } cases[] = {{TEN TEN TEN "ab", TEN TEN TEN "ab"}, {TEN TEN TEN "abc", TEN TEN TEN "ab"},
        {TEN TEN TEN "\u00e9", TEN TEN TEN "\u00e9"}, {TEN TEN TEN "a\u00e9", TEN TEN TEN "a"},
        {"", ""}, {"\u7f51 <b>\"", "\u7f51 <b>\""}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct fake_radio said = joined;
        struct darwin_radio radio;
        said.ssid = cases[i].said;
        cr_assert_eq(read_radio(&said, &radio), 0);
        cr_expect_str_eq(radio.ssid, cases[i].kept);
    }
}

/* Without a name, which a text that is no UTF-8 does not make, CoreWLAN would answer for en0. */
Test(radio, of_another_interface)
{
    static const char *const names[] = {"en1", "", "en0 ", "\xff\xfe"};
    struct fake_frameworks world = {.radios = &joined, .radio_count = 1};
    struct darwin_radio radio = {.noise_dbm = -1};
    fake_frameworks_begin(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        cr_expect_eq(darwin_frameworks_read_radio(names[i], &radio), -ENODEV, "%zu", i);
    cr_expect_eq(fake_frameworks_end(), 0);
    cr_expect_eq(radio.noise_dbm, -1);
}

/* --- what is missing --- */

/* What is known of the laptop, with everything there and with one thing missing. */
enum {
    PORTS = 1,
    TYPE = 2,
    TITLE = 4,
    DRIVER = 8,
    RADIO = 16,
    POWER = 32,
    SIGNAL = 64,
    NOISE = 128,
    RATE = 256,
    FREQUENCY = 512,
    SSID = 1024,
    OF_SC = PORTS | TYPE | TITLE,
    OF_CHANNEL = SIGNAL | NOISE | RATE | FREQUENCY | SSID,
    OF_RADIO = RADIO | POWER | OF_CHANNEL,
    ALL = OF_SC | DRIVER | OF_RADIO
};

static const struct {
    const char *missing;
    unsigned lost;
} losses[] = {
    {"CFRelease", ALL},
    {"CFGetTypeID", DRIVER},
    {"CFStringGetTypeID", DRIVER},
    {"CFStringCreateWithCString", ALL},
    {"CFStringGetLength", ALL},
    {"CFStringGetBytes", ALL},
    {"CFArrayGetCount", OF_SC},
    {"CFArrayGetValueAtIndex", OF_SC},
    {"SCNetworkInterfaceCopyAll", OF_SC},
    {"SCNetworkInterfaceGetBSDName", OF_SC},
    {"SCNetworkInterfaceGetInterfaceType", TYPE},
    {"SCNetworkInterfaceGetLocalizedDisplayName", TITLE},
    {"IOServiceMatching", DRIVER},
    {"IOServiceGetMatchingServices", DRIVER},
    {"IOIteratorNext", DRIVER},
    {"IOIteratorIsValid", DRIVER},
    {"IOIteratorReset", DRIVER},
    {"IORegistryEntryCreateCFProperty", DRIVER},
    {"IORegistryEntryGetParentEntry", DRIVER},
    {"IOObjectConformsTo", DRIVER},
    {"IOObjectGetClass", DRIVER},
    {"IOObjectRelease", DRIVER},
    {"objc_getClass", OF_RADIO},
    {"sel_registerName", OF_RADIO},
    {"objc_autoreleasePoolPush", OF_RADIO},
    {"objc_autoreleasePoolPop", OF_RADIO},
    {"objc_msgSend", OF_RADIO},
    {"sharedWiFiClient", OF_RADIO},
    {"interfaceWithName:", OF_RADIO},
    {"powerOn", POWER | OF_CHANNEL},
    {"wlanChannel", OF_CHANNEL},
    {"rssiValue", SIGNAL},
    {"noiseMeasurement", NOISE},
    {"transmitRate", RATE},
    {"ssid", SSID},
    {"channelNumber", FREQUENCY},
    {"channelBand", FREQUENCY},
    {"/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation", ALL},
    {"/System/Library/Frameworks/SystemConfiguration.framework/SystemConfiguration", OF_SC},
    {"/System/Library/Frameworks/IOKit.framework/IOKit", DRIVER},
    {"/System/Library/Frameworks/CoreWLAN.framework/CoreWLAN", OF_RADIO},
    {"/usr/lib/libobjc.A.dylib", OF_RADIO},
    {"CWWiFiClient", OF_RADIO},
    {"nothing", 0},
};

static unsigned known_of_ports(unsigned *ret_error)
{
    struct darwin_ports ports = {0};
    int r = darwin_frameworks_read_ports(&ports);
    unsigned known = 0;
    *ret_error = (unsigned)-r;
    for (size_t i = 0; i < ports.count; i++) {
        const struct darwin_port *port = &ports.items[i];
        known |= strcmp(port->name, "bridge0") == 0 ? PORTS : 0;
        known |= port->type[0] ? TYPE : 0;
        known |= port->title[0] ? TITLE : 0;
        known |= port->driver[0] ? DRIVER : 0;
    }
    darwin_ports_fini(&ports);
    return known;
}

static unsigned known_of_radio(unsigned *ret_error)
{
    struct darwin_radio radio = {0};
    int r = darwin_frameworks_read_radio("en0", &radio);
    *ret_error = (unsigned)-r;
    return (r == 0 ? RADIO : 0) | (radio.is_on ? POWER : 0) | (radio.signal_dbm ? SIGNAL : 0) |
           (radio.noise_dbm ? NOISE : 0) | (radio.transmit_mbit_per_s > 0 ? RATE : 0) |
           (radio.frequency_mhz ? FREQUENCY : 0) | (radio.ssid[0] ? SSID : 0);
}

/* 0, or what was wrong; told on stderr. */
static int expect_without(const char *missing, unsigned expected)
{
    unsigned ports_error, radio_error;
    struct fake_frameworks world = fake_frameworks_laptop;
    world.radios = &joined;
    world.missing = missing;
    fake_frameworks_begin(&world);
    unsigned known = known_of_ports(&ports_error) | known_of_radio(&radio_error);
    size_t left = fake_frameworks_end();
    if (known == expected && left == 0 &&
        ports_error == (expected & (PORTS | DRIVER) ? 0 : ENOSYS) &&
        radio_error == (expected & RADIO ? 0 : ENOSYS))
        return 0;
    fprintf(stderr, "without %s: known %#x of %#x, errors %u %u, %zu left\n", missing, known,
        expected, ports_error, radio_error, left);
    return 1;
}

/* Each in a process of its own, as each finds other functions. */
Test(frameworks, one_thing_is_missing)
{
    for (size_t i = 0; i < ARRAY_LENGTH(losses); i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(expect_without(losses[i].missing, ALL & ~losses[i].lost));
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0, "without %s", losses[i].missing);
    }
}

Test(frameworks, all_that_may_be_missing_was_missing)
{
    size_t count = 0;
    for (const char *name; (name = fake_frameworks_name(count)) != NULL; count++)
        cr_expect_str_eq(losses[count].missing, name);
    cr_expect_eq(count + 1, ARRAY_LENGTH(losses));
}
