/*
 * Runs the threads of one scenario under random schedules, one shared access at a time, and prints what each access did.
 * The compiler's hooks for race detection (-fsanitize=thread, without its library) tell of plain accesses to memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

/* Written for each scenario. */
extern int *const cell_at[];
/* What any value that the user stores there counts as; 0: itself. */
extern const int cell_stored[];
extern const char *const cell_names[], *const lock_names[], *const section_names[];
extern const int CELLS, THREAD_COUNT;
void thread_body(int thread);
void reset_cells(void);

enum { STACK = 256 * 1024, MAX_EVENTS = 4000 };
enum { LOCKS = 16, SECTIONS = 4, THREADS = 4 };

struct thread {
	ucontext_t context;
	char *stack;
	int done, waits_for, argument, mode;
	/* Inside a condition that is awaited; it was false when last looked at; the cell it looked at. */
	int silent, vain, looked;
	/* Cell that the access at hand writes: its value is printed once it is written. */
	int written;
} threads[THREADS];

static ucontext_t scheduler;
static struct thread *self;
static int holds[LOCKS][THREADS], depth[SECTIONS][THREADS], waits[SECTIONS][THREADS], events;
static unsigned long chance;

static unsigned below(unsigned n)
{
	chance = chance * 6364136223846793005UL + 1442695040888963407UL;
	return (chance >> 33) % n;
}

static int me(void) { return self - threads; }

int sh_thread(void) { return me(); }

static void settle_write(void)
{
	if (self && self->written >= 0) {
		if (cell_stored[self->written])
			*cell_at[self->written] = cell_stored[self->written];
		printf("%d W %s %d\n", me(), cell_names[self->written], *cell_at[self->written]);
		self->written = -1;
	}
}

static void event(void)
{
	events++;
	for (int t = 0; t < THREADS; t++)
		threads[t].vain = 0;
}

/* Another thread may come here. */
static void point(int what, int argument, int mode)
{
	settle_write();
	self->waits_for = what;
	self->argument = argument;
	self->mode = mode;
	swapcontext(&self->context, &scheduler);
}

static void hook(void *address, int write)
{
	int c;

	if (!self)
		return;
	for (c = 0; c < CELLS; c++)
		if ((void *)cell_at[c] == address)
			break;
	if (c == CELLS)
		return;
	if (self->silent) {
		self->looked = c;
		return;
	}
	point(write ? 'W' : 'R', c, 0);
	event();
	if (write)
		self->written = c;
	else
		printf("%d R %s %d\n", me(), cell_names[c], *cell_at[c]);
}

#define HOOKS(n) \
	void __tsan_read##n(void *p) { hook(p, 0); } \
	void __tsan_write##n(void *p) { hook(p, 1); } \
	void __tsan_unaligned_read##n(void *p) { hook(p, 0); } \
	void __tsan_unaligned_write##n(void *p) { hook(p, 1); }
HOOKS(1) HOOKS(2) HOOKS(4) HOOKS(8) HOOKS(16)
void __tsan_init(void) { }
void __tsan_func_entry(void *p) { }
void __tsan_func_exit(void) { }
void __tsan_read_range(void *p, long n) { hook(p, 0); }
void __tsan_write_range(void *p, long n) { hook(p, 1); }

static int free_for(int lock, int mode)
{
	for (int u = 0; u < THREADS; u++)
		if (u != me() && (mode ? holds[lock][u] != 0 : holds[lock][u] < 0))
			return 0;
	return 1;
}

void sh_lock(int lock, int mode)
{
	if (lock < 0)
		return;
	point('L', lock, mode);
	event();
	holds[lock][me()] = mode ? -1 : holds[lock][me()] + 1;
	printf("%d L %s %s\n", me(), lock_names[lock], mode ? "write" : "read");
}

int sh_try(int lock, int mode)
{
	int got;

	point('T', lock, mode);
	event();
	got = holds[lock][me()] == 0 && free_for(lock, mode);
	if (got)
		holds[lock][me()] = mode ? -1 : 1;
	printf("%d T %s %d\n", me(), lock_names[lock], got);
	return got;
}

void sh_unlock(int lock)
{
	if (lock < 0)
		return;
	point('U', lock, 0);
	event();
	holds[lock][me()] = holds[lock][me()] > 1 ? holds[lock][me()] - 1 : 0;
	printf("%d U %s\n", me(), lock_names[lock]);
}

void sh_downgrade(int lock)
{
	if (lock < 0)
		return;
	point('D', lock, 0);
	event();
	holds[lock][me()] = 1;
	printf("%d D %s\n", me(), lock_names[lock]);
}

static void section(char what, int s)
{
	if (s < 0)
		return;
	point(what, s, 0);
	event();
	if (what == 'E')
		depth[s][me()]++;
	if (what == 'V' && --depth[s][me()] == 0)
		for (int u = 0; u < THREADS; u++)
			waits[s][u] &= ~(1 << me());
	if (what == 'S') {
		waits[s][me()] = 0;
		for (int u = 0; u < THREADS; u++)
			if (u != me() && depth[s][u] > 0)
				waits[s][me()] |= 1 << u;
	}
	printf("%d %c %s\n", me(), what, section_names[s]);
}
void sh_enter(int s) { section('E', s); }
void sh_leave(int s) { section('V', s); }
void sh_snapshot(int s) { section('S', s); }
void sh_settle(int s) { section('Z', s); }

static int change(int *cell, int (*f)(int, int), int n)
{
	int c, old;

	for (c = 0; cell_at[c] != cell; c++)
		;
	point('X', c, 0);
	event();
	old = *cell;
	*cell = f(old, n);
	printf("%d X %s %d %d\n", me(), cell_names[c], old, *cell);
	return old;
}
static int plus(int a, int b) { return a + b; }
static int plus_nonzero(int a, int b) { return a ? a + b : a; }
/* The limit stands in the lower half. */
static int plus_below(int a, int b) { return a && a < (b & 0xffff) ? a + (b >> 16) : a; }
static int both(int a, int b) { return a & b; }
static int second(int a, int b) { return b; }
int sh_add(int *cell, int n) { return change(cell, plus, n); }
int sh_add_nonzero(int *cell, int n) { return change(cell, plus_nonzero, n); }
int sh_add_below(int *cell, int n, int limit) { return change(cell, plus_below, n << 16 | limit); }
int sh_and(int *cell, int n) { return change(cell, both, n); }
int sh_xchg(int *cell, int n) { return change(cell, second, n); }
void sh_free(int *cell)
{
	int c;

	for (c = 0; cell_at[c] != cell; c++)
		;
	point('F', c, 0);
	event();
	*cell = 0;
	printf("%d F %s\n", me(), cell_names[c]);
}
int sh_choose(int a, int b) { return below(2) ? a : b; }

void sh_await_try(void)
{
	point('A', 0, 0);
	self->silent = 1;
}
int sh_await_done(int ok)
{
	self->silent = 0;
	self->vain = !ok;
	if (ok) {
		event();
		printf("%d R %s %d\n", me(), cell_names[self->looked], *cell_at[self->looked]);
	}
	return ok;
}
int sh_await_value(void) { return *cell_at[self->looked]; }

static int can_run(int t)
{
	struct thread *x = &threads[t];
	int can = 1;

	if (x->done)
		return 0;
	self = x;
	if (x->waits_for == 'L')
		can = holds[x->argument][t] == 0 && free_for(x->argument, x->mode);
	if (x->waits_for == 'L' && !x->mode && holds[x->argument][t] > 0)
		can = free_for(x->argument, x->mode);
	if (x->waits_for == 'Z')
		can = waits[x->argument][t] == 0;
	if (x->waits_for == 'A')
		can = !x->vain;
	self = NULL;
	return can;
}

static void body(int t)
{
	thread_body(t);
	settle_write();
	self->done = 1;
	self = NULL;
	setcontext(&scheduler);
}

static void run(unsigned long seed)
{
	chance = seed * 2654435761UL + 12345;
	events = 0;
	memset(holds, 0, sizeof holds);
	memset(depth, 0, sizeof depth);
	memset(waits, 0, sizeof waits);
	reset_cells();
	for (int t = 0; t < THREADS; t++) {
		char *stack = threads[t].stack;

		memset(&threads[t], 0, sizeof threads[t]);
		threads[t].stack = stack ? stack : malloc(STACK);
		threads[t].written = -1;
		threads[t].done = t >= THREAD_COUNT;
		getcontext(&threads[t].context);
		threads[t].context.uc_stack.ss_sp = threads[t].stack;
		threads[t].context.uc_stack.ss_size = STACK;
		makecontext(&threads[t].context, (void (*)(void))body, 1, t);
	}
	while (events < MAX_EVENTS) {
		int ready[THREADS], n = 0, t;

		for (t = 0; t < THREADS; t++)
			if (can_run(t))
				ready[n++] = t;
		if (n == 0)
			break;
		self = &threads[ready[below(n)]];
		swapcontext(&scheduler, &self->context);
		self = NULL;
	}
	printf("final");
	for (int c = 0; c < CELLS; c++)
		printf(" %s=%d", cell_names[c], *cell_at[c]);
	printf("\n");
}

int main(int argc, char **argv)
{
	for (int n = 0; n < atoi(argv[2]); n++)
		run(atol(argv[1]) + n);
	return 0;
}
