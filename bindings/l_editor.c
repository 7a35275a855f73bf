/* See l_editor.h. What is used of libedit is its imitation of readline's callback interface; of its
 * declarations only these few lines are needed. */
#include "l_editor.h"

#include <dlfcn.h>
#include <locale.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef char **completer(const char *word, int start, int end);

/* Its functions and variables, by the names they have there without "rl_". */
static struct {
  void (*callback_handler_install)(const char *prompt, void (*take)(char *line));
  void (*callback_handler_remove)(void);
  void (*callback_read_char)(void);
  int (*insert_text)(const char *text);
  int (*forced_update_display)(void);
  void (*prep_terminal)(int unused);
  void (*deprep_terminal)(void);
  int (*add_history)(const char *line);
  completer **attempted_completion_function;
  int *attempted_completion_over;
  const char **basic_word_break_characters;
  const char **completer_word_break_characters;
  const char **readline_name;
  int *catch_signals;
} edit;

static const struct {
  const char *name;
  void *place;
} symbols[] = {
    {"rl_callback_handler_install", &edit.callback_handler_install},
    {"rl_callback_handler_remove", &edit.callback_handler_remove},
    {"rl_callback_read_char", &edit.callback_read_char},
    {"rl_insert_text", &edit.insert_text},
    {"rl_forced_update_display", &edit.forced_update_display},
    {"rl_prep_terminal", &edit.prep_terminal},
    {"rl_deprep_terminal", &edit.deprep_terminal},
    {"add_history", &edit.add_history},
    {"rl_attempted_completion_function", &edit.attempted_completion_function},
    {"rl_attempted_completion_over", &edit.attempted_completion_over},
    {"rl_basic_word_break_characters", &edit.basic_word_break_characters},
    {"rl_completer_word_break_characters", &edit.completer_word_break_characters},
    {"rl_readline_name", &edit.readline_name},
    {"rl_catch_signals", &edit.catch_signals},
};

static const char *const libraries[] = {"libedit.so.2", "libedit.so.0", "libedit.3.dylib"};

/* What the callbacks have found during one lab_l_editor_read. */
static struct {
  enum lab_l_editor_event event;
  char *text;
} found;

static bool is_active; /* a line is being edited */

static void take_line(char *line) {
  found.event = line != NULL ? LAB_L_EDITOR_LINE : LAB_L_EDITOR_END;
  found.text = line;
}

/* Offers nothing itself: the word goes to the caller, who knows what could follow. */
static char **note_word(const char *word, int start, int end) {
  (void)start;
  (void)end;
  *edit.attempted_completion_over = 1;
  free(found.text);
  found.event = LAB_L_EDITOR_COMPLETE;
  found.text = strdup(word);
  return NULL;
}

static bool find_symbols(void *library) {
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *symbol = dlsym(library, symbols[i].name);
    if (symbol == NULL) return false;
    memcpy(symbols[i].place, &symbol, sizeof symbol);
  }
  return true;
}

bool lab_l_editor_load(void) {
  static int state; /* 0 not tried, 1 there, -1 not there */
  for (size_t i = 0; state == 0 && i < sizeof libraries / sizeof *libraries; i++) {
    void *library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (library != NULL && find_symbols(library)) state = 1;
  }
  if (state == 0) state = -1;
  if (state < 0) return false;
  setlocale(LC_CTYPE, ""); /* so that it takes the terminal's characters for what they are */
  *edit.readline_name = "dhcplab";
  *edit.catch_signals = 0;
  *edit.attempted_completion_function = note_word;
  *edit.basic_word_break_characters = " \t\n\"\\'`@$><=;|&{}(),+-*/%#^~[]!?";
  *edit.completer_word_break_characters = *edit.basic_word_break_characters;
  return true;
}

void lab_l_editor_begin(const char *prompt) {
  edit.callback_handler_install(prompt, take_line);
  is_active = true;
}

void lab_l_editor_stop(void) {
  if (is_active) edit.callback_handler_remove();
  is_active = false;
}

enum lab_l_editor_event lab_l_editor_read(char **text) {
  found.event = LAB_L_EDITOR_NOTHING;
  found.text = NULL;
  edit.callback_read_char();
  *text = found.text;
  if (found.event == LAB_L_EDITOR_LINE || found.event == LAB_L_EDITOR_END) lab_l_editor_stop();
  return found.event;
}

void lab_l_editor_insert(const char *text) {
  if (is_active) edit.insert_text(text);
}

void lab_l_editor_redraw(void) {
  if (is_active) edit.forced_update_display();
}

/* It believes to have the terminal still: so it must let go of it first. */
void lab_l_editor_resume(void) {
  if (!is_active) return;
  edit.deprep_terminal();
  edit.prep_terminal(1);
  edit.forced_update_display();
}

void lab_l_editor_remember(const char *line) { edit.add_history(line); }
