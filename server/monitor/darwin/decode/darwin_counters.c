#include "darwin_counters.h"

#include "darwin_bytes.h"
#include "darwin_wire.h"

int darwin_counters_read(
    const uint8_t *bytes, size_t size, const char *name, struct interface_sample *sample)
{
    const uint8_t *data = bytes + IFMD_DATA;
    if (size < IFMD_SIZE)
        return -EBADMSG;
    if (strncmp((const char *)bytes + IFMD_NAME, name, IFMD_NAME_SIZE) != 0)
        return DARWIN_COUNTERS_OF_ANOTHER;
    PUT(sample, bytes_received, read_le64(data + IFD_IBYTES));
    PUT(sample, bytes_sent, read_le64(data + IFD_OBYTES));
    PUT(sample, packets_received, read_le64(data + IFD_IPACKETS));
    PUT(sample, packets_sent, read_le64(data + IFD_OPACKETS));
    PUT(sample, receive_errors, read_le64(data + IFD_IERRORS));
    PUT(sample, send_errors, read_le64(data + IFD_OERRORS));
    PUT(sample, receive_drops, read_le64(data + IFD_IQDROPS));
    PUT(sample, send_drops, read_le32(bytes + IFMD_SND_DROPS));
    PUT(sample, collisions, read_le64(data + IFD_COLLISIONS));
    sample->status.receive_missed = NETWORK_NOT_SUPPORTED;
    sample->status.receive_overruns = NETWORK_NOT_SUPPORTED;
    sample->status.queue_drops = NETWORK_NOT_SUPPORTED;
    return 0;
}
