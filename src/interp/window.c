/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows: the slow way of every memory access. Finds the one window that an
 * address lies in, remembers it for the access's hint, converts context
 * fields, or faults.
 *
 * Fixed windows (frames, packet, metadata, plain context) are kept up to date
 * as frames come and go and packets move. Found ones stay until what they
 * describe may have died: map values live as long as the program's maps,
 * grants end with the run or when they are taken back.
 */
#include "interp/code.h"

#include "base/endian.h"
#include "map/map.h"

static const struct window closed = { 0, -1, -1, MEM_NONE };

static struct window window_of(const struct mem_window *mem)
{
	int64_t len = mem->len > INT64_MAX / 2 ? -1 : (int64_t)mem->len;

	return (struct window){
		.base = mem->base, .read = len,
		.write = mem->writable ? len : -1, .cls = mem->cls,
	};
}

static bool window_holds(const struct window *window, uint64_t addr)
{
	int64_t len = MAX(window->read, window->write);

	return len >= 0 && addr - window->base < (uint64_t)len;
}

static void set_packet(struct interp *st)
{
	const struct packet *packet = st->run->packet;
	uint8_t rights = st->code->layout->packet;

	st->windows[WIN_PACKET] = closed;
	st->windows[WIN_META] = closed;
	if (!packet || !(rights & CTX_READ))
		return;
	st->windows[WIN_PACKET] = window_of(&(struct mem_window){
		(uintptr_t)packet->data, packet->data_end - packet->data,
		MEM_PACKET, rights & CTX_WRITE });
	if (packet->data_meta && packet->data_meta < packet->data)
		st->windows[WIN_META] = window_of(&(struct mem_window){
			(uintptr_t)packet->data_meta,
			packet->data - packet->data_meta, MEM_PACKET_META,
			rights & CTX_WRITE });
}

static void set_context(struct interp *st)
{
	const struct ctx_layout *layout = st->code->layout;
	const struct run *run = st->run;

	st->windows[WIN_CTX] = closed;
	if (layout->memory && run->ctx)
		st->windows[WIN_CTX] = window_of(&(struct mem_window){
			(uintptr_t)run->ctx, run->ctx_len, MEM_CTX,
			!layout->read_only });
}

static void mark_used(struct interp *st, uint32_t index)
{
	st->used[index / 64] |= 1ULL << index % 64;
}

/* Closes the found and the called windows, all or the passing ones. */
static void close_used(struct interp *st, bool all)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(st->used); i++) {
		uint64_t left = st->used[i];

		for (; left; left &= left - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(left);
			struct window *window = &st->windows[i * 64 + bit];

			if (!all && window->cls == MEM_MAP_VALUE)
				continue;
			*window = closed;
			st->used[i] &= ~(1ULL << bit);
		}
	}
	st->passing = false;
}

void interp_windows_forget(struct interp *st)
{
	close_used(st, true);
	st->warm = st->code;
	st->warm_stamp = st->code->stamp;
}

void interp_windows_begin(struct interp *st)
{
	if (st->warm != st->code || st->warm_stamp != st->code->stamp ||
	    st->inner_cnt)
		interp_windows_forget(st);
	st->inner_cnt = 0;
	if (st->passing)
		close_used(st, false);
	set_packet(st);
	set_context(st);
	st->gen = st->run->windows_gen;
}

void interp_windows_refresh(struct interp *st)
{
	if (likely(st->gen == st->run->windows_gen))
		return;
	st->gen = st->run->windows_gen;
	set_packet(st);
	if (st->passing)
		close_used(st, false);
}

static bool fixed_window(const struct interp *st, uint64_t addr,
			 uint32_t *index)
{
	for (uint32_t i = 0; i < WIN_FIXED_CNT; i++) {
		if (!window_holds(&st->windows[i], addr))
			continue;
		*index = i;
		return true;
	}
	return false;
}

static bool called_window(const struct interp *st, uint64_t addr,
			  uint32_t *index)
{
	uint32_t end = WIN_CALLS + st->code->call_windows;

	for (uint32_t i = WIN_CALLS; i < end; i++) {
		if (!window_holds(&st->windows[i], addr))
			continue;
		*index = i;
		return true;
	}
	return false;
}

static bool grant_window(struct interp *st, uint64_t addr, struct window *out)
{
	const struct run *run = st->run;

	for (uint32_t i = 0; i < run->grants_cnt; i++) {
		*out = window_of(&run->grants[i]);
		if (!window_holds(out, addr))
			continue;
		st->passing = true;
		return true;
	}
	return false;
}

static bool in_map(const struct map *map, uint64_t addr, struct window *out)
{
	struct mem_window mem;

	if (!map || !map_window(map, addr, &mem))
		return false;
	*out = window_of(&mem);
	if (!map_prog_reads(map))
		out->read = -1;
	if (!map_prog_writes(map))
		out->write = -1;
	return true;
}

static bool map_value_window_at(struct interp *st, uint64_t addr,
				struct window *out)
{
	const struct prog *prog = st->code->prog;

	for (uint32_t i = 0; i < prog->maps_cnt; i++)
		if (in_map(prog->maps[i], addr, out))
			return true;
	for (uint32_t i = 0; i < st->inner_cnt; i++)
		if (in_map(st->inner[i], addr, out))
			return true;
	return false;
}

/* The window that addr lies in, by whatever way; its index in the table. */
static bool locate(struct interp *st, uint64_t addr, uint32_t site,
		   uint32_t *index)
{
	struct window found;

	if (fixed_window(st, addr, index) || called_window(st, addr, index))
		return true;
	if (!grant_window(st, addr, &found) &&
	    !map_value_window_at(st, addr, &found))
		return false;
	*index = WIN_FOUND + site % WIN_FOUND_CNT;
	st->windows[*index] = found;
	mark_used(st, *index);
	return true;
}

const struct window *interp_find(struct interp *st, uint64_t addr,
				 uint64_t size, bool read, bool write,
				 uint32_t site)
{
	const struct window *window;
	uint32_t index;

	if (size > INT64_MAX / 2 || !locate(st, addr, site, &index))
		return NULL;
	window = &st->windows[index];
	if (read && !window_takes(window, window->read, addr, size))
		return NULL;
	if (write && !window_takes(window, window->write, addr, size))
		return NULL;
	return window;
}

static const struct window *access_window(struct interp *st,
					  const struct cell *cell,
					  uint64_t addr, uint32_t size,
					  bool read, bool write)
{
	const struct window *window = interp_find(st, addr, size, read, write,
						  cell->site);

	if (window)
		st->hints[cell->site] = (uint8_t)(window - st->windows);
	else
		interp_fault(st, write ? RUN_FAULT_STORE : RUN_FAULT_LOAD,
			     cell, addr, size);
	return window;
}

/* Is it the context, and one that has fields? */
static bool is_context(const struct interp *st, uint64_t addr, uint32_t *off)
{
	uint64_t at = addr - (uintptr_t)st->run->ctx;

	*off = (uint32_t)at;
	return !st->code->layout->memory && st->run->ctx &&
	       at < st->code->layout->size;
}

static const struct ctx_field *context_field(struct interp *st,
					     const struct cell *cell,
					     uint32_t off, uint32_t size,
					     bool write, bool sign)
{
	const struct code *code = st->code;
	const struct ctx_field *field = code->fields[off] ?
		&code->layout->fields[code->fields[off] - 1] : NULL;

	if (field && off + size <= (uint32_t)field->off + field->size &&
	    ctx_field_allows(field, code->prog->attach_type, off, size, write,
			     sign))
		return field;
	interp_fault(st, RUN_FAULT_CTX, cell, off, size);
	return NULL;
}

static uint64_t extend(uint64_t value, uint32_t size, bool sign)
{
	uint32_t shift = 64 - size * 8;

	return sign ? (uint64_t)((int64_t)(value << shift) >> shift) : value;
}

bool interp_load(struct interp *st, const struct cell *cell, uint64_t addr,
		 uint32_t size, bool sign, uint64_t *value)
{
	const struct ctx_field *field;
	uint32_t off;

	if (is_context(st, addr, &off)) {
		field = context_field(st, cell, off, size, false, sign);
		if (!field)
			return false;
		*value = extend(ctx_field_load(field, st->run->ctx, off, size),
				ctx_is_pointer(field) ? 8 : size, sign);
		return true;
	}
	if (!access_window(st, cell, addr, size, true, false))
		return false;
	*value = extend(get_sized((const void *)(uintptr_t)addr, size), size,
			sign);
	return true;
}

bool interp_store(struct interp *st, const struct cell *cell, uint64_t addr,
		  uint32_t size, uint64_t value)
{
	const struct ctx_field *field;
	uint32_t off;

	if (is_context(st, addr, &off)) {
		field = context_field(st, cell, off, size, true, false);
		if (field)
			ctx_field_store(field, st->run->ctx, off, size, value);
		return field;
	}
	if (!access_window(st, cell, addr, size, false, true))
		return false;
	put_sized((void *)(uintptr_t)addr, value, size);
	return true;
}

/* Atomics want natural alignment, no context, no packet, as in the kernel. */
bool interp_atomic(struct interp *st, const struct cell *cell, uint64_t addr,
		   uint32_t size)
{
	const struct window *window;
	uint32_t off;

	if (is_context(st, addr, &off))
		return interp_fault(st, RUN_FAULT_CTX, cell, off, size);
	if (addr % size)
		return interp_fault(st, RUN_FAULT_STORE, cell, addr, size);
	window = access_window(st, cell, addr, size, true, true);
	if (window && window_is_packet(window))
		return interp_fault(st, RUN_FAULT_STORE, cell, addr, size);
	return window;
}

/* Notes a map that a look-up handed out; the oldest of many is forgotten. */
static void note_inner(struct interp *st, struct map *map)
{
	for (uint32_t i = 0; i < st->inner_cnt; i++)
		if (st->inner[i] == map)
			return;
	if (st->inner_cnt < INNER_MAPS_MAX) {
		st->inner[st->inner_cnt++] = map;
		return;
	}
	st->inner[st->inner_next++ % INNER_MAPS_MAX] = map;
}

void interp_window_value(struct interp *st, const struct call_site *call,
			 struct map *map, uint64_t addr)
{
	int64_t len = map->def.value_size;

	if (map->def.type == MAP_TYPE_ARRAY_OF_MAPS ||
	    map->def.type == MAP_TYPE_HASH_OF_MAPS) {
		note_inner(st, (struct map *)(uintptr_t)addr);
		return;
	}
	if (!call->window || !map->ops->window)
		return;
	mark_used(st, call->window);
	st->windows[call->window] = (struct window){
		.base = addr, .cls = MEM_MAP_VALUE,
		.read = map_prog_reads(map) ? len : -1,
		.write = map_prog_writes(map) ? len : -1,
	};
}

bool interp_knows_map(const struct interp *st, uint64_t value)
{
	const struct prog *prog = st->code->prog;

	for (uint32_t i = 0; i < prog->maps_cnt; i++)
		if ((uintptr_t)prog->maps[i] == value)
			return value;
	for (uint32_t i = 0; i < st->inner_cnt; i++)
		if ((uintptr_t)st->inner[i] == value)
			return true;
	return false;
}

static uint64_t distance(const struct mem_window *window, uint64_t addr)
{
	if (addr < window->base)
		return window->base - addr;
	if (addr - window->base < window->len)
		return 0;
	return addr - window->base - window->len;
}

static void nearer(struct mem_window *best, const struct mem_window *window,
		   uint64_t addr)
{
	if (best->cls == MEM_NONE ||
	    distance(window, addr) < distance(best, addr))
		*best = *window;
}

/* Further than this from anything, an address is just wrong. */
#define NEAR_MAX	(1u << 20)

struct mem_window interp_nearest(const struct interp *st, uint64_t addr)
{
	struct mem_window best = { .cls = MEM_NONE };
	struct window found;

	for (uint32_t i = 0; i < WIN_CNT; i++) {
		const struct window *window = &st->windows[i];

		if (window->read >= 0 || window->write >= 0)
			nearer(&best, &(struct mem_window){
				window->base, MAX(window->read, window->write),
				window->cls, window->write >= 0 }, addr);
	}
	for (uint32_t i = 0; i < st->run->grants_cnt; i++)
		nearer(&best, &st->run->grants[i], addr);
	if (best.cls != MEM_NONE && distance(&best, addr) > NEAR_MAX)
		best.cls = MEM_NONE;
	for (uint32_t i = 0; i < st->code->prog->maps_cnt; i++)
		if (in_map(st->code->prog->maps[i], addr, &found))
			best = (struct mem_window){
				found.base, MAX(found.read, found.write),
				found.cls, found.write >= 0 };
	return best;
}
