/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table made by link-image from the first link: sorted addresses, places of the names, names.
 */
#include "cpu/symbols.h"

struct symbol {
	u32 address;			/* from image_start */
	u32 name;			/* offset in symbol_names */
};

extern const struct symbol symbol_table[];
extern const u32 symbol_count;
extern const char symbol_names[];
extern char image_start[], text_end[], init_start[], init_text_end[];

bool is_text(u64 addr)
{
	return (addr >= (u64)image_start && addr < (u64)text_end) ||
	       (addr >= (u64)init_start && addr < (u64)init_text_end);
}

const char *symbol_lookup(u64 addr, u64 *offset)
{
	u64 at = addr - (u64)image_start;
	u32 low = 0, high = symbol_count;

	if (!is_text(addr))
		return NULL;
	while (low < high) {
		u32 mid = (low + high) / 2;

		if (symbol_table[mid].address <= at)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	*offset = at - symbol_table[low - 1].address;
	return symbol_names + symbol_table[low - 1].name;
}
