/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After the last line: distances of jumps and of calls to local functions,
 * and the sizes of symbols. What stays open is a relocation of the object;
 * bare instructions can have none but calls inside their section.
 */
#include "text/unit.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>

#include "base/str.h"

static struct bpf_insn *insn_at(struct text_unit *unit,
				const struct text_fixup *fixup)
{
	struct text_section *section = &unit->sections.data[fixup->section];

	return (struct bpf_insn *)(void *)(section->bytes.data +
					   fixup->offset);
}

/* The symbol's offset in the fixup's section; false when it has none. */
static bool local_value(const struct text_unit *unit,
			const struct text_fixup *fixup, uint64_t *value)
{
	const struct text_symbol *symbol;
	const struct text_section *section;

	symbol = &unit->symbols.data[fixup->symbol];
	section = &unit->sections.data[fixup->section];
	if (symbol->section == (int32_t)fixup->section) {
		*value = symbol->value;
		return true;
	}
	if (symbol->section >= 0 || !fixup->ubpf ||
	    !str_eq(symbol->name, "exit") || section->first_exit < 0)
		return false;
	*value = (uint64_t)section->first_exit;
	return true;
}

static int no_target(struct text_unit *unit, const struct text_fixup *fixup)
{
	const struct text_symbol *symbol = &unit->symbols.data[fixup->symbol];

	if (symbol->section >= 0)
		return unit_error(unit, fixup->place, DIAG_ASM_SECTION,
				  "'%s' is in section %s", symbol->name,
				  unit->sections.data[symbol->section].name);
	return unit_error(unit, fixup->place, DIAG_ASM_LABEL_UNDEFINED,
			  "label '%s' is not defined", symbol->name);
}

static int put_distance(struct text_unit *unit, struct text_fixup *fixup,
			uint64_t target)
{
	struct bpf_insn *insn = insn_at(unit, fixup);
	int64_t distance = ((int64_t)target - (int64_t)fixup->offset) / 8 - 1;

	if (target % 8)
		return unit_error(unit, fixup->place, DIAG_ASM_UNALIGNED,
				  "the target is inside an instruction");
	if (fixup->kind != FIXUP_OFF_JUMP) {
		insn->imm = (int32_t)distance;
	} else if (distance != (int16_t)distance) {
		return unit_report(unit, fixup->place, DIAG_ASM_TOO_FAR,
				   "gotol, whose distance has 32 bits",
				   "the target is %lld instructions away",
				   (long long)distance);
	} else {
		insn->off = (int16_t)distance;
	}
	fixup->kind = FIXUP_DONE;
	return 0;
}

static void link_fixup(struct text_unit *unit, struct text_fixup *fixup)
{
	const struct text_symbol *symbol = &unit->symbols.data[fixup->symbol];
	uint64_t target;

	if (fixup->kind > FIXUP_CALL)
		return;
	if (fixup->kind == FIXUP_CALL &&
	    (symbol->section != (int32_t)fixup->section ||
	     symbol->bind != STB_LOCAL))
		return;
	if (!local_value(unit, fixup, &target))
		no_target(unit, fixup);
	else
		put_distance(unit, fixup, target);
}

static void link_size(struct text_unit *unit, const struct text_size *size)
{
	uint64_t value = size->value;

	if (size->from >= 0)
		value -= unit->symbols.data[size->from].value;
	if (size->to >= 0)
		value += unit->symbols.data[size->to].value;
	unit->symbols.data[size->symbol].size = value;
}

int unit_link(struct text_unit *unit)
{
	for (size_t i = 0; i < unit->symbols.len; i++) {
		struct text_symbol *symbol = &unit->symbols.data[i];

		if (symbol->section < 0 && !symbol->bind_set)
			symbol->bind = STB_GLOBAL;
	}
	for (size_t i = 0; i < unit->fixups.len; i++)
		link_fixup(unit, &unit->fixups.data[i]);
	for (size_t i = 0; i < unit->sizes.len; i++)
		link_size(unit, &unit->sizes.data[i]);
	return 0;
}

/* The only section with instructions, NULL after a diagnostic. */
static struct text_section *raw_section(struct text_unit *unit)
{
	struct text_place nowhere = { 1, 0 };
	struct text_section *found = NULL;

	for (size_t i = 0; i < unit->sections.len; i++) {
		struct text_section *section = &unit->sections.data[i];

		if (!(section->flags & SHF_EXECINSTR) || !section->bytes.len)
			continue;
		if (found) {
			unit_error(unit, nowhere, DIAG_ASM_RAW,
				   "code is in section %s and in section %s",
				   found->name, section->name);
			return NULL;
		}
		found = section;
	}
	if (!found || found->bytes.len % 8)
		unit_error(unit, nowhere, DIAG_ASM_RAW, found ?
			   "the code's size is no multiple of 8" :
			   "there is no instruction");
	return found && found->bytes.len % 8 == 0 ? found : NULL;
}

int text_raw(struct text_unit *unit, const struct bpf_insn **insns,
	     size_t *cnt)
{
	struct text_section *section = raw_section(unit);
	uint32_t errors = unit->errors;
	uint64_t target;

	if (!section)
		return -EINVAL;
	for (size_t i = 0; i < unit->fixups.len; i++) {
		struct text_fixup *fixup = &unit->fixups.data[i];

		if (fixup->kind == FIXUP_DONE ||
		    &unit->sections.data[fixup->section] != section)
			continue;
		if (fixup->kind == FIXUP_CALL &&
		    local_value(unit, fixup, &target))
			put_distance(unit, fixup, target);
		else
			no_target(unit, fixup);
	}
	if (unit->errors != errors)
		return -EINVAL;
	*insns = (const struct bpf_insn *)(const void *)section->bytes.data;
	*cnt = section->bytes.len / sizeof(**insns);
	return 0;
}
