/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gdb's interface for code made at run time: a list of objects in memory, and
 * a function in which gdb has a breakpoint. Names and layout are gdb's
 * ("JIT Compilation Interface" of its manual); the list is the process's, so
 * it is one of the two things in the library that are global and change, and
 * the lock beside it is the other.
 */
#include <pthread.h>
#include <stdlib.h>

#include "jit/tools/parts.h"

enum action { GDB_NOTHING, GDB_REGISTER, GDB_UNREGISTER };

struct gdb_code {
	struct gdb_code *next, *prev;
	const char *object;
	uint64_t size;
};

struct gdb_descriptor {
	uint32_t version;
	uint32_t action;		/* enum action, with `relevant` */
	struct gdb_code *relevant, *first;
};

struct gdb_entry {
	struct gdb_code code;
	struct strbuf object;
};

void __jit_debug_register_code(void);
extern struct gdb_descriptor __jit_debug_descriptor;

struct gdb_descriptor __jit_debug_descriptor = { .version = 1 };

/* gdb stops here and reads the descriptor; compilers have to leave it be. */
noinline void __jit_debug_register_code(void)
{
	__asm__ volatile("" : : "r"(&__jit_debug_descriptor) : "memory");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void tell(struct gdb_code *code, enum action action)
{
	__jit_debug_descriptor.relevant = code;
	__jit_debug_descriptor.action = action;
	__jit_debug_register_code();
	__jit_debug_descriptor.action = GDB_NOTHING;
	__jit_debug_descriptor.relevant = NULL;
}

struct gdb_entry *gdb_register(const struct prog *prog)
{
	struct gdb_entry *entry = calloc(1, sizeof(*entry));
	struct gdb_code *code, *first;

	if (!entry)
		return NULL;
	gdb_object(&entry->object, prog);
	if (entry->object.oom || !entry->object.len) {
		strbuf_fini(&entry->object);
		free(entry);
		return NULL;
	}
	code = &entry->code;
	code->object = strbuf_str(&entry->object);
	code->size = entry->object.len;
	pthread_mutex_lock(&lock);
	first = __jit_debug_descriptor.first;
	code->next = first;
	if (first)
		first->prev = code;
	__jit_debug_descriptor.first = code;
	tell(code, GDB_REGISTER);
	pthread_mutex_unlock(&lock);
	return entry;
}

void gdb_unregister(struct gdb_entry *entry)
{
	struct gdb_code *code;

	if (!entry)
		return;
	code = &entry->code;
	pthread_mutex_lock(&lock);
	if (code->prev)
		code->prev->next = code->next;
	else
		__jit_debug_descriptor.first = code->next;
	if (code->next)
		code->next->prev = code->prev;
	tell(code, GDB_UNREGISTER);
	pthread_mutex_unlock(&lock);
	strbuf_fini(&entry->object);
	free(entry);
}
