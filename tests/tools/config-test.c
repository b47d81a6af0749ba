// SPDX-License-Identifier: GPL-2.0-only
/* Configuration files: what the language takes, what the keys mean, and the words of every refusal. */

#include "bonsai.h"
#include "tap.h"

#include <errno.h>

static struct ctl *ctl;

static const char minimal[] = "name = 'a'\nkernel = '/k'\n";

static void refused(const char *text, int code, const char *why)
{
	struct config c;
	int rc = config_parse(ctl, "f.cfg", text, &c);

	if (!rc) {
		rc = config_check(ctl, &c);
		config_free(&c);
	}
	is_int(rc, code, why);
	is_str(ctl_why(ctl), why, "and these are its words");
}

static void test_language(void)
{
	struct config c;

	is_int(config_parse(ctl, "f", "# nothing\n\n;;\nname=\"a\\x41\\102\\n\" ; vcpus = 0x2 # two\nextra='a \"b\" #c'\n"
			       "\tkernel = '/k'\r\ndisk = [ # empty\n ]\ncpus = 3", &c), 0, "all forms are taken");
	is_str(c.name, "aAB\n", "escapes are undone");
	is_int(c.vcpus, 2, "hexadecimal numbers");
	is_str(c.extra, "a \"b\" #c", "the other quote and # mean nothing in a string");
	is_str(c.cpus.items[0], "3", "a number will do for a string");
	config_free(&c);
}

static void test_meaning(void)
{
	struct config c;
	char *words;

	is_int(config_parse(ctl, "f", "name='a'\nkernel='/k'\nroot='/dev/xvda'\nextra='ro quiet'\nmemory=64\n"
			       "name='b'", &c), 0, "a PV guest's file");
	is_int(config_check(ctl, &c), 0, "is complete");
	is_str(c.name, "b", "the later of two counts");
	is_int(c.maxmem, 64, "maxmem is memory");
	is_int(c.maxvcpus, 1, "one vCPU");
	is_str(c.on[ON_CRASH], "destroy", "a crash destroys");
	words = config_command_line(&c);
	is_str(words, "root=/dev/xvda ro quiet", "root and extra make the command line");
	free(words);
	is_int(config_add(ctl, "cmdline='x y'", &c), 0, "the command line adds keys");
	words = config_command_line(&c);
	is_str(words, "x y", "cmdline stands for both");
	free(words);
	is_int(config_add(ctl, "nokey=1", &c), -EOPNOTSUPP, "and is checked");
	is_str(ctl_why(ctl), "command line:1: key 'nokey' is not supported", "in the same words");
	config_free(&c);
}

static void test_refusals(void)
{
	refused("name = 'a'\n\nusb = 1\n", -EOPNOTSUPP, "f.cfg:3: key 'usb' is not supported");
	refused("disk = [ 'phy:/dev/x,xvda,w',\n'/dev/y,qcow2,xvdb' ]", -EOPNOTSUPP,
		"f.cfg:1: key 'disk': disk format 'qcow2' is not supported, only raw");
	refused("vif = [ 'mac=1' ]", -EINVAL, "f.cfg:1: key 'vif': '1' is not the MAC address of a card");
	refused("\nvfb = [ 'vnc=1' ]", -EOPNOTSUPP, "f.cfg:2: key 'vfb' is not supported (only an empty list is)");
	refused("tsc_mode = 'native'", -EOPNOTSUPP, "f.cfg:1: key 'tsc_mode' is not supported (only default is)");
	refused("name = [ 'a' ]", -EINVAL, "f.cfg:1: key 'name' wants a string, not a list");
	refused("memory = 'much'", -EINVAL, "f.cfg:1: key 'memory' wants a number");
	refused("\nmemory = 12z", -EINVAL, "f.cfg:2: more than one value for 'memory'");
	refused("vcpus = 33", -EINVAL, "f.cfg:1: key 'vcpus': 33 is not in 1..32");
	refused("vcpus = -1", -EINVAL, "f.cfg:1: key 'vcpus' wants a number");
	refused("on_crash = 'laugh'", -EINVAL,
		"f.cfg:1: key 'on_crash': no action 'laugh' (destroy, restart, preserve, ...)");
	refused("name 'a'", -EINVAL, "f.cfg:1: '=' is wanted after 'name'");
	refused("name = a", -EINVAL, "f.cfg:1: a value must be a number, a string in quotes or a list");
	refused("name = 'a", -EINVAL, "f.cfg:1: a string does not end, or holds an unknown escape");
	refused("name = 'a\\q'", -EINVAL, "f.cfg:1: a string does not end, or holds an unknown escape");
	refused("disk = [ 'a'\n'b' ]", -EINVAL, "f.cfg:2: a list wants ',' or ']' here");
	refused("disk = [ 'a',\n", -EINVAL, "f.cfg:2: a list does not end");
	refused("= 1", -EINVAL, "f.cfg:1: a key is wanted here");
	refused("kernel = '/k'", -EINVAL, "f.cfg: no key 'name'");
	refused("name = 'a'", -EINVAL, "f.cfg: no key 'kernel'");
	refused("name = '1a'\nkernel='/k'", -EINVAL, "f.cfg: '1a' cannot be a domain's name");
	refused("name='a'\nkernel='/k'\ntype='hvm'", -EOPNOTSUPP, "f.cfg: type 'hvm' is not supported, only 'pv'");
	refused("name='a'\nkernel='/k'\nmemory=64\nmaxmem=32", -EINVAL, "f.cfg: maxmem is less than memory");
	refused("name='a'\nkernel='/k'\ncpus='x'", -EINVAL, "f.cfg:3: key 'cpus': 'x' is not a list of CPUs");
}

/* Every text that is cut short, and every one with a byte changed, is taken or refused, and no more. */
static void test_damage(void)
{
	char text[] = "name='a\\x41' ; disk=[ 'q', 2, ]\nkernel=\"/k\"\nmemory=0x20\n";
	struct config c;

	for (size_t i = 0; i < sizeof(text); i++)
		for (const char *p = "'[\\\n=x"; *p; p++) {
			char copy[sizeof(text)];

			memcpy(copy, text, sizeof(text));
			copy[i] = *p;
			copy[sizeof(text) - 1] = 0;
			if (!config_parse(ctl, "f", copy, &c))
				config_free(&c);
			copy[i] = 0;
			if (!config_parse(ctl, "f", copy, &c))
				config_free(&c);
		}
	ok(true, "damaged files do no harm");
}

static void test_cpus(void)
{
	struct cpu_set set;
	char text[64];

	is_int(cpus_parse("0-3,8,^2", &set), 0, "a list of CPUs");
	cpus_text(&set, 16, text, sizeof(text));
	is_str(text, "0-1,3,8", "and back");
	is_int(cpus_parse("all", &set), 0, "all");
	cpus_text(&set, 2, text, sizeof(text));
	is_str(text, "all", "and back");
	is_int(cpus_parse("3-1", &set), -EINVAL, "a range backwards is none");
	is_int(cpus_parse("1,", &set), -EINVAL, "nor is an open end");
	is_int(cpus_parse("1024", &set), -EINVAL, "nor a CPU that cannot be");
}

int main(void)
{
	struct config c;

	ctl = ctl_new();
	test_language();
	test_meaning();
	test_refusals();
	test_damage();
	test_cpus();
	is_int(config_parse(ctl, "f", minimal, &c), 0, "the least file");
	config_free(&c);
	is_int(config_load(ctl, "/nowhere", &c), -ENOENT, "no file");
	is_str(ctl_why(ctl), "/nowhere: No such file or directory", "is told");
	ctl_free(ctl);
	return done_testing();
}
