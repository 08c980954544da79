/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files: every byte that a frame claims to have must be there. */
#include <stdio.h>

#include "hook/net/port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *stream = size ? fmemopen((void *)data, size, "r") : NULL;
	struct frame frame;
	struct port *port;

	if (!stream || port_open_stream(&port, stream, "fuzz", NULL))
		return 0;
	while (port_receive(port, &frame, 1, NULL) == 1)
		for (uint32_t i = 0; i < frame.len; i++)
			(void)*(volatile const uint8_t *)&frame.data[i];
	port_close(port);
	return 0;
}
