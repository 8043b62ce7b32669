// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"
#include "tool.h"

#define SCENE_SECONDS 120

static const struct scene *const scenes[] = {
	&demo_hello,	 &demo_direct,	   &demo_prodcons,     &demo_rendezvous,
	&demo_capacity,	 &demo_full,	   &demo_shared_box,   &demo_owner,
	&demo_ownership, &demo_reply_port, &demo_rpc_deadlock, &demo_connect,
	&demo_lease,	 &demo_call_back,
};

#define NR_SCENES (sizeof(scenes) / sizeof(*scenes))

static const struct scene *find_scene(const char *name)
{
	for (size_t i = 0; i < NR_SCENES; i++)
		if (!strcmp(scenes[i]->name, name))
			return scenes[i];
	return NULL;
}

static void list_scenes(void)
{
	for (size_t i = 0; i < NR_SCENES; i++)
		printf("%-12s %s\n", scenes[i]->name, scenes[i]->title);
}

/* A process of its own: what it leaves behind goes with it. */
static int perform(void *arg)
{
	const struct scene *scene = arg;

	alarm(SCENE_SECONDS);
	demo_start_clock();
	return scene->run() ? 0 : 1;
}

static int show(const struct scene *scene)
{
	int status;

	printf("\n== %s: %s\n", scene->name, scene->title);
	fflush(stdout);
	status = demo_ended(demo_spawn(scene->name, perform, (void *)scene));
	if (status)
		say("%s went wrong (status %d)", scene->name, status);
	return status ? EXIT_FAIL : EXIT_OK;
}

/* One scene by name, or all. */
static int show_named(const char *name)
{
	int status = EXIT_OK;

	for (size_t i = 0; i < NR_SCENES; i++)
		if (!strcmp(name, "all") || !strcmp(name, scenes[i]->name))
			status |= show(scenes[i]);
	return status;
}

static void check_names(int argc, char **argv)
{
	opt_positional(argc, 1, -1);
	for (int i = optind; i < argc; i++)
		if (strcmp(argv[i], "all") && !find_scene(argv[i]))
			usage("no scene '%s'", argv[i]);
}

int demo_run(int argc, char **argv)
{
	struct mbx_version v;
	int key, err, status = EXIT_OK;

	while ((key = opt_next(argc, argv)) != -1) {
		if (key == DEMO_OPT_LIST) {
			list_scenes();
			return EXIT_OK;
		}
		demo_input = optarg;
	}
	check_names(argc, argv);

	/* Say it once, here, and not in every scene. */
	err = mbx_version(&v, sizeof(v));
	if (err)
		return fail(NULL, MBX_CMD_VERSION, err);
	for (int i = optind; i < argc; i++)
		status |= show_named(argv[i]);
	return status;
}
