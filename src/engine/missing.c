/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel engine in a build without libbpf: each call says so. */
#include <errno.h>

#include "engine/kernel.h"
#include "spec/diags.h"

static int missing(struct diag_sink *sink)
{
	return diag_report(sink, DIAG_KERNEL_MISSING, NULL,
			   "this build has no libbpf (package libbpf-dev)");
}

int kernel_open(struct kernel **out, const char *path, const char *program,
		enum prog_type type, struct diag_sink *sink)
{
	return missing(sink);
}

void kernel_close(struct kernel *kernel)
{
}

int kernel_set_data(struct kernel *kernel, const char *section,
		    const void *data, size_t size, struct diag_sink *sink)
{
	return missing(sink);
}

int kernel_load(struct kernel *kernel, struct diag_sink *sink)
{
	return missing(sink);
}

enum prog_type kernel_prog_type(const struct kernel *kernel)
{
	return 0;
}

const char *kernel_prog_name(const struct kernel *kernel)
{
	return "";
}

int kernel_run(struct kernel *kernel, struct packet *packet, uint32_t *r0,
	       struct diag_sink *sink)
{
	return missing(sink);
}

int kernel_run_often(struct kernel *kernel, struct packet *packet,
		     uint32_t repeat, uint32_t *r0, uint64_t *ns,
		     struct diag_sink *sink)
{
	return missing(sink);
}

uint32_t kernel_code_size(const struct kernel *kernel)
{
	return 0;
}

int kernel_repeat(struct kernel *kernel, const struct packet *packet,
		  uint32_t repeat, double *ns_per_run,
		  struct diag_sink *sink)
{
	return missing(sink);
}

struct kernel_map *kernel_map(struct kernel *kernel, const char *name)
{
	return NULL;
}

size_t kernel_map_value_size(const struct kernel_map *map)
{
	return 0;
}

size_t kernel_map_key_size(const struct kernel_map *map)
{
	return 0;
}

uint32_t kernel_cpus(void)
{
	return 0;
}

int kernel_map_lookup(const struct kernel_map *map, const void *key,
		      void *value)
{
	return -ENOSYS;
}

int kernel_map_update(const struct kernel_map *map, const void *key,
		      const void *value, uint64_t flags)
{
	return -ENOSYS;
}

int kernel_map_delete(const struct kernel_map *map, const void *key)
{
	return -ENOSYS;
}

int kernel_map_next_key(const struct kernel_map *map, const void *key,
			void *next)
{
	return -ENOSYS;
}

int kernel_events_open(struct kernel_events **out,
		       const struct kernel_map *map,
		       int (*fn)(void *arg, const void *data, size_t len),
		       void *arg)
{
	return -ENOSYS;
}

int kernel_events_consume(struct kernel_events *events)
{
	return -ENOSYS;
}

void kernel_events_close(struct kernel_events *events)
{
}
