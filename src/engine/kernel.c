/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object in the kernel: open, set data, load. libbpf does the work, so
 * that what runs here is what the field's own loader makes of the file.
 * Nothing is pinned; closing frees programs and maps.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/internal.h"
#include "spec/diags.h"

static bool is_named(const struct bpf_program *prog, const char *name)
{
	return !name || str_eq(bpf_program__name(prog), name) ||
	       str_eq(bpf_program__section_name(prog), name);
}

static struct bpf_program *find_program(struct bpf_object *object,
					const char *name)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object)
		if (is_named(prog, name))
			return prog;
	return NULL;
}

static bool has_prog_array(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
			return true;
	return false;
}

/* Others are loaded only where the chosen program may tail-call them. */
static void choose_loaded(struct kernel *kernel)
{
	bool all = has_prog_array(kernel->object);
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, kernel->object)
		bpf_program__set_autoload(prog, prog == kernel->program ||
			(all && bpf_program__type(prog) ==
				bpf_program__type(kernel->program)));
}

/* Pinning by name would leave something behind and share foreign maps. */
static void forget_pins(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		bpf_map__set_pin_path(map, NULL);
}

static int open_object(struct kernel *kernel, struct diag_sink *sink)
{
	struct kernel_log log;

	kernel_log_begin(&log);
	kernel->object = bpf_object__open_file(kernel->path, NULL);
	if (!kernel->object)
		return kernel_log_report(&log, kernel, DIAG_KERNEL_OPEN,
					 -errno, sink);
	kernel_log_end(&log);
	return 0;
}

static int choose_program(struct kernel *kernel, const char *name,
			  enum prog_type type, struct diag_sink *sink)
{
	struct diag_where where = kernel_where(kernel);

	kernel->program = find_program(kernel->object, name);
	if (!kernel->program)
		return diag_report(sink, DIAG_KERNEL_PROGRAM, &where,
				   "no program '%s'", name ? name : "");
	if (type)
		bpf_program__set_type(kernel->program,
				      (enum bpf_prog_type)type);
	forget_pins(kernel->object);
	choose_loaded(kernel);
	return 0;
}

int kernel_open(struct kernel **out, const char *path, const char *program,
		enum prog_type type, struct diag_sink *sink)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int err = -ENOMEM;

	if (!kernel)
		goto nomem;
	kernel->empty_fd = -1;
	kernel->path = strdup(path);
	kernel->buffer = malloc(KERNEL_BUFFER);
	if (!kernel->path || !kernel->buffer)
		goto nomem;
	err = open_object(kernel, sink);
	if (!err)
		err = choose_program(kernel, program, type, sink);
	if (err)
		goto fail;
	*out = kernel;
	return 0;
nomem:
	err = diag_report(sink, DIAG_NO_MEMORY, NULL, "opening %s", path);
fail:
	kernel_close(kernel);
	return err;
}

void kernel_close(struct kernel *kernel)
{
	if (!kernel)
		return;
	if (kernel->empty_fd >= 0)
		close(kernel->empty_fd);
	bpf_object__close(kernel->object);
	free(kernel->buffer);
	free(kernel->path);
	free(kernel);
}

int kernel_set_data(struct kernel *kernel, const char *section,
		    const void *data, size_t size, struct diag_sink *sink)
{
	struct diag_where where = kernel_where(kernel);
	struct bpf_map *map;
	size_t have;

	map = bpf_object__find_map_by_name(kernel->object, section);
	if (!map || !bpf_map__initial_value(map, &have))
		return diag_report(sink, DIAG_KERNEL_DATA, &where,
				   "no data section '%s'", section);
	if (have != size || bpf_map__set_initial_value(map, data, size))
		return diag_report(sink, DIAG_KERNEL_DATA, &where,
				   "%s has %zu bytes, not %zu", section, have,
				   size);
	return 0;
}

int kernel_load(struct kernel *kernel, struct diag_sink *sink)
{
	struct kernel_log log;
	int err;

	kernel_log_begin(&log);
	err = bpf_object__load(kernel->object);
	if (err)
		return kernel_log_report(&log, kernel, DIAG_KERNEL_REJECTED,
					 err, sink);
	kernel_log_end(&log);
	return 0;
}

enum prog_type kernel_prog_type(const struct kernel *kernel)
{
	return (enum prog_type)bpf_program__type(kernel->program);
}

uint32_t kernel_code_size(const struct kernel *kernel)
{
	struct bpf_program *prog;
	uint32_t bytes = 0;

	bpf_object__for_each_program(prog, kernel->object) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_program__fd(prog) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info,
					    &len))
			bytes += info.jited_prog_len;
	}
	return bytes;
}

const char *kernel_prog_name(const struct kernel *kernel)
{
	return bpf_program__name(kernel->program);
}
